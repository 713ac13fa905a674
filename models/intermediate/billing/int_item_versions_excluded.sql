{{ config(incremental_strategy='changed_customers') }}

with

priced_items as (

    select * from {{ ref('int_subscription_items_priced') }}

),

paying_items as (

    select
        *,
        {{ month_of('paying_from_at') }} as from_month_date,
        {{ month_of('paying_to_at') }} as to_month_date
    from {{ ref('int_subscription_items_paying') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_recognised') }}

),

delinquencies as (

    select * from {{ ref('int_subscription_delinquencies') }}

),

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

first_months as (

    select
        subscription_item_id,
        valid_from,
        min(
            case
                when from_month_date < coalesce(to_month_date, {{ end_of_time('date') }}) then from_month_date
            end
        ) as first_month_date
    from paying_items
    group by
        subscription_item_id,
        valid_from

),

in_subscription as (

    select
        subscriptions.customer_id,
        priced_items.subscription_id,
        priced_items.subscription_item_id,
        priced_items.pool,
        -- what does not count may be more than MRR can be
        {{ mrr_at_rate('priced_items.gross_price', 1, 'priced_items', 'currency_rates', digits=36) }} as gross_mrr,
        priced_items.valid_from,
        greatest(priced_items.valid_from, subscriptions.started_at) as held_from_at,
        coalesce(least(priced_items.valid_to, subscriptions.ends_at), {{ end_of_time() }}) as held_to_at,
        subscriptions.trial_ends_at,
        subscriptions.is_excluded as is_customer_excluded,
        first_months.subscription_item_id is not null as is_paying,
        first_months.first_month_date
    from priced_items
    inner join subscriptions on priced_items.subscription_id = subscriptions.subscription_id
    inner join currency_rates on priced_items.currency = currency_rates.currency
    left join first_months
        on
            priced_items.subscription_item_id = first_months.subscription_item_id
            and priced_items.valid_from = first_months.valid_from

),

delinquent_items as (

    select distinct
        in_subscription.subscription_item_id,
        in_subscription.valid_from
    from in_subscription
    inner join delinquencies
        on
            in_subscription.subscription_id = delinquencies.subscription_id
            and in_subscription.held_to_at > delinquencies.stopped_from_at
            and in_subscription.held_from_at < coalesce(delinquencies.stopped_to_at, {{ end_of_time() }})

),

judged as (

    select
        in_subscription.customer_id,
        in_subscription.subscription_item_id,
        in_subscription.valid_from,
        in_subscription.gross_mrr,
        case
            when in_subscription.is_customer_excluded then 'excluded_customer'
            {% if var('mrr_basis') != 'subscriptions' -%}
                when true then 'item_version_not_the_basis'
            {%- endif %}
            when in_subscription.pool = 'metered' then 'metered_plan'
            when in_subscription.held_from_at >= in_subscription.held_to_at then 'outside_subscription'
            when in_subscription.held_to_at <= in_subscription.trial_ends_at then 'trial'
            -- a trial that is still running when the ledger ends
            when
                {{ month_of('in_subscription.trial_ends_at') }} > ledger_bounds.last_month_date
                and {{ month_of('in_subscription.held_from_at') }} <= ledger_bounds.last_month_date
                then 'trial'
            when not in_subscription.is_paying and delinquent_items.subscription_item_id is not null
                then 'paused_or_delinquent'
            when not in_subscription.is_paying then 'paused'
            when in_subscription.first_month_date is null then 'covers_no_month_end'
            when in_subscription.first_month_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason
    from in_subscription
    cross join ledger_bounds
    left join delinquent_items
        on
            in_subscription.subscription_item_id = delinquent_items.subscription_item_id
            and in_subscription.valid_from = delinquent_items.valid_from

)

select
    customer_id,
    subscription_item_id,
    valid_from,
    reason,
    gross_mrr as amount
from judged
where reason is not null
