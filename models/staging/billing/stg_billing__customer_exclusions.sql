with

raw_customer_exclusions as (

    select * from {{ billing_table('customer_exclusions') }}

),

typed as (

    select
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(reason as {{ dbt.type_string() }}) as reason
    from raw_customer_exclusions

)

select * from typed
