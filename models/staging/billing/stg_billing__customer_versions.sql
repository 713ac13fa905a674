with

raw_customer_versions as (

    select * from {{ billing_table('customer_versions') }}

),

typed as (

    select
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(segment as {{ dbt.type_string() }}) as segment,
        cast(country as {{ dbt.type_string() }}) as country,
        cast(acquisition_channel as {{ dbt.type_string() }}) as acquisition_channel,
        cast(csm_owner as {{ dbt.type_string() }}) as csm_owner,
        cast(valid_from as {{ dbt.type_timestamp() }}) as valid_from,
        cast(valid_to as {{ dbt.type_timestamp() }}) as valid_to
    from raw_customer_versions

)

select * from typed
