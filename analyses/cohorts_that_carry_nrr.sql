-- Which cohorts carry NRR? The points of the trailing NRR that each year of acquisition adds or takes.
with

annual_rates as (

    select *
    from {{ ref('retention_rates') }}
    where period_type = 'trailing_12_months'

),

last_period as (

    select max(period_start_date) as period_start_date
    from annual_rates

),

totals as (

    select
        annual_rates.period_start_date,
        annual_rates.opening_mrr,
        annual_rates.nrr
    from annual_rates
    inner join last_period on annual_rates.period_start_date = last_period.period_start_date
    where annual_rates.dimension = 'total'

)

select
    annual_rates.dimension_value as acquisition_year,
    annual_rates.cohort_customers,
    annual_rates.opening_mrr,
    annual_rates.nrr,
    annual_rates.grr,
    {{ exact_ratio('annual_rates.closing_mrr - annual_rates.opening_mrr', 'totals.opening_mrr') }} as points_of_nrr,
    totals.nrr as nrr_of_all
from annual_rates
inner join totals on annual_rates.period_start_date = totals.period_start_date
where annual_rates.dimension = 'acquisition_year'
order by points_of_nrr desc
