{{ config(incremental_strategy='changed_customers') }}

with

paying_items as (

    select * from {{ ref('int_subscription_items_paying') }}

),

discounts as (

    select
        *,
        coalesce(to_at, {{ end_of_time() }}) as ends_at
    from {{ ref('int_subscription_discounts') }}
    where from_at < coalesce(to_at, {{ end_of_time() }})

),

-- several discounts can hold for one item: the fan-out is undone by the sums per span below
discounts_on_items as (

    select
        paying_items.customer_id,
        paying_items.subscription_item_id,
        paying_items.valid_from,
        paying_items.paying_from_at,
        paying_items.paying_to_at,
        greatest(paying_items.paying_from_at, discounts.from_at) as from_at,
        least(paying_items.paying_to_at, discounts.ends_at) as to_at,
        coalesce(discounts.amount_off, 0) as amount_off,
        {{ to_whole('100 - coalesce(discounts.percent_off, 0)', 4) }} as kept_numerator,
        cast(1000000 as {{ whole_type() }}) as kept_denominator
    from paying_items
    inner join discounts
        on
            paying_items.subscription_id = discounts.subscription_id
            and (
                discounts.subscription_item_id is null
                or paying_items.subscription_item_id = discounts.subscription_item_id
            )
            and (discounts.plan_id is null or paying_items.plan_id = discounts.plan_id)
            and discounts.from_at < coalesce(paying_items.paying_to_at, {{ end_of_time() }})
            and paying_items.paying_from_at < discounts.ends_at

),

with_divisor as (

    select
        *,
        {{ greatest_common_divisor('kept_numerator', 'kept_denominator') }} as common_divisor
    from discounts_on_items

),

reduced as (

    select
        customer_id,
        subscription_item_id,
        valid_from,
        paying_from_at,
        paying_to_at,
        from_at,
        to_at,
        amount_off,
        {{ whole_quotient('kept_numerator', 'common_divisor') }} as kept_numerator,
        {{ whole_quotient('kept_denominator', 'common_divisor') }} as kept_denominator
    from with_divisor

),

span_starts as (

    select
        customer_id,
        subscription_item_id,
        valid_from,
        paying_from_at,
        paying_to_at,
        paying_from_at as from_at
    from reduced

    union distinct

    select
        customer_id,
        subscription_item_id,
        valid_from,
        paying_from_at,
        paying_to_at,
        from_at
    from reduced

    union distinct

    select
        customer_id,
        subscription_item_id,
        valid_from,
        paying_from_at,
        paying_to_at,
        to_at as from_at
    from reduced
    where to_at < coalesce(paying_to_at, {{ end_of_time() }})

),

spans as (

    select
        customer_id,
        subscription_item_id,
        valid_from,
        paying_from_at,
        from_at,
        coalesce(
            lead(from_at) over (
                partition by subscription_item_id, valid_from, paying_from_at
                order by from_at
            ),
            paying_to_at
        ) as to_at
    from span_starts

)

select
    spans.customer_id,
    spans.subscription_item_id,
    spans.valid_from,
    spans.paying_from_at,
    spans.from_at,
    spans.to_at,
    sum(coalesce(reduced.amount_off, 0)) as amount_off,
    -- the linter does not know lambdas on DuckDB
    {{ product_of('coalesce(reduced.kept_numerator, 1)') }} as kept_numerator, -- noqa: PRS
    {{ product_of('coalesce(reduced.kept_denominator, 1)') }} as kept_denominator -- noqa: PRS
from spans
left join reduced
    on
        spans.subscription_item_id = reduced.subscription_item_id
        and spans.valid_from = reduced.valid_from
        and spans.paying_from_at = reduced.paying_from_at
        and spans.from_at >= reduced.from_at
        and spans.from_at < reduced.to_at
group by
    spans.customer_id,
    spans.subscription_item_id,
    spans.valid_from,
    spans.paying_from_at,
    spans.from_at,
    spans.to_at
