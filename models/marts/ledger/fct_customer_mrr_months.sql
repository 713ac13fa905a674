{{ config(incremental_strategy='changed_customers', meta={'grows_by': 'month_date'}) }}

with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- the months from one change to the month before the next; a churn is the one month that ends it
expanded as (

    select
        customer_balances.customer_id,
        customer_balances.month_date as changed_month_date,
        customer_balances.opening_mrr,
        customer_balances.closing_mrr,
        customer_balances.fx_mrr,
        customer_balances.closing_adjustment_mrr,
        customer_balances.peak_mrr_before,
        {{ explode_dates(
            first_to_build('customer_balances.month_date', 'customer_balances.customer_id', 1, 1),
            'case when customer_balances.closing_mrr = 0 then customer_balances.month_date else coalesce('
            ~ add_months('customer_balances.next_month_date', -1) ~ ', ledger_bounds.last_month_date) end',
            1
        ) }} as month_date
    from customer_balances
    cross join ledger_bounds
    where
        customer_balances.opening_mrr > 0
        or customer_balances.closing_mrr > 0

)

select
    customer_id,
    month_date,
    case when month_date = changed_month_date then opening_mrr else closing_mrr end as opening_mrr,
    closing_mrr,
    cast(case when month_date = changed_month_date then fx_mrr else 0 end as decimal(18, 4)) as fx_mrr,
    closing_adjustment_mrr,
    case
        when month_date = changed_month_date then peak_mrr_before
        else greatest(peak_mrr_before, closing_mrr)
    end as peak_mrr_before,
    month_date = changed_month_date and peak_mrr_before = 0 as is_first_paid_month,
    {{ surrogate_key(['customer_id', 'month_date'], free_text=['customer_id']) }} as customer_mrr_month_key
from expanded
