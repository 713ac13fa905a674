with

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

horizons as (

    select 0 as months_later

    union all

    select 3 as months_later

    union all

    select 6 as months_later

    union all

    select 12 as months_later

),

-- at the constant rates, so that a rate keeps or loses nothing; a row per horizon, which the sums below undo
readings as (

    select
        movements.customer_id,
        movements.month_date,
        horizons.months_later,
        customer_balances.closing_mrr_at_constant_rates as mrr
    from movements
    cross join horizons
    cross join ledger_bounds
    inner join customer_balances
        on
            movements.customer_id = customer_balances.customer_id
            and {{ add_months('movements.month_date', 'horizons.months_later') }} >= customer_balances.month_date
            and {{ add_months('movements.month_date', 'horizons.months_later') }}
            < coalesce(customer_balances.next_month_date, {{ end_of_time('date') }})
    where {{ add_months('movements.month_date', 'horizons.months_later') }} <= ledger_bounds.last_month_date

),

mrr_later as (

    select
        customer_id,
        month_date,
        {% for months in [3, 6, 12] -%}
            max(case when months_later = {{ months }} then mrr end) as mrr_after_{{ months }}_months,
        {% endfor -%}
        max(case when months_later = 0 then mrr end) as mrr
    from readings
    group by
        customer_id,
        month_date

),

expansions as (

    select
        movements.customer_id,
        movements.month_date,
        movements.mrr_change,
        movements.recovered_mrr,
        movements.above_peak_mrr,
        {% for months in [3, 6, 12] -%}
            mrr_later.mrr_after_{{ months }}_months,
        {% endfor -%}
        mrr_later.mrr
    from movements
    inner join mrr_later
        on
            movements.customer_id = mrr_later.customer_id
            and movements.month_date = mrr_later.month_date

)

-- what was lost since comes off the top
select
    customer_id,
    month_date,
    {% for mrr_then in ['mrr_after_3_months', 'mrr_after_6_months', 'mrr_after_12_months'] -%}
        cast(
            case
                when {{ mrr_then }} is not null
                    then greatest(above_peak_mrr - greatest(mrr - {{ mrr_then }}, 0), 0)
            end as decimal(18, 4)
        ) as {{ mrr_then | replace('mrr_after', 'held_after') }}_mrr,
    {% endfor -%}
    mrr_change,
    recovered_mrr,
    above_peak_mrr
from expansions
