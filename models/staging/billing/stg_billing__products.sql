with

raw_products as (

    select * from {{ billing_table('products') }}

),

typed as (

    select
        cast(product_id as {{ dbt.type_string() }}) as product_id,
        cast(product_name as {{ dbt.type_string() }}) as product_name
    from raw_products

)

select * from typed
