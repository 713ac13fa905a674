with

raw_invoice_line_items as (

    select * from {{ billing_table('invoice_line_items') }}

),

typed as (

    select
        cast(invoice_line_item_id as {{ dbt.type_string() }}) as invoice_line_item_id,
        cast(invoice_id as {{ dbt.type_string() }}) as invoice_id,
        cast(subscription_id as {{ dbt.type_string() }}) as subscription_id,
        cast(subscription_item_id as {{ dbt.type_string() }}) as subscription_item_id,
        cast(plan_id as {{ dbt.type_string() }}) as plan_id,
        {{ as_code('line_type') }} as line_type,
        {{ as_code('currency', 'upper') }} as currency,
        cast(quantity as {{ dbt.type_bigint() }}) as quantity,
        cast(amount as decimal(18, 4)) as amount,
        cast(discount_amount as decimal(18, 4)) as discount_amount,
        cast(is_proration as {{ dbt.type_boolean() }}) as is_proration,
        cast(cast(service_start as {{ dbt.type_timestamp() }}) as date) as service_start_date,
        cast(cast(service_end as {{ dbt.type_timestamp() }}) as date) as service_end_date
    from raw_invoice_line_items

)

select * from typed
