{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

paying_items as (

    select * from {{ ref('int_subscription_items_paying') }}

),

discount_spans as (

    select * from {{ ref('int_discount_spans') }}

),

-- an item that some discount holds for becomes one row per span, any other stays one row
split_at_discounts as (

    select
        paying_items.*,
        coalesce(discount_spans.amount_off, 0) as amount_off,
        coalesce(discount_spans.kept_numerator, 1) as kept_numerator,
        coalesce(discount_spans.kept_denominator, 1) as kept_denominator,
        coalesce(discount_spans.from_at, paying_items.paying_from_at) as from_at,
        case
            when discount_spans.subscription_item_id is null then paying_items.paying_to_at
            else discount_spans.to_at
        end as to_at
    from paying_items
    left join discount_spans
        on
            paying_items.subscription_item_id = discount_spans.subscription_item_id
            and paying_items.valid_from = discount_spans.valid_from
            and paying_items.paying_from_at = discount_spans.paying_from_at

),

-- what is left of the price after the percentages, less the amounts: over the denominator of the percentages
with_net_price as (

    select
        *,
        greatest(
            gross_price * kept_numerator - {{ to_whole('amount_off', 4) }} * kept_denominator, 0
        ) as net_price
    from split_at_discounts

)

select
    customer_id,
    billing_customer_id,
    subscription_id,
    subscription_item_id,
    product_id,
    plan_id,
    pool,
    currency,
    tier_rank,
    quantity,
    gross_price,
    net_price,
    kept_denominator as net_price_denominator,
    per_month_numerator,
    per_month_denominator,
    valid_from,
    from_at,
    to_at,
    {{ month_of('from_at') }} as from_month_date,
    {{ month_of('to_at') }} as to_month_date
from with_net_price
