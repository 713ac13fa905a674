-- The seam between billing systems and the ledger. Every interval of constant price at the one rate of its currency:
-- gross and net are converted here, and rounded once.
{{ config(incremental_strategy='changed_customers') }}

with

price_intervals as (

    select * from {{ ref('int_item_price_intervals') }}

),

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

)

select
    price_intervals.customer_id,
    price_intervals.billing_customer_id,
    price_intervals.parent_customer_id,
    price_intervals.subscription_id,
    price_intervals.item_type,
    price_intervals.item_id,
    price_intervals.product_id,
    price_intervals.plan_id,
    price_intervals.pool,
    price_intervals.currency,
    price_intervals.tier_rank,
    price_intervals.quantity,
    {{ mrr_at_rate('price_intervals.gross_price', 1, 'price_intervals', 'currency_rates') }} as gross_mrr,
    {{ mrr_at_rate(
        'price_intervals.net_price', 'price_intervals.net_price_denominator', 'price_intervals', 'currency_rates'
    ) }} as net_mrr,
    case
        when
            price_intervals.pool in ('flat', 'per_seat')
            and price_intervals.quantity > 0
            and price_intervals.gross_price > 0
            then {{ mrr_at_rate(
                'price_intervals.gross_price', 'nullif(price_intervals.quantity, 0)', 'price_intervals', 'currency_rates'
            ) }}
    end as unit_price,
    price_intervals.from_at,
    price_intervals.to_at,
    price_intervals.from_month_date,
    price_intervals.to_month_date
from price_intervals
inner join currency_rates on price_intervals.currency = currency_rates.currency
