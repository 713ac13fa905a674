{{ config(materialized='view', meta={'customer_key': 'subscription_id'}) }}

with

invoices as (

    select *
    from {{ ref('stg_billing__invoices') }}
    where
        {{ 'false' if var('delinquent_after_days') is none else 'true' }}
        and subscription_id is not null
        and due_at is not null
        and (status in ('open', 'uncollectible') or (status = 'paid' and paid_at is not null))

),

stopped as (

    select
        invoice_id,
        subscription_id,
        {{ dbt.dateadd('day', var('delinquent_after_days') or 0, 'due_at') }} as stopped_from_at,
        -- what is written off is never paid
        case when status = 'paid' then paid_at end as stopped_to_at
    from invoices

)

select *
from stopped
where stopped_from_at < coalesce(stopped_to_at, {{ end_of_time() }})
