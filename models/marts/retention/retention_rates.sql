with

cohort_sums as (

    select * from {{ ref('int_cohort_sums') }}

),

benchmark_bands as (

    select * from {{ ref('stg_reference__benchmark_bands') }}

),

rates as (

    select
        *,
        {{ cohort_rates() }},
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
    benchmark_bands.band as benchmark_band,
    {{ is_fragile('rates') }} as is_fragile,
    {{ surrogate_key(
        ['rates.period_type', 'rates.period_start_date', 'rates.dimension', 'rates.dimension_value'],
        free_text=['rates.dimension_value']
    ) }} as retention_rate_key
from rates
left join benchmark_bands on {{ is_in_benchmark_band('rates', 'benchmark_bands') }}
