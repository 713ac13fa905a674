{{ config(incremental_strategy='changed_customers') }}

with

contracted_items as (

    select * from {{ ref('int_subscription_items_contracted') }}

),

late_renewals as (

    select * from {{ ref('int_late_renewals') }}

),

windows as (

    select * from {{ ref('int_subscription_paying_windows') }}

),

-- a subscription has several windows, so one version becomes several rows: they never overlap
intersected as (

    select
        contracted_items.customer_id,
        contracted_items.billing_customer_id,
        contracted_items.subscription_id,
        contracted_items.subscription_item_id,
        contracted_items.product_id,
        contracted_items.plan_id,
        contracted_items.pool,
        contracted_items.currency,
        contracted_items.tier_rank,
        contracted_items.quantity,
        contracted_items.gross_price,
        contracted_items.per_month_numerator,
        contracted_items.per_month_denominator,
        contracted_items.valid_from,
        greatest(contracted_items.contracted_from_at, windows.paying_from_at) as paying_from_at,
        -- what ends where its customer and product lapse lasts until their late renewal
        least(
            coalesce(late_renewals.renewed_at, contracted_items.contracted_to_at), windows.paying_to_at
        ) as paying_to_at
    from contracted_items
    inner join windows on contracted_items.subscription_id = windows.subscription_id
    left join late_renewals
        on
            contracted_items.customer_id = late_renewals.customer_id
            and contracted_items.product_id = late_renewals.product_id
            and contracted_items.contracted_to_at = late_renewals.lapsed_at

)

select *
from intersected
where paying_from_at < coalesce(paying_to_at, {{ end_of_time() }})
