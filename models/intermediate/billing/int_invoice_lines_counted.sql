{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

lines_valued as (

    select * from {{ ref('int_invoice_lines_valued') }}

),

reversals as (

    select * from {{ ref('int_credit_reversals') }}

),

charge_spans as (

    select * from {{ ref('int_credited_charge_spans') }}

),

swapped_charges as (

    select * from {{ ref('int_swapped_charges') }}

),

-- prorations are too short to be a rate, unless they continue what was credited
in_force as (

    select
        lines_valued.*,
        swapped_charges.ended_rate,
        swapped_charges.credited_price,
        charge_spans.kept_share,
        charge_spans.from_date as span_from_date,
        charge_spans.to_date as span_to_date,
        charge_spans.quantity as span_quantity,
        charge_spans.charge_line_item_id is not null as is_credited,
        swapped_charges.invoice_line_item_id is not null as is_swapped
    from lines_valued
    left join reversals on lines_valued.invoice_line_item_id = reversals.credit_line_item_id
    left join charge_spans on lines_valued.invoice_line_item_id = charge_spans.charge_line_item_id
    left join swapped_charges on lines_valued.invoice_line_item_id = swapped_charges.invoice_line_item_id
    where
        reversals.credit_line_item_id is null
        and coalesce(charge_spans.kept_share, 1) > 0
        and (not lines_valued.is_short_proration or swapped_charges.invoice_line_item_id is not null)

),

-- what a month is worth that credits have changed, in 10^-12 of the currency
monthly as (

    select
        *,
        case
            when is_swapped then {{ multiply_and_divide('gross_price', 'ended_rate', 'credited_price') }}
            when is_credited then {{ multiply_and_divide(
                'gross_price', '(per_month_numerator * 100000000)', 'per_month_denominator'
            ) }}
        end as gross_rate,
        case
            when is_swapped then {{ multiply_and_divide('net_price', 'ended_rate', 'credited_price') }}
            when is_credited then {{ multiply_and_divide(
                'net_price', '(per_month_numerator * 100000000)', 'per_month_denominator'
            ) }}
        end as net_rate,
        coalesce(kept_share, {{ whole_share() }}) as share_in_force,
        is_swapped or is_credited as is_changed
    from in_force

)

select
    invoice_line_item_id,
    line_type,
    customer_id,
    billing_customer_id,
    subscription_id,
    product_id,
    plan_id,
    pool,
    currency,
    tier_rank,
    coalesce(span_quantity, quantity) as quantity,
    -- to ten decimals of the currency
    case
        when is_changed
            then {{ multiply_and_divide('gross_rate', 'share_in_force', '(100 * ' ~ whole_share() ~ ')') }}
        else gross_price
    end as gross_price,
    case
        when is_changed
            then {{ multiply_and_divide('net_rate', 'share_in_force', '(100 * ' ~ whole_share() ~ ')') }}
        else net_price
    end as net_price,
    case when is_changed then 1 else per_month_numerator end as per_month_numerator,
    case when is_changed then 1000000 else per_month_denominator end as per_month_denominator,
    coalesce(span_from_date, from_date) as from_date,
    coalesce(span_to_date, to_date) as to_date
from monthly
