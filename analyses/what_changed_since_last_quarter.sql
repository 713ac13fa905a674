-- What changed since last quarter? The bridge of the last two complete quarters, side by side.
with

waterfall as (

    select
        *,
        {{ period_start('month_date', 3) }} as quarter_start_date
    from {{ ref('mrr_waterfall') }}

),

last_quarter as (

    select max(period_start_date) as quarter_start_date
    from {{ ref('retention_rates') }}
    where period_type = 'quarter'

),

quarters as (

    select
        waterfall.quarter_start_date,
        min(
            case when waterfall.month_date = waterfall.quarter_start_date then waterfall.opening_mrr end
        ) as opening_mrr,
        sum(waterfall.new_mrr) as new_mrr,
        sum(waterfall.acquired_mrr) as acquired_mrr,
        sum(waterfall.reactivation_mrr) as reactivation_mrr,
        sum(waterfall.expansion_mrr) as expansion_mrr,
        sum(waterfall.contraction_mrr) as contraction_mrr,
        sum(waterfall.churn_mrr) as churn_mrr,
        sum(waterfall.fx_mrr) as fx_mrr,
        sum(waterfall.churn_customers) as churn_customers
    from waterfall
    inner join last_quarter
        on
            waterfall.quarter_start_date <= last_quarter.quarter_start_date
            and waterfall.quarter_start_date >= {{ add_months('last_quarter.quarter_start_date', -3) }}
    group by waterfall.quarter_start_date

)

select
    quarter_start_date,
    opening_mrr,
    new_mrr,
    acquired_mrr,
    reactivation_mrr,
    expansion_mrr,
    contraction_mrr,
    churn_mrr,
    fx_mrr,
    opening_mrr + new_mrr + acquired_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + fx_mrr
        as closing_mrr,
    churn_customers
from quarters
order by quarter_start_date
