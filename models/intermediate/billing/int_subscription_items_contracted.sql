{{ config(incremental_strategy='changed_customers') }}

with

priced_items as (

    select *
    from {{ ref('int_subscription_items_priced') }}
    where pool != 'metered'

),

subscriptions as (

    select *
    from {{ ref('int_subscriptions_recognised') }}
    where not is_excluded

),

contracted as (

    select
        subscriptions.customer_id,
        subscriptions.billing_customer_id,
        priced_items.subscription_id,
        priced_items.subscription_item_id,
        priced_items.product_id,
        priced_items.plan_id,
        priced_items.pool,
        priced_items.currency,
        priced_items.tier_rank,
        priced_items.quantity,
        priced_items.gross_price,
        priced_items.per_month_numerator,
        priced_items.per_month_denominator,
        priced_items.valid_from,
        greatest(priced_items.valid_from, subscriptions.pays_from_at) as contracted_from_at,
        least(priced_items.valid_to, subscriptions.ends_at) as contracted_to_at
    from priced_items
    inner join subscriptions on priced_items.subscription_id = subscriptions.subscription_id

)

select *
from contracted
where contracted_from_at < coalesce(contracted_to_at, {{ end_of_time() }})
