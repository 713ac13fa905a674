with

discounts as (

    select * from {{ ref('stg_billing__discounts') }}
    where subscription_item_id is not null

),

item_subscriptions as (

    select distinct
        subscription_item_id,
        subscription_id
    from {{ ref('stg_billing__subscription_item_versions') }}

)

select
    'discounts' as table_name,
    'subscription_item_id' as column_name,
    discounts.discount_id as row_key,
    'the item is not part of the discounted subscription' as problem
from discounts
left join item_subscriptions
    on
        discounts.subscription_item_id = item_subscriptions.subscription_item_id
        and discounts.subscription_id = item_subscriptions.subscription_id
where item_subscriptions.subscription_item_id is null
