with

plan_changes as (

    select * from {{ ref('int_plan_changes') }}

),

pool_changes as (

    select * from {{ ref('int_pool_changes') }}

),

product_changes as (

    select * from {{ ref('int_product_changes') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

-- a plan that stands on both sides is explained for itself; those that stand on one side only are one swap
explained as (

    select
        plan_changes.*,
        plans.tier_rank,
        case
            when plan_changes.opening_items > 0 and plan_changes.closing_items > 0 then plan_changes.plan_id
        end as kept_plan_id
    from plan_changes
    inner join product_changes
        on
            plan_changes.customer_id = product_changes.customer_id
            and plan_changes.product_id = product_changes.product_id
            and plan_changes.month_date = product_changes.month_date
    inner join pool_changes
        on
            plan_changes.customer_id = pool_changes.customer_id
            and plan_changes.product_id = pool_changes.product_id
            and plan_changes.pool = pool_changes.pool
            and plan_changes.month_date = pool_changes.month_date
    left join plans on plan_changes.plan_id = plans.plan_id
    where
        product_changes.is_kept
        and not product_changes.is_negative
        and not pool_changes.is_negative

),

with_tiers as (

    select
        *,
        max(opening_items) over (
            partition by customer_id, product_id, pool, month_date, kept_plan_id, tier_rank
        ) > 0 as is_tier_at_opening,
        max(closing_items) over (
            partition by customer_id, product_id, pool, month_date, kept_plan_id, tier_rank
        ) > 0 as is_tier_at_closing
    from explained

),

plans_and_swaps as (

    select
        customer_id,
        product_id,
        pool,
        month_date,
        kept_plan_id,
        sum(opening_items) as opening_items,
        sum(closing_items) as closing_items,
        cast(sum(opening_quantity) as {{ whole_type() }}) as q0,
        cast(sum(closing_quantity) as {{ whole_type() }}) as q1,
        {{ to_whole('sum(opening_gross_mrr)', 4) }} as g0,
        {{ to_whole('sum(closing_gross_mrr)', 4) }} as g1,
        {{ to_whole('sum(opening_mrr)', 4) }} as m0,
        {{ to_whole('sum(closing_mrr)', 4) }} as m1,
        max(case when is_tier_at_opening != is_tier_at_closing then 1 else 0 end) as is_other_tier,
        max(case when is_below_first_price then 1 else 0 end) as is_below_first_price
    from with_tiers
    group by
        customer_id,
        product_id,
        pool,
        month_date,
        kept_plan_id

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
            when driver_rule = 'split' and kept_plan_id is null and is_other_tier = 1 then 'tier'
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
    is_below_first_price = 1 as is_below_first_price,
    cast(q1 - q0 as {{ dbt.type_bigint() }}) as seats_gained
from drivers
where whole_change != 0
