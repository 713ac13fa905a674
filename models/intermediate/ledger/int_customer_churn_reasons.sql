{{ config(incremental_strategy='changed_customers') }}

with

valuations as (

    select *
    from {{ ref('int_mrr_valuations') }}
    where
        fx_basis = 'closing'
        and net_mrr > 0
        and to_month_date is not null
        -- a change of the rate ends nothing
        and not is_continued

),

subscriptions as (

    select * from {{ ref('int_subscriptions_recognised') }}

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

churns as (

    select
        customer_id,
        month_date
    from customer_balances
    where {{ is_churn('opening_mrr', 'closing_mrr') }}

),

-- of the subscriptions whose items ended with the churn, the one that ended last decides
ended as (

    select
        churns.customer_id,
        churns.month_date,
        subscriptions.ended_reason,
        row_number() over (
            partition by churns.customer_id, churns.month_date
            order by subscriptions.ends_at desc, subscriptions.subscription_id asc
        ) as recency
    from churns
    inner join valuations
        on
            churns.customer_id = valuations.customer_id
            and churns.month_date = valuations.to_month_date
    inner join subscriptions
        on
            valuations.subscription_id = subscriptions.subscription_id
            and {{ month_of('subscriptions.ends_at') }} <= churns.month_date

)

select
    churns.customer_id,
    churns.month_date,
    coalesce(ended.ended_reason, 'unknown') as churn_reason
from churns
left join ended
    on
        churns.customer_id = ended.customer_id
        and churns.month_date = ended.month_date
        and ended.recency = 1
