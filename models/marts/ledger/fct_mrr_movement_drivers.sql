{{ config(incremental_strategy='changed_customers') }}

with

plan_drivers as (

    select * from {{ ref('int_plan_drivers') }}

),

product_drivers as (

    select * from {{ ref('int_product_drivers') }}

),

cross_sell_drivers as (

    select * from {{ ref('int_cross_sell_drivers') }}

),

thresholds as (

    select threshold_value as volume_discount_seats
    from {{ ref('stg_reference__expansion_thresholds') }}
    where threshold = 'volume_discount_seats'

),

pieces as (

    select
        customer_id,
        month_date,
        product_id,
        driver,
        mrr_change,
        is_below_first_price,
        seats_gained
    from plan_drivers

    union all

    select
        customer_id,
        month_date,
        product_id,
        driver,
        mrr_change,
        false as is_below_first_price,
        0 as seats_gained
    from product_drivers

    union all

    select
        customer_id,
        month_date,
        product_id,
        'cross_sell' as driver,
        mrr_change,
        plan_id is not null as is_below_first_price,
        seats_gained
    from cross_sell_drivers

),

-- what a price has bought: a discount that ends, or a price below the first one, unless it is a volume discount
flagged as (

    select
        pieces.*,
        pieces.mrr_change > 0
        and (
            pieces.driver = 'discount'
            or (pieces.is_below_first_price and pieces.seats_gained < thresholds.volume_discount_seats)
        ) as is_manufactured
    from pieces
    cross join thresholds

),

summed as (

    select
        customer_id,
        month_date,
        product_id,
        driver,
        sum(mrr_change) as mrr_change,
        sum(case when is_manufactured then mrr_change else 0 end) as manufactured_mrr
    from flagged
    group by
        customer_id,
        month_date,
        product_id,
        driver

)

select
    customer_id,
    month_date,
    product_id,
    driver,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    -- never more than the driver brought
    cast(greatest(least(manufactured_mrr, mrr_change), 0) as decimal(18, 4)) as manufactured_mrr,
    {{ surrogate_key(
        ['customer_id', 'month_date', 'product_id', 'driver'], free_text=['customer_id', 'product_id']
    ) }} as mrr_movement_driver_key
from summed
where mrr_change != 0
