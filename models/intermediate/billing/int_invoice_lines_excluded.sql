{{ config(materialized='view', meta={'customer_key': none}) }}

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

    select * from {{ ref('stg_billing__invoices') }}

),

line_intervals as (

    select * from {{ ref('int_invoice_line_price_intervals') }}

),

terms as (

    select *
    from {{ ref('int_invoice_line_terms') }}
    where {{ 'true' if var('mrr_basis') == 'invoices' else 'false' }}

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
        or invoices.status in ('draft', 'void')

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
        counted_types.amount,
        counted_types.currency,
        case
            when invoices_left_out.is_excluded then 'excluded_customer'
            when invoices_left_out.status = 'draft' then 'draft_invoice'
            when invoices_left_out.status = 'void' then 'void_invoice'
            when counted_types.line_type = 'recurring' and terms.from_date >= terms.to_date then 'no_service_days'
            when
                counted_types.line_type = 'recurring' and counted_types.is_proration and terms.term_days < 28
                then 'short_proration'
            when line_intervals.from_month_date >= line_intervals.to_month_date then 'covers_no_month_end'
            when line_intervals.from_month_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason
    from counted_types
    cross join ledger_bounds
    left join invoices_left_out on counted_types.invoice_id = invoices_left_out.invoice_id
    left join terms on counted_types.invoice_line_item_id = terms.invoice_line_item_id
    left join line_intervals on counted_types.invoice_line_item_id = line_intervals.invoice_line_item_id

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
