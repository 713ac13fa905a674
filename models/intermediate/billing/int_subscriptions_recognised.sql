{{ config(incremental_strategy='changed_customers') }}
{{ comes_after('int_changed_customers') }}
with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

),

recognised as (

    select
        subscriptions.subscription_id,
        customers.ledger_customer_id as customer_id,
        customers.customer_id as billing_customer_id,
        customers.is_excluded,
        subscriptions.ended_reason,
        subscriptions.started_at,
        subscriptions.trial_ends_at,
        coalesce(subscriptions.trial_ends_at, subscriptions.started_at) as pays_from_at,
        {{ 'least(subscriptions.ended_at, subscriptions.cancel_requested_at)'
            if var('churn_recognised_at') == 'cancel_request' else 'subscriptions.ended_at' }} as ends_at
    from subscriptions
    inner join customers on subscriptions.customer_id = customers.customer_id

)

select * from recognised
