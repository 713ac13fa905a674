-- Read off every month: what is held by all drivers together lies between nothing and what was above the peak, and is
-- all of it exactly where no expanding customer pays less, at constant rates, than after its expansion.
with

expansion_durability as (

    select * from {{ ref('expansion_durability') }}

),

expansion_outcomes as (

    select * from {{ ref('int_expansion_outcomes') }}

),

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

{% for months in [3, 6, 12] -%}
    held_{{ months }} as (

        select
            movements.month_date,
            sum(
                case
                    when coalesce(later.closing_mrr_at_constant_rates, 0) >= balances.closing_mrr_at_constant_rates
                        then movements.above_peak_mrr
                    when
                        balances.closing_mrr_at_constant_rates - coalesce(later.closing_mrr_at_constant_rates, 0)
                        >= movements.above_peak_mrr
                        then 0
                    else
                        movements.above_peak_mrr + later.closing_mrr_at_constant_rates
                        - balances.closing_mrr_at_constant_rates
                end
            ) as held_mrr
        from movements
        inner join customer_balances as balances
            on
                movements.customer_id = balances.customer_id
                and movements.month_date = balances.month_date
        left join customer_balances as later
            on
                movements.customer_id = later.customer_id
                and {{ add_months('movements.month_date', months) }} >= later.month_date
                and {{ add_months('movements.month_date', months) }}
                < coalesce(later.next_month_date, {{ end_of_time('date') }})
        group by movements.month_date

    ),

{% endfor -%}
by_driver as (

    select
        month_date,
        {% for months in [3, 6, 12] -%}
            sum(held_after_{{ months }}_months_mrr) as held_after_{{ months }}_months_mrr,
        {% endfor -%}
        count(*) as drivers
    from expansion_durability
    group by month_date

),

by_customer as (

    select
        month_date,
        {% for months in [3, 6, 12] -%}
            sum(held_after_{{ months }}_months_mrr) as held_after_{{ months }}_months_mrr,
        {% endfor -%}
        count(*) as customers
    from expansion_outcomes
    group by month_date

),

-- what the ledger has not seen yet is in no mart
known as (

    select
        by_customer.month_date,
        {% for months in [3, 6, 12] -%}
            case
                when {{ add_months('by_customer.month_date', months) }} <= ledger_bounds.last_month_date
                    then held_{{ months }}.held_mrr
            end as held_{{ months }}_mrr,
            held_{{ months }}.held_mrr as held_on_{{ months }}_mrr,
            by_customer.held_after_{{ months }}_months_mrr as held_{{ months }}_mrr_of_customers,
        {% endfor -%}
        by_customer.customers
    from by_customer
    cross join ledger_bounds
    left join held_3 on by_customer.month_date = held_3.month_date
    left join held_6 on by_customer.month_date = held_6.month_date
    left join held_12 on by_customer.month_date = held_12.month_date

)

select
    by_driver.*,
    known.held_3_mrr,
    known.held_6_mrr,
    known.held_12_mrr
from by_driver
inner join known on by_driver.month_date = known.month_date
where
    coalesce(by_driver.held_after_3_months_mrr, -1) != coalesce(known.held_3_mrr, -1)
    or coalesce(by_driver.held_after_6_months_mrr, -1) != coalesce(known.held_6_mrr, -1)
    or coalesce(by_driver.held_after_12_months_mrr, -1) != coalesce(known.held_12_mrr, -1)
    or coalesce(known.held_3_mrr_of_customers, -1) != coalesce(known.held_on_3_mrr, -1)
    or coalesce(known.held_6_mrr_of_customers, -1) != coalesce(known.held_on_6_mrr, -1)
    or coalesce(known.held_12_mrr_of_customers, -1) != coalesce(known.held_on_12_mrr, -1)
