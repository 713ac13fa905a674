with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

plan_states as (

    select * from {{ ref('int_customer_plan_states') }}

),

attribute_versions as (

    select * from {{ ref('int_customer_attribute_versions') }}

),

period_types as (

    select * from {{ ref('int_period_types') }}

),

-- everything that is read at the start of a period, in the month whose last instant is that start
read_at_start as (

    select
        customer_id,
        month_date,
        mrr_change,
        cast(null as date) as plan_state_month_date,
        cast(null as date) as attribute_month_date
    from customer_balances

    union all

    select
        customer_id,
        month_date,
        0 as mrr_change,
        month_date as plan_state_month_date,
        cast(null as date) as attribute_month_date
    from plan_states

    union all

    select
        customer_id,
        month_date,
        0 as mrr_change,
        cast(null as date) as plan_state_month_date,
        month_date as attribute_month_date
    from attribute_versions

),

-- a change is in the opening balance from the first period that begins after it,
-- and in the closing balance from the first period that ends with it or after it
changes as (

    select
        period_types.period_type,
        read_at_start.customer_id,
        {{ add_months(
            period_start('read_at_start.month_date', 'period_types.step_months'), 'period_types.step_months'
        ) }} as period_start_date,
        read_at_start.mrr_change as opening_change,
        0 as closing_change,
        read_at_start.plan_state_month_date,
        read_at_start.attribute_month_date
    from read_at_start
    cross join period_types

    union all

    select
        period_types.period_type,
        customer_balances.customer_id,
        {{ add_months(
            period_start('customer_balances.month_date', 'period_types.step_months'),
            'period_types.step_months - period_types.length_months'
        ) }} as period_start_date,
        0 as opening_change,
        customer_balances.mrr_change as closing_change,
        cast(null as date) as plan_state_month_date,
        cast(null as date) as attribute_month_date
    from customer_balances
    cross join period_types

),

changes_by_period as (

    select
        period_type,
        customer_id,
        period_start_date,
        sum(opening_change) as opening_change,
        sum(closing_change) as closing_change,
        max(plan_state_month_date) as plan_state_month_date,
        max(attribute_month_date) as attribute_month_date
    from changes
    group by
        period_type,
        customer_id,
        period_start_date

),

-- between two of these rows nothing changes
runs as (

    select
        period_type,
        customer_id,
        period_start_date as first_period_start_date,
        lead(period_start_date) over (
            partition by period_type, customer_id
            order by period_start_date
        ) as next_period_start_date,
        sum(opening_change) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as opening_mrr,
        sum(closing_change) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as closing_mrr,
        -- the latest state begun is the one that holds
        max(plan_state_month_date) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as plan_state_month_date,
        max(attribute_month_date) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as attribute_month_date
    from changes_by_period

),

complete_runs as (

    select
        runs.period_type,
        runs.customer_id,
        runs.first_period_start_date,
        least(
            {{ add_months('runs.next_period_start_date', '-period_types.step_months') }},
            period_types.last_period_start_date
        ) as last_period_start_date,
        period_types.length_months,
        period_types.step_months,
        runs.opening_mrr,
        runs.closing_mrr,
        runs.plan_state_month_date,
        runs.attribute_month_date
    from runs
    inner join period_types on runs.period_type = period_types.period_type
    -- the cohort: who pays at the first instant
    where
        runs.opening_mrr > 0
        and runs.first_period_start_date <= period_types.last_period_start_date

)

select
    period_type,
    customer_id,
    first_period_start_date,
    last_period_start_date,
    length_months,
    step_months,
    cast(opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    plan_state_month_date,
    attribute_month_date
from complete_runs
