{{ config(incremental_strategy='changed_customers') }}

with

plans_and_swaps as (

    select
        *,
        cast(opening_quantity as {{ whole_type() }}) as q0,
        cast(closing_quantity as {{ whole_type() }}) as q1,
        {{ to_whole('opening_gross_mrr', 4) }} as g0,
        {{ to_whole('closing_gross_mrr', 4) }} as g1,
        {{ to_whole('opening_mrr', 4) }} as m0,
        {{ to_whole('closing_mrr', 4) }} as m1
    from {{ ref('int_plans_and_swaps') }}

),

-- quantities and prices as fractions in lowest terms, which leaves room for their products
reduced as (

    select
        *,
        {{ whole_quotient('q0', 'nullif(' ~ greatest_common_divisor('q0', 'q1') ~ ', 0)') }} as reduced_q0,
        {{ whole_quotient('q1', 'nullif(' ~ greatest_common_divisor('q0', 'q1') ~ ', 0)') }} as reduced_q1,
        {{ whole_quotient('g0', 'nullif(' ~ greatest_common_divisor('g0', 'g1') ~ ', 0)') }} as reduced_g0,
        {{ whole_quotient('g1', 'nullif(' ~ greatest_common_divisor('g0', 'g1') ~ ', 0)') }} as reduced_g1
    from plans_and_swaps

),

with_rule as (

    select
        *,
        case
            when opening_items = 0 or closing_items = 0 then 'tier'
            when q0 = 0 or q1 = 0 then 'seat'
            when g0 <= 0 or g1 <= 0 then 'price'
            else 'split'
        end as driver_rule,
        reduced_g1 * reduced_q0 - reduced_q1 * reduced_g0 as rate_numerator,
        reduced_g0 * reduced_q0 as rate_denominator,
        g0 = m0 and g1 = m1 as is_undiscounted
    from reduced

),

with_seat as (

    select
        *,
        case driver_rule
            when 'seat' then m1 - m0
            when 'split' then {{ signed_multiply_and_divide('m0', '(q1 - q0)', 'q0') }}
            else 0
        end as seat
    from with_rule

),

with_rate as (

    select
        *,
        case
            when driver_rule in ('tier', 'price') or (driver_rule = 'split' and is_undiscounted) then m1 - m0 - seat
            when driver_rule = 'split' then {{ signed_multiply_and_divide('m0', 'rate_numerator', 'rate_denominator') }}
            else 0
        end as rate
    from with_seat

),

-- the last one takes the rest
drivers as (

    select
        *,
        'seat' as driver,
        seat as whole_change
    from with_rate

    union all

    select
        *,
        case
            when driver_rule = 'tier' then 'tier'
            when driver_rule = 'split' and kept_plan_id is null and is_other_tier then 'tier'
            else 'price'
        end as driver,
        rate as whole_change
    from with_rate

    union all

    select
        *,
        'discount' as driver,
        m1 - m0 - seat - rate as whole_change
    from with_rate

)

select
    customer_id,
    product_id,
    pool,
    month_date,
    kept_plan_id,
    driver,
    {{ from_whole('whole_change', 4) }} as mrr_change,
    is_below_first_price,
    cast(q1 - q0 as {{ dbt.type_bigint() }}) as seats_gained
from drivers
where whole_change != 0
