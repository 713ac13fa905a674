with

products as (

    select * from {{ ref('dim_products') }}

),

valuations as (

    select *
    from {{ ref('int_mrr_valuations') }}
    where fx_basis = 'closing'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- what is in force in the last month, where a pool below 0 counts as 0, and adjustments do not
pools as (

    select
        valuations.product_id,
        valuations.customer_id,
        valuations.pool,
        case
            when valuations.pool = 'adjustment' then sum(valuations.net_mrr)
            else greatest(sum(valuations.net_mrr), 0)
        end as current_mrr
    from valuations
    inner join ledger_bounds
        on
            valuations.from_month_date <= ledger_bounds.last_month_date
            and coalesce(valuations.to_month_date, {{ end_of_time('date') }}) > ledger_bounds.last_month_date
    group by
        valuations.product_id,
        valuations.customer_id,
        valuations.pool

),

customer_products as (

    select
        product_id,
        customer_id,
        greatest(sum(current_mrr), 0) as current_mrr
    from pools
    group by
        product_id,
        customer_id

),

expected as (

    select
        product_id,
        sum(current_mrr) as current_mrr,
        count(distinct case when current_mrr > 0 then customer_id end) as active_customers
    from customer_products
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
