{{ config(incremental_strategy='changed_customers') }}
{{ comes_after('int_changed_customers') }}
with

invoice_line_items as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where {{ is_counted_line_type() }}

),

invoices as (

    select *
    from {{ ref('stg_billing__invoices') }}
    where status not in ('draft', 'void')

),

terms as (

    select * from {{ ref('int_invoice_line_terms') }}

),

customers as (

    select *
    from {{ ref('int_customers_rolled_up') }}
    where not is_excluded

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

-- recurring lines count at their rate, over the term, and so does usage of 28 days or more;
-- shorter usage counts as billed, in the month of its last day
read_as as (

    select
        invoice_line_items.invoice_line_item_id,
        invoice_line_items.invoice_id,
        invoices.issued_at,
        invoice_line_items.line_type,
        customers.ledger_customer_id as customer_id,
        customers.customer_id as billing_customer_id,
        invoice_line_items.subscription_id,
        invoice_line_items.subscription_item_id,
        plans.product_id,
        plans.plan_id,
        case
            when invoice_line_items.line_type = 'usage' then 'metered'
            -- a fixed amount on a metered plan is not usage
            when plans.pool = 'metered' then 'flat'
            else plans.pool
        end as pool,
        invoice_line_items.currency,
        plans.tier_rank,
        invoice_line_items.quantity,
        invoice_line_items.amount,
        invoice_line_items.discount_amount,
        invoice_line_items.line_type = 'recurring' or terms.term_days >= 28 as is_rate,
        terms.months_numerator,
        terms.months_denominator,
        terms.from_date,
        terms.to_date,
        invoice_line_items.line_type = 'recurring'
        and invoice_line_items.is_proration
        and terms.term_days < 28 as is_short_proration,
        -- a period that ends where it starts is one day
        greatest(terms.from_date, {{ add_days('terms.to_date', -1) }}) as last_date
    from invoice_line_items
    inner join invoices on invoice_line_items.invoice_id = invoices.invoice_id
    inner join customers on invoices.customer_id = customers.customer_id
    inner join terms on invoice_line_items.invoice_line_item_id = terms.invoice_line_item_id
    inner join plans on coalesce(invoice_line_items.plan_id, 'unassigned') = plans.plan_id
    where
        invoice_line_items.line_type = 'usage'
        or terms.from_date < terms.to_date

)

select
    invoice_line_item_id,
    invoice_id,
    issued_at,
    line_type,
    customer_id,
    billing_customer_id,
    subscription_id,
    subscription_item_id,
    product_id,
    plan_id,
    pool,
    currency,
    tier_rank,
    quantity,
    is_short_proration,
    {{ to_whole('amount', 4) }} as billed_price,
    {{ to_whole('amount + discount_amount', 4) }} as gross_price,
    {% if var('discount_policy') == 'none' -%}
        {{ to_whole("case when line_type = 'recurring' then amount + discount_amount else amount end", 4) }}
    {%- else -%}
        {{ to_whole('amount', 4) }}
    {%- endif %} as net_price,
    case when is_rate then months_denominator else 1 end as per_month_numerator,
    case when is_rate then months_numerator else 1 end as per_month_denominator,
    case
        when is_rate then from_date
        else cast({{ dbt.date_trunc('month', 'last_date') }} as date)
    end as from_date,
    case
        when is_rate then to_date
        else {{ add_months(dbt.date_trunc('month', 'last_date'), 1) }}
    end as to_date
from read_as
