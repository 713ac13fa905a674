with

raw_acquired_customers as (

    select * from {{ billing_table('acquired_customers') }}

),

typed as (

    select
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(acquired_at as {{ dbt.type_timestamp() }}) as acquired_at
    from raw_acquired_customers

)

select * from typed
