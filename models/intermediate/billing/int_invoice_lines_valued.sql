{{ config(incremental_strategy='changed_customers') }}
{{ comes_after('int_changed_customers') }}
with

lines_issued as (

    select * from {{ ref('int_invoice_lines_issued') }}

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

-- recurring lines count at their rate, over the term, and so does usage of a month or longer;
-- shorter usage counts as billed, in the month of its last day
read_as as (

    select
        lines_issued.invoice_line_item_id,
        lines_issued.invoice_id,
        lines_issued.issued_at,
        lines_issued.line_type,
        customers.ledger_customer_id as customer_id,
        customers.customer_id as billing_customer_id,
        lines_issued.subscription_id,
        lines_issued.subscription_item_id,
        plans.product_id,
        plans.plan_id,
        case
            when lines_issued.line_type = 'usage' then 'metered'
            -- a fixed amount on a metered plan is not usage
            when plans.pool = 'metered' then 'flat'
            else plans.pool
        end as pool,
        lines_issued.currency,
        plans.tier_rank,
        lines_issued.quantity,
        lines_issued.amount,
        lines_issued.discount_amount,
        lines_issued.line_type = 'recurring' or terms.is_month_or_longer as is_rate,
        terms.months_numerator,
        terms.months_denominator,
        terms.from_date,
        terms.to_date,
        lines_issued.line_type = 'recurring'
        and lines_issued.is_proration
        and not terms.is_month_or_longer as is_short_proration,
        -- a period that ends where it starts is one day
        greatest(terms.from_date, {{ add_days('terms.to_date', -1) }}) as last_date
    from lines_issued
    inner join customers on lines_issued.customer_id = customers.customer_id
    inner join terms on lines_issued.invoice_line_item_id = terms.invoice_line_item_id
    inner join plans on coalesce(lines_issued.plan_id, 'unassigned') = plans.plan_id
    where
        lines_issued.line_type = 'usage'
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
