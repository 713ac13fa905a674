{{ config(incremental_strategy='changed_customers') }}

with

period_runs as (

    select * from {{ ref('int_period_runs') }}

),

plan_states as (

    select * from {{ ref('int_customer_plan_states') }}

),

attribute_versions as (

    select * from {{ ref('int_customer_attribute_versions') }}

),

churn_reasons as (

    select * from {{ ref('int_customer_churn_reasons') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

with_attributes as (

    select
        period_runs.*,
        attribute_versions.segment,
        attribute_versions.country,
        attribute_versions.acquisition_channel,
        attribute_versions.csm_owner,
        {{ fiscal_year('customers.first_paid_month_date') }} as acquisition_year,
        {{ mrr_band('period_runs.opening_mrr') }} as mrr_band,
        plan_states.plan_name as plan,
        plan_states.billing_interval,
        plan_states.pricing_model,
        churn_reasons.churn_reason
    from period_runs
    inner join customers on period_runs.customer_id = customers.customer_id
    inner join attribute_versions
        on
            period_runs.customer_id = attribute_versions.customer_id
            and period_runs.attribute_month_date = attribute_versions.month_date
    left join plan_states
        on
            period_runs.customer_id = plan_states.customer_id
            and period_runs.plan_state_month_date = plan_states.month_date
    left join churn_reasons
        on
            period_runs.customer_id = churn_reasons.customer_id
            and period_runs.churn_month_date = churn_reasons.month_date

)

select
    period_type,
    customer_id,
    first_period_start_date,
    last_period_start_date,
    opening_mrr,
    closing_mrr,
    {{ cohort_amounts('opening_mrr', 'closing_mrr') }},
    churn_reason,
    segment,
    country,
    acquisition_channel,
    csm_owner,
    cast(acquisition_year as {{ dbt.type_int() }}) as acquisition_year,
    mrr_band,
    coalesce(plan, '(none)') as plan,
    coalesce(billing_interval, '(none)') as billing_interval,
    coalesce(pricing_model, '(none)') as pricing_model
from with_attributes
