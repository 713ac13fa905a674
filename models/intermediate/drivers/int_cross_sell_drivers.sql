{{ config(incremental_strategy='changed_customers') }}

with

product_changes as (

    select *
    from {{ ref('int_product_changes') }}
    where not is_kept

),

pool_changes as (

    select * from {{ ref('int_pool_changes') }}

),

plan_changes as (

    select *
    from {{ ref('int_plan_changes') }}
    where is_below_first_price

),

-- what counts as 0 for being negative has no plans that bring anything
plans_below_first_price as (

    select
        plan_changes.customer_id,
        plan_changes.product_id,
        plan_changes.month_date,
        plan_changes.plan_id,
        plan_changes.closing_mrr - plan_changes.opening_mrr as mrr_change,
        coalesce(plan_changes.closing_quantity - plan_changes.opening_quantity, 0) as seats_gained
    from plan_changes
    inner join product_changes
        on
            plan_changes.customer_id = product_changes.customer_id
            and plan_changes.product_id = product_changes.product_id
            and plan_changes.month_date = product_changes.month_date
    inner join pool_changes
        on
            plan_changes.customer_id = pool_changes.customer_id
            and plan_changes.product_id = pool_changes.product_id
            and plan_changes.pool = pool_changes.pool
            and plan_changes.month_date = pool_changes.month_date
    where
        not product_changes.is_negative
        and not pool_changes.is_negative

),

their_sums as (

    select
        customer_id,
        product_id,
        month_date,
        sum(mrr_change) as mrr_change
    from plans_below_first_price
    group by
        customer_id,
        product_id,
        month_date

),

rest_of_products as (

    select
        product_changes.customer_id,
        product_changes.product_id,
        product_changes.month_date,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        product_changes.closing_mrr - product_changes.opening_mrr - coalesce(their_sums.mrr_change, 0) as mrr_change,
        0 as seats_gained
    from product_changes
    left join their_sums
        on
            product_changes.customer_id = their_sums.customer_id
            and product_changes.product_id = their_sums.product_id
            and product_changes.month_date = their_sums.month_date

),

parts as (

    select * from plans_below_first_price

    union all

    select * from rest_of_products

)

select
    customer_id,
    product_id,
    month_date,
    plan_id,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(seats_gained as {{ dbt.type_bigint() }}) as seats_gained
from parts
where mrr_change != 0
