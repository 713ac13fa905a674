-- Which drivers shrank? What each did to retained customers in the last twelve months, and in the twelve before.
with

drivers as (

    select * from {{ ref('fct_mrr_movement_drivers') }}

),

last_month as (

    select max(month_date) as month_date
    from {{ ref('mrr_waterfall') }}

),

years as (

    select
        drivers.driver,
        drivers.mrr_change,
        case
            when drivers.month_date > {{ add_months('last_month.month_date', -12) }} then 'last'
            else 'before'
        end as twelve_months
    from drivers
    inner join last_month on drivers.month_date > {{ add_months('last_month.month_date', -24) }}

),

totals as (

    select
        driver,
        sum(case when twelve_months = 'last' then mrr_change else 0 end) as mrr_change,
        sum(case when twelve_months = 'last' then greatest(mrr_change, 0) else 0 end) as gained_mrr,
        sum(case when twelve_months = 'last' then least(mrr_change, 0) else 0 end) as lost_mrr,
        sum(case when twelve_months = 'before' then mrr_change else 0 end) as mrr_change_before
    from years
    group by driver

)

select
    driver,
    gained_mrr,
    lost_mrr,
    mrr_change,
    mrr_change_before,
    mrr_change - mrr_change_before as difference
from totals
order by difference
