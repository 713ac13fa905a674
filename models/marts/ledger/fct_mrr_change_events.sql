{{ config(incremental_strategy='changed_customers') }}

with

contracted_changes as (

    select * from {{ ref('int_contracted_changes') }}

),

contracted_balances as (

    select * from {{ ref('int_contracted_balances') }}

),

-- an item that changes its product at that instant changes once
item_changes as (

    select
        customer_id,
        item_type,
        item_id,
        changed_at,
        sum(mrr_change) as mrr_change
    from contracted_changes
    group by
        customer_id,
        item_type,
        item_id,
        changed_at

),

item_balances as (

    select
        *,
        sum(mrr_change) over (
            partition by customer_id, item_type, item_id
            order by changed_at
            rows between unbounded preceding and current row
        ) as mrr_after
    from item_changes
    where mrr_change != 0

),

classified as (

    select
        customer_id,
        changed_at,
        mrr_before,
        mrr_after,
        {{ movement_type_of('mrr_before', 'mrr_after', 'mrr_after - mrr_before', 'peak_mrr_before',
            month_of('last_churned_at'), month_of('changed_at')) }} as movement_type
    from contracted_balances

)

select
    item_balances.customer_id,
    item_balances.item_type,
    item_balances.item_id,
    item_balances.changed_at,
    cast(item_balances.mrr_after - item_balances.mrr_change as decimal(18, 4)) as mrr_before,
    cast(item_balances.mrr_after as decimal(18, 4)) as mrr_after,
    cast(item_balances.mrr_change as decimal(18, 4)) as mrr_change,
    classified.mrr_before as customer_mrr_before,
    classified.mrr_after as customer_mrr_after,
    classified.movement_type,
    {{ surrogate_key(
        [
            'item_balances.customer_id', 'item_balances.item_type', 'item_balances.item_id', 'item_balances.changed_at',
        ],
        free_text=['item_balances.customer_id', 'item_balances.item_id']
    ) }} as mrr_change_event_key
from item_balances
inner join classified
    on
        item_balances.customer_id = classified.customer_id
        and item_balances.changed_at = classified.changed_at
