{% set dimensions = [
    'segment', 'country', 'acquisition_channel', 'csm_owner', 'acquisition_year',
    'mrr_band', 'plan', 'billing_interval', 'pricing_model',
] %}
{% set is_annual = "rates.period_type in ('year', 'trailing_12_months')" %}

with

cohort_snapshots as (

    select * from {{ ref('fct_cohort_snapshots') }}

),

benchmark_bands as (

    select *
    from {{ ref('stg_reference__benchmark_bands') }}
    where metric = 'nrr'

),

cohorts as (

    select
        period_type,
        period_start_date,
        period_end_date,
        case
            {% for dimension in dimensions %}
                when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {% endfor %}
            else 'total'
        end as dimension,
        case
            {% for dimension in dimensions %}
                when grouping({{ dimension }}) = 0 then cast({{ dimension }} as {{ dbt.type_string() }})
            {% endfor %}
            else 'all'
        end as dimension_value,
        count(*) as cohort_customers,
        sum(case when closing_mrr > 0 then 1 else 0 end) as retained_customers,
        sum(opening_mrr) as opening_mrr,
        sum(expansion_mrr) as expansion_mrr,
        sum(contraction_mrr) as contraction_mrr,
        sum(churned_mrr) as churned_mrr,
        sum(case when churn_reason = 'voluntary' then churned_mrr else 0 end) as voluntary_churned_mrr,
        sum(case when churn_reason = 'payment_failed' then churned_mrr else 0 end) as payment_failed_churned_mrr,
        sum(case when churn_reason in ('other', 'unknown') then churned_mrr else 0 end) as other_churned_mrr,
        sum(retained_mrr) as retained_mrr,
        sum(closing_mrr) as closing_mrr
    from cohort_snapshots
    -- the linter does not know grouping sets on DuckDB
    group by grouping sets ( -- noqa: PRS
        (period_type, period_start_date, period_end_date)
        {%- for dimension in dimensions %},
        (period_type, period_start_date, period_end_date, {{ dimension }})
        {%- endfor %}
    )

),

rates as (

    select
        *,
        {{ exact_ratio('closing_mrr', 'opening_mrr') }} as nrr,
        {{ exact_ratio('retained_mrr', 'opening_mrr') }} as grr,
        {{ exact_ratio('retained_customers', 'cohort_customers') }} as logo_retention,
        {{ exact_ratio('expansion_mrr', 'opening_mrr') }} as expansion_rate,
        {{ exact_ratio('voluntary_churned_mrr', 'opening_mrr') }} as voluntary_churn_rate,
        {{ exact_ratio('payment_failed_churned_mrr', 'opening_mrr') }} as payment_failed_churn_rate
    from cohorts

)

select
    rates.period_type,
    rates.period_start_date,
    rates.dimension,
    rates.dimension_value,
    rates.period_end_date,
    {{ period_label('rates.period_type', 'rates.period_start_date') }} as period_label,
    rates.cohort_customers,
    cast(rates.opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(rates.expansion_mrr as decimal(18, 4)) as expansion_mrr,
    cast(rates.contraction_mrr as decimal(18, 4)) as contraction_mrr,
    cast(rates.churned_mrr as decimal(18, 4)) as churned_mrr,
    cast(rates.voluntary_churned_mrr as decimal(18, 4)) as voluntary_churned_mrr,
    cast(rates.payment_failed_churned_mrr as decimal(18, 4)) as payment_failed_churned_mrr,
    cast(rates.other_churned_mrr as decimal(18, 4)) as other_churned_mrr,
    cast(rates.retained_mrr as decimal(18, 4)) as retained_mrr,
    cast(rates.closing_mrr as decimal(18, 4)) as closing_mrr,
    rates.nrr,
    rates.grr,
    rates.logo_retention,
    rates.expansion_rate,
    rates.voluntary_churn_rate,
    rates.payment_failed_churn_rate,
    -- benchmarks are annual: a month's rate has nothing to be held against
    benchmark_bands.band as benchmark_band,
    case when {{ is_annual }} then rates.nrr >= 1 and rates.grr < {{ var('fragile_grr_threshold') }} end as is_fragile
from rates
left join benchmark_bands
    on
        {{ is_annual }}
        and {{ is_within('rates.nrr', 'benchmark_bands.from_ratio', 'benchmark_bands.to_ratio') }}
