with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

open_pauses as (

    select * from {{ ref('stg_billing__subscription_pauses') }}
    where resumed_at is null

)

select
    'subscriptions' as table_name,
    'status' as column_name,
    subscription_id as row_key,
    'paused without an open pause; add its start to subscription_pauses, without resumed_at' as problem
from subscriptions
where
    status = 'paused'
    and subscription_id not in (select open_pauses.subscription_id from open_pauses)
