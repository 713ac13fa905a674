{{ config(incremental_strategy='changed_customers') }}

with

product_changes as (

    select * from {{ ref('int_product_changes') }}

),

pool_changes as (

    select * from {{ ref('int_pool_changes') }}

),

-- what a product that is there on both sides does as a whole
whole_products as (

    select
        customer_id,
        product_id,
        month_date,
        'product' as cause,
        'price' as driver,
        closing_mrr - opening_mrr as mrr_change
    from product_changes
    where
        is_kept
        and is_negative

),

-- what a pool of it does as a whole
whole_pools as (

    select
        pool_changes.customer_id,
        pool_changes.product_id,
        pool_changes.month_date,
        pool_changes.pool as cause,
        case when pool_changes.pool = 'metered' then 'usage' else 'price' end as driver,
        pool_changes.closing_mrr - pool_changes.opening_mrr as mrr_change
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
        fx_mrr - least_mrr as mrr_change
    from product_changes

    union all

    select
        customer_id,
        product_id,
        month_date,
        'least_mrr' as cause,
        'price' as driver,
        least_mrr as mrr_change
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
    customer_id,
    product_id,
    month_date,
    cause,
    driver,
    mrr_change
from drivers
where mrr_change != 0
