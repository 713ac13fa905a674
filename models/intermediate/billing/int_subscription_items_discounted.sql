with

items as (

    select *
    from {{ ref('int_subscription_items_paying') }}
    where from_month_date < coalesce(to_month_date, {{ end_of_time('date') }})

),

discounts as (

    select
        subscription_id,
        subscription_item_id,
        percent_off,
        amount_off,
        {{ month_of('starts_at') }} as from_month_date,
        coalesce({{ month_of('ends_at') }}, {{ end_of_time('date') }}) as to_month_date
    from {{ ref('stg_billing__discounts') }}
    where duration != 'once'

),

-- several discounts can hold for one item: the fan-out is undone by the sums per span below
discounts_on_items as (

    select
        items.subscription_item_id,
        items.from_month_date as item_from_month_date,
        items.to_month_date as item_to_month_date,
        greatest(items.from_month_date, discounts.from_month_date) as from_month_date,
        least(items.to_month_date, discounts.to_month_date) as to_month_date,
        coalesce(discounts.amount_off, 0) as amount_off,
        {{ to_whole('100 - coalesce(discounts.percent_off, 0)', 4) }} as kept_numerator,
        cast(1000000 as {{ whole_type() }}) as kept_denominator
    from items
    inner join discounts
        on
            items.subscription_id = discounts.subscription_id
            and (
                discounts.subscription_item_id is null
                or items.subscription_item_id = discounts.subscription_item_id
            )
            and discounts.from_month_date < coalesce(items.to_month_date, {{ end_of_time('date') }})
            and items.from_month_date < discounts.to_month_date
            and discounts.from_month_date < discounts.to_month_date

),

with_divisor as (

    select
        *,
        {{ greatest_common_divisor('kept_numerator', 'kept_denominator') }} as common_divisor
    from discounts_on_items

),

reduced as (

    select
        subscription_item_id,
        item_from_month_date,
        item_to_month_date,
        from_month_date,
        to_month_date,
        amount_off,
        {{ whole_quotient('kept_numerator', 'common_divisor') }} as kept_numerator,
        {{ whole_quotient('kept_denominator', 'common_divisor') }} as kept_denominator
    from with_divisor

),

span_starts as (

    select
        subscription_item_id,
        item_from_month_date,
        item_to_month_date,
        item_from_month_date as from_month_date
    from reduced

    union distinct

    select
        subscription_item_id,
        item_from_month_date,
        item_to_month_date,
        from_month_date
    from reduced

    union distinct

    select
        subscription_item_id,
        item_from_month_date,
        item_to_month_date,
        to_month_date as from_month_date
    from reduced
    where to_month_date < coalesce(item_to_month_date, {{ end_of_time('date') }})

),

spans as (

    select
        subscription_item_id,
        item_from_month_date,
        from_month_date,
        coalesce(
            lead(from_month_date) over (
                partition by subscription_item_id, item_from_month_date
                order by from_month_date
            ),
            item_to_month_date
        ) as to_month_date
    from span_starts

),

discounts_in_force as (

    select
        spans.subscription_item_id,
        spans.item_from_month_date,
        spans.from_month_date,
        spans.to_month_date,
        sum(coalesce(reduced.amount_off, 0)) as amount_off,
        -- the linter does not know lambdas on DuckDB
        {{ product_of('coalesce(reduced.kept_numerator, 1)') }} as kept_numerator, -- noqa: PRS
        {{ product_of('coalesce(reduced.kept_denominator, 1)') }} as kept_denominator -- noqa: PRS
    from spans
    left join reduced
        on
            spans.subscription_item_id = reduced.subscription_item_id
            and spans.item_from_month_date = reduced.item_from_month_date
            and spans.from_month_date >= reduced.from_month_date
            and spans.from_month_date < reduced.to_month_date
    group by
        spans.subscription_item_id,
        spans.item_from_month_date,
        spans.from_month_date,
        spans.to_month_date

),

-- an item that some discount holds for becomes one row per span, any other stays one row
split_items as (

    select
        items.subscription_item_id,
        items.subscription_id,
        items.plan_id,
        items.pool,
        items.currency,
        items.quantity,
        items.gross_price,
        items.per_month_numerator,
        items.per_month_denominator,
        items.gross_mrr,
        items.valid_from,
        coalesce(discounts_in_force.amount_off, 0) as amount_off,
        coalesce(discounts_in_force.kept_numerator, 1) as kept_numerator,
        coalesce(discounts_in_force.kept_denominator, 1) as kept_denominator,
        coalesce(discounts_in_force.from_month_date, items.from_month_date) as from_month_date,
        case
            when discounts_in_force.subscription_item_id is null then items.to_month_date
            else discounts_in_force.to_month_date
        end as to_month_date
    from items
    left join discounts_in_force
        on
            items.subscription_item_id = discounts_in_force.subscription_item_id
            and items.from_month_date = discounts_in_force.item_from_month_date

)

select * from split_items
