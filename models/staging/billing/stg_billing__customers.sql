with

raw_customers as (

    select * from {{ billing_table('customers') }}

),

typed as (

    select
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(parent_customer_id as {{ dbt.type_string() }}) as parent_customer_id,
        cast(customer_name as {{ dbt.type_string() }}) as customer_name,
        cast(segment as {{ dbt.type_string() }}) as segment,
        cast(country as {{ dbt.type_string() }}) as country,
        cast(acquisition_channel as {{ dbt.type_string() }}) as acquisition_channel,
        cast(csm_owner as {{ dbt.type_string() }}) as csm_owner,
        cast(created_at as {{ dbt.type_timestamp() }}) as created_at
    from raw_customers

)

select * from typed
