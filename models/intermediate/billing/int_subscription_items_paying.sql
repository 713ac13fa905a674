with

priced_items as (

    select *
    from {{ ref('int_subscription_items_priced') }}
    where pool != 'metered'

),

windows as (

    select * from {{ ref('int_subscription_paying_windows') }}

),

-- a subscription has several windows, so one version becomes several rows: they never overlap
intersected as (

    select
        priced_items.*,
        greatest(priced_items.valid_from, windows.paying_from_at) as paying_from_at,
        least(priced_items.valid_to, windows.paying_to_at) as paying_to_at
    from priced_items
    inner join windows on priced_items.subscription_id = windows.subscription_id

),

month_stamped as (

    select
        subscription_item_id,
        subscription_id,
        plan_id,
        pool,
        currency,
        quantity,
        gross_price,
        per_month_numerator,
        per_month_denominator,
        gross_mrr,
        valid_from,
        paying_from_at,
        paying_to_at,
        {{ month_of('paying_from_at') }} as from_month_date,
        {{ month_of('paying_to_at') }} as to_month_date
    from intersected
    where paying_from_at < coalesce(paying_to_at, {{ end_of_time() }})

)

select * from month_stamped
