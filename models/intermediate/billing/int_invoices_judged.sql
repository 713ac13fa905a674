{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

)

select
    *,
    status not in ('draft', 'void') as is_issued
from invoices
