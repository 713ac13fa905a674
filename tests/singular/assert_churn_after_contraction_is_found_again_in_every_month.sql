-- Counted again month by month: who pays at a month's end, contracted in it or not, and churned within the horizon.
with

contraction_to_churn as (

    select * from {{ ref('contraction_to_churn') }}

),

customer_months as (

    select *
    from {{ ref('fct_customer_mrr_months') }}
    where closing_mrr > 0

),

movements as (

    select * from {{ ref('fct_mrr_movements') }}

),

movement_drivers as (

    select *
    from {{ ref('fct_mrr_movement_drivers') }}
    where driver != 'fx'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

horizons as (

    select distinct horizon_months
    from contraction_to_churn

),

driver_totals as (

    select
        customer_id,
        month_date,
        driver,
        sum(mrr_change) as mrr_change
    from movement_drivers
    group by
        customer_id,
        month_date,
        driver

),

largest_losses as (

    select
        customer_id,
        month_date,
        min(mrr_change) as mrr_change
    from driver_totals
    group by
        customer_id,
        month_date

),

leading_drivers as (

    select
        driver_totals.customer_id,
        driver_totals.month_date,
        min(driver_totals.driver) as driver
    from driver_totals
    inner join largest_losses
        on
            driver_totals.customer_id = largest_losses.customer_id
            and driver_totals.month_date = largest_losses.month_date
            and driver_totals.mrr_change = largest_losses.mrr_change
    group by
        driver_totals.customer_id,
        driver_totals.month_date

),

months_with_horizons as (

    select
        customer_months.customer_id,
        customer_months.month_date,
        horizons.horizon_months,
        leading_drivers.driver,
        max(case when churns.customer_id is null then 0 else 1 end) as has_churned
    from customer_months
    cross join horizons
    inner join ledger_bounds
        on {{ add_months('customer_months.month_date', 'horizons.horizon_months') }} <= ledger_bounds.last_month_date
    left join movements as contractions
        on
            customer_months.customer_id = contractions.customer_id
            and customer_months.month_date = contractions.month_date
            and contractions.movement_type = 'contraction'
    left join leading_drivers
        on
            contractions.customer_id = leading_drivers.customer_id
            and contractions.month_date = leading_drivers.month_date
    left join movements as churns
        on
            customer_months.customer_id = churns.customer_id
            and churns.movement_type = 'churn'
            and customer_months.month_date < churns.month_date
            and {{ add_months('customer_months.month_date', 'horizons.horizon_months') }} >= churns.month_date
    group by
        customer_months.customer_id,
        customer_months.month_date,
        horizons.horizon_months,
        leading_drivers.driver

),

expected as (

    select
        driver,
        horizon_months,
        count(*) as customer_months,
        sum(has_churned) as churned_customer_months
    from months_with_horizons
    group by
        driver,
        horizon_months

    union all

    select
        'all' as driver,
        horizon_months,
        count(*) as customer_months,
        sum(has_churned) as churned_customer_months
    from months_with_horizons
    where driver is not null
    group by horizon_months

)

select
    rates.driver,
    rates.horizon_months,
    rates.contractions,
    contracted.customer_months as contractions_of_customers,
    rates.comparison_customer_months,
    comparison.customer_months as comparison_customer_months_of_customers
from contraction_to_churn as rates
left join expected as contracted
    on
        rates.driver = contracted.driver
        and rates.horizon_months = contracted.horizon_months
left join expected as comparison
    on
        comparison.driver is null
        and rates.horizon_months = comparison.horizon_months
where
    rates.contractions != coalesce(contracted.customer_months, 0)
    or rates.churned_after_contraction != coalesce(contracted.churned_customer_months, 0)
    or rates.comparison_customer_months != coalesce(comparison.customer_months, 0)
    or rates.churned_comparison_customer_months != coalesce(comparison.churned_customer_months, 0)

union all

-- no driver that ever led a contraction is missing
select
    expected.driver,
    expected.horizon_months,
    null as contractions,
    expected.customer_months as contractions_of_customers,
    null as comparison_customer_months,
    null as comparison_customer_months_of_customers
from expected
left join contraction_to_churn as rates
    on
        expected.driver = rates.driver
        and expected.horizon_months = rates.horizon_months
where
    expected.driver is not null
    and rates.driver is null
