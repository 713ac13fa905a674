{#-
  The ledger again by another path: nothing is cut to months and nothing is summed up over time. For each month and
  T = the first instant of the next one, everything with `from < T and (to is null or T <= to)` is read from staging.
  Late renewals and `once` coupons, whose terms are not in staging, are left to the Python reference, and so are which
  charge a credit reverses and what it leaves; what that does to a month is said again here.
-#}
{{ config(enabled=var('late_renewal_grace_days') == 0 and var('discount_policy') != 'all') }}
with

item_versions as (

    select * from {{ ref('stg_billing__subscription_item_versions') }}

),

subscriptions as (

    select
        *,
        {{ to_reporting_time('coalesce(trial_ends_at, started_at)') }} as paid_from_at,
        {{ to_reporting_time(
            'least(ended_at, cancel_requested_at)' if var('churn_recognised_at') == 'cancel_request' else 'ended_at'
        ) }} as paid_to_at
    from {{ ref('stg_billing__subscriptions') }}

),

stops as (

    select
        subscription_id,
        {{ to_reporting_time('paused_at') }} as stopped_from_at,
        {{ to_reporting_time('resumed_at') }} as stopped_to_at
    from {{ ref('stg_billing__subscription_pauses') }}
    where '{{ var("paused_as") }}' = 'inactive'

    {% if var('delinquent_after_days') is not none -%}
        union all

        select
            subscription_id,
            {{ to_reporting_time(dbt.dateadd('day', var('delinquent_after_days'), 'due_at')) }} as stopped_from_at,
            case when status = 'paid' then {{ to_reporting_time('paid_at') }} end as stopped_to_at
        from {{ ref('stg_billing__invoices') }}
        where
            status in ('open', 'uncollectible')
            or (status = 'paid' and paid_at is not null)
    {%- endif %}

),

whole_discounts as (

    select
        discount_id,
        subscription_id,
        subscription_item_id,
        coalesce(amount_off, 0) as amount_off,
        {{ to_whole('100 - coalesce(percent_off, 0)', 4) }} as kept_numerator,
        cast(1000000 as {{ whole_type() }}) as kept_denominator,
        starts_at,
        ends_at
    from {{ ref('stg_billing__discounts') }}
    where
        duration in ('repeating', 'forever')
        and '{{ var("discount_policy") }}' != 'none'

),

discounts_with_divisor as (

    select
        *,
        {{ greatest_common_divisor('kept_numerator', 'kept_denominator') }} as common_divisor
    from whole_discounts

),

discounts as (

    select
        *,
        {{ whole_quotient('kept_numerator', 'common_divisor') }} as kept,
        {{ whole_quotient('kept_denominator', 'common_divisor') }} as kept_of
    from discounts_with_divisor

),

plans as (

    select
        plan_id,
        product_id,
        pricing_model,
        cast(
            case billing_interval
                when 'day' then 365
                when 'week' then 52
                when 'month' then 12
                when 'quarter' then 4
                when 'year' then 1
            end as {{ whole_type() }}
        ) as times_a_year,
        billing_interval_count * 12 as months_times_count
    from {{ ref('stg_billing__plans') }}

),

billed_lines as (

    select
        *,
        {{ add_days('service_end_date', 1) }} as day_after_date,
        (extract(year from service_end_date) - extract(year from service_start_date)) * 12
        + extract(month from service_end_date) - extract(month from service_start_date) as months_to_end,
        {{ date_difference('service_start_date', 'service_end_date', 'day') }} as service_days
    from {{ ref('stg_billing__invoice_line_items') }}
    where
        (line_type = 'usage' and '{{ var("usage_policy") }}' = 'included')
        or (line_type = 'recurring' and '{{ var("mrr_basis") }}' = 'invoices')

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where status not in ('draft', 'void')

),

reversals as (

    select * from {{ ref('int_credit_reversals') }}

),

swapped_charges as (

    select * from {{ ref('int_swapped_charges') }}

),

exchange_rates as (

    select * from {{ ref('stg_billing__exchange_rates') }}

),

customer_exclusions as (

    select * from {{ ref('stg_billing__customer_exclusions') }}

),

customers as (

    select
        customer_id,
        ledger_customer_id
    from {{ ref('int_customers_rolled_up') }}
    where customer_id not in (select customer_exclusions.customer_id from customer_exclusions)

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

customer_months as (

    select * from {{ ref('fct_customer_mrr_months') }}

),

as_of as (

    {% if var('as_of_date') is not none -%}
        select cast('{{ var("as_of_date") }}' as date) as as_of_date
    {%- else -%}
        select max(cast({{ to_reporting_time('issued_at') }} as date)) as as_of_date
        from invoices
    {%- endif %}

),

adjustments as (

    select * from {{ ref('stg_billing__mrr_adjustments') }}

),

starts as (

    select {{ month_of('min(started_at)') }} as month_date
    from subscriptions

    union all

    select {{ month_of('min(valid_from)') }} as month_date
    from item_versions

    union all

    select cast({{ dbt.date_trunc('month', 'min(service_start_date)') }} as date) as month_date
    from billed_lines

    union all

    select min(month_from_date) as month_date
    from adjustments

),

first_month as (

    select min(month_date) as first_month_date
    from starts

),

all_months as (

    select {{ explode_dates('first_month.first_month_date', 'as_of.as_of_date', 1) }} as month_date
    from first_month
    cross join as_of

),

months_with_end as (

    select
        month_date,
        {{ add_months('month_date', 1) }} as end_date
    from all_months

),

months as (

    select
        months_with_end.month_date,
        months_with_end.end_date,
        cast(months_with_end.end_date as {{ dbt.type_timestamp() }}) as ends_at
    from months_with_end
    cross join as_of
    where {{ add_days('months_with_end.end_date', var('close_lag_days')) }} <= {{ add_days('as_of.as_of_date', 1) }}

),

rate_dates as (

    select
        months.month_date,
        exchange_rates.currency,
        max(exchange_rates.effective_date) as effective_date
    from months
    cross join ledger_bounds
    inner join exchange_rates
        on
            {% if var('fx_policy') == 'historical' -%}
                months.end_date > exchange_rates.effective_date
            {%- else -%}
                ledger_bounds.constant_fx_date >= exchange_rates.effective_date
            {%- endif %}
    where exchange_rates.currency != '{{ reporting_currency() }}'
    group by
        months.month_date,
        exchange_rates.currency

),

whole_rates as (

    select
        rate_dates.month_date,
        exchange_rates.currency,
        {{ to_whole('exchange_rates.rate_to_reporting', 8) }} as numerator,
        cast(100000000 as {{ whole_type() }}) as denominator
    from exchange_rates
    inner join rate_dates
        on
            exchange_rates.currency = rate_dates.currency
            and exchange_rates.effective_date = rate_dates.effective_date

    union all

    select
        month_date,
        '{{ reporting_currency() }}' as currency,
        cast(1 as {{ whole_type() }}) as numerator,
        cast(1 as {{ whole_type() }}) as denominator
    from months

),

rates as (

    select
        month_date,
        currency,
        {{ whole_quotient('numerator', greatest_common_divisor('numerator', 'denominator')) }} as numerator,
        {{ whole_quotient('denominator', greatest_common_divisor('numerator', 'denominator')) }} as denominator
    from whole_rates

),

items_in_force as (

    select
        months.month_date,
        months.ends_at,
        subscriptions.customer_id,
        subscriptions.subscription_id,
        item_versions.subscription_item_id,
        plans.product_id,
        plans.pricing_model as pool,
        item_versions.quantity * {{ to_whole('item_versions.unit_amount', 4) }} as gross,
        plans.times_a_year * rates.numerator as numerator,
        plans.months_times_count * rates.denominator as denominator
    from months
    inner join item_versions
        on
            {{ to_reporting_time('item_versions.valid_from') }} < months.ends_at
            and (item_versions.valid_to is null or months.ends_at <= {{ to_reporting_time('item_versions.valid_to') }})
    inner join subscriptions
        on
            item_versions.subscription_id = subscriptions.subscription_id
            and subscriptions.paid_from_at < months.ends_at
            and (subscriptions.paid_to_at is null or months.ends_at <= subscriptions.paid_to_at)
    inner join plans
        on
            item_versions.plan_id = plans.plan_id
            and plans.pricing_model != 'metered'
    inner join rates
        on
            item_versions.currency = rates.currency
            and months.month_date = rates.month_date
    left join stops
        on
            subscriptions.subscription_id = stops.subscription_id
            and stops.stopped_from_at < months.ends_at
            and (stops.stopped_to_at is null or months.ends_at <= stops.stopped_to_at)
    where stops.subscription_id is null

),

-- the percentages that hold multiply, the amounts add up: the fan-out over discounts is undone here
discounted as (

    select
        items_in_force.month_date,
        items_in_force.customer_id,
        items_in_force.product_id,
        items_in_force.pool,
        items_in_force.subscription_item_id,
        items_in_force.gross,
        items_in_force.numerator,
        items_in_force.denominator,
        sum(coalesce(discounts.amount_off, 0)) as amount_off,
        -- the linter does not know lambdas on DuckDB
        {{ product_of('coalesce(discounts.kept, 1)') }} as kept, -- noqa: PRS
        {{ product_of('coalesce(discounts.kept_of, 1)') }} as kept_of -- noqa: PRS
    from items_in_force
    left join discounts
        on
            items_in_force.subscription_id = discounts.subscription_id
            and (
                discounts.subscription_item_id is null
                or items_in_force.subscription_item_id = discounts.subscription_item_id
            )
            and {{ to_reporting_time('discounts.starts_at') }} < items_in_force.ends_at
            and (discounts.ends_at is null or items_in_force.ends_at <= {{ to_reporting_time('discounts.ends_at') }})
    group by
        items_in_force.month_date,
        items_in_force.customer_id,
        items_in_force.product_id,
        items_in_force.pool,
        items_in_force.subscription_item_id,
        items_in_force.gross,
        items_in_force.numerator,
        items_in_force.denominator

),

net_prices as (

    select
        *,
        greatest(gross * kept - {{ to_whole('amount_off', 4) }} * kept_of, 0) as net,
        {{ greatest_common_divisor('numerator', 'denominator') }} as divisor
    from discounted

),

net_items as (

    select
        month_date,
        customer_id,
        product_id,
        pool,
        {{ from_whole(
            multiply_and_divide(
                'net',
                whole_quotient('numerator', 'divisor'),
                '(kept_of * ' ~ whole_quotient('denominator', 'divisor') ~ ')'
            ), 4
        ) }} as net_mrr
    from net_prices

),

lines_judged as (

    select
        *,
        months_to_end >= 1 and {{ add_months('service_start_date', 'months_to_end') }} = service_end_date as is_whole,
        months_to_end
        + case when extract(day from day_after_date) = 1 then 1 else 0 end as months_to_day_after
    from billed_lines

),

-- a whole number of months, to the end or to the day after it
line_terms as (

    select
        lines_judged.*,
        invoices.customer_id,
        case
            when lines_judged.is_whole then lines_judged.months_to_end
            when
                lines_judged.months_to_day_after >= 1
                and {{ add_months('lines_judged.service_start_date', 'lines_judged.months_to_day_after') }}
                = lines_judged.day_after_date
                then lines_judged.months_to_day_after
        end as whole_months
    from lines_judged
    inner join invoices on lines_judged.invoice_id = invoices.invoice_id

),

-- last days that belong to a charge, and so to what is billed within its term to the same day
inclusive_ends as (

    select
        customer_id,
        currency,
        service_end_date,
        min(service_start_date) as first_start_date
    from line_terms
    where
        line_type = 'recurring'
        and amount > 0
        and whole_months is not null
        and not is_whole
    group by
        customer_id,
        currency,
        service_end_date

),

lines_with_end as (

    select
        line_terms.*,
        line_terms.whole_months is not null and not line_terms.is_whole
        or inclusive_ends.customer_id is not null and not line_terms.is_whole as is_day_after,
        line_terms.service_days
        + case when inclusive_ends.customer_id is not null then 1 else 0 end as days_in_term
    from line_terms
    left join inclusive_ends
        on
            line_terms.line_type = 'recurring'
            and line_terms.customer_id = inclusive_ends.customer_id
            and line_terms.currency = inclusive_ends.currency
            and line_terms.service_end_date = inclusive_ends.service_end_date
            and line_terms.service_start_date >= inclusive_ends.first_start_date

),

-- else days, unless they are within 0.06 of a whole number
lines_rounded as (

    select
        *,
        greatest(cast(round(days_in_term * 12.0 / 365) as {{ dbt.type_int() }}), 1) as nearest_months
    from lines_with_end

),

line_periods as (

    select
        *,
        cast(
            coalesce(
                whole_months,
                case
                    when abs(days_in_term * 12 - nearest_months * 365) <= 0.06 * 365 then nearest_months
                    else days_in_term * 12
                end
            ) as {{ whole_type() }}
        ) as term,
        case
            when whole_months is not null or abs(days_in_term * 12 - nearest_months * 365) <= 0.06 * 365 then 1
            else 365
        end as term_of,
        case when is_day_after then day_after_date else service_end_date end as period_end_date
    from lines_rounded

),

lines_read as (

    select
        *,
        {% if var('discount_policy') == 'none' -%}
            amount + case when line_type = 'recurring' then discount_amount else 0 end as net_amount,
        {%- else -%}
            amount as net_amount,
        {%- endif %}
        line_type = 'recurring'
        or {{ date_difference('service_start_date', 'period_end_date', 'day') }} >= 28 as is_rate,
        greatest(service_start_date, {{ add_days('period_end_date', -1) }}) as last_date
    from line_periods
    where
        line_type = 'usage'
        or (
            service_start_date < service_end_date
            and (
                not is_proration
                or {{ date_difference('service_start_date', 'period_end_date', 'day') }} >= 28
                or invoice_line_item_id in (select swapped_charges.invoice_line_item_id from swapped_charges)
            )
            and invoice_line_item_id not in (select reversals.credit_line_item_id from reversals)
        )

),

-- what credits leave of a charge at the end of a month
credited as (

    select
        months.month_date,
        reversals.charge_line_item_id,
        sum(reversals.credited_share) as credited_share
    from reversals
    inner join months
        on
            reversals.from_date < months.end_date
            and reversals.to_date >= months.end_date
    group by
        months.month_date,
        reversals.charge_line_item_id

),

lines_at_month_end as (

    select
        months.month_date,
        lines_read.customer_id,
        lines_read.plan_id,
        lines_read.line_type,
        lines_read.currency,
        {{ to_whole('lines_read.net_amount', 4) }} as price,
        cast(case when lines_read.is_rate then lines_read.term_of else 1 end as {{ whole_type() }}) as numerator,
        case when lines_read.is_rate then lines_read.term else 1 end as denominator,
        swapped_charges.ended_rate,
        swapped_charges.credited_price,
        {{ whole_share() }} - coalesce(credited.credited_share, 0) as kept_share,
        swapped_charges.invoice_line_item_id is not null
        or lines_read.invoice_line_item_id in (select reversals.charge_line_item_id from reversals) as is_changed
    from lines_read
    inner join months
        on
            (
                lines_read.is_rate
                and lines_read.service_start_date < months.end_date
                and lines_read.period_end_date >= months.end_date
            )
            or (
                not lines_read.is_rate
                and lines_read.last_date >= months.month_date
                and lines_read.last_date < months.end_date
            )
    left join credited
        on
            lines_read.invoice_line_item_id = credited.charge_line_item_id
            and months.month_date = credited.month_date
    left join swapped_charges on lines_read.invoice_line_item_id = swapped_charges.invoice_line_item_id

),

-- in 10^-12 of the currency, a month
lines_at_their_rate as (

    select
        *,
        case
            when ended_rate is not null then {{ multiply_and_divide('price', 'ended_rate', 'credited_price') }}
            when is_changed then {{ multiply_and_divide('price', '(numerator * 100000000)', 'denominator') }}
        end as rate
    from lines_at_month_end

),

lines_kept as (

    select
        month_date,
        customer_id,
        plan_id,
        line_type,
        currency,
        case
            when is_changed then {{ multiply_and_divide('rate', 'kept_share', '(100 * ' ~ whole_share() ~ ')') }}
            else price
        end as price,
        case when is_changed then 1 else numerator end as numerator,
        case when is_changed then 1000000 else denominator end as denominator
    from lines_at_their_rate

),

lines_in_force as (

    select
        lines_kept.month_date,
        lines_kept.customer_id,
        coalesce(plans.product_id, 'unassigned') as product_id,
        case
            when lines_kept.line_type = 'usage' then 'metered'
            when plans.pricing_model = 'per_seat' then 'per_seat'
            else 'flat'
        end as pool,
        {{ from_whole(
            multiply_and_divide(
                'lines_kept.price',
                '(rates.numerator * lines_kept.numerator)',
                '(rates.denominator * lines_kept.denominator)'
            ), 4
        ) }} as net_mrr
    from lines_kept
    inner join rates
        on
            lines_kept.currency = rates.currency
            and lines_kept.month_date = rates.month_date
    left join plans on lines_kept.plan_id = plans.plan_id

),

in_force as (

    {% if var('mrr_basis') == 'subscriptions' -%}
        select * from net_items

        union all
    {%- endif %}

    select * from lines_in_force

),

pools as (

    select
        customers.ledger_customer_id as customer_id,
        in_force.month_date,
        in_force.product_id,
        in_force.pool,
        greatest(sum(in_force.net_mrr), 0) as closing_mrr
    from in_force
    inner join customers on in_force.customer_id = customers.customer_id
    group by
        customers.ledger_customer_id,
        in_force.month_date,
        in_force.product_id,
        in_force.pool

),

parts as (

    select
        customer_id,
        month_date,
        product_id,
        closing_mrr
    from pools

    union all

    select
        customers.ledger_customer_id as customer_id,
        months.month_date,
        adjustments.product_id,
        adjustments.amount as closing_mrr
    from adjustments
    inner join customers on adjustments.customer_id = customers.customer_id
    inner join months
        on
            adjustments.month_from_date < months.end_date
            and (adjustments.month_to_date is null or adjustments.month_to_date >= months.end_date)

),

products as (

    select
        customer_id,
        month_date,
        product_id,
        greatest(sum(closing_mrr), 0) as closing_mrr
    from parts
    group by
        customer_id,
        month_date,
        product_id

),

recomputed as (

    select
        customer_id,
        month_date,
        sum(closing_mrr) as closing_mrr
    from products
    group by
        customer_id,
        month_date

)

select
    coalesce(customer_months.customer_id, recomputed.customer_id) as customer_id,
    coalesce(customer_months.month_date, recomputed.month_date) as month_date,
    customer_months.closing_mrr,
    recomputed.closing_mrr as closing_mrr_of_staging
from customer_months
full outer join recomputed
    on
        customer_months.customer_id = recomputed.customer_id
        and customer_months.month_date = recomputed.month_date
where coalesce(customer_months.closing_mrr, 0) != coalesce(recomputed.closing_mrr, 0)
