with

products as (

    select * from {{ ref('dim_products') }}

),

mrr_intervals as (

    select * from {{ ref('int_mrr_intervals') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- what is in force in the last month, where a pool below 0 counts as 0
pools as (

    select
        mrr_intervals.product_id,
        mrr_intervals.customer_id,
        mrr_intervals.pool,
        greatest(sum(mrr_intervals.net_mrr), 0) as current_mrr
    from mrr_intervals
    inner join ledger_bounds
        on
            mrr_intervals.from_month_date <= ledger_bounds.last_month_date
            and coalesce(mrr_intervals.to_month_date, {{ end_of_time('date') }}) > ledger_bounds.last_month_date
    group by
        mrr_intervals.product_id,
        mrr_intervals.customer_id,
        mrr_intervals.pool

),

expected as (

    select
        product_id,
        sum(current_mrr) as current_mrr,
        count(distinct case when current_mrr > 0 then customer_id end) as active_customers
    from pools
    group by product_id

)

select
    coalesce(products.product_id, expected.product_id) as product_id,
    products.current_mrr,
    expected.current_mrr as current_mrr_of_customers,
    products.active_customers,
    expected.active_customers as customers_who_pay
from products
full outer join expected on products.product_id = expected.product_id
where
    not coalesce(
        products.current_mrr = coalesce(expected.current_mrr, 0)
        and products.active_customers = coalesce(expected.active_customers, 0),
        false
    )
