{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

counted_lines as (

    select * from {{ ref('int_invoice_lines_counted') }}

),

late_renewals as (

    select * from {{ ref('int_late_renewals') }}

),

-- what ends where its customer and product lapse lasts until their late renewal; usage is not renewed
bridged as (

    select
        counted_lines.*,
        coalesce(cast(late_renewals.renewed_at as date), counted_lines.to_date) as bridged_to_date
    from counted_lines
    left join late_renewals
        on
            counted_lines.line_type = 'recurring'
            and counted_lines.customer_id = late_renewals.customer_id
            and counted_lines.product_id = late_renewals.product_id
            and cast(counted_lines.to_date as {{ dbt.type_timestamp() }}) = late_renewals.lapsed_at

)

select
    customer_id,
    billing_customer_id,
    subscription_id,
    line_type,
    invoice_line_item_id,
    product_id,
    plan_id,
    pool,
    currency,
    tier_rank,
    quantity,
    gross_price,
    net_price,
    per_month_numerator,
    per_month_denominator,
    {{ to_utc('cast(from_date as ' ~ dbt.type_timestamp() ~ ')') }} as from_at,
    {{ to_utc('cast(bridged_to_date as ' ~ dbt.type_timestamp() ~ ')') }} as to_at,
    cast({{ dbt.date_trunc('month', 'from_date') }} as date) as from_month_date,
    cast({{ dbt.date_trunc('month', 'bridged_to_date') }} as date) as to_month_date
from bridged
