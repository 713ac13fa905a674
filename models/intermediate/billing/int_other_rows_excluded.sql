with

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_recognised') }}

),

item_versions as (

    select distinct subscription_id from {{ ref('stg_billing__subscription_item_versions') }}

),

discounts as (

    select * from {{ ref('stg_billing__discounts') }}

),

adjustments as (

    select * from {{ ref('stg_billing__mrr_adjustments') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

judged as (

    select
        'customers' as source_table,
        customer_id as row_key,
        case when is_excluded then 'excluded_customer' end as reason,
        cast(null as decimal(18, 4)) as amount
    from customers

    union all

    select
        'subscriptions' as source_table,
        subscriptions.subscription_id as row_key,
        case
            when subscriptions.is_excluded then 'excluded_customer'
            when item_versions.subscription_id is null then 'no_item_versions'
        end as reason,
        cast(null as decimal(18, 4)) as amount
    from subscriptions
    left join item_versions on subscriptions.subscription_id = item_versions.subscription_id

    union all

    select
        'discounts' as source_table,
        discounts.discount_id as row_key,
        case
            when subscriptions.is_excluded then 'excluded_customer'
            {% if var('discount_policy') == 'none' -%}
                when true then 'discount_not_counted'
            {%- elif var('discount_policy') == 'recurring' -%}
                when discounts.duration = 'once' then 'once_discount'
            {%- endif %}
        end as reason,
        cast(null as decimal(18, 4)) as amount
    from discounts
    inner join subscriptions on discounts.subscription_id = subscriptions.subscription_id

    union all

    select
        'mrr_adjustments' as source_table,
        {{ row_key([
            'adjustments.customer_id', 'adjustments.product_id', 'adjustments.month_from_date', 'adjustments.reason'
        ]) }} as row_key,
        case
            when customers.is_excluded then 'excluded_customer'
            when adjustments.month_from_date >= adjustments.month_to_date then 'covers_no_month_end'
            when adjustments.month_from_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason,
        adjustments.amount
    from adjustments
    inner join customers on adjustments.customer_id = customers.customer_id
    cross join ledger_bounds

)

select *
from judged
where reason is not null
