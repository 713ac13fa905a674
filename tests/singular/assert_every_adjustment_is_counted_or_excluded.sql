with

adjustments as (

    select
        *,
        {{ row_key(['customer_id', 'product_id', 'month_from_date', 'reason']) }} as row_key
    from {{ ref('stg_billing__mrr_adjustments') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

outcomes as (

    select distinct valuations.item_id as row_key
    from {{ ref('int_mrr_valuations') }} as valuations
    inner join ledger_bounds on valuations.from_month_date <= ledger_bounds.last_month_date
    where
        valuations.item_type = 'adjustment'
        and valuations.fx_basis = 'closing'

    union all

    select row_key
    from {{ ref('int_other_rows_excluded') }}
    where source_table = 'mrr_adjustments'

),

outcomes_per_adjustment as (

    select
        row_key,
        count(*) as outcomes
    from outcomes
    group by row_key

)

select
    adjustments.row_key,
    coalesce(outcomes_per_adjustment.outcomes, 0) as outcomes
from adjustments
left join outcomes_per_adjustment on adjustments.row_key = outcomes_per_adjustment.row_key
where coalesce(outcomes_per_adjustment.outcomes, 0) != 1
