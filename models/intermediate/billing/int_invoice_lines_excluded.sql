{{ config(materialized='view', meta={'customer_key': none}) }}

with

invoice_line_items as (

    select * from {{ ref('stg_billing__invoice_line_items') }}

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
        invoice_line_items.invoice_line_item_id,
        invoice_line_items.amount,
        currency_rates.rate_numerator,
        currency_rates.rate_denominator,
        case
            when invoices_left_out.is_excluded then 'excluded_customer'
            when invoice_line_items.line_type = 'one_time' then 'one_time_line'
            when invoice_line_items.line_type = 'tax' then 'tax_line'
            {% if var('mrr_basis') != 'invoices' -%}
                when invoice_line_items.line_type = 'recurring' then 'recurring_line_not_the_basis'
            {%- endif %}
            {% if var('usage_policy') == 'excluded' -%}
                when invoice_line_items.line_type = 'usage' then 'usage_not_counted'
            {%- endif %}
            when invoices_left_out.status = 'draft' then 'draft_invoice'
            when invoices_left_out.status = 'void' then 'void_invoice'
            when invoice_line_items.line_type = 'recurring' and terms.from_date >= terms.to_date then 'no_service_days'
            when
                invoice_line_items.line_type = 'recurring' and invoice_line_items.is_proration and terms.term_days < 28
                then 'short_proration'
            when line_intervals.from_month_date >= line_intervals.to_month_date then 'covers_no_month_end'
            when line_intervals.from_month_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason
    from invoice_line_items
    inner join currency_rates on invoice_line_items.currency = currency_rates.currency
    cross join ledger_bounds
    left join invoices_left_out on invoice_line_items.invoice_id = invoices_left_out.invoice_id
    left join terms on invoice_line_items.invoice_line_item_id = terms.invoice_line_item_id
    left join line_intervals on invoice_line_items.invoice_line_item_id = line_intervals.invoice_line_item_id

)

select
    invoice_line_item_id,
    reason,
    case
        when rate_numerator = rate_denominator then amount
        else {{ from_whole(
            multiply_and_divide(to_whole('amount', 4), 'rate_numerator', 'rate_denominator'), 4
        ) }}
    end as amount
from judged
where reason is not null
