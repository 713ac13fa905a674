with

pool_balances as (

    select * from {{ ref('int_pool_balances') }}

),

changes as (

    select
        fx_basis,
        customer_id,
        product_id,
        month_date,
        sum(mrr_change) as net_change,
        sum(case when pool = 'adjustment' then 0 else mrr_change end) as unadjusted_change
    from pool_balances
    group by
        fx_basis,
        customer_id,
        product_id,
        month_date

),

balances as (

    select
        fx_basis,
        customer_id,
        product_id,
        month_date,
        unadjusted_change,
        sum(net_change) over (
            partition by fx_basis, customer_id, product_id
            order by month_date
            rows between unbounded preceding and current row
        ) as net_mrr,
        lead(month_date) over (
            partition by fx_basis, customer_id, product_id
            order by month_date
        ) as next_month_date
    from changes
    -- at historical rates, amount and rate can change against each other
    where
        net_change != 0
        or unadjusted_change != 0
        or '{{ var("fx_policy") }}' = 'historical'

),

-- adjustments can take more than is there: the product counts as 0, and what is missing stays visible
floored as (

    select
        *,
        greatest(net_mrr, 0) as closing_mrr,
        greatest(-net_mrr, 0) as shortfall_mrr
    from balances

),

with_change as (

    select
        *,
        closing_mrr - coalesce(
            lag(closing_mrr) over (
                partition by fx_basis, customer_id, product_id
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
    month_date,
    next_month_date,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(unadjusted_change as decimal(18, 4)) as unadjusted_change,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(shortfall_mrr as decimal(18, 4)) as shortfall_mrr
from with_change
