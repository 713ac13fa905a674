{{ config(incremental_strategy='changed_customers') }}

{% set horizons = [3, 6, 12] %}

with

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

expansions as (

    select
        {% for months in horizons -%}
            {{ add_months('month_date', months) }} as date_{{ months }}_months_later,
        {% endfor -%}
        customer_id,
        month_date,
        mrr_change,
        recovered_mrr,
        above_peak_mrr
    from movements

),

-- at the constant rates, so that a rate keeps or loses nothing; a row per later change, which the sums undo
mrr_later as (

    select
        expansions.customer_id,
        expansions.month_date,
        {% for months in horizons -%}
            max(
                case
                    when expansions.date_{{ months }}_months_later >= customer_balances.month_date
                        and (
                            customer_balances.next_month_date is null
                            or expansions.date_{{ months }}_months_later < customer_balances.next_month_date
                        )
                        then customer_balances.closing_mrr_at_constant_rates
                end
            ) as mrr_after_{{ months }}_months,
        {% endfor -%}
        max(
            case
                when expansions.month_date = customer_balances.month_date
                    then customer_balances.closing_mrr_at_constant_rates
            end
        ) as mrr
    from expansions
    inner join customer_balances
        on
            expansions.customer_id = customer_balances.customer_id
            and expansions.month_date <= customer_balances.month_date
            and expansions.date_12_months_later >= customer_balances.month_date
    group by
        expansions.customer_id,
        expansions.month_date

)

-- what was lost since comes off the top; whoever reads it knows how far the ledger has seen
select
    expansions.customer_id,
    expansions.month_date,
    {% for months in horizons -%}
        cast(
            greatest(
                expansions.above_peak_mrr
                - greatest(mrr_later.mrr - mrr_later.mrr_after_{{ months }}_months, 0),
                0
            ) as decimal(18, 4)
        ) as held_after_{{ months }}_months_mrr,
    {% endfor -%}
    expansions.mrr_change,
    expansions.recovered_mrr,
    expansions.above_peak_mrr
from expansions
inner join mrr_later
    on
        expansions.customer_id = mrr_later.customer_id
        and expansions.month_date = mrr_later.month_date
