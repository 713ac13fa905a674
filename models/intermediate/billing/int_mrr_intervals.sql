-- The seam between billing systems and the ledger: whatever a source of revenue is, it ends here as intervals of
-- constant MRR. A new source is one more branch of the union; nothing downstream knows where a row came from.
with

subscription_intervals as (

    select * from {{ ref('int_subscription_mrr_intervals') }}

),

invoice_line_intervals as (

    select *
    from {{ ref('int_invoice_line_mrr_intervals') }}
    where from_month_date < to_month_date

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

unioned as (

    {% if var('mrr_basis') == 'subscriptions' -%}
        select
            subscriptions.customer_id as billing_customer_id,
            subscription_intervals.subscription_id,
            'subscription_item' as item_type,
            subscription_intervals.subscription_item_id as item_id,
            subscription_intervals.plan_id,
            subscription_intervals.pool,
            subscription_intervals.currency,
            subscription_intervals.quantity,
            subscription_intervals.gross_mrr,
            subscription_intervals.net_mrr,
            subscription_intervals.from_month_date,
            subscription_intervals.to_month_date
        from subscription_intervals
        inner join subscriptions on subscription_intervals.subscription_id = subscriptions.subscription_id

        union all
    {%- endif %}

    select
        invoice_line_intervals.customer_id as billing_customer_id,
        invoice_line_intervals.subscription_id,
        invoice_line_intervals.line_type || '_line' as item_type,
        invoice_line_intervals.invoice_line_item_id as item_id,
        invoice_line_intervals.plan_id,
        case
            when invoice_line_intervals.line_type = 'usage' then 'metered'
            -- a fixed amount on a metered plan is not usage
            when plans.pool = 'metered' then 'flat'
            else plans.pool
        end as pool,
        invoice_line_intervals.currency,
        invoice_line_intervals.quantity,
        invoice_line_intervals.gross_mrr,
        invoice_line_intervals.net_mrr,
        invoice_line_intervals.from_month_date,
        invoice_line_intervals.to_month_date
    from invoice_line_intervals
    inner join plans on invoice_line_intervals.plan_id = plans.plan_id

),

keyed as (

    select
        customers.ledger_customer_id as customer_id,
        unioned.billing_customer_id,
        customers.ultimate_parent_id as parent_customer_id,
        unioned.subscription_id,
        unioned.item_type,
        unioned.item_id,
        plans.product_id,
        unioned.plan_id,
        unioned.pool,
        unioned.currency,
        plans.tier_rank,
        unioned.quantity,
        unioned.gross_mrr,
        unioned.net_mrr,
        unioned.from_month_date,
        unioned.to_month_date
    from unioned
    inner join customers on unioned.billing_customer_id = customers.customer_id
    inner join plans on unioned.plan_id = plans.plan_id
    where not customers.is_excluded

)

select * from keyed
