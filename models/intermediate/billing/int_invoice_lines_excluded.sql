{{ config(materialized='view') }}

with

counted_types as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where {{ is_counted_line_type() }}

),

-- two in three lines, which need neither a term nor an interval
other_types as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where not ({{ is_counted_line_type() }})

),

invoices as (

    select * from {{ ref('int_invoices_judged') }}

),

line_intervals as (

    select * from {{ ref('int_invoice_line_price_intervals') }}

),

terms as (

    select *
    from {{ ref('int_invoice_line_terms') }}
    where {{ 'true' if var('mrr_basis') == 'invoices' else 'false' }}

),

reversals as (

    select * from {{ ref('int_credit_reversals') }}

),

charge_spans as (

    select * from {{ ref('int_credited_charge_spans') }}

),

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

),

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- few of all invoices, so that every line can be held against them
invoices_left_out as (

    select
        invoices.invoice_id,
        invoices.status,
        customers.is_excluded
    from invoices
    inner join customers on invoices.customer_id = customers.customer_id
    where
        customers.is_excluded
        or not invoices.is_issued

),

-- the first month in which something of a line counts
first_months as (

    select
        invoice_line_item_id,
        min(case when from_month_date < to_month_date then from_month_date end) as first_month_date
    from line_intervals
    group by invoice_line_item_id

),

-- charges of which credits leave nothing
charges_ended as (

    select charge_line_item_id
    from charge_spans
    group by charge_line_item_id
    having max(kept_share) = 0

),

judged as (

    select
        other_types.invoice_line_item_id,
        other_types.amount,
        other_types.currency,
        case
            when invoices_left_out.is_excluded then 'excluded_customer'
            when other_types.line_type = 'one_time' then 'one_time_line'
            when other_types.line_type = 'tax' then 'tax_line'
            when other_types.line_type = 'recurring' then 'recurring_line_not_the_basis'
            when other_types.line_type = 'usage' then 'usage_not_counted'
        end as reason
    from other_types
    left join invoices_left_out on other_types.invoice_id = invoices_left_out.invoice_id

    union all

    select
        counted_types.invoice_line_item_id,
        counted_types.amount + coalesce(reversals.excess_amount, 0) as amount,
        counted_types.currency,
        case
            when invoices_left_out.is_excluded then 'excluded_customer'
            when invoices_left_out.invoice_id is not null then invoices_left_out.status || '_invoice'
            when counted_types.line_type = 'recurring' and terms.from_date >= terms.to_date then 'no_service_days'
            when reversals.credit_line_item_id is not null then 'credit_applied'
            when charges_ended.charge_line_item_id is not null then 'charge_credited'
            when first_months.invoice_line_item_id is null then 'short_proration'
            when first_months.first_month_date is null then 'covers_no_month_end'
            when first_months.first_month_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason
    from counted_types
    cross join ledger_bounds
    left join invoices_left_out on counted_types.invoice_id = invoices_left_out.invoice_id
    left join terms on counted_types.invoice_line_item_id = terms.invoice_line_item_id
    left join reversals on counted_types.invoice_line_item_id = reversals.credit_line_item_id
    left join charges_ended on counted_types.invoice_line_item_id = charges_ended.charge_line_item_id
    left join first_months on counted_types.invoice_line_item_id = first_months.invoice_line_item_id

    union all

    -- what a credit asks beyond its charge
    select
        counted_types.invoice_line_item_id,
        -reversals.excess_amount as amount,
        counted_types.currency,
        'credit_beyond_charge' as reason
    from counted_types
    inner join reversals on counted_types.invoice_line_item_id = reversals.credit_line_item_id
    where reversals.excess_amount > 0

)

select
    judged.invoice_line_item_id,
    judged.reason,
    case
        when currency_rates.rate_numerator = currency_rates.rate_denominator then judged.amount
        else {{ from_whole(multiply_and_divide(
            to_whole('judged.amount', 4), 'currency_rates.rate_numerator', 'currency_rates.rate_denominator'
        ), 4) }}
    end as amount
from judged
inner join currency_rates on judged.currency = currency_rates.currency
where judged.reason is not null
