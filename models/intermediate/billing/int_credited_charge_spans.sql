{{ config(incremental_strategy='changed_customers') }}

-- A charge that credits reverse, cut wherever one of them begins or ends.
with

charges as (

    select * from {{ ref('int_invoice_lines_valued') }}

),

reversals as (

    select * from {{ ref('int_credit_reversals') }}

),

cuts as (

    select
        charge_line_item_id,
        from_date as cut_date
    from reversals

    union

    select
        charge_line_item_id,
        to_date as cut_date
    from reversals

    union

    select
        reversals.charge_line_item_id,
        charges.from_date as cut_date
    from reversals
    inner join charges on reversals.charge_line_item_id = charges.invoice_line_item_id

    union

    select
        reversals.charge_line_item_id,
        charges.to_date as cut_date
    from reversals
    inner join charges on reversals.charge_line_item_id = charges.invoice_line_item_id

),

spans as (

    select
        charge_line_item_id,
        cut_date as from_date,
        lead(cut_date) over (partition by charge_line_item_id order by cut_date) as to_date
    from cuts

),

-- a credit of all units says nothing about what is left, and neither does one of more than there are
credited as (

    select
        spans.charge_line_item_id,
        charges.customer_id,
        spans.from_date,
        spans.to_date,
        charges.quantity,
        sum(coalesce(reversals.credited_share, 0)) as credited_share,
        sum(
            case
                when reversals.quantity > 0 and reversals.quantity < charges.quantity then reversals.quantity
                else 0
            end
        ) as credited_quantity
    from spans
    inner join charges on spans.charge_line_item_id = charges.invoice_line_item_id
    left join reversals
        on
            spans.charge_line_item_id = reversals.charge_line_item_id
            and spans.from_date >= reversals.from_date
            and spans.to_date <= reversals.to_date
    where spans.to_date is not null
    group by
        spans.charge_line_item_id,
        charges.customer_id,
        spans.from_date,
        spans.to_date,
        charges.quantity

)

select
    charge_line_item_id,
    customer_id,
    from_date,
    to_date,
    cast(
        case when credited_quantity < quantity then quantity - credited_quantity else quantity end
        as {{ dbt.type_bigint() }}
    ) as quantity,
    cast({{ whole_share() }} - credited_share as {{ whole_type() }}) as kept_share
from credited
