{{ config(incremental_strategy='changed_customers') }}

with

period_changes as (

    select * from {{ ref('int_period_changes') }}

),

period_types as (

    select * from {{ ref('int_period_types') }}

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
        -- the latest state begun, or churn, is the one that holds
        max(churn_month_date) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as churn_month_date,
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
    from period_changes

)

-- the cohort: who pays at the first instant
select
    runs.period_type,
    runs.customer_id,
    runs.first_period_start_date,
    -- null where nothing comes after it: whoever reads it ends it with the last complete period
    {{ add_months('runs.next_period_start_date', '-period_types.step_months') }} as last_period_start_date,
    cast(runs.opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(runs.closing_mrr as decimal(18, 4)) as closing_mrr,
    case when runs.closing_mrr = 0 then runs.churn_month_date end as churn_month_date,
    runs.plan_state_month_date,
    runs.attribute_month_date
from runs
inner join period_types on runs.period_type = period_types.period_type
where runs.opening_mrr > 0
