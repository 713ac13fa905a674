{{ config(incremental_strategy='changed_customers') }}

{% set in_order = 'partition by fx_basis, customer_id, product_id, pool order by month_date' %}

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
        sum(gross_change) as gross_change,
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
        sum(gross_change) over ({{ in_order }} rows between unbounded preceding and current row) as gross_mrr,
        sum(net_change) over ({{ in_order }} rows between unbounded preceding and current row) as net_mrr,
        lead(month_date) over ({{ in_order }}) as next_month_date
    from changes

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
        case when pool = 'adjustment' then 0 else greatest(-net_mrr, 0) end as shortfall_mrr,
        -- what is there under a discount of 100 % is still there
        case when case when pool in ('flat', 'per_seat') then gross_mrr else net_mrr end > 0 then 1 else 0 end as there
    from balances

),

with_change as (

    select
        *,
        closing_mrr - coalesce(lag(closing_mrr) over ({{ in_order }}), 0) as mrr_change,
        shortfall_mrr - coalesce(lag(shortfall_mrr) over ({{ in_order }}), 0) as shortfall_change,
        there - coalesce(lag(there) over ({{ in_order }}), 0) as there_change
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
    cast(shortfall_mrr as decimal(18, 4)) as shortfall_mrr,
    cast(shortfall_change as decimal(18, 4)) as shortfall_change,
    cast(there_change as {{ dbt.type_int() }}) as there_change
from with_change
