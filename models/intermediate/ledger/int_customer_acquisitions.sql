{{ config(meta={'customer_key': 'customer_id'}) }}

with

acquired_customers as (

    select * from {{ ref('stg_billing__acquired_customers') }}

),

customers as (

    select *
    from {{ ref('int_customers_rolled_up') }}
    where not is_excluded

)

select
    customers.ledger_customer_id as customer_id,
    {{ month_of('min(acquired_customers.acquired_at)') }} as acquired_month_date
from acquired_customers
inner join customers on acquired_customers.customer_id = customers.customer_id
group by customers.ledger_customer_id
