{{ config(incremental_strategy='changed_customers') }}

with

mrr_intervals as (

    select * from {{ ref('int_mrr_intervals') }}

),

with_first_price as (

    select
        *,
        first_value(unit_price) over (
            partition by customer_id, plan_id
            order by from_at, unit_price
        ) as first_unit_price
    from mrr_intervals
    where unit_price > 0

)

select distinct
    customer_id,
    product_id,
    plan_id,
    from_month_date,
    coalesce(to_month_date, {{ end_of_time('date') }}) as to_month_date
from with_first_price
where
    unit_price < first_unit_price
    and from_month_date < coalesce(to_month_date, {{ end_of_time('date') }})
