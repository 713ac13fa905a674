{{ config(incremental_strategy='changed_customers') }}

with

subscriptions as (

    select * from {{ ref('int_subscriptions_recognised') }}

),

subscription_pauses as (

    select *
    from {{ ref('stg_billing__subscription_pauses') }}
    where {{ 'true' if var('paused_as') == 'inactive' else 'false' }}

),

delinquencies as (

    select * from {{ ref('int_subscription_delinquencies') }}

),

-- the time before paying starts is a break like any pause: what is left between the breaks is paid
breaks as (

    select
        subscription_id,
        cast('0001-01-01' as {{ dbt.type_timestamp() }}) as break_from_at,
        pays_from_at as break_to_at
    from subscriptions

    union all

    select
        subscription_id,
        paused_at as break_from_at,
        coalesce(resumed_at, {{ end_of_time() }}) as break_to_at
    from subscription_pauses
    -- an empty pause interrupts nothing
    where paused_at < coalesce(resumed_at, {{ end_of_time() }})

    union all

    select
        subscription_id,
        stopped_from_at as break_from_at,
        coalesce(stopped_to_at, {{ end_of_time() }}) as break_to_at
    from delinquencies

),

windows as (

    select
        subscription_id,
        -- a running maximum, because breaks may overlap and contain each other
        max(break_to_at) over (
            partition by subscription_id
            order by break_from_at
            rows between unbounded preceding and current row
        ) as paying_from_at,
        lead(break_from_at) over (
            partition by subscription_id
            order by break_from_at
        ) as paying_to_at
    from breaks

)

select
    subscriptions.customer_id,
    windows.subscription_id,
    windows.paying_from_at,
    windows.paying_to_at
from windows
inner join subscriptions on windows.subscription_id = subscriptions.subscription_id
where windows.paying_from_at < coalesce(windows.paying_to_at, {{ end_of_time() }})
