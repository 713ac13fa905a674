{{ config(meta={'customer_key': 'customer_id'}) }}
{{ comes_after('int_input_digest') }}

with recursive

customers as (

    select * from {{ ref('stg_billing__customers') }}

),

customer_exclusions as (

    select * from {{ ref('stg_billing__customer_exclusions') }}

),

ancestry as (

    select
        customer_id,
        customer_id as ancestor_id,
        parent_customer_id as next_ancestor_id,
        0 as generations
    from customers

    union all

    select
        ancestry.customer_id,
        customers.customer_id as ancestor_id,
        customers.parent_customer_id as next_ancestor_id,
        ancestry.generations + 1 as generations
    from ancestry
    inner join customers on ancestry.next_ancestor_id = customers.customer_id
    where ancestry.generations < 100

),

ultimate_parents as (

    select
        customer_id,
        ancestor_id as ultimate_parent_id
    from ancestry
    where next_ancestor_id is null

),

rolled_up as (

    select
        customers.customer_id,
        coalesce(
            ultimate_parents.ultimate_parent_id,
            {{ raise_error(
                "'customers.parent_customer_id: the parents of customer ' || customers.customer_id "
                ~ "|| ' form a cycle, or a chain of more than 100'",
                dbt.type_string()
            ) }}
        ) as ultimate_parent_id,
        customer_exclusions.customer_id is not null as is_excluded
    from customers
    left join ultimate_parents on customers.customer_id = ultimate_parents.customer_id
    left join customer_exclusions on customers.customer_id = customer_exclusions.customer_id

)

select
    customer_id,
    ultimate_parent_id,
    {{ 'ultimate_parent_id' if var('customer_grain') == 'parent' else 'customer_id' }} as ledger_customer_id,
    is_excluded
from rolled_up
