with

raw_mrr_adjustments as (

    select * from {{ billing_table('mrr_adjustments') }}

),

typed as (

    select
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,
        cast(reason as {{ dbt.type_string() }}) as reason,
        cast(approved_by as {{ dbt.type_string() }}) as approved_by,
        cast(amount as decimal(18, 4)) as amount,
        cast(cast(month_from as {{ dbt.type_timestamp() }}) as date) as month_from_date,
        cast(cast(month_to as {{ dbt.type_timestamp() }}) as date) as month_to_date
    from raw_mrr_adjustments

)

select * from typed
