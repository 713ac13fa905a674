{{ config(incremental_strategy='changed_customers') }}

with

pool_balances as (

    select * from {{ ref('int_pool_balances') }}

),

changes as (

    {{ states_at_both_ends(
        'pool_balances', ['customer_id', 'product_id', 'pool'], {'mrr': 'mrr_change', 'shortfall_mrr': 'shortfall_change'}
    ) }}

)

select
    customer_id,
    product_id,
    pool,
    month_date,
    cast(opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0 as is_negative
from changes
