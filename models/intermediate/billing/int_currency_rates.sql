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
        count(*) as row_count,
        'subscription_item_versions.currency of ' || {{ row_key(['min(subscription_item_id)']) }} as example
    from item_versions
    group by currency

    union all

    select
        currency,
        count(*) as row_count,
        'invoice_line_items.currency of ' || {{ row_key(['min(invoice_line_item_id)']) }} as example
    from invoice_line_items
    group by currency

    union all

    -- of manual adjustments
    select
        '{{ reporting_currency() }}' as currency,
        0 as row_count,
        '' as example

),

known_currencies as (

    select currency from exchange_rates

    union

    select '{{ reporting_currency() }}' as currency

),

distinct_currencies as (

    select
        currency,
        cast(sum(row_count) as {{ dbt.type_bigint() }}) as row_count,
        max(example) as example
    from currencies
    group by currency

),

problems as (

    select
        distinct_currencies.currency,
        'exchange_rates.rate_to_reporting: no rate on or before '
        || cast(ledger_bounds.constant_fx_date as {{ dbt.type_string() }}) || ', the constant date, for currency '
        || distinct_currencies.currency || ' (rows: ' || cast(distinct_currencies.row_count as {{ dbt.type_string() }})
        || ', such as ' || distinct_currencies.example || '): '
        || coalesce('write ' || min(known_currencies.currency) || ' if that is meant, or ', '')
        || 'add the rate' as problem
    from distinct_currencies
    cross join ledger_bounds
    left join known_currencies
        on
            distinct_currencies.currency != known_currencies.currency
            and {{ is_nearly('distinct_currencies.currency', 'known_currencies.currency') }}
    group by
        distinct_currencies.currency,
        distinct_currencies.row_count,
        distinct_currencies.example,
        ledger_bounds.constant_fx_date

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
        problems.currency,
        case
            when problems.currency = '{{ reporting_currency() }}' then 1
            when latest_rates.currency is not null then latest_rates.rate_to_reporting
            else {{ raise_error('problems.problem', 'decimal(18, 8)') }}
        end as rate_to_reporting
    from problems
    left join latest_rates
        on
            problems.currency = latest_rates.currency
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
