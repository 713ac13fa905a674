with

customers as (

    select * from {{ ref('stg_billing__customers') }}

),

rolled_up as (

    select * from {{ ref('int_customers_rolled_up') }}

),

customer_versions as (

    select * from {{ ref('stg_billing__customer_versions') }}

),

acquired_customers as (

    select * from {{ ref('stg_billing__acquired_customers') }}

),

adjustments as (

    select * from {{ ref('stg_billing__mrr_adjustments') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

subscription_fingerprints as (

    select * from {{ ref('int_subscription_fingerprints') }}

),

invoice_lines as (

    select * from {{ ref('int_invoice_lines_issued') }}

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

currencies as (

    select * from {{ ref('int_currency_fingerprints') }}

),

thresholds as (

    select * from {{ ref('stg_reference__expansion_thresholds') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

thresholds_of_all as (

    select sum({{ row_hash(['thresholds']) }}) as fingerprint
    from thresholds

),

-- a sum does not depend on the order of rows, and every row that comes, goes or changes moves it
row_hashes as (

    select
        rolled_up.customer_id,
        {{ row_hash(['rolled_up', 'customers'], ['thresholds_of_all.fingerprint']) }} as row_hash
    from rolled_up
    inner join customers on rolled_up.customer_id = customers.customer_id
    cross join thresholds_of_all

    union all

    select
        customer_id,
        {{ row_hash(['customer_versions']) }} as row_hash
    from customer_versions

    union all

    select
        customer_id,
        {{ row_hash(['acquired_customers']) }} as row_hash
    from acquired_customers

    union all

    select
        customer_id,
        {{ row_hash(['adjustments']) }} as row_hash
    from adjustments

    union all

    select
        subscriptions.customer_id,
        {{ row_hash(['subscription_fingerprints']) }} as row_hash
    from subscription_fingerprints
    inner join subscriptions on subscription_fingerprints.subscription_id = subscriptions.subscription_id

    union all

    select
        invoice_lines.customer_id,
        {{ row_hash(['invoice_lines', 'plans', 'currencies'], [
            has_come('cast(invoice_lines.service_start_date as ' ~ dbt.type_timestamp() ~ ')'),
        ]) }} as row_hash
    from invoice_lines
    inner join plans on coalesce(invoice_lines.plan_id, 'unassigned') = plans.plan_id
    inner join currencies on invoice_lines.currency = currencies.currency
    cross join ledger_bounds

),

fingerprints as (

    select
        customer_id,
        sum(row_hash) as fingerprint
    from row_hashes
    group by customer_id

)

select
    rolled_up.customer_id,
    rolled_up.ledger_customer_id,
    cast(fingerprints.fingerprint as {{ whole_type() }}) as fingerprint
from rolled_up
inner join fingerprints on rolled_up.customer_id = fingerprints.customer_id
