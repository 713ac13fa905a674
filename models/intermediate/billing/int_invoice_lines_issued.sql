{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

invoice_line_items as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where {{ is_counted_line_type() }}

),

invoices as (

    select *
    from {{ ref('int_invoices_judged') }}
    where is_issued

)

select
    invoice_line_items.*,
    invoices.customer_id,
    invoices.issued_at
from invoice_line_items
inner join invoices on invoice_line_items.invoice_id = invoices.invoice_id
