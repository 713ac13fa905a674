with

customers as (

    select *
    from {{ ref('dim_customers') }}
    where first_paid_month_date is not null

),

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

attribute_versions as (

    select * from {{ ref('int_customer_attribute_versions') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

first_expansions as (

    select
        customer_id,
        min(month_date) as month_date
    from movements
    group by customer_id

),

-- the version in force at the last instant of the first paid month, or the latest earlier one
versions_by_then as (

    select
        customers.customer_id,
        attribute_versions.acquisition_channel,
        row_number() over (
            partition by customers.customer_id
            order by attribute_versions.month_date desc
        ) as recency
    from customers
    inner join attribute_versions
        on
            customers.customer_id = attribute_versions.customer_id
            and customers.first_paid_month_date >= attribute_versions.month_date

)

select
    customers.customer_id,
    customers.first_paid_month_date,
    versions_by_then.acquisition_channel,
    {{ date_difference('customers.first_paid_month_date', 'first_expansions.month_date', 'month') }}
        as months_to_expand,
    {{ date_difference('customers.first_paid_month_date', 'ledger_bounds.last_month_date', 'month') }}
        as observed_months
from customers
cross join ledger_bounds
inner join versions_by_then
    on
        customers.customer_id = versions_by_then.customer_id
        and versions_by_then.recency = 1
left join first_expansions on customers.customer_id = first_expansions.customer_id
