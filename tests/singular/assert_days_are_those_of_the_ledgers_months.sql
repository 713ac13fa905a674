with

days as (

    select * from {{ ref('int_days') }}

),

mrr_waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

months_of_days as (

    select cast({{ dbt.date_trunc('month', 'day_date') }} as date) as month_date
    from days

),

days_by_month as (

    select
        month_date,
        count(*) as number_of_days
    from months_of_days
    group by month_date

)

select
    coalesce(mrr_waterfall.month_date, days_by_month.month_date) as month_date,
    days_by_month.number_of_days
from mrr_waterfall
full outer join days_by_month on mrr_waterfall.month_date = days_by_month.month_date
where
    mrr_waterfall.month_date is null
    or days_by_month.number_of_days is null
    or days_by_month.number_of_days
    != {{ date_difference('mrr_waterfall.month_date', add_months('mrr_waterfall.month_date', 1), 'day') }}
