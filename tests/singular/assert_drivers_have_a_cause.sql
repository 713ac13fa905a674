-- Each driver is held against the items in force at both ends of its month, which are read by month and not by change.
with

movement_drivers as (

    select * from {{ ref('fct_mrr_movement_drivers') }}

),

valuations as (

    select * from {{ ref('int_mrr_valuations') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

driver_months as (

    select distinct
        customer_id,
        product_id,
        month_date
    from movement_drivers

),

-- what is in force at the end of the month before, at its rates, and at the end of the month, at the same rates
items_at_both_ends as (

    select
        driver_months.customer_id,
        driver_months.product_id,
        driver_months.month_date,
        valuations.plan_id,
        valuations.pool,
        valuations.quantity,
        valuations.gross_mrr,
        valuations.net_mrr,
        0 as is_closing
    from driver_months
    inner join valuations
        on
            driver_months.customer_id = valuations.customer_id
            and driver_months.product_id = valuations.product_id
            and valuations.fx_basis = 'closing'
            and {{ add_months('driver_months.month_date', -1) }} >= valuations.from_month_date
            and {{ add_months('driver_months.month_date', -1) }}
            < coalesce(valuations.to_month_date, {{ end_of_time('date') }})

    union all

    select
        driver_months.customer_id,
        driver_months.product_id,
        driver_months.month_date,
        valuations.plan_id,
        valuations.pool,
        valuations.quantity,
        valuations.gross_mrr,
        valuations.net_mrr,
        1 as is_closing
    from driver_months
    inner join valuations
        on
            driver_months.customer_id = valuations.customer_id
            and driver_months.product_id = valuations.product_id
            and valuations.fx_basis = {{ fx_basis('month_opening') }}
            and driver_months.month_date >= valuations.from_month_date
            and driver_months.month_date < coalesce(valuations.to_month_date, {{ end_of_time('date') }})

),

plans_at_both_ends as (

    select
        items_at_both_ends.customer_id,
        items_at_both_ends.product_id,
        items_at_both_ends.month_date,
        items_at_both_ends.plan_id,
        items_at_both_ends.pool,
        plans.tier_rank,
        max(1 - items_at_both_ends.is_closing) as is_at_opening,
        max(items_at_both_ends.is_closing) as is_at_closing,
        {% for end, condition in {'opening': 'is_closing = 0', 'closing': 'is_closing = 1'}.items() -%}
            sum(
                case
                    when {{ condition }} and items_at_both_ends.gross_mrr > 0 then items_at_both_ends.quantity
                    else 0
                end
            ) as {{ end }}_quantity,
            sum(case when {{ condition }} then items_at_both_ends.gross_mrr else 0 end) as {{ end }}_gross_mrr,
            sum(case when {{ condition }} then items_at_both_ends.net_mrr else 0 end) as {{ end }}_mrr,
        {% endfor -%}
        max(
            case when items_at_both_ends.gross_mrr > 0 and items_at_both_ends.quantity is null then 1 else 0 end
        ) as has_unknown_quantity
    from items_at_both_ends
    left join plans on items_at_both_ends.plan_id = plans.plan_id
    group by
        items_at_both_ends.customer_id,
        items_at_both_ends.product_id,
        items_at_both_ends.month_date,
        items_at_both_ends.plan_id,
        items_at_both_ends.pool,
        plans.tier_rank

),

-- a plan that stayed, or all of a pool that changed places
plans_and_swaps_at_both_ends as (

    select
        customer_id,
        product_id,
        month_date,
        pool,
        sum(opening_gross_mrr) as opening_gross_mrr,
        sum(closing_gross_mrr) as closing_gross_mrr,
        sum(opening_mrr) as opening_mrr,
        sum(closing_mrr) as closing_mrr,
        -- a quantity that changed, or none on either side, and all of them known
        case
            when max(has_unknown_quantity) = 1 then 0
            when sum(opening_quantity) != sum(closing_quantity) or sum(opening_quantity) = 0 then 1
            else 0
        end as has_other_quantity,
        max(case when is_at_opening != is_at_closing then 1 else 0 end) as has_other_plans,
        max(
            case when opening_gross_mrr != opening_mrr or closing_gross_mrr != closing_mrr then 1 else 0 end
        ) as has_discount
    from plans_at_both_ends
    group by
        customer_id,
        product_id,
        month_date,
        pool,
        case when is_at_opening = 1 and is_at_closing = 1 then plan_id end

),

pools_at_both_ends as (

    select
        customer_id,
        product_id,
        month_date,
        pool,
        sum(opening_gross_mrr) as opening_gross_mrr,
        sum(closing_gross_mrr) as closing_gross_mrr,
        sum(opening_mrr) as opening_mrr,
        sum(closing_mrr) as closing_mrr,
        max(has_other_quantity) as has_other_quantity,
        max(has_other_plans) as has_other_plans,
        max(has_discount) as has_discount
    from plans_and_swaps_at_both_ends
    group by
        customer_id,
        product_id,
        month_date,
        pool

),

products_at_both_ends as (

    select
        customer_id,
        product_id,
        month_date,
        {% for end in ['opening', 'closing'] -%}
            max(
                case
                    when pool in ('flat', 'per_seat') and {{ end }}_gross_mrr > 0 then 1
                    when pool in ('metered', 'adjustment') and {{ end }}_mrr > 0 then 1
                    else 0
                end
            ) as is_there_at_{{ end }},
            greatest(
                sum(case when pool = 'adjustment' then {{ end }}_mrr else greatest({{ end }}_mrr, 0) end), 0
            ) as {{ end }}_mrr,
        {% endfor -%}
        max(case when pool = 'metered' and opening_mrr != closing_mrr then 1 else 0 end) as has_other_usage,
        max(case when pool in ('flat', 'per_seat') then has_other_quantity else 0 end) as has_other_quantity,
        max(case when pool in ('flat', 'per_seat') then has_other_plans else 0 end) as has_other_plans,
        max(case when pool in ('flat', 'per_seat') then has_discount else 0 end) as has_discount
    from pools_at_both_ends
    group by
        customer_id,
        product_id,
        month_date

),

driver_totals as (

    select
        customer_id,
        product_id,
        month_date,
        sum(case when driver = 'fx' then 0 else mrr_change end) as mrr_change,
        {% for driver in ['seat', 'tier', 'discount', 'usage', 'cross_sell'] -%}
            max(case when driver = '{{ driver }}' then 1 else 0 end) as has_{{ driver }},
        {% endfor -%}
        max(case when driver = 'price' then 1 else 0 end) as has_price
    from movement_drivers
    group by
        customer_id,
        product_id,
        month_date

)

select
    driver_totals.*,
    'a driver without a cause, or a product whose drivers are not its change' as problem
from driver_totals
left join products_at_both_ends as products
    on
        driver_totals.customer_id = products.customer_id
        and driver_totals.product_id = products.product_id
        and driver_totals.month_date = products.month_date
where
    not coalesce(
        -- the least that a customer keeps at any rates is no product's
        abs(driver_totals.mrr_change - (products.closing_mrr - products.opening_mrr))
        <= {{ 0.0001 if var('fx_policy') == 'historical' else 0 }}
        and case
            when products.is_there_at_opening = 1 and products.is_there_at_closing = 1
                then
                    driver_totals.has_cross_sell = 0
                    and driver_totals.has_usage <= products.has_other_usage
                    and driver_totals.has_seat <= products.has_other_quantity
                    and driver_totals.has_tier <= products.has_other_plans
                    and driver_totals.has_discount <= products.has_discount
            else
                driver_totals.has_usage + driver_totals.has_seat + driver_totals.has_tier
                + driver_totals.has_discount = 0
        end,
        false
    )
