with

plan_balances as (

    select * from {{ ref('int_plan_balances') }}

),

changes as (

    select
        fx_basis,
        customer_id,
        product_id,
        pool,
        month_date,
        sum(mrr_change) as net_change
    from plan_balances
    group by
        fx_basis,
        customer_id,
        product_id,
        pool,
        month_date

),

balances as (

    select
        fx_basis,
        customer_id,
        product_id,
        pool,
        month_date,
        sum(net_change) over (
            partition by fx_basis, customer_id, product_id, pool
            order by month_date
            rows between unbounded preceding and current row
        ) as net_mrr,
        lead(month_date) over (
            partition by fx_basis, customer_id, product_id, pool
            order by month_date
        ) as next_month_date
    from changes
    -- at historical rates, amount and rate can change against each other
    where
        net_change != 0
        or '{{ var("fx_policy") }}' = 'historical'

),

-- credits can make a pool negative: it counts as 0, and what is missing stays visible;
-- adjustments keep their sign, for they correct the product as a whole
floored as (

    select
        fx_basis,
        customer_id,
        product_id,
        pool,
        month_date,
        next_month_date,
        case when pool = 'adjustment' then net_mrr else greatest(net_mrr, 0) end as closing_mrr,
        case when pool = 'adjustment' then 0 else greatest(-net_mrr, 0) end as shortfall_mrr
    from balances

),

with_change as (

    select
        *,
        closing_mrr - coalesce(
            lag(closing_mrr) over (
                partition by fx_basis, customer_id, product_id, pool
                order by month_date
            ),
            0
        ) as mrr_change
    from floored

)

select
    fx_basis,
    customer_id,
    product_id,
    pool,
    month_date,
    next_month_date,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(shortfall_mrr as decimal(18, 4)) as shortfall_mrr
from with_change
