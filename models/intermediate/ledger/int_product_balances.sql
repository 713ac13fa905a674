{{ config(incremental_strategy='changed_customers') }}

{% set in_order = 'partition by fx_basis, customer_id, product_id order by month_date' %}

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
        sum(case when pool = 'adjustment' then 0 else mrr_change end) as unadjusted_change,
        sum(there_change) as pools_there_change
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
        pools_there_change,
        sum(net_change) over ({{ in_order }} rows between unbounded preceding and current row) as net_mrr,
        lead(month_date) over ({{ in_order }}) as next_month_date
    from changes

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
        closing_mrr - coalesce(lag(closing_mrr) over ({{ in_order }}), 0) as mrr_change,
        shortfall_mrr - coalesce(lag(shortfall_mrr) over ({{ in_order }}), 0) as shortfall_change
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
    cast(shortfall_mrr as decimal(18, 4)) as shortfall_mrr,
    cast(shortfall_change as decimal(18, 4)) as shortfall_change,
    cast(pools_there_change as {{ dbt.type_int() }}) as pools_there_change
from with_change
