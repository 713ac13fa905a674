with

invoice_lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

outcomes as (

    select distinct valuations.item_id as invoice_line_item_id
    from {{ ref('int_mrr_valuations') }} as valuations
    inner join ledger_bounds on valuations.from_month_date <= ledger_bounds.last_month_date
    where
        valuations.item_type in ('usage_line', 'recurring_line')
        and valuations.fx_basis = 'closing'

    union all

    -- a credit can be applied in part and be left over in part
    select distinct invoice_line_item_id from {{ ref('int_invoice_lines_excluded') }}

),

outcomes_per_line as (

    select
        invoice_line_item_id,
        count(*) as outcomes
    from outcomes
    group by invoice_line_item_id

)

select
    invoice_lines.invoice_line_item_id,
    coalesce(outcomes_per_line.outcomes, 0) as outcomes
from invoice_lines
left join outcomes_per_line on invoice_lines.invoice_line_item_id = outcomes_per_line.invoice_line_item_id
where coalesce(outcomes_per_line.outcomes, 0) != 1
