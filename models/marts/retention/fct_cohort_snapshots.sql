{{ config(incremental_strategy='changed_customers', meta={'grows_by': 'period_end_date'}) }}

with

cohort_runs as (

    select * from {{ ref('int_cohort_runs') }}

),

period_types as (

    select * from {{ ref('int_period_types') }}

),

-- up to the last complete period
complete_runs as (

    select
        cohort_runs.*,
        {{ explode_dates(
            first_to_build(
                'cohort_runs.first_period_start_date', 'cohort_runs.customer_id',
                'period_types.step_months', 'period_types.length_months'
            ),
            'least(cohort_runs.last_period_start_date, period_types.last_period_start_date)',
            'period_types.step_months'
        ) }} as period_start_date
    from cohort_runs
    inner join period_types
        on
            cohort_runs.period_type = period_types.period_type
            and cohort_runs.first_period_start_date <= period_types.last_period_start_date

),

calendar as (

    select
        period_types.period_type,
        period_types.length_months,
        {{ explode_dates(
            'min(cohort_runs.first_period_start_date)', 'period_types.last_period_start_date', 'period_types.step_months'
        ) }} as period_start_date
    from cohort_runs
    inner join period_types on cohort_runs.period_type = period_types.period_type
    group by
        period_types.period_type,
        period_types.length_months,
        period_types.step_months,
        period_types.last_period_start_date

),

-- named once per period and not once per customer
periods as (

    select
        period_type,
        period_start_date,
        {{ add_days(add_months('period_start_date', 'length_months'), -1) }} as period_end_date,
        {{ period_label('period_type', 'period_start_date') }} as period_label
    from calendar

)

select
    complete_runs.period_type,
    complete_runs.period_start_date,
    complete_runs.customer_id,
    periods.period_end_date,
    periods.period_label,
    complete_runs.opening_mrr,
    complete_runs.closing_mrr,
    complete_runs.retained_mrr,
    complete_runs.expansion_mrr,
    complete_runs.contraction_mrr,
    complete_runs.churned_mrr,
    complete_runs.churn_reason,
    complete_runs.segment,
    complete_runs.country,
    complete_runs.acquisition_channel,
    complete_runs.csm_owner,
    complete_runs.acquisition_year,
    complete_runs.mrr_band,
    complete_runs.plan,
    complete_runs.billing_interval,
    complete_runs.pricing_model,
    {{ surrogate_key(
        ['complete_runs.period_type', 'complete_runs.period_start_date', 'complete_runs.customer_id'],
        free_text=['complete_runs.customer_id']
    ) }} as cohort_snapshot_key
from complete_runs
inner join periods
    on
        complete_runs.period_type = periods.period_type
        and complete_runs.period_start_date = periods.period_start_date
