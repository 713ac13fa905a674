{{ config(materialized='view', meta={'customer_key': 'subscription_id'}) }}

with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

subscription_pauses as (

    select * from {{ ref('stg_billing__subscription_pauses') }}

),

discounts as (

    select * from {{ ref('stg_billing__discounts') }}

),

delinquencies as (

    select * from {{ ref('int_subscription_delinquencies') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

currencies as (

    select * from {{ ref('int_currency_fingerprints') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

row_hashes as (

    select
        subscriptions.subscription_id,
        {{ row_hash(['subscriptions'], [
            month_of('subscriptions.started_at') ~ ' <= ledger_bounds.last_month_date',
            month_of('subscriptions.trial_ends_at') ~ ' <= ledger_bounds.last_month_date',
            has_come(to_reporting_time('subscriptions.started_at')),
            has_come(to_reporting_time('subscriptions.trial_ends_at')),
        ]) }} as row_hash
    from subscriptions
    cross join ledger_bounds

    union all

    select
        item_versions.subscription_id,
        {{ row_hash(['item_versions', 'plans', 'currencies'], [
            month_of('item_versions.valid_from') ~ ' <= ledger_bounds.last_month_date',
            has_come(to_reporting_time('item_versions.valid_from')),
        ]) }} as row_hash
    from item_versions
    inner join plans on item_versions.plan_id = plans.plan_id
    inner join currencies on item_versions.currency = currencies.currency
    cross join ledger_bounds

    union all

    select
        subscription_id,
        {{ row_hash(['subscription_pauses']) }} as row_hash
    from subscription_pauses

    union all

    select
        subscription_id,
        {{ row_hash(['discounts']) }} as row_hash
    from discounts

    union all

    select
        subscription_id,
        {{ row_hash(['delinquencies']) }} as row_hash
    from delinquencies

)

select
    subscription_id,
    sum(row_hash) as fingerprint
from row_hashes
group by subscription_id
