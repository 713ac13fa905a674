with

products as (

    select * from {{ ref('stg_billing__products') }}

),

valuations as (

    select * from {{ ref('int_mrr_valuations') }}

),

product_balances as (

    select *
    from {{ ref('int_product_balances') }}
    where fx_basis = 'closing'

),

invoice_lines_counted as (

    select *
    from {{ ref('int_invoice_lines_counted') }}
    where line_type = 'recurring'

),

invoice_lines_without_quantity as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where quantity is null

),

-- a product that lines without a plan make necessary is in the ledger, but not in the billing system
ledger_products as (

    select
        product_id,
        product_name
    from products

    union distinct

    select
        product_id,
        product_id as product_name
    from valuations
    where product_id = 'unassigned'

),

customer_products as (

    select
        product_id,
        customer_id,
        sum(mrr_change) as current_mrr
    from product_balances
    group by
        product_id,
        customer_id

),

current_balances as (

    select
        product_id,
        sum(current_mrr) as current_mrr,
        sum(case when current_mrr > 0 then 1 else 0 end) as active_customers
    from customer_products
    group by product_id

),

unknown_quantities as (

    select
        invoice_lines_counted.product_id,
        count(*) as lines_without_quantity
    from invoice_lines_counted
    inner join invoice_lines_without_quantity
        on invoice_lines_counted.invoice_line_item_id = invoice_lines_without_quantity.invoice_line_item_id
    group by invoice_lines_counted.product_id

)

select
    ledger_products.product_id,
    ledger_products.product_name,
    cast(coalesce(current_balances.current_mrr, 0) as decimal(18, 4)) as current_mrr,
    cast(coalesce(current_balances.active_customers, 0) as {{ dbt.type_bigint() }}) as active_customers,
    cast(coalesce(unknown_quantities.lines_without_quantity, 0) as {{ dbt.type_bigint() }}) as lines_without_quantity
from ledger_products
left join current_balances on ledger_products.product_id = current_balances.product_id
left join unknown_quantities on ledger_products.product_id = unknown_quantities.product_id
