{{ config(incremental_strategy='changed_customers') }}

with

mrr_intervals as (

    select *
    from {{ ref('int_mrr_intervals') }}
    where pool in ('flat', 'per_seat')

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- an interval is two changes of MRR: it comes at one instant and goes at another
changes as (

    select
        customer_id,
        product_id,
        pool,
        item_type,
        item_id,
        from_at as changed_at,
        net_mrr as mrr_change
    from mrr_intervals

    union all

    select
        customer_id,
        product_id,
        pool,
        item_type,
        item_id,
        to_at as changed_at,
        -net_mrr as mrr_change
    from mrr_intervals
    where to_at is not null

)

select
    changes.customer_id,
    changes.product_id,
    changes.pool,
    changes.item_type,
    changes.item_id,
    changes.changed_at,
    cast(sum(changes.mrr_change) as decimal(18, 4)) as mrr_change
from changes
inner join ledger_bounds on {{ month_of('changes.changed_at') }} <= ledger_bounds.last_month_date
group by
    changes.customer_id,
    changes.product_id,
    changes.pool,
    changes.item_type,
    changes.item_id,
    changes.changed_at
