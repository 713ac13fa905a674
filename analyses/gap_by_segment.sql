-- Where does expansion hide losses? NRR less GRR by segment, over the last twelve months and a year before.
with

annual_rates as (

    select *
    from {{ ref('retention_rates') }}
    where
        period_type = 'trailing_12_months'
        and dimension = 'segment'

),

last_period as (

    select max(period_start_date) as period_start_date
    from annual_rates

)

select
    annual_rates.dimension_value as segment,
    annual_rates.cohort_customers,
    annual_rates.nrr,
    annual_rates.grr,
    annual_rates.nrr - annual_rates.grr as gap,
    earlier.nrr - earlier.grr as gap_a_year_before,
    annual_rates.is_fragile
from annual_rates
inner join last_period on annual_rates.period_start_date = last_period.period_start_date
left join annual_rates as earlier
    on
        annual_rates.dimension_value = earlier.dimension_value
        and {{ add_months('annual_rates.period_start_date', -12) }} = earlier.period_start_date
order by gap desc
