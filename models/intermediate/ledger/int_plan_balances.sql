{{ config(incremental_strategy='changed_customers') }}

with

valuations as (

    select * from {{ ref('int_mrr_valuations') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- what is free brings no seats, nor does a credit
with_priced_quantity as (

    select
        *,
        case when gross_mrr > 0 then quantity else 0 end as priced_quantity,
        case when gross_mrr > 0 and quantity is null then 1 else 0 end as items_without_quantity
    from valuations

),

-- an interval is two changes: it comes in one month and goes in another
changes as (

    select
        fx_basis,
        customer_id,
        product_id,
        plan_id,
        pool,
        from_month_date as month_date,
        1 as item_change,
        priced_quantity as quantity_change,
        items_without_quantity as item_without_quantity_change,
        gross_mrr as gross_change,
        net_mrr as mrr_change
    from with_priced_quantity

    union all

    select
        fx_basis,
        customer_id,
        product_id,
        plan_id,
        pool,
        to_month_date as month_date,
        -1 as item_change,
        -priced_quantity as quantity_change,
        -items_without_quantity as item_without_quantity_change,
        -gross_mrr as gross_change,
        -net_mrr as mrr_change
    from with_priced_quantity
    where to_month_date is not null

),

changes_by_month as (

    select
        changes.fx_basis,
        changes.customer_id,
        changes.product_id,
        changes.plan_id,
        changes.pool,
        changes.month_date,
        sum(changes.item_change) as item_change,
        sum(changes.quantity_change) as quantity_change,
        sum(changes.item_without_quantity_change) as item_without_quantity_change,
        sum(changes.gross_change) as gross_change,
        sum(changes.mrr_change) as mrr_change
    from changes
    inner join ledger_bounds on changes.month_date <= ledger_bounds.last_month_date
    group by
        changes.fx_basis,
        changes.customer_id,
        changes.product_id,
        changes.plan_id,
        changes.pool,
        changes.month_date

),

balances as (

    select
        fx_basis,
        customer_id,
        product_id,
        plan_id,
        pool,
        month_date,
        item_change,
        quantity_change,
        item_without_quantity_change,
        gross_change,
        mrr_change,
        sum(mrr_change) over (
            partition by fx_basis, customer_id, product_id, plan_id, pool
            order by month_date
            rows between unbounded preceding and current row
        ) as closing_mrr,
        lead(month_date) over (
            partition by fx_basis, customer_id, product_id, plan_id, pool
            order by month_date
        ) as next_month_date
    from changes_by_month
    -- at historical rates, amount and rate can change against each other
    where
        item_change != 0
        or quantity_change != 0
        or item_without_quantity_change != 0
        or gross_change != 0
        or mrr_change != 0
        or '{{ var("fx_policy") }}' = 'historical'

)

select
    fx_basis,
    customer_id,
    product_id,
    plan_id,
    pool,
    month_date,
    next_month_date,
    cast(item_change as {{ dbt.type_bigint() }}) as item_change,
    cast(coalesce(quantity_change, 0) as {{ dbt.type_bigint() }}) as quantity_change,
    cast(item_without_quantity_change as {{ dbt.type_bigint() }}) as item_without_quantity_change,
    cast(gross_change as decimal(18, 4)) as gross_change,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr
from balances
