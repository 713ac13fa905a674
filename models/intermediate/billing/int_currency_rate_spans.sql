{% set months_back = {'closing': 0, 'month_opening': 1, 'quarter_opening': 3, 'year_opening': 12} %}

with

currencies as (

    select currency from {{ ref('int_currency_rates') }}

),

exchange_rates as (

    select * from {{ ref('stg_billing__exchange_rates') }}

),

-- the latest rate of a month holds at its closing
ranked as (

    select
        exchange_rates.currency,
        cast({{ dbt.date_trunc('month', 'exchange_rates.effective_date') }} as date) as month_date,
        {{ to_whole('exchange_rates.rate_to_reporting', 8) }} as numerator,
        cast(100000000 as {{ whole_type() }}) as denominator,
        row_number() over (
            partition by exchange_rates.currency, {{ dbt.date_trunc('month', 'exchange_rates.effective_date') }}
            order by exchange_rates.effective_date desc
        ) as recency
    from exchange_rates
    inner join currencies on exchange_rates.currency = currencies.currency
    where exchange_rates.currency != '{{ reporting_currency() }}'

),

closing_rates as (

    select
        currency,
        month_date,
        {{ whole_quotient('numerator', greatest_common_divisor('numerator', 'denominator')) }} as rate_numerator,
        {{ whole_quotient('denominator', greatest_common_divisor('numerator', 'denominator')) }} as rate_denominator,
        lead(month_date) over (partition by currency order by month_date) as next_month_date,
        row_number() over (partition by currency order by month_date) as rate_number
    from ranked
    where recency = 1

),

-- a closing that is before the first rate has none; an opening before it is read at the first one
spans as (

    {% for fx_basis, months in months_back.items() -%}
        select
            currency,
            '{{ fx_basis }}' as fx_basis,
            true as is_known,
            rate_numerator,
            rate_denominator,
            {% if fx_basis == 'closing' -%}
                month_date as from_month_date,
            {%- else -%}
                case
                    when rate_number = 1 then cast('0001-01-01' as date)
                    else {{ add_months('month_date', months) }}
                end as from_month_date,
            {%- endif %}
            coalesce({{ add_months('next_month_date', months) }}, {{ end_of_time('date') }}) as to_month_date
        from closing_rates

        union all

        select
            '{{ reporting_currency() }}' as currency,
            '{{ fx_basis }}' as fx_basis,
            true as is_known,
            1 as rate_numerator,
            1 as rate_denominator,
            cast('0001-01-01' as date) as from_month_date,
            {{ end_of_time('date') }} as to_month_date

        union all
    {% endfor %}

    select
        currency,
        'closing' as fx_basis,
        false as is_known,
        rate_numerator,
        rate_denominator,
        cast('0001-01-01' as date) as from_month_date,
        month_date as to_month_date
    from closing_rates
    where rate_number = 1

)

select * from spans
