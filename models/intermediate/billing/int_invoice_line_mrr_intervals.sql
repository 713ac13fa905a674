with

invoice_line_items as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where line_type in ('usage'{{ ", 'recurring'" if var('mrr_basis') == 'invoices' }})

),

invoices as (

    select *
    from {{ ref('stg_billing__invoices') }}
    where status not in ('draft', 'void')

),

terms as (

    select * from {{ ref('int_invoice_line_terms') }}

),

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

),

-- recurring lines count at their rate, over the term, and so does usage of 28 days or more;
-- shorter usage counts as billed, in the month of its last day
read_as as (

    select
        invoice_line_items.invoice_line_item_id,
        invoice_line_items.line_type,
        invoices.customer_id,
        invoice_line_items.subscription_id,
        coalesce(invoice_line_items.plan_id, 'unassigned') as plan_id,
        invoice_line_items.currency,
        case
            when invoice_line_items.line_type = 'recurring' then coalesce(invoice_line_items.quantity, 1)
            else invoice_line_items.quantity
        end as quantity,
        invoice_line_items.amount,
        invoice_line_items.discount_amount,
        invoice_line_items.line_type = 'recurring' or terms.term_days >= 28 as is_rate,
        terms.months_numerator,
        terms.months_denominator,
        terms.from_date,
        terms.to_date,
        -- a period that ends where it starts is one day
        greatest(terms.from_date, {{ add_days('terms.to_date', -1) }}) as last_date,
        currency_rates.rate_numerator,
        currency_rates.rate_denominator
    from invoice_line_items
    inner join invoices on invoice_line_items.invoice_id = invoices.invoice_id
    inner join terms on invoice_line_items.invoice_line_item_id = terms.invoice_line_item_id
    inner join currency_rates on invoice_line_items.currency = currency_rates.currency
    where
        invoice_line_items.line_type = 'usage'
        or (
            terms.from_date < terms.to_date
            and (terms.term_days >= 28 or not invoice_line_items.is_proration)
        )

),

fractions as (

    select
        invoice_line_item_id,
        line_type,
        customer_id,
        subscription_id,
        plan_id,
        currency,
        quantity,
        {{ to_whole('amount', 4) }} as net_amount,
        {{ to_whole('amount + discount_amount', 4) }} as gross_amount,
        rate_numerator * case when is_rate then months_denominator else 1 end as per_month_numerator,
        rate_denominator * case when is_rate then months_numerator else 1 end as per_month_denominator,
        cast({{ dbt.date_trunc('month', 'case when is_rate then from_date else last_date end') }} as date)
            as from_month_date,
        case
            when is_rate then cast({{ dbt.date_trunc('month', 'to_date') }} as date)
            else {{ add_months(dbt.date_trunc('month', 'last_date'), 1) }}
        end as to_month_date
    from read_as

)

select
    invoice_line_item_id,
    line_type,
    customer_id,
    subscription_id,
    plan_id,
    currency,
    quantity,
    {{ from_whole(
        multiply_and_divide('gross_amount', 'per_month_numerator', 'per_month_denominator'), 4
    ) }} as gross_mrr,
    {{ from_whole(
        multiply_and_divide('net_amount', 'per_month_numerator', 'per_month_denominator'), 4
    ) }} as net_mrr,
    from_month_date,
    to_month_date
from fractions
