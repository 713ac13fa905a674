with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

)

select
    'subscription_item_versions' as table_name,
    case when item_versions.quantity is null then 'quantity' else 'unit_amount' end as column_name,
    {{ row_key(['item_versions.subscription_item_id', 'item_versions.valid_from']) }} as row_key,
    'missing on a plan that is not metered' as problem
from item_versions
inner join plans on item_versions.plan_id = plans.plan_id
where
    plans.pricing_model != 'metered'
    and (item_versions.quantity is null or item_versions.unit_amount is null)
