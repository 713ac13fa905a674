with

raw_invoices as (

    select * from {{ billing_table('invoices') }}

),

typed as (

    select
        cast(invoice_id as {{ dbt.type_string() }}) as invoice_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        {{ as_code('status') }} as status,
        {{ as_code('currency', 'upper') }} as currency,
        cast(issued_at as {{ dbt.type_timestamp() }}) as issued_at,
        cast(due_at as {{ dbt.type_timestamp() }}) as due_at,
        cast(paid_at as {{ dbt.type_timestamp() }}) as paid_at
    from raw_invoices

)

select * from typed
