{{ config(incremental_strategy='changed_customers') }}

with

discounts as (

    select *
    from {{ ref('stg_billing__discounts') }}
    where {{ 'false' if var('discount_policy') == 'none' else 'true' }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_recognised') }}

),

contracted_items as (

    select * from {{ ref('int_subscription_items_contracted') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

recurring as (

    select
        subscriptions.customer_id,
        discounts.discount_id,
        discounts.subscription_id,
        discounts.subscription_item_id,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        discounts.percent_off,
        discounts.amount_off,
        discounts.starts_at as from_at,
        discounts.ends_at as to_at
    from discounts
    inner join subscriptions on discounts.subscription_id = subscriptions.subscription_id
    where discounts.duration != 'once'

),

-- a coupon that is given before the subscription is paid for falls in its first term
coupons as (

    select
        discounts.*,
        subscriptions.customer_id,
        subscriptions.pays_from_at,
        greatest(discounts.starts_at, subscriptions.pays_from_at) as fell_at
    from discounts
    inner join subscriptions on discounts.subscription_id = subscriptions.subscription_id
    where
        discounts.duration = 'once'
        and {{ 'true' if var('discount_policy') == 'all' else 'false' }}

),

-- one row per item that the coupon is for: it reduces what is contracted when it falls
coupons_on_items as (

    select
        coupons.*,
        contracted_items.subscription_item_id as item_id,
        contracted_items.plan_id,
        plans.term_months,
        plans.term_days,
        case
            when plans.term_months > 0
                then
                    {{ whole_quotient(
                        date_difference('coupons.pays_from_at', 'coupons.fell_at', 'month'), 'plans.term_months'
                    ) }}
            else
                {{ whole_quotient(
                    date_difference('coupons.pays_from_at', 'coupons.fell_at', 'day'), 'plans.term_days'
                ) }}
        end as most_terms
    from coupons
    inner join contracted_items
        on
            coupons.subscription_id = contracted_items.subscription_id
            and (
                coupons.subscription_item_id is null
                or coupons.subscription_item_id = contracted_items.subscription_item_id
            )
            and coupons.fell_at >= contracted_items.contracted_from_at
            and coupons.fell_at < coalesce(contracted_items.contracted_to_at, {{ end_of_time() }})
    inner join plans on contracted_items.plan_id = plans.plan_id
    where coupons.fell_at < coalesce(coupons.ends_at, {{ end_of_time() }})

),

-- the days and months between two dates count those that have begun, not those that are over
numbered as (

    select
        *,
        case
            when {{ add_term('pays_from_at', 'most_terms') }} <= fell_at then most_terms
            else most_terms - 1
        end as terms_before
    from coupons_on_items

),

once as (

    select
        customer_id,
        discount_id,
        subscription_id,
        item_id as subscription_item_id,
        plan_id,
        percent_off,
        amount_off,
        {{ add_term('pays_from_at', 'terms_before') }} as from_at,
        {{ add_term('pays_from_at', '(terms_before + 1)') }} as to_at
    from numbered

),

unioned as (

    select * from recurring

    union all

    select * from once

)

select * from unioned
