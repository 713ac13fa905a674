with

items as (

    select * from {{ ref('int_subscription_items_discounted') }}

),

-- what is left of the price after the percentages, less the amounts: over the denominator of the percentages
discounted as (

    select
        *,
        greatest(
            gross_price * kept_numerator - {{ to_whole('amount_off', 4) }} * kept_denominator, 0
        ) as net_price_numerator
    from items

)

select
    subscription_item_id,
    subscription_id,
    plan_id,
    pool,
    currency,
    quantity,
    gross_mrr,
    {{ from_whole(
        multiply_and_divide(
            'net_price_numerator', 'per_month_numerator', 'kept_denominator * per_month_denominator'
        ), 4
    ) }} as net_mrr,
    valid_from,
    from_month_date,
    to_month_date
from discounted
