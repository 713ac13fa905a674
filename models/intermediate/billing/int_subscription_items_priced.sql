{{ config(materialized='view', meta={'customer_key': 'subscription_id'}) }}

with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

-- a metered plan has no price of its own: its usage lines carry the amount
priced as (

    select
        item_versions.subscription_item_id,
        item_versions.subscription_id,
        plans.product_id,
        item_versions.plan_id,
        plans.pool,
        item_versions.currency,
        plans.tier_rank,
        item_versions.quantity,
        case
            when plans.pool != 'metered'
                then item_versions.quantity * {{ to_whole('item_versions.unit_amount', 4) }}
        end as gross_price,
        plans.factor_numerator as per_month_numerator,
        plans.factor_denominator as per_month_denominator,
        item_versions.valid_from,
        item_versions.valid_to
    from item_versions
    inner join plans on item_versions.plan_id = plans.plan_id

)

select * from priced
