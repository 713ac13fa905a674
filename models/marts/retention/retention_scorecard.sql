with

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

retention_rates as (

    select *
    from {{ ref('retention_rates') }}
    where
        period_type = 'trailing_12_months'
        and dimension = 'total'

),

acquisition_cohorts as (

    select * from {{ ref('acquisition_cohort_retention') }}

),

benchmark_bands as (

    select * from {{ ref('stg_reference__benchmark_bands') }}

),

arr_stages as (

    select * from {{ ref('stg_reference__arr_stages') }}

),

funding_rounds as (

    select * from {{ ref('stg_reference__funding_rounds') }}

),

thresholds as (

    select
        max(case when threshold = 'ready_max_gross_churn' then threshold_value end) as max_gross_churn,
        max(case when threshold = 'ready_min_customers' then threshold_value end) as min_customers,
        max(case when threshold = 'ready_min_tenure_months' then threshold_value end) as min_tenure_months
    from {{ ref('stg_reference__expansion_thresholds') }}

),

tenured_customers as (

    select
        {{ add_months('acquisition_cohorts.cohort_month_date', 'acquisition_cohorts.months_since') }} as month_date,
        sum(acquisition_cohorts.active_customers) as tenured_customers
    from acquisition_cohorts
    inner join thresholds on acquisition_cohorts.months_since >= thresholds.min_tenure_months
    group by {{ add_months('acquisition_cohorts.cohort_month_date', 'acquisition_cohorts.months_since') }}

),

months as (

    select
        waterfall.*,
        arr_stages.arr_stage,
        arr_stages.target_nrr_from,
        arr_stages.target_nrr_to,
        -- wide enough for the product with the target
        cast(retention_rates.opening_mrr as decimal(28, 4)) as cohort_opening_mrr,
        retention_rates.closing_mrr as cohort_closing_mrr,
        retention_rates.nrr,
        retention_rates.grr,
        1 - retention_rates.grr as gross_mrr_churn_rate,
        retention_rates.is_fragile,
        coalesce(tenured_customers.tenured_customers, 0) as tenured_customers,
        waterfall.closing_customers < waterfall.opening_customers as has_fewer_customers
    from waterfall
    left join arr_stages
        on {{ is_within('waterfall.closing_arr', 'arr_stages.from_arr', 'arr_stages.to_arr') }}
    left join retention_rates
        on waterfall.month_date = {{ add_months('retention_rates.period_start_date', 11) }}
    left join tenured_customers on waterfall.month_date = tenured_customers.month_date

),

rounds_met as (

    select
        months.month_date,
        funding_rounds.funding_round,
        row_number() over (
            partition by months.month_date
            order by funding_rounds.target_nrr desc, funding_rounds.funding_round asc
        ) as round_rank
    from months
    inner join funding_rounds on months.nrr >= funding_rounds.target_nrr

),

judged as (

    select
        months.*,
        nrr_bands.band as nrr_band,
        nrr_bands.verdict as nrr_verdict,
        grr_bands.band as grr_band,
        grr_bands.verdict as grr_verdict,
        -- without a cohort there is nothing to be short of
        case when months.grr is not null then greatest(months.target_nrr_from - months.grr, 0) end
            as target_expansion_rate,
        case
            when months.nrr is not null
                then greatest(months.target_nrr_from * months.cohort_opening_mrr - months.cohort_closing_mrr, 0)
        end as expansion_needed_mrr,
        months.gross_mrr_churn_rate < thresholds.max_gross_churn
        and months.tenured_customers >= thresholds.min_customers as is_ready_to_invest_in_expansion,
        rounds_met.funding_round as highest_funding_round_met
    from months
    cross join thresholds
    left join benchmark_bands as nrr_bands
        on
            nrr_bands.metric = 'nrr'
            and {{ is_within('months.nrr', 'nrr_bands.from_ratio', 'nrr_bands.to_ratio') }}
    left join benchmark_bands as grr_bands
        on
            grr_bands.metric = 'grr'
            and {{ is_within('months.grr', 'grr_bands.from_ratio', 'grr_bands.to_ratio') }}
    left join rounds_met
        on
            months.month_date = rounds_met.month_date
            and rounds_met.round_rank = 1

)

select
    month_date,
    closing_arr,
    arr_stage,
    target_nrr_from,
    target_nrr_to,
    nrr,
    grr,
    nrr_band,
    grr_band,
    is_fragile,
    quick_ratio,
    {{ exact_ratio('-(expansion_mrr + contraction_mrr + churn_mrr)', 'opening_mrr') }} as net_mrr_churn_rate,
    is_net_negative_churn,
    has_fewer_customers,
    is_net_negative_churn and has_fewer_customers as is_net_negative_churn_with_fewer_customers,
    expansion_share_of_growth,
    cast(target_expansion_rate as decimal(18, 6)) as target_expansion_rate,
    cast(expansion_needed_mrr as decimal(18, 4)) as expansion_needed_mrr,
    cast(gross_mrr_churn_rate as decimal(18, 6)) as gross_mrr_churn_rate,
    cast(tenured_customers as {{ dbt.type_bigint() }}) as tenured_customers,
    case when grr is not null then is_ready_to_invest_in_expansion end as is_ready_to_invest_in_expansion,
    highest_funding_round_met,
    {{ scorecard_verdict() }} as verdict
from judged
