-- the adjustments of the bridge, summed up to a month, are its closing MRR less what the pools of all customers sum to
-- in that month: under one exchange rate, for with historical ones the two ends of a month have two rates
{{ config(enabled=var('fx_policy') == 'constant') }}

with

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

pool_balances as (

    select *
    from {{ ref('int_pool_balances') }}
    where pool != 'adjustment'

),

pools_in_force as (

    select
        waterfall.month_date,
        sum(pool_balances.closing_mrr) as unadjusted_mrr
    from waterfall
    inner join pool_balances
        on
            waterfall.month_date >= pool_balances.month_date
            and waterfall.month_date < coalesce(pool_balances.next_month_date, {{ end_of_time('date') }})
    group by waterfall.month_date

),

first_month as (

    select min(month_date) as month_date
    from waterfall

),

before_the_first_month as (

    select -coalesce(sum(pool_balances.mrr_change), 0) as adjustment_mrr
    from pool_balances
    inner join first_month on pool_balances.month_date < first_month.month_date

),

compared as (

    select
        waterfall.month_date,
        waterfall.closing_mrr - coalesce(pools_in_force.unadjusted_mrr, 0) as not_explained_mrr,
        before_the_first_month.adjustment_mrr
        + sum(waterfall.adjustment_mrr) over (
            order by waterfall.month_date
            rows between unbounded preceding and current row
        ) as adjustment_mrr
    from waterfall
    cross join before_the_first_month
    left join pools_in_force on waterfall.month_date = pools_in_force.month_date

)

select
    month_date,
    adjustment_mrr,
    not_explained_mrr
from compared
where adjustment_mrr != not_explained_mrr
