with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

acquisitions as (

    select
        customer_id,
        month_date as cohort_month_date,
        closing_mrr_at_constant_rates as initial_mrr
    from customer_balances
    where
        closing_mrr > 0
        and peak_mrr_before = 0

),

changes as (

    select
        acquisitions.cohort_month_date,
        customer_balances.month_date,
        sum(
            case when customer_balances.closing_mrr > 0 then 1 else 0 end
            - case when customer_balances.opening_mrr > 0 then 1 else 0 end
        ) as active_change,
        -- a cohort that is followed for years is measured at one rate
        sum(
            customer_balances.closing_mrr_at_constant_rates - customer_balances.opening_mrr_at_constant_rates
        ) as mrr_change,
        sum(
            least(acquisitions.initial_mrr, customer_balances.closing_mrr_at_constant_rates)
            - least(acquisitions.initial_mrr, customer_balances.opening_mrr_at_constant_rates)
        ) as retained_change
    from customer_balances
    inner join acquisitions on customer_balances.customer_id = acquisitions.customer_id
    group by
        acquisitions.cohort_month_date,
        customer_balances.month_date

),

cohorts as (

    select
        cohort_month_date,
        count(*) as cohort_customers,
        sum(initial_mrr) as initial_mrr
    from acquisitions
    group by cohort_month_date

),

cohort_months as (

    select
        cohorts.*,
        {{ explode_dates('cohorts.cohort_month_date', 'ledger_bounds.last_month_date', 1) }} as month_date
    from cohorts
    cross join ledger_bounds

),

balances as (

    select
        cohort_months.cohort_month_date,
        {{ date_difference('cohort_months.cohort_month_date', 'cohort_months.month_date', 'month') }} as months_since,
        cohort_months.cohort_customers,
        cohort_months.initial_mrr,
        sum(coalesce(changes.active_change, 0)) over (
            partition by cohort_months.cohort_month_date
            order by cohort_months.month_date
            rows between unbounded preceding and current row
        ) as active_customers,
        sum(coalesce(changes.mrr_change, 0)) over (
            partition by cohort_months.cohort_month_date
            order by cohort_months.month_date
            rows between unbounded preceding and current row
        ) as mrr,
        sum(coalesce(changes.retained_change, 0)) over (
            partition by cohort_months.cohort_month_date
            order by cohort_months.month_date
            rows between unbounded preceding and current row
        ) as retained_mrr
    from cohort_months
    left join changes
        on
            cohort_months.cohort_month_date = changes.cohort_month_date
            and cohort_months.month_date = changes.month_date

)

select
    cohort_month_date,
    cast(months_since as {{ dbt.type_int() }}) as months_since,
    cast(cohort_customers as {{ dbt.type_bigint() }}) as cohort_customers,
    cast(active_customers as {{ dbt.type_bigint() }}) as active_customers,
    cast(initial_mrr as decimal(18, 4)) as initial_mrr,
    cast(mrr as decimal(18, 4)) as mrr,
    cast(retained_mrr as decimal(18, 4)) as retained_mrr,
    {{ exact_ratio('mrr', 'initial_mrr') }} as nrr,
    {{ exact_ratio('retained_mrr', 'initial_mrr') }} as grr,
    {{ exact_ratio('active_customers', 'cohort_customers') }} as logo_retention,
    {{ surrogate_key(['cohort_month_date', 'months_since']) }} as acquisition_cohort_retention_key
from balances
