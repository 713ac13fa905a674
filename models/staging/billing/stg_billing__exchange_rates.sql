with

raw_exchange_rates as (

    select * from {{ billing_table('exchange_rates') }}

),

typed as (

    select
        {{ as_code('currency', 'upper') }} as currency,
        cast(rate_to_reporting as decimal(18, 8)) as rate_to_reporting,
        cast(cast(effective_date as {{ dbt.type_timestamp() }}) as date) as effective_date
    from raw_exchange_rates

)

select * from typed
