{{ config(incremental_strategy='when_changed', meta={'customer_key': none}) }}
{{ comes_after('int_input_digest') }}

with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

invoice_line_items as (

    select * from {{ ref('stg_billing__invoice_line_items') }}

),

exchange_rates as (

    select * from {{ ref('stg_billing__exchange_rates') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

currencies as (

    select
        currency,
        'subscription_item_versions' as table_name
    from item_versions

    union all

    select
        currency,
        'invoice_line_items' as table_name
    from invoice_line_items

    union all

    select
        '{{ var("reporting_currency") }}' as currency,
        'mrr_adjustments' as table_name

),

distinct_currencies as (

    select
        currency,
        'exchange_rates.rate_to_reporting: no rate on or before the constant date for currency ' || currency
        || ', which is in ' || min(table_name) || '.currency' as problem
    from currencies
    group by currency

),

latest_rates as (

    select
        exchange_rates.currency,
        exchange_rates.rate_to_reporting,
        row_number() over (
            partition by exchange_rates.currency
            order by exchange_rates.effective_date desc
        ) as recency
    from exchange_rates
    cross join ledger_bounds
    where exchange_rates.effective_date <= ledger_bounds.constant_fx_date

),

rates as (

    select
        distinct_currencies.currency,
        case
            when distinct_currencies.currency = '{{ var("reporting_currency") }}' then 1
            when latest_rates.currency is not null then latest_rates.rate_to_reporting
            else {{ raise_error('distinct_currencies.problem', 'decimal(18, 8)') }}
        end as rate_to_reporting
    from distinct_currencies
    left join latest_rates
        on
            distinct_currencies.currency = latest_rates.currency
            and latest_rates.recency = 1

),

whole_rates as (

    select
        currency,
        {{ to_whole('rate_to_reporting', 8) }} as numerator,
        cast(100000000 as {{ whole_type() }}) as denominator
    from rates

),

reduced as (

    select
        currency,
        {{ whole_quotient('numerator', greatest_common_divisor('numerator', 'denominator')) }} as rate_numerator,
        {{ whole_quotient('denominator', greatest_common_divisor('numerator', 'denominator')) }} as rate_denominator
    from whole_rates

)

select * from reduced
