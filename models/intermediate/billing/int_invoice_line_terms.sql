{{ config(materialized='view', meta={'customer_key': 'customer_id'}) }}

with

lines_issued as (

    select
        *,
        {{ add_days('service_end_date', 1) }} as day_after_end_date
    from {{ ref('int_invoice_lines_issued') }}

),

measured as (

    select
        *,
        {{ date_difference('service_start_date', 'service_end_date', 'day') }} as service_days,
        {{ date_difference('service_start_date', 'service_end_date', 'month') }} as months_to_end,
        {{ date_difference('service_start_date', 'day_after_end_date', 'month') }} as months_to_day_after
    from lines_issued

),

compared as (

    select
        *,
        months_to_end >= 1
        and {{ add_months('service_start_date', 'months_to_end') }} = service_end_date as is_whole_months,
        months_to_day_after >= 1
        and {{ add_months('service_start_date', 'months_to_day_after') }} = day_after_end_date
            as is_whole_months_inclusive
    from measured

),

-- what is billed within the term of a charge, to the same last day, ends with it
with_end as (

    select
        *,
        {% if var('mrr_basis') == 'invoices' -%}
            line_type = 'recurring'
            and service_start_date < service_end_date
            and max(
                case
                    when line_type = 'recurring' and amount > 0 and is_whole_months_inclusive and not is_whole_months
                        then 1
                    else 0
                end
            ) over (
                partition by customer_id, currency, service_end_date
                order by service_start_date
            ) = 1 as is_end_inclusive
        {%- else -%}
            false as is_end_inclusive
        {%- endif %}
    from compared

),

in_days as (

    select
        *,
        is_whole_months_inclusive or is_end_inclusive as is_day_after,
        service_days + case when is_end_inclusive then 1 else 0 end as days_in_term
    from with_end

),

rounded as (

    select
        *,
        -- the nearest whole number to days_in_term * 12 / 365, at least 1
        greatest(
            {{ whole_quotient('cast(days_in_term * 24 + 365 as ' ~ whole_type() ~ ')', '730') }}, 1
        ) as nearest_months
    from in_days

),

snapped as (

    select
        *,
        -- within 0.06 of a month
        abs(days_in_term * 12 - nearest_months * 365) * 100 <= 6 * 365 as is_nearly_whole_months
    from rounded

),

terms as (

    select
        invoice_line_item_id,
        customer_id,
        service_start_date as from_date,
        case
            when is_whole_months or not is_day_after then service_end_date
            else day_after_end_date
        end as to_date,
        case
            when is_whole_months then months_to_end
            when is_whole_months_inclusive then months_to_day_after
            when is_nearly_whole_months then nearest_months
            else days_in_term * 12
        end as months_numerator,
        case
            when is_whole_months or is_whole_months_inclusive or is_nearly_whole_months then 1
            else 365
        end as months_denominator
    from snapped

)

select
    invoice_line_item_id,
    customer_id,
    from_date,
    to_date,
    -- what is shorter than any month says nothing about one
    {{ date_difference('from_date', 'to_date', 'day') }} >= 28 as is_month_or_longer,
    cast(months_numerator as {{ whole_type() }}) as months_numerator,
    cast(months_denominator as {{ whole_type() }}) as months_denominator
from terms
