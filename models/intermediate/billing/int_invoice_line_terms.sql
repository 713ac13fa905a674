{{ config(materialized='view', meta={'customer_key': 'invoice_id'}) }}

with

invoice_line_items as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where {{ is_counted_line_type() }}

),

with_day_after as (

    select
        invoice_line_item_id,
        invoice_id,
        service_start_date,
        service_end_date,
        {{ add_days('service_end_date', 1) }} as day_after_end_date
    from invoice_line_items

),

measured as (

    select
        *,
        {{ date_difference('service_start_date', 'service_end_date', 'day') }} as service_days,
        {{ date_difference('service_start_date', 'service_end_date', 'month') }} as months_to_end,
        {{ date_difference('service_start_date', 'day_after_end_date', 'month') }} as months_to_day_after
    from with_day_after

),

compared as (

    select
        *,
        months_to_end >= 1
        and {{ add_months('service_start_date', 'months_to_end') }} = service_end_date as is_whole_months,
        months_to_day_after >= 1
        and {{ add_months('service_start_date', 'months_to_day_after') }} = day_after_end_date
            as is_whole_months_inclusive,
        -- the nearest whole number to service_days * 12 / 365, at least 1
        greatest(
            {{ whole_quotient('cast(service_days * 24 + 365 as ' ~ whole_type() ~ ')', '730') }}, 1
        ) as nearest_months
    from measured

),

snapped as (

    select
        *,
        -- within 0.06 of a month
        abs(service_days * 12 - nearest_months * 365) * 100 <= 6 * 365 as is_nearly_whole_months
    from compared

),

terms as (

    select
        invoice_line_item_id,
        invoice_id,
        service_start_date as from_date,
        case
            when is_whole_months then service_end_date
            when is_whole_months_inclusive then day_after_end_date
            else service_end_date
        end as to_date,
        case
            when is_whole_months then months_to_end
            when is_whole_months_inclusive then months_to_day_after
            when is_nearly_whole_months then nearest_months
            else service_days * 12
        end as months_numerator,
        case
            when is_whole_months or is_whole_months_inclusive or is_nearly_whole_months then 1
            else 365
        end as months_denominator
    from snapped

)

select
    invoice_line_item_id,
    invoice_id,
    from_date,
    to_date,
    {{ date_difference('from_date', 'to_date', 'day') }} as term_days,
    cast(months_numerator as {{ whole_type() }}) as months_numerator,
    cast(months_denominator as {{ whole_type() }}) as months_denominator
from terms
