{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

)

select
    invoice_id,
    customer_id,
    status,
    issued_at,
    status not in ('draft', 'void') as is_issued
from invoices
