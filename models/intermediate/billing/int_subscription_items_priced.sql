with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

),

-- the price per billing interval in ten-thousandths, and the fraction that makes it one month in reporting currency;
-- a metered plan has no price of its own: its usage lines carry the amount
whole_prices as (

    select
        item_versions.subscription_item_id,
        item_versions.subscription_id,
        item_versions.plan_id,
        plans.pool,
        item_versions.currency,
        item_versions.quantity,
        case
            when plans.pool != 'metered'
                then item_versions.quantity * {{ to_whole('item_versions.unit_amount', 4) }}
        end as gross_price,
        plans.factor_numerator * currency_rates.rate_numerator as numerator,
        plans.factor_denominator * currency_rates.rate_denominator as denominator,
        item_versions.valid_from,
        item_versions.valid_to
    from item_versions
    inner join plans on item_versions.plan_id = plans.plan_id
    inner join currency_rates on item_versions.currency = currency_rates.currency

),

with_divisor as (

    select
        *,
        {{ greatest_common_divisor('numerator', 'denominator') }} as common_divisor
    from whole_prices

),

reduced as (

    select
        *,
        {{ whole_quotient('numerator', 'common_divisor') }} as per_month_numerator,
        {{ whole_quotient('denominator', 'common_divisor') }} as per_month_denominator
    from with_divisor

)

select
    subscription_item_id,
    subscription_id,
    plan_id,
    pool,
    currency,
    quantity,
    gross_price,
    per_month_numerator,
    per_month_denominator,
    {{ from_whole(
        multiply_and_divide('gross_price', 'per_month_numerator', 'per_month_denominator'), 4
    ) }} as gross_mrr,
    valid_from,
    valid_to
from reduced
