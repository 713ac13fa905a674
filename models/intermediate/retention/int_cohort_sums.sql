{% set dimensions = [
    'segment', 'country', 'acquisition_channel', 'csm_owner', 'acquisition_year',
    'mrr_band', 'plan', 'billing_interval', 'pricing_model',
] %}
{% set churn_parts = {
    'voluntary_churned_mrr': "'voluntary'",
    'payment_failed_churned_mrr': "'payment_failed'",
    'other_churned_mrr': "'other', 'unknown'",
} %}
{% set amounts = ['opening_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'retained_mrr', 'closing_mrr'] %}
{% set sums = ['cohort_customers', 'retained_customers'] + amounts + churn_parts.keys() | list %}

with

cohort_runs as (

    select * from {{ ref('int_cohort_runs') }}

),

-- read apart, for a CTE that is read twice is written first
ended_runs as (

    select *
    from {{ ref('int_cohort_runs') }}
    where last_period_start_date is not null

),

period_types as (

    select * from {{ ref('int_period_types') }}

),

-- a customer joins the cohorts with the first period of its run, and is out of them after the last
changes as (

    {% for runs, change_date, sign in [
        ('cohort_runs', 'cohort_runs.first_period_start_date', ''),
        ('ended_runs', add_months('ended_runs.last_period_start_date', 'period_types.step_months'), '-'),
    ] -%}
        select
            {{ runs }}.period_type,
            {{ change_date }} as period_start_date,
            {% for dimension in dimensions -%}
                {{ runs }}.{{ dimension }},
            {% endfor -%}
            {% for amount in amounts -%}
                {{ sign }}{{ runs }}.{{ amount }} as {{ amount }},
            {% endfor -%}
            {% for part, reasons in churn_parts.items() -%}
                case when {{ runs }}.churn_reason in ({{ reasons }}) then {{ sign }}{{ runs }}.churned_mrr else 0 end
                    as {{ part }},
            {% endfor -%}
            {{ sign }}1 as cohort_customers,
            case when {{ runs }}.closing_mrr > 0 then {{ sign }}1 else 0 end as retained_customers
        from {{ runs }}
        inner join period_types
            on
                {{ runs }}.period_type = period_types.period_type
                and {{ change_date }} <= period_types.last_period_start_date

        {{ 'union all' if not loop.last }}

    {% endfor -%}
),

changes_by_period as (

    select
        {% for name in sums -%}
            sum({{ name }}) as {{ name }},
        {% endfor -%}
        period_type,
        period_start_date,
        case
            {% for dimension in dimensions -%}
                when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {% endfor -%}
            else 'total'
        end as dimension,
        case
            {% for dimension in dimensions -%}
                when grouping({{ dimension }}) = 0 then cast({{ dimension }} as {{ dbt.type_string() }})
            {% endfor -%}
            else 'all'
        end as dimension_value
    from changes
    -- the linter does not know grouping sets on DuckDB
    group by grouping sets ( -- noqa: PRS
        (period_type, period_start_date)
        {%- for dimension in dimensions %},
        (period_type, period_start_date, {{ dimension }})
        {%- endfor %}
    )

),

cohorts as (

    select
        period_type,
        dimension,
        dimension_value,
        period_start_date,
        {% for name in sums -%}
            sum({{ name }}) over (
                partition by period_type, dimension, dimension_value
                order by period_start_date
                rows between unbounded preceding and current row
            ) as {{ name }},
        {% endfor -%}
        lead(period_start_date) over (
            partition by period_type, dimension, dimension_value
            order by period_start_date
        ) as next_period_start_date
    from changes_by_period

),

-- the periods from one change to the one before the next
expanded as (

    select
        cohorts.*,
        {{ explode_dates(
            'cohorts.period_start_date',
            'coalesce(' ~ add_months('cohorts.next_period_start_date', '-period_types.step_months')
            ~ ', period_types.last_period_start_date)',
            'period_types.step_months'
        ) }} as cohort_start_date,
        period_types.length_months
    from cohorts
    inner join period_types on cohorts.period_type = period_types.period_type
    where cohorts.cohort_customers > 0

)

select
    period_type,
    cohort_start_date as period_start_date,
    dimension,
    dimension_value,
    {{ add_days(add_months('cohort_start_date', 'length_months'), -1) }} as period_end_date,
    {% for name in sums[2:] -%}
        cast({{ name }} as decimal(18, 4)) as {{ name }},
    {% endfor -%}
    cast(cohort_customers as {{ dbt.type_bigint() }}) as cohort_customers,
    cast(retained_customers as {{ dbt.type_bigint() }}) as retained_customers
from expanded
