with

raw_subscription_item_versions as (

    select * from {{ billing_table('subscription_item_versions') }}

),

typed as (

    select
        cast(subscription_item_id as {{ dbt.type_string() }}) as subscription_item_id,
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        cast(plan_id as {{ dbt.type_string() }}) as plan_id,
        {{ as_code('currency', 'upper') }} as currency,
        cast(quantity as {{ dbt.type_bigint() }}) as quantity,
        cast(unit_amount as decimal(18, 4)) as unit_amount,
        cast(valid_from as {{ dbt.type_timestamp() }}) as valid_from,
        cast(valid_to as {{ dbt.type_timestamp() }}) as valid_to
    from raw_subscription_item_versions

)

select * from typed
