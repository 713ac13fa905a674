with

customer_months as (

    select * from {{ ref('fct_customer_mrr_months') }}

),

snapshots as (

    select * from {{ ref('fct_cohort_snapshots') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

opening_months as (

    select
        customer_id,
        month_date,
        opening_mrr,
        {{ add_months('month_date', 2) }} as quarter_end_month_date,
        {{ add_months('month_date', 11) }} as year_end_month_date
    from customer_months
    where opening_mrr > 0

),

-- read from the months, where the snapshots are read from the changes
expected as (

    select
        'month' as period_type,
        customer_id,
        month_date,
        opening_mrr,
        month_date as end_month_date
    from opening_months

    union all

    select
        'quarter' as period_type,
        customer_id,
        month_date,
        opening_mrr,
        quarter_end_month_date as end_month_date
    from opening_months
    where month_date = {{ period_start('month_date', 3) }}

    union all

    select
        'year' as period_type,
        customer_id,
        month_date,
        opening_mrr,
        year_end_month_date as end_month_date
    from opening_months
    where month_date = {{ period_start('month_date', 12) }}

    union all

    select
        'trailing_12_months' as period_type,
        customer_id,
        month_date,
        opening_mrr,
        year_end_month_date as end_month_date
    from opening_months

),

expected_snapshots as (

    select
        expected.period_type,
        expected.customer_id,
        expected.month_date as period_start_date,
        expected.opening_mrr,
        coalesce(customer_months.closing_mrr, 0) as closing_mrr
    from expected
    inner join ledger_bounds on expected.end_month_date <= ledger_bounds.last_month_date
    left join customer_months
        on
            expected.customer_id = customer_months.customer_id
            and expected.end_month_date = customer_months.month_date

)

select
    coalesce(snapshots.period_type, expected_snapshots.period_type) as period_type,
    coalesce(snapshots.period_start_date, expected_snapshots.period_start_date) as period_start_date,
    coalesce(snapshots.customer_id, expected_snapshots.customer_id) as customer_id,
    snapshots.opening_mrr,
    expected_snapshots.opening_mrr as expected_opening_mrr,
    snapshots.closing_mrr,
    expected_snapshots.closing_mrr as expected_closing_mrr
from snapshots
full outer join expected_snapshots
    on
        snapshots.period_type = expected_snapshots.period_type
        and snapshots.period_start_date = expected_snapshots.period_start_date
        and snapshots.customer_id = expected_snapshots.customer_id
where
    snapshots.customer_id is null
    or expected_snapshots.customer_id is null
    or snapshots.opening_mrr != expected_snapshots.opening_mrr
    or snapshots.closing_mrr != expected_snapshots.closing_mrr
