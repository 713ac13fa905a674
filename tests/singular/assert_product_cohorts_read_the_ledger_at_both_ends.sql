-- Cohorts of a product are found again from the product balances in force in the month before a period and in its last.
with

rates as (

    select * from {{ ref('product_retention_rates') }}

),

-- a period with customers has a cohort of every product that they pay for
all_rates as (

    select *
    from {{ ref('retention_rates') }}
    where dimension = 'total'

),

product_balances as (

    select * from {{ ref('int_product_balances') }}

),

periods as (

    select distinct
        period_type,
        period_start_date,
        period_end_date
    from all_rates

),

ends as (

    select max(period_end_date) as last_end_date
    from periods

),

-- a balance holds up to the month before the next one
balances_by_month as (

    select
        product_balances.fx_basis,
        product_balances.customer_id,
        product_balances.product_id,
        product_balances.closing_mrr,
        {{ explode_dates(
            'product_balances.month_date',
            'coalesce(' ~ add_months('product_balances.next_month_date', -1) ~ ', ends.last_end_date)',
            1
        ) }} as month_date
    from product_balances
    cross join ends
    where product_balances.closing_mrr > 0

),

openings as (

    select
        periods.period_type,
        periods.period_start_date,
        balances_by_month.customer_id,
        balances_by_month.product_id,
        balances_by_month.closing_mrr as opening_mrr
    from periods
    inner join balances_by_month
        on
            balances_by_month.fx_basis = 'closing'
            and {{ add_months('periods.period_start_date', -1) }} = balances_by_month.month_date

),

closings as (

    select
        periods.period_type,
        periods.period_start_date,
        balances_by_month.customer_id,
        balances_by_month.product_id,
        balances_by_month.closing_mrr
    from periods
    inner join balances_by_month
        on
            balances_by_month.fx_basis = case periods.period_type
                when 'month' then {{ fx_basis('month_opening') }}
                when 'quarter' then {{ fx_basis('quarter_opening') }}
                else {{ fx_basis('year_opening') }}
            end
            and cast({{ dbt.date_trunc('month', 'periods.period_end_date') }} as date) = balances_by_month.month_date

),

expected as (

    select
        openings.period_type,
        openings.period_start_date,
        openings.product_id,
        count(*) as cohort_customers,
        sum(case when closings.closing_mrr > 0 then 1 else 0 end) as retained_customers,
        sum(openings.opening_mrr) as opening_mrr,
        sum(coalesce(closings.closing_mrr, 0)) as closing_mrr,
        sum(least(openings.opening_mrr, coalesce(closings.closing_mrr, 0))) as retained_mrr,
        sum(case when coalesce(closings.closing_mrr, 0) = 0 then openings.opening_mrr else 0 end) as churned_mrr
    from openings
    left join closings
        on
            openings.period_type = closings.period_type
            and openings.period_start_date = closings.period_start_date
            and openings.customer_id = closings.customer_id
            and openings.product_id = closings.product_id
    group by
        openings.period_type,
        openings.period_start_date,
        openings.product_id

)

select
    coalesce(rates.period_type, expected.period_type) as period_type,
    coalesce(rates.period_start_date, expected.period_start_date) as period_start_date,
    coalesce(rates.product_id, expected.product_id) as product_id,
    rates.opening_mrr,
    expected.opening_mrr as opening_mrr_of_customers,
    rates.closing_mrr,
    expected.closing_mrr as closing_mrr_of_customers
from rates
full outer join expected
    on
        rates.period_type = expected.period_type
        and rates.period_start_date = expected.period_start_date
        and rates.product_id = expected.product_id
where
    not coalesce(
        rates.cohort_customers = expected.cohort_customers
        and rates.opening_mrr = expected.opening_mrr
        and rates.closing_mrr = expected.closing_mrr
        and rates.retained_mrr = expected.retained_mrr
        and rates.churned_mrr = expected.churned_mrr
        and abs(cast(rates.logo_retention as decimal(28, 6)) * expected.cohort_customers - expected.retained_customers)
        <= expected.cohort_customers * 0.0000005,
        false
    )
