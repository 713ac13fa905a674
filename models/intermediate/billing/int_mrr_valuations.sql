{{ config(
    materialized='view' if var('fx_policy') == 'constant' else 'incremental',
    incremental_strategy='changed_customers',
) }}

with

mrr_intervals as (

    select *
    from {{ ref('int_mrr_intervals') }}
    where from_month_date < coalesce(to_month_date, {{ end_of_time('date') }})

),

price_intervals as (

    select *
    from {{ ref('int_item_price_intervals') }}
    where
        {{ 'true' if var('fx_policy') == 'historical' else 'false' }}
        and from_month_date < coalesce(to_month_date, {{ end_of_time('date') }})

),

rate_spans as (

    select * from {{ ref('int_currency_rate_spans') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

at_constant_rates as (

    select
        {{ fx_basis('constant') }} as fx_basis,
        customer_id,
        billing_customer_id,
        parent_customer_id,
        subscription_id,
        item_type,
        item_id,
        product_id,
        plan_id,
        pool,
        quantity,
        gross_mrr,
        net_mrr,
        from_month_date,
        to_month_date,
        false as is_continued
    from mrr_intervals

),

-- an interval in another currency is split wherever the rate changes, once per basis
split_at_rates as (

    select
        price_intervals.*,
        rate_spans.fx_basis,
        case
            when rate_spans.is_known or price_intervals.from_month_date > ledger_bounds.last_month_date
                then rate_spans.rate_numerator
            else {{ raise_error(
                "'exchange_rates.rate_to_reporting: no rate on or before the end of month '"
                ~ " || cast(price_intervals.from_month_date as " ~ dbt.type_string() ~ ") || ' for currency '"
                ~ " || price_intervals.currency || ', in which something is in force then'",
                whole_type()
            ) }}
        end as rate_numerator,
        rate_spans.rate_denominator,
        greatest(price_intervals.from_month_date, rate_spans.from_month_date) as span_from_month_date,
        least(
            price_intervals.to_month_date, nullif(rate_spans.to_month_date, {{ end_of_time('date') }})
        ) as span_to_month_date,
        rate_spans.to_month_date < coalesce(price_intervals.to_month_date, {{ end_of_time('date') }}) as is_continued
    from price_intervals
    inner join rate_spans
        on
            price_intervals.currency = rate_spans.currency
            and price_intervals.from_month_date < rate_spans.to_month_date
            and rate_spans.from_month_date < coalesce(price_intervals.to_month_date, {{ end_of_time('date') }})
    cross join ledger_bounds

),

at_historical_rates as (

    select
        fx_basis,
        customer_id,
        billing_customer_id,
        parent_customer_id,
        subscription_id,
        item_type,
        item_id,
        product_id,
        plan_id,
        pool,
        quantity,
        {{ mrr_at_rate('gross_price') }} as gross_mrr,
        {{ mrr_at_rate('net_price', 'net_price_denominator') }} as net_mrr,
        span_from_month_date as from_month_date,
        span_to_month_date as to_month_date,
        is_continued
    from split_at_rates

),

valuations as (

    select * from at_constant_rates

    union all

    select * from at_historical_rates

)

select * from valuations
