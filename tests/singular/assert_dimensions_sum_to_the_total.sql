with

rates as (

    select * from {{ ref('retention_rates') }}

),

totals as (

    select * from rates
    where dimension = 'total'

),

sums as (

    select
        period_type,
        period_start_date,
        dimension,
        sum(cohort_customers) as cohort_customers,
        sum(opening_mrr) as opening_mrr,
        sum(retained_mrr) as retained_mrr,
        sum(closing_mrr) as closing_mrr
    from rates
    where dimension != 'total'
    group by
        period_type,
        period_start_date,
        dimension

)

select
    sums.*,
    totals.opening_mrr as total_opening_mrr,
    totals.closing_mrr as total_closing_mrr
from sums
left join totals
    on
        sums.period_type = totals.period_type
        and sums.period_start_date = totals.period_start_date
where
    totals.period_type is null
    or sums.cohort_customers != totals.cohort_customers
    or sums.opening_mrr != totals.opening_mrr
    or sums.retained_mrr != totals.retained_mrr
    or sums.closing_mrr != totals.closing_mrr
