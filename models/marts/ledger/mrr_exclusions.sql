with

item_versions_excluded as (

    select * from {{ ref('int_item_versions_excluded') }}

),

invoice_lines_excluded as (

    select * from {{ ref('int_invoice_lines_excluded') }}

),

pool_balances as (

    select * from {{ ref('int_pool_balances') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

item_versions as (

    select distinct subscription_id from {{ ref('stg_billing__subscription_item_versions') }}

),

discounts as (

    select * from {{ ref('stg_billing__discounts') }}

),

judged_subscriptions as (

    select
        subscriptions.subscription_id,
        case
            when customers.is_excluded then 'excluded_customer'
            when item_versions.subscription_id is null then 'no_item_versions'
        end as reason
    from subscriptions
    inner join customers on subscriptions.customer_id = customers.customer_id
    left join item_versions on subscriptions.subscription_id = item_versions.subscription_id

),

judged_discounts as (

    select
        discounts.discount_id,
        case
            when judged_subscriptions.reason = 'excluded_customer' then judged_subscriptions.reason
            when discounts.duration = 'once' then 'once_discount'
        end as reason
    from discounts
    inner join judged_subscriptions on discounts.subscription_id = judged_subscriptions.subscription_id

),

-- credits that exceed the charges of a pool count as 0: a row for each month that they do
negative_pools as (

    select
        pool_balances.customer_id,
        pool_balances.product_id,
        pool_balances.pool,
        pool_balances.month_date,
        pool_balances.shortfall_mrr,
        {{ date_difference(
            'pool_balances.month_date',
            'coalesce(pool_balances.next_month_date, ' ~ add_months('ledger_bounds.last_month_date', 1) ~ ')',
            'month'
        ) }} as row_count
    from pool_balances
    cross join ledger_bounds
    where pool_balances.shortfall_mrr > 0

),

excluded_rows as (

    select
        'subscription_item_versions' as source_table,
        reason,
        1 as row_count,
        amount,
        subscription_item_id || ' from ' || cast(valid_from as {{ dbt.type_string() }}) as row_key
    from item_versions_excluded

    union all

    select
        'invoice_line_items' as source_table,
        reason,
        1 as row_count,
        amount,
        invoice_line_item_id as row_key
    from invoice_lines_excluded

    union all

    select
        'invoice_line_items' as source_table,
        'negative_pool' as reason,
        row_count,
        -shortfall_mrr * row_count as amount,
        customer_id || ', ' || product_id || ', ' || pool || ', ' || cast(month_date as {{ dbt.type_string() }})
            as row_key
    from negative_pools

    union all

    select
        'customers' as source_table,
        'excluded_customer' as reason,
        1 as row_count,
        cast(null as decimal(18, 4)) as amount,
        customer_id as row_key
    from customers
    where is_excluded

    union all

    select
        'subscriptions' as source_table,
        reason,
        1 as row_count,
        cast(null as decimal(18, 4)) as amount,
        subscription_id as row_key
    from judged_subscriptions
    where reason is not null

    union all

    select
        'discounts' as source_table,
        reason,
        1 as row_count,
        cast(null as decimal(18, 4)) as amount,
        discount_id as row_key
    from judged_discounts
    where reason is not null

)

select
    source_table,
    reason,
    cast(sum(row_count) as {{ dbt.type_bigint() }}) as row_count,
    cast(sum(amount) as decimal(18, 4)) as amount,
    min(row_key) as example_key
from excluded_rows
group by
    source_table,
    reason
