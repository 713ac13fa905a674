{% set horizons = [3, 6, 12] %}
{% set shared = ['recovered_mrr'] %}
{% for months in horizons %}{% do shared.append('held_after_' ~ months ~ '_months_mrr') %}{% endfor %}

with

expansion_outcomes as (

    select * from {{ ref('int_expansion_outcomes') }}

),

movement_drivers as (

    select *
    from {{ ref('fct_mrr_movement_drivers') }}
    where driver != 'fx'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

customer_drivers as (

    select
        customer_id,
        month_date,
        driver,
        sum(mrr_change) as mrr_change,
        sum(manufactured_mrr) as manufactured_mrr
    from movement_drivers
    group by
        customer_id,
        month_date,
        driver

),

drivers_of_expansions as (

    select
        customer_drivers.*,
        {% for name in shared -%}
            expansion_outcomes.{{ name }},
        {% endfor -%}
        expansion_outcomes.mrr_change as expansion_mrr,
        sum(customer_drivers.mrr_change) over (
            partition by customer_drivers.customer_id, customer_drivers.month_date
            order by customer_drivers.driver
            rows between unbounded preceding and current row
        ) as expansion_so_far
    from customer_drivers
    inner join expansion_outcomes
        on
            customer_drivers.customer_id = expansion_outcomes.customer_id
            and customer_drivers.month_date = expansion_outcomes.month_date
    where customer_drivers.mrr_change != 0

),

-- every driver bears the same share of what was recovered or held; up to each driver it is rounded once
with_shares_so_far as (

    select
        {% for name in shared -%}
            {{ from_whole(
                signed_multiply_and_divide(
                    to_whole(name, 4), to_whole('expansion_so_far', 4), to_whole('expansion_mrr', 4)
                ), 4
            ) }} as {{ name }}_so_far,
        {% endfor -%}
        customer_id,
        month_date,
        driver,
        mrr_change,
        manufactured_mrr
    from drivers_of_expansions

),

with_shares as (

    select
        {% for name in shared -%}
            {{ name }}_so_far - coalesce(
                lag({{ name }}_so_far) over (partition by customer_id, month_date order by driver), 0
            ) as {{ name }},
        {% endfor -%}
        month_date,
        driver,
        mrr_change,
        manufactured_mrr
    from with_shares_so_far

),

summed as (

    select
        month_date,
        driver,
        {% for months in horizons -%}
            sum(held_after_{{ months }}_months_mrr) as held_after_{{ months }}_months_mrr,
        {% endfor -%}
        count(*) as expanding_customers,
        sum(mrr_change) as expansion_mrr,
        sum(manufactured_mrr) as manufactured_mrr,
        sum(recovered_mrr) as recovered_mrr,
        sum(mrr_change - recovered_mrr) as above_peak_mrr
    from with_shares
    group by
        month_date,
        driver

),

-- what the ledger has not seen yet is not known
known as (

    select
        summed.month_date,
        summed.driver,
        {% for months in horizons -%}
            case
                when {{ add_months('summed.month_date', months) }} <= ledger_bounds.last_month_date
                    then summed.held_after_{{ months }}_months_mrr
            end as held_after_{{ months }}_months_mrr,
        {% endfor -%}
        summed.expanding_customers,
        summed.expansion_mrr,
        summed.manufactured_mrr,
        summed.recovered_mrr,
        summed.above_peak_mrr
    from summed
    cross join ledger_bounds

)

select
    month_date,
    driver,
    {% for months in horizons -%}
        cast(held_after_{{ months }}_months_mrr as decimal(18, 4)) as held_after_{{ months }}_months_mrr,
        case
            when above_peak_mrr > 0
                then {{ exact_ratio('held_after_' ~ months ~ '_months_mrr', 'above_peak_mrr') }}
        end as share_held_after_{{ months }}_months,
    {% endfor -%}
    cast(expanding_customers as {{ dbt.type_bigint() }}) as expanding_customers,
    cast(expansion_mrr as decimal(18, 4)) as expansion_mrr,
    cast(manufactured_mrr as decimal(18, 4)) as manufactured_mrr,
    cast(recovered_mrr as decimal(18, 4)) as recovered_mrr,
    cast(above_peak_mrr as decimal(18, 4)) as above_peak_mrr,
    {{ surrogate_key(['month_date', 'driver']) }} as expansion_durability_key
from known
