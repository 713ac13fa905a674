with

raw_plans as (

    select * from {{ billing_table('plans') }}

),

typed as (

    select
        cast(plan_id as {{ dbt.type_string() }}) as plan_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,
        cast(plan_name as {{ dbt.type_string() }}) as plan_name,
        {{ as_code('pricing_model') }} as pricing_model,
        {{ as_code('billing_interval') }} as billing_interval,
        {{ as_code('currency', 'upper') }} as currency,
        cast(tier_rank as {{ dbt.type_bigint() }}) as tier_rank,
        cast(billing_interval_count as {{ dbt.type_bigint() }}) as billing_interval_count,
        cast(usage_limit as {{ dbt.type_bigint() }}) as usage_limit
    from raw_plans

)

select * from typed
