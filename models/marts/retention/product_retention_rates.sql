{% set sums = [
    'cohort_customers', 'retained_customers', 'opening_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr',
    'retained_mrr', 'closing_mrr',
] %}

with

period_runs as (

    select * from {{ ref('int_product_period_runs') }}

),

benchmark_bands as (

    select * from {{ ref('stg_reference__benchmark_bands') }}

),

period_types as (

    select * from {{ ref('int_period_types') }}

),

customer_runs as (

    select
        *,
        1 as cohort_customers,
        case when closing_mrr > 0 then 1 else 0 end as retained_customers,
        {{ cohort_amounts('opening_mrr', 'closing_mrr') }}
    from period_runs

),

-- runs that begin and end together
runs as (

    select
        {% for name in sums -%}
            sum({{ name }}) as {{ name }},
        {% endfor -%}
        period_type,
        product_id,
        first_period_start_date,
        last_period_start_date
    from customer_runs
    group by
        period_type,
        product_id,
        first_period_start_date,
        last_period_start_date

),

-- a customer joins the cohorts with the first period of its run, and is out of them after the last
changes as (

    select
        period_type,
        product_id,
        first_period_start_date as period_start_date,
        {{ sums | join(',\n        ') }}
    from runs

    union all

    select
        runs.period_type,
        runs.product_id,
        {{ add_months('runs.last_period_start_date', 'period_types.step_months') }} as period_start_date,
        -runs.{{ sums | join(',\n        -runs.') }}
    from runs
    inner join period_types on runs.period_type = period_types.period_type
    where runs.last_period_start_date is not null

),

changes_by_period as (

    select
        {% for name in sums -%}
            sum(changes.{{ name }}) as {{ name }},
        {% endfor -%}
        changes.period_type,
        changes.product_id,
        changes.period_start_date
    from changes
    inner join period_types
        on
            changes.period_type = period_types.period_type
            and changes.period_start_date <= period_types.last_period_start_date
    group by
        changes.period_type,
        changes.product_id,
        changes.period_start_date

),

cohorts as (

    select
        period_type,
        product_id,
        period_start_date,
        {% for name in sums -%}
            sum({{ name }}) over (
                partition by period_type, product_id
                order by period_start_date
                rows between unbounded preceding and current row
            ) as {{ name }},
        {% endfor -%}
        lead(period_start_date) over (
            partition by period_type, product_id
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

),

rates as (

    select
        *,
        {{ cohort_rates() }}
    from expanded

)

select
    rates.period_type,
    rates.cohort_start_date as period_start_date,
    rates.product_id,
    {{ add_days(add_months('rates.cohort_start_date', 'rates.length_months'), -1) }} as period_end_date,
    {{ period_label('rates.period_type', 'rates.cohort_start_date') }} as period_label,
    cast(rates.cohort_customers as {{ dbt.type_bigint() }}) as cohort_customers,
    {% for name in sums[2:] -%}
        cast(rates.{{ name }} as decimal(18, 4)) as {{ name }},
    {% endfor -%}
    rates.nrr,
    rates.grr,
    rates.logo_retention,
    rates.expansion_rate,
    benchmark_bands.band as benchmark_band,
    {{ is_fragile('rates') }} as is_fragile,
    {{ surrogate_key(
        ['rates.period_type', 'rates.cohort_start_date', 'rates.product_id'], free_text=['rates.product_id']
    ) }} as product_retention_rate_key
from rates
left join benchmark_bands on {{ is_in_benchmark_band('rates', 'benchmark_bands') }}
