{{ config(incremental_strategy='changed_customers') }}

with

contracted_changes as (

    select * from {{ ref('int_contracted_changes') }}

),

changes_at_instants as (

    select
        customer_id,
        product_id,
        pool,
        changed_at,
        sum(mrr_change) as mrr_change
    from contracted_changes
    group by
        customer_id,
        product_id,
        pool,
        changed_at

),

pool_balances as (

    select
        *,
        greatest(
            sum(mrr_change) over (
                partition by customer_id, product_id, pool
                order by changed_at
                rows between unbounded preceding and current row
            ),
            0
        ) as pool_mrr
    from changes_at_instants

),

pool_changes as (

    select
        customer_id,
        changed_at,
        pool_mrr - coalesce(
            lag(pool_mrr) over (
                partition by customer_id, product_id, pool
                order by changed_at
            ),
            0
        ) as mrr_change
    from pool_balances

),

customer_changes as (

    select
        customer_id,
        changed_at,
        sum(mrr_change) as mrr_change
    from pool_changes
    group by
        customer_id,
        changed_at

),

balances as (

    select
        customer_id,
        changed_at,
        mrr_change,
        sum(mrr_change) over (
            partition by customer_id
            order by changed_at
            rows between unbounded preceding and current row
        ) as mrr_after
    from customer_changes

),

with_past as (

    select
        *,
        mrr_after - mrr_change as mrr_before,
        max(mrr_after) over (
            partition by customer_id
            order by changed_at
            rows between unbounded preceding and 1 preceding
        ) as peak_mrr_before,
        max(case when {{ is_churn('mrr_after - mrr_change', 'mrr_after') }} then changed_at end) over (
            partition by customer_id
            order by changed_at
            rows between unbounded preceding and 1 preceding
        ) as last_churned_at
    from balances

)

select
    customer_id,
    changed_at,
    cast(mrr_before as decimal(18, 4)) as mrr_before,
    cast(mrr_after as decimal(18, 4)) as mrr_after,
    cast(coalesce(peak_mrr_before, 0) as decimal(18, 4)) as peak_mrr_before,
    last_churned_at
from with_past
