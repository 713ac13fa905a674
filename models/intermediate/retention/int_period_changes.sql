{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

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
        closing_mrr - opening_mrr as mrr_change,
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

changes as (

    select
        period_types.period_type,
        read_at_start.customer_id,
        {{ first_period_opened_after('read_at_start.month_date', 'period_types.step_months') }} as period_start_date,
        read_at_start.mrr_change as opening_change,
        0 as closing_change,
        cast(null as date) as churn_month_date,
        read_at_start.plan_state_month_date,
        read_at_start.attribute_month_date
    from read_at_start
    cross join period_types

    union all

    select
        period_types.period_type,
        customer_balances.customer_id,
        {{ first_period_closed_after(
            'customer_balances.month_date', 'period_types.step_months', 'period_types.length_months'
        ) }} as period_start_date,
        0 as opening_change,
        -- both ends of a period are measured at the rates of its opening
        case period_types.length_months
            when 1 then customer_balances.month_opening_change
            when 3 then customer_balances.quarter_opening_change
            when 12 then customer_balances.year_opening_change
        end as closing_change,
        case
            when {{ is_churn('customer_balances.opening_mrr', 'customer_balances.closing_mrr') }}
                then customer_balances.month_date
        end as churn_month_date,
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
        max(churn_month_date) as churn_month_date,
        max(plan_state_month_date) as plan_state_month_date,
        max(attribute_month_date) as attribute_month_date
    from changes
    group by
        period_type,
        customer_id,
        period_start_date

)

select * from changes_by_period
