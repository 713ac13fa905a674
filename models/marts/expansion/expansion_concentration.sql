with

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

ranked as (

    select
        month_date,
        mrr_change,
        row_number() over (
            partition by month_date
            order by mrr_change desc, customer_id asc
        ) as size_rank,
        count(*) over (partition by month_date) as expanding_customers
    from movements

),

-- the largest tenth, of which there is always one
with_decile as (

    select
        *,
        {{ whole_quotient('expanding_customers + 9', 10) }} as top_decile_customers
    from ranked

),

summed as (

    select
        month_date,
        max(top_decile_customers) as top_decile_customers,
        sum(case when size_rank <= 1 then mrr_change else 0 end) as top_1_mrr,
        sum(case when size_rank <= 10 then mrr_change else 0 end) as top_10_mrr,
        sum(case when size_rank <= top_decile_customers then mrr_change else 0 end) as top_decile_mrr
    from with_decile
    group by month_date

),

shares as (

    select
        waterfall.month_date,
        waterfall.expansion_customers as expanding_customers,
        waterfall.opening_customers,
        waterfall.expansion_mrr,
        {{ exact_ratio('waterfall.expansion_customers', 'waterfall.opening_customers') }} as expanding_share,
        coalesce(summed.top_decile_customers, 0) as top_decile_customers,
        {{ exact_ratio('summed.top_1_mrr', 'waterfall.expansion_mrr') }} as top_1_share,
        {{ exact_ratio('summed.top_10_mrr', 'waterfall.expansion_mrr') }} as top_10_share,
        {{ exact_ratio('summed.top_decile_mrr', 'waterfall.expansion_mrr') }} as top_decile_share
    from waterfall
    left join summed on waterfall.month_date = summed.month_date

)

select
    shares.month_date,
    shares.expanding_customers,
    shares.opening_customers,
    shares.expanding_share,
    shares.expansion_mrr,
    shares.top_1_share,
    shares.top_10_share,
    cast(shares.top_decile_customers as {{ dbt.type_bigint() }}) as top_decile_customers,
    shares.top_decile_share,
    shares.top_1_share >= thresholds.top_1_share
    or shares.top_decile_share >= thresholds.top_decile_share as is_concentrated
from shares
cross join thresholds
