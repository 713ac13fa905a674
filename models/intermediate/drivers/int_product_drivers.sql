with

product_changes as (

    select * from {{ ref('int_product_changes') }}

),

pool_changes as (

    select * from {{ ref('int_pool_changes') }}

),

plan_changes as (

    select * from {{ ref('int_plan_changes') }}

),

intervals_below_first_price as (

    select * from {{ ref('int_intervals_below_first_price') }}

),

seats as (

    select
        customer_id,
        product_id,
        month_date,
        sum(closing_quantity - opening_quantity) as seats_gained
    from plan_changes
    group by
        customer_id,
        product_id,
        month_date

),

-- a plan that did not change can be below its first price, too
closing_below_first_price as (

    select distinct
        product_changes.customer_id,
        product_changes.product_id,
        product_changes.month_date
    from product_changes
    inner join intervals_below_first_price
        on
            product_changes.customer_id = intervals_below_first_price.customer_id
            and product_changes.product_id = intervals_below_first_price.product_id
            and product_changes.month_date >= intervals_below_first_price.from_month_date
            and product_changes.month_date < intervals_below_first_price.to_month_date

),

-- what a product does as a whole
whole_products as (

    select
        customer_id,
        product_id,
        month_date,
        'product' as cause,
        case when is_kept then 'price' else 'cross_sell' end as driver,
        closing_mrr - opening_mrr as mrr_change,
        not is_kept as is_sale
    from product_changes
    where
        not is_kept
        or is_negative

),

-- what a pool does as a whole, in a product that is there on both sides
whole_pools as (

    select
        pool_changes.customer_id,
        pool_changes.product_id,
        pool_changes.month_date,
        pool_changes.pool as cause,
        case when pool_changes.pool = 'metered' then 'usage' else 'price' end as driver,
        pool_changes.closing_mrr - pool_changes.opening_mrr as mrr_change,
        false as is_sale
    from pool_changes
    inner join product_changes
        on
            pool_changes.customer_id = product_changes.customer_id
            and pool_changes.product_id = product_changes.product_id
            and pool_changes.month_date = product_changes.month_date
    where
        product_changes.is_kept
        and not product_changes.is_negative
        and (pool_changes.pool in ('metered', 'adjustment') or pool_changes.is_negative)

),

-- what exchange rates do, and the least that a customer keeps at any of them
exchange_rates as (

    select
        customer_id,
        product_id,
        month_date,
        'exchange_rates' as cause,
        'fx' as driver,
        fx_mrr - least_mrr as mrr_change,
        false as is_sale
    from product_changes

    union all

    select
        customer_id,
        product_id,
        month_date,
        'least_mrr' as cause,
        'price' as driver,
        least_mrr as mrr_change,
        false as is_sale
    from product_changes

),

drivers as (

    select * from whole_products

    union all

    select * from whole_pools

    union all

    select * from exchange_rates

)

select
    drivers.customer_id,
    drivers.product_id,
    drivers.month_date,
    drivers.cause,
    drivers.driver,
    drivers.mrr_change,
    drivers.is_sale and closing_below_first_price.customer_id is not null as is_below_first_price,
    cast(coalesce(seats.seats_gained, 0) as {{ dbt.type_bigint() }}) as seats_gained
from drivers
left join seats
    on
        drivers.customer_id = seats.customer_id
        and drivers.product_id = seats.product_id
        and drivers.month_date = seats.month_date
left join closing_below_first_price
    on
        drivers.customer_id = closing_below_first_price.customer_id
        and drivers.product_id = closing_below_first_price.product_id
        and drivers.month_date = closing_below_first_price.month_date
where drivers.mrr_change != 0
