with

item_versions_excluded as (

    select * from {{ ref('int_item_versions_excluded') }}

),

invoice_lines_excluded as (

    select * from {{ ref('int_invoice_lines_excluded') }}

),

other_rows_excluded as (

    select * from {{ ref('int_other_rows_excluded') }}

),

pool_balances as (

    select *
    from {{ ref('int_pool_balances') }}
    where
        fx_basis = 'closing'
        and shortfall_mrr > 0

),

product_balances as (

    select *
    from {{ ref('int_product_balances') }}
    where
        fx_basis = 'closing'
        and shortfall_mrr > 0

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- credits that exceed the charges of a pool, and adjustments that exceed the MRR of a product, count as 0
shortfalls as (

    select
        'invoice_line_items' as source_table,
        'negative_pool' as reason,
        customer_id || ', ' || product_id || ', ' || pool as row_key,
        shortfall_mrr,
        month_date,
        next_month_date
    from pool_balances

    union all

    select
        'mrr_adjustments' as source_table,
        'negative_product' as reason,
        customer_id || ', ' || product_id as row_key,
        shortfall_mrr,
        month_date,
        next_month_date
    from product_balances

),

-- a row for each month that they do
shortfall_months as (

    select
        shortfalls.*,
        {{ date_difference(
            'shortfalls.month_date',
            'coalesce(shortfalls.next_month_date, ' ~ add_months('ledger_bounds.last_month_date', 1) ~ ')',
            'month'
        ) }} as row_count
    from shortfalls
    cross join ledger_bounds

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
        source_table,
        reason,
        1 as row_count,
        amount,
        row_key
    from other_rows_excluded

    union all

    select
        source_table,
        reason,
        row_count,
        -shortfall_mrr * row_count as amount,
        row_key || ', ' || cast(month_date as {{ dbt.type_string() }}) as row_key
    from shortfall_months

)

select
    source_table,
    reason,
    cast(sum(row_count) as {{ dbt.type_bigint() }}) as row_count,
    case when abs(sum(amount)) < {{ 10 ** 14 }} then cast(sum(amount) as decimal(18, 4)) end as amount,
    min(row_key) as example_key,
    {{ surrogate_key(['source_table', 'reason']) }} as mrr_exclusion_key
from excluded_rows
group by
    source_table,
    reason
