with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

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

counted as (

    select distinct
        price_intervals.subscription_item_id,
        price_intervals.valid_from
    from {{ ref('int_subscription_price_intervals') }} as price_intervals
    inner join subscriptions on price_intervals.subscription_id = subscriptions.subscription_id
    inner join customers on subscriptions.customer_id = customers.customer_id
    inner join ledger_bounds on price_intervals.from_month_date <= ledger_bounds.last_month_date
    where
        price_intervals.from_month_date < coalesce(price_intervals.to_month_date, {{ end_of_time('date') }})
        and not customers.is_excluded
        and '{{ var("mrr_basis") }}' = 'subscriptions'

),

outcomes as (

    select * from counted

    union all

    select
        subscription_item_id,
        valid_from
    from {{ ref('int_item_versions_excluded') }}

),

outcomes_per_version as (

    select
        subscription_item_id,
        valid_from,
        count(*) as outcomes
    from outcomes
    group by
        subscription_item_id,
        valid_from

)

select
    item_versions.subscription_item_id,
    item_versions.valid_from,
    coalesce(outcomes_per_version.outcomes, 0) as outcomes
from item_versions
left join outcomes_per_version
    on
        item_versions.subscription_item_id = outcomes_per_version.subscription_item_id
        and item_versions.valid_from = outcomes_per_version.valid_from
where coalesce(outcomes_per_version.outcomes, 0) != 1
