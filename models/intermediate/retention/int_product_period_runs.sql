{{ config(incremental_strategy='changed_customers') }}

with

product_balances as (

    select * from {{ ref('int_product_balances') }}

),

period_types as (

    select * from {{ ref('int_period_types') }}

),

changes as (

    select
        period_types.period_type,
        product_balances.customer_id,
        product_balances.product_id,
        {{ first_period_opened_after('product_balances.month_date', 'period_types.step_months') }} as period_start_date,
        product_balances.mrr_change as opening_change,
        0 as closing_change
    from product_balances
    cross join period_types
    where product_balances.fx_basis = 'closing'

    union all

    -- both ends of a period are measured at the rates of its opening
    select
        period_types.period_type,
        product_balances.customer_id,
        product_balances.product_id,
        {{ first_period_closed_after(
            'product_balances.month_date', 'period_types.step_months', 'period_types.length_months'
        ) }} as period_start_date,
        0 as opening_change,
        product_balances.mrr_change as closing_change
    from product_balances
    inner join period_types
        on
            product_balances.fx_basis = case period_types.length_months
                when 1 then {{ fx_basis('month_opening') }}
                when 3 then {{ fx_basis('quarter_opening') }}
                when 12 then {{ fx_basis('year_opening') }}
            end

),

changes_by_period as (

    select
        period_type,
        customer_id,
        product_id,
        period_start_date,
        sum(opening_change) as opening_change,
        sum(closing_change) as closing_change
    from changes
    group by
        period_type,
        customer_id,
        product_id,
        period_start_date

),

-- between two of these rows nothing changes
runs as (

    select
        period_type,
        customer_id,
        product_id,
        period_start_date as first_period_start_date,
        lead(period_start_date) over (
            partition by period_type, customer_id, product_id
            order by period_start_date
        ) as next_period_start_date,
        sum(opening_change) over (
            partition by period_type, customer_id, product_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as opening_mrr,
        sum(closing_change) over (
            partition by period_type, customer_id, product_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as closing_mrr
    from changes_by_period

)

-- the cohort of a product: who pays for it at the first instant
select
    runs.period_type,
    runs.customer_id,
    runs.product_id,
    runs.first_period_start_date,
    -- null where nothing comes after it: whoever reads it ends it with the last complete period
    {{ add_months('runs.next_period_start_date', '-period_types.step_months') }} as last_period_start_date,
    cast(runs.opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(runs.closing_mrr as decimal(18, 4)) as closing_mrr
from runs
inner join period_types on runs.period_type = period_types.period_type
where runs.opening_mrr > 0
