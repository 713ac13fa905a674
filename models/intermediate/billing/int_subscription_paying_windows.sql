with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

subscription_pauses as (

    select * from {{ ref('stg_billing__subscription_pauses') }}

),

-- the time before paying starts is a break like any pause: what is left between the breaks is paid
breaks as (

    select
        subscription_id,
        cast('0001-01-01' as {{ dbt.type_timestamp() }}) as break_from_at,
        coalesce(trial_ends_at, started_at) as break_to_at
    from subscriptions

    union all

    select
        subscription_id,
        paused_at as break_from_at,
        coalesce(resumed_at, {{ end_of_time() }}) as break_to_at
    from subscription_pauses
    -- an empty pause interrupts nothing
    where paused_at < coalesce(resumed_at, {{ end_of_time() }})

),

gaps as (

    select
        subscription_id,
        -- a running maximum, because pauses may overlap and contain each other
        max(break_to_at) over (
            partition by subscription_id
            order by break_from_at
            rows between unbounded preceding and current row
        ) as gap_from_at,
        lead(break_from_at) over (
            partition by subscription_id
            order by break_from_at
        ) as gap_to_at
    from breaks

),

windows as (

    select
        gaps.subscription_id,
        gaps.gap_from_at as paying_from_at,
        least(gaps.gap_to_at, subscriptions.ended_at) as paying_to_at
    from gaps
    inner join subscriptions on gaps.subscription_id = subscriptions.subscription_id

)

select
    subscription_id,
    paying_from_at,
    paying_to_at
from windows
where paying_from_at < coalesce(paying_to_at, {{ end_of_time() }})
