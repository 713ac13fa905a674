-- Does what is priced by usage retain better than what is priced by seat?
-- Cohorts of the last twelve months by what they had at their start.
with

annual_rates as (

    select *
    from {{ ref('retention_rates') }}
    where
        period_type = 'trailing_12_months'
        and dimension = 'pricing_model'

),

last_period as (

    select max(period_start_date) as period_start_date
    from annual_rates

)

select
    annual_rates.dimension_value as pricing_model,
    annual_rates.cohort_customers,
    annual_rates.opening_mrr,
    annual_rates.nrr,
    annual_rates.grr,
    annual_rates.logo_retention,
    annual_rates.expansion_rate,
    annual_rates.is_fragile
from annual_rates
inner join last_period on annual_rates.period_start_date = last_period.period_start_date
order by annual_rates.opening_mrr desc
