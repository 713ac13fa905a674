with

raw_subscriptions as (

    select * from {{ billing_table('subscriptions') }}

),

typed as (

    select
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        {{ as_code('status') }} as status,
        {{ as_code('ended_reason') }} as ended_reason,
        cast(started_at as {{ dbt.type_timestamp() }}) as started_at,
        cast(trial_ends_at as {{ dbt.type_timestamp() }}) as trial_ends_at,
        cast(cancel_requested_at as {{ dbt.type_timestamp() }}) as cancel_requested_at,
        cast(ended_at as {{ dbt.type_timestamp() }}) as ended_at
    from raw_subscriptions

)

select * from typed
