{% set is_annual = "rates.period_type in ('year', 'trailing_12_months')" %}

with

cohort_sums as (

    select * from {{ ref('int_cohort_sums') }}

),

benchmark_bands as (

    select *
    from {{ ref('stg_reference__benchmark_bands') }}
    where metric = 'nrr'

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
    from cohort_sums

)

select
    rates.period_type,
    rates.period_start_date,
    rates.dimension,
    rates.dimension_value,
    rates.period_end_date,
    {{ period_label('rates.period_type', 'rates.period_start_date') }} as period_label,
    rates.cohort_customers,
    rates.opening_mrr,
    rates.expansion_mrr,
    rates.contraction_mrr,
    rates.churned_mrr,
    rates.voluntary_churned_mrr,
    rates.payment_failed_churned_mrr,
    rates.other_churned_mrr,
    rates.retained_mrr,
    rates.closing_mrr,
    rates.nrr,
    rates.grr,
    rates.logo_retention,
    rates.expansion_rate,
    rates.voluntary_churn_rate,
    rates.payment_failed_churn_rate,
    -- benchmarks are annual: a month's rate has nothing to be held against
    benchmark_bands.band as benchmark_band,
    case when {{ is_annual }} then rates.nrr >= 1 and rates.grr < {{ var('fragile_grr_threshold') }} end as is_fragile,
    {{ surrogate_key(
        ['rates.period_type', 'rates.period_start_date', 'rates.dimension', 'rates.dimension_value'],
        free_text=['rates.dimension_value']
    ) }} as retention_rate_key
from rates
left join benchmark_bands
    on
        {{ is_annual }}
        and {{ is_within('rates.nrr', 'benchmark_bands.from_ratio', 'benchmark_bands.to_ratio') }}
