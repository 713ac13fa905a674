{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

-- Every source of revenue as intervals of constant price, in its own currency and at its exact times. A new source is
-- one more branch of the union; nothing downstream knows where a row came from.
with

subscription_intervals as (

    select * from {{ ref('int_subscription_price_intervals') }}

),

invoice_line_intervals as (

    select * from {{ ref('int_invoice_line_price_intervals') }}

),

adjustments as (

    select * from {{ ref('stg_billing__mrr_adjustments') }}

),

customers as (

    select *
    from {{ ref('int_customers_rolled_up') }}
    where not is_excluded

),

unioned as (

    {% if var('mrr_basis') == 'subscriptions' -%}
        select
            customer_id,
            billing_customer_id,
            subscription_id,
            'subscription_item' as item_type,
            subscription_item_id as item_id,
            product_id,
            plan_id,
            pool,
            currency,
            tier_rank,
            quantity,
            gross_price,
            net_price,
            net_price_denominator,
            per_month_numerator,
            per_month_denominator,
            from_at,
            to_at,
            from_month_date,
            to_month_date
        from subscription_intervals

        union all
    {%- endif %}

    select
        customer_id,
        billing_customer_id,
        subscription_id,
        line_type || '_line' as item_type,
        invoice_line_item_id as item_id,
        product_id,
        plan_id,
        pool,
        currency,
        tier_rank,
        quantity,
        gross_price,
        net_price,
        1 as net_price_denominator,
        per_month_numerator,
        per_month_denominator,
        from_at,
        to_at,
        from_month_date,
        to_month_date
    from invoice_line_intervals

    union all

    select
        customers.ledger_customer_id as customer_id,
        customers.customer_id as billing_customer_id,
        cast(null as {{ dbt.type_string() }}) as subscription_id,
        'adjustment' as item_type,
        {{ row_key([
            'adjustments.customer_id', 'adjustments.product_id', 'adjustments.month_from_date', 'adjustments.reason'
        ]) }} as item_id,
        adjustments.product_id,
        'adjustment' as plan_id,
        'adjustment' as pool,
        '{{ reporting_currency() }}' as currency,
        cast(null as {{ dbt.type_bigint() }}) as tier_rank,
        cast(null as {{ dbt.type_bigint() }}) as quantity,
        {{ to_whole('adjustments.amount', 4) }} as gross_price,
        {{ to_whole('adjustments.amount', 4) }} as net_price,
        1 as net_price_denominator,
        1 as per_month_numerator,
        1 as per_month_denominator,
        {{ to_utc('cast(adjustments.month_from_date as ' ~ dbt.type_timestamp() ~ ')') }} as from_at,
        {{ to_utc('cast(adjustments.month_to_date as ' ~ dbt.type_timestamp() ~ ')') }} as to_at,
        adjustments.month_from_date as from_month_date,
        adjustments.month_to_date as to_month_date
    from adjustments
    inner join customers on adjustments.customer_id = customers.customer_id

)

select
    unioned.*,
    customers.ultimate_parent_id as parent_customer_id
from unioned
inner join customers on unioned.billing_customer_id = customers.customer_id
