with

priced_items as (

    select * from {{ ref('int_subscription_items_priced') }}

),

paying_items as (

    select * from {{ ref('int_subscription_items_paying') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

customers as (

    select * from {{ ref('int_customers_rolled_up') }}

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
        priced_items.subscription_item_id,
        priced_items.pool,
        priced_items.gross_mrr,
        priced_items.valid_from,
        greatest(priced_items.valid_from, subscriptions.started_at) as held_from_at,
        coalesce(
            least(priced_items.valid_to, subscriptions.ended_at), {{ end_of_time() }}
        ) as held_to_at,
        subscriptions.trial_ends_at,
        customers.is_excluded as is_customer_excluded,
        first_months.subscription_item_id is not null as is_paying,
        first_months.first_month_date
    from priced_items
    inner join subscriptions on priced_items.subscription_id = subscriptions.subscription_id
    inner join customers on subscriptions.customer_id = customers.customer_id
    left join first_months
        on
            priced_items.subscription_item_id = first_months.subscription_item_id
            and priced_items.valid_from = first_months.valid_from

),

judged as (

    select
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
            when not in_subscription.is_paying then 'paused'
            when in_subscription.first_month_date is null then 'covers_no_month_end'
            when in_subscription.first_month_date > ledger_bounds.last_month_date then 'after_ledger_end'
        end as reason
    from in_subscription
    cross join ledger_bounds

)

select
    subscription_item_id,
    valid_from,
    reason,
    gross_mrr as amount
from judged
where reason is not null
