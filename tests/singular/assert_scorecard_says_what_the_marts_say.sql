with

scorecard as (

    select * from {{ ref('retention_scorecard') }}

),

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

retention_rates as (

    select
        period_type,
        period_start_date,
        period_end_date,
        -- wide enough for the product with the target
        cast(opening_mrr as decimal(28, 4)) as opening_mrr,
        closing_mrr,
        nrr,
        grr,
        benchmark_band,
        is_fragile
    from {{ ref('retention_rates') }}
    where
        dimension = 'total'
        and period_type in ('month', 'trailing_12_months')

),

customer_months as (

    select *
    from {{ ref('fct_customer_mrr_months') }}
    where closing_mrr > 0

),

first_paid_months as (

    select
        customer_id,
        min(month_date) as first_paid_month_date
    from customer_months
    group by customer_id

),

arr_stages as (

    select * from {{ ref('stg_reference__arr_stages') }}

),

benchmark_bands as (

    select * from {{ ref('stg_reference__benchmark_bands') }}

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

-- the round that expects most of those that are met
rounds_met as (

    select
        scorecard.month_date,
        max(funding_rounds.funding_round) as funding_round
    from scorecard
    inner join funding_rounds on scorecard.nrr >= funding_rounds.target_nrr
    left join funding_rounds as higher
        on
            funding_rounds.target_nrr < higher.target_nrr
            and scorecard.nrr >= higher.target_nrr
    where higher.funding_round is null
    group by scorecard.month_date

),

tenured_customers as (

    select
        customer_months.month_date,
        count(*) as tenured_customers
    from customer_months
    inner join first_paid_months on customer_months.customer_id = first_paid_months.customer_id
    inner join thresholds
        on
            thresholds.min_tenure_months
            <= {{ date_difference('first_paid_months.first_paid_month_date', 'customer_months.month_date', 'month') }}
    group by customer_months.month_date

)

select
    waterfall.month_date,
    scorecard.nrr,
    annual_rates.nrr as nrr_of_rates,
    scorecard.tenured_customers,
    tenured_customers.tenured_customers as tenured_customers_of_months
from waterfall
full outer join scorecard on waterfall.month_date = scorecard.month_date
left join retention_rates as annual_rates
    on
        annual_rates.period_type = 'trailing_12_months'
        and {{ add_days(add_months('waterfall.month_date', 1), -1) }} = annual_rates.period_end_date
left join retention_rates as month_rates
    on
        month_rates.period_type = 'month'
        and waterfall.month_date = month_rates.period_start_date
left join tenured_customers on waterfall.month_date = tenured_customers.month_date
left join rounds_met on waterfall.month_date = rounds_met.month_date
left join arr_stages on scorecard.arr_stage = arr_stages.arr_stage
left join benchmark_bands as nrr_bands
    on
        nrr_bands.metric = 'nrr'
        and scorecard.nrr_band = nrr_bands.band
left join benchmark_bands as grr_bands
    on
        grr_bands.metric = 'grr'
        and scorecard.grr_band = grr_bands.band
cross join thresholds
where
    not coalesce(
        scorecard.closing_arr = waterfall.closing_mrr * 12
        and waterfall.closing_mrr * 12 >= arr_stages.from_arr
        and coalesce(waterfall.closing_mrr * 12 < arr_stages.to_arr, true)
        and scorecard.target_nrr_from = arr_stages.target_nrr_from
        and coalesce(scorecard.target_nrr_to, -1) = coalesce(arr_stages.target_nrr_to, -1)
        and coalesce(scorecard.nrr, -1) = coalesce(annual_rates.nrr, -1)
        and coalesce(scorecard.grr, -1) = coalesce(annual_rates.grr, -1)
        and coalesce(scorecard.is_fragile, false) = coalesce(annual_rates.is_fragile, false)
        and coalesce(scorecard.nrr_band, '') = coalesce(annual_rates.benchmark_band, '')
        and (scorecard.grr is null or scorecard.grr >= coalesce(grr_bands.from_ratio, 0))
        and (scorecard.grr is null or coalesce(scorecard.grr < grr_bands.to_ratio, true))
        and coalesce(scorecard.quick_ratio, -1) = coalesce(waterfall.quick_ratio, -1)
        and coalesce(scorecard.expansion_share_of_growth, -1) = coalesce(waterfall.expansion_share_of_growth, -1)
        and coalesce(abs(scorecard.net_mrr_churn_rate - (1 - month_rates.nrr)) <= 0.000001, month_rates.nrr is null)
        and scorecard.is_net_negative_churn = waterfall.is_net_negative_churn
        and scorecard.has_fewer_customers = (waterfall.closing_customers < waterfall.opening_customers)
        and scorecard.is_net_negative_churn_with_fewer_customers
        = (waterfall.is_net_negative_churn and waterfall.closing_customers < waterfall.opening_customers)
        and scorecard.tenured_customers = coalesce(tenured_customers.tenured_customers, 0)
        and coalesce(
            abs(
                scorecard.expansion_needed_mrr
                - greatest(scorecard.target_nrr_from * annual_rates.opening_mrr - annual_rates.closing_mrr, 0)
            ) <= 0.00005,
            annual_rates.nrr is null
        )
        and coalesce(
            scorecard.is_ready_to_invest_in_expansion = (
                1 - annual_rates.grr < thresholds.max_gross_churn
                and scorecard.tenured_customers >= thresholds.min_customers
            ),
            annual_rates.grr is null
        )
        and coalesce(scorecard.highest_funding_round_met, '') = coalesce(rounds_met.funding_round, '')
        and (
            scorecard.nrr is null
            or (
                strpos(scorecard.verdict, nrr_bands.verdict) > 0
                and strpos(scorecard.verdict, grr_bands.verdict) > 0
                and (strpos(scorecard.verdict, ' is below the target') > 0)
                = (scorecard.nrr < scorecard.target_nrr_from)
                and (strpos(scorecard.verdict, ' is above the target') > 0)
                = coalesce(scorecard.nrr > scorecard.target_nrr_to, false)
                and (strpos(scorecard.verdict, 'Fragile') > 0) = scorecard.is_fragile
                and (strpos(scorecard.verdict, 'fewer customers') > 0)
                = scorecard.is_net_negative_churn_with_fewer_customers
                and (strpos(scorecard.verdict, 'Ready to invest') > 0) = scorecard.is_ready_to_invest_in_expansion
            )
        ),
        false
    )
