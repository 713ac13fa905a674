-- What GRR do we need for an NRR of 115 %, at the expansion that we have? And how much expansion, at our GRR?
with

annual_rates as (

    select *
    from {{ ref('retention_rates') }}
    where
        period_type = 'trailing_12_months'
        and dimension in ('total', 'segment')

),

last_period as (

    select max(period_start_date) as period_start_date
    from annual_rates

)

select
    annual_rates.dimension,
    annual_rates.dimension_value,
    annual_rates.nrr,
    annual_rates.grr,
    annual_rates.expansion_rate,
    1.15 - annual_rates.expansion_rate as grr_needed,
    -- expansion alone can do it, or nothing that is kept can
    1.15 - annual_rates.expansion_rate <= 1 as is_within_reach,
    greatest(1.15 - annual_rates.grr, 0) as expansion_rate_needed,
    cast(greatest(1.15 * annual_rates.opening_mrr - annual_rates.closing_mrr, 0) as decimal(18, 4)) as missing_mrr
from annual_rates
inner join last_period on annual_rates.period_start_date = last_period.period_start_date
order by
    annual_rates.dimension desc,
    annual_rates.dimension_value asc
