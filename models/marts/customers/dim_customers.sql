{{ config(meta={'customer_key': 'customer_id'}) }}

with

customers as (

    select * from {{ ref('stg_billing__customers') }}

),

rolled_up as (

    select * from {{ ref('int_customers_rolled_up') }}

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

-- an excluded customer still stands for the ones that roll up to it
ledger_customers as (

    select distinct ledger_customer_id as customer_id
    from rolled_up
    where not is_excluded

),

current_balances as (

    select
        customer_id,
        min(case when closing_mrr > 0 then month_date end) as first_paid_month_date,
        sum(closing_mrr - opening_mrr) as current_mrr
    from customer_balances
    group by customer_id

)

select
    customers.customer_id,
    customers.customer_name,
    customers.segment,
    customers.country,
    customers.acquisition_channel,
    customers.csm_owner,
    current_balances.first_paid_month_date,
    cast(coalesce(current_balances.current_mrr, 0) as decimal(18, 4)) as current_mrr,
    coalesce(current_balances.current_mrr, 0) > 0 as is_active
from customers
inner join ledger_customers on customers.customer_id = ledger_customers.customer_id
left join current_balances on customers.customer_id = current_balances.customer_id
