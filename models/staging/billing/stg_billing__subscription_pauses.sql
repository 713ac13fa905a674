with

raw_subscription_pauses as (

    select * from {{ billing_table('subscription_pauses') }}

),

typed as (

    select
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        cast(paused_at as {{ dbt.type_timestamp() }}) as paused_at,
        cast(resumed_at as {{ dbt.type_timestamp() }}) as resumed_at
    from raw_subscription_pauses

)

select * from typed
