with

raw_discounts as (

    select * from {{ billing_table('discounts') }}

),

typed as (

    select
        cast(discount_id as {{ dbt.type_string() }}) as discount_id,
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        cast(subscription_item_id as {{ dbt.type_string() }}) as subscription_item_id,
        {{ as_code('duration') }} as duration,
        cast(percent_off as decimal(18, 4)) as percent_off,
        cast(amount_off as decimal(18, 4)) as amount_off,
        cast(starts_at as {{ dbt.type_timestamp() }}) as starts_at,
        cast(ends_at as {{ dbt.type_timestamp() }}) as ends_at
    from raw_discounts

)

select * from typed
