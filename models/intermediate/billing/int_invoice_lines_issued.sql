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
    invoice_line_items.invoice_line_item_id,
    invoice_line_items.invoice_id,
    invoices.customer_id,
    invoices.issued_at,
    invoice_line_items.subscription_id,
    invoice_line_items.subscription_item_id,
    invoice_line_items.plan_id,
    invoice_line_items.line_type,
    invoice_line_items.currency,
    invoice_line_items.quantity,
    invoice_line_items.amount,
    invoice_line_items.discount_amount,
    invoice_line_items.is_proration,
    invoice_line_items.service_start_date,
    invoice_line_items.service_end_date
from invoice_line_items
inner join invoices on invoice_line_items.invoice_id = invoices.invoice_id
