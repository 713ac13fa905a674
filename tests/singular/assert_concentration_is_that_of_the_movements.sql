-- The shares of the largest expansions, counted again by amount: of those of one size, as many are among the largest n
-- as the larger ones leave room for.
with

concentration as (

    select * from {{ ref('expansion_concentration') }}

),

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

thresholds as (

    select
        max(case when threshold = 'concentrated_top_1_share' then threshold_value end) as top_1_share,
        max(case when threshold = 'concentrated_top_decile_share' then threshold_value end) as top_decile_share
    from {{ ref('stg_reference__expansion_thresholds') }}

),

amounts as (

    select
        month_date,
        mrr_change,
        count(*) as customers
    from movements
    group by
        month_date,
        mrr_change

),

with_larger as (

    select
        *,
        sum(customers) over (
            partition by month_date
            order by mrr_change desc
            rows between unbounded preceding and current row
        ) - customers as larger_expansions,
        sum(customers) over (partition by month_date) as expanding_customers
    from amounts

),

largest as (

    select
        month_date,
        sum(customers) as expanding_customers,
        sum(mrr_change * customers) as expansion_mrr,
        sum(mrr_change * least(customers, greatest(1 - larger_expansions, 0))) as top_1_mrr,
        sum(mrr_change * least(customers, greatest(10 - larger_expansions, 0))) as top_10_mrr,
        sum(
            mrr_change
            * least(customers, greatest({{ whole_quotient('expanding_customers + 9', 10) }} - larger_expansions, 0))
        ) as top_decile_mrr
    from with_larger
    group by month_date

),

expected as (

    select
        waterfall.month_date,
        waterfall.opening_customers,
        coalesce(largest.expanding_customers, 0) as expanding_customers,
        coalesce(largest.expansion_mrr, 0) as expansion_mrr,
        largest.top_1_mrr,
        largest.top_10_mrr,
        largest.top_decile_mrr
    from waterfall
    left join largest on waterfall.month_date = largest.month_date

)

select
    coalesce(concentration.month_date, expected.month_date) as month_date,
    concentration.top_1_share,
    expected.top_1_mrr,
    expected.top_10_mrr,
    expected.top_decile_mrr,
    expected.expansion_mrr
from concentration
full outer join expected on concentration.month_date = expected.month_date
cross join thresholds
where
    not coalesce(
        concentration.opening_customers = expected.opening_customers
        and concentration.expanding_customers = expected.expanding_customers
        and concentration.expansion_mrr = expected.expansion_mrr
        and abs(
            cast(coalesce(concentration.expanding_share, 0) as decimal(28, 6)) * expected.opening_customers
            - expected.expanding_customers
        ) <= expected.opening_customers * 0.0000005
        and (
            expected.expansion_mrr = 0
            or abs(
                cast(concentration.top_1_share as decimal(28, 6)) * expected.expansion_mrr - expected.top_1_mrr
            )
            <= expected.expansion_mrr * 0.0000005
        )
        and (
            expected.expansion_mrr = 0
            or abs(
                cast(concentration.top_10_share as decimal(28, 6)) * expected.expansion_mrr - expected.top_10_mrr
            )
            <= expected.expansion_mrr * 0.0000005
        )
        and (
            expected.expansion_mrr = 0
            or abs(
                cast(concentration.top_decile_share as decimal(28, 6)) * expected.expansion_mrr
                - expected.top_decile_mrr
            )
            <= expected.expansion_mrr * 0.0000005
        )
        and (
            expected.expansion_mrr = 0
            or concentration.is_concentrated = (
                concentration.top_1_share >= thresholds.top_1_share
                or concentration.top_decile_share >= thresholds.top_decile_share
            )
        ),
        false
    )
