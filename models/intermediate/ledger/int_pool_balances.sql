with

plan_balances as (

    select * from {{ ref('int_plan_balances') }}

),

changes as (

    select
        customer_id,
        product_id,
        pool,
        month_date,
        sum(mrr_change) as net_change
    from plan_balances
    group by
        customer_id,
        product_id,
        pool,
        month_date

),

balances as (

    select
        customer_id,
        product_id,
        pool,
        month_date,
        sum(net_change) over (
            partition by customer_id, product_id, pool
            order by month_date
            rows between unbounded preceding and current row
        ) as net_mrr,
        lead(month_date) over (
            partition by customer_id, product_id, pool
            order by month_date
        ) as next_month_date
    from changes
    where net_change != 0

),

-- credits can make a pool negative: it counts as 0, and what is missing stays visible
floored as (

    select
        customer_id,
        product_id,
        pool,
        month_date,
        next_month_date,
        greatest(net_mrr, 0) as closing_mrr,
        greatest(-net_mrr, 0) as shortfall_mrr
    from balances

),

with_change as (

    select
        *,
        closing_mrr - coalesce(
            lag(closing_mrr) over (
                partition by customer_id, product_id, pool
                order by month_date
            ),
            0
        ) as mrr_change
    from floored

)

select
    customer_id,
    product_id,
    pool,
    month_date,
    next_month_date,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(shortfall_mrr as decimal(18, 4)) as shortfall_mrr
from with_change
