{#-
  Per month and movement type, `<type>_mrr` and `<type>_customers` are the sum and the count of the movements. The types
  may be cut finer by `type_expression`; where it is null, a movement is in none.
-#}
{% test waterfall_sums_the_movements(
    model, movements, month_column='month_date',
    movement_types=['new', 'reactivation', 'expansion', 'contraction', 'churn'], type_expression='movement_type'
) %}

with

waterfall as (

    {% for movement_type in movement_types -%}
    select
        {{ month_column }} as month_date,
        '{{ movement_type }}' as movement_type,
        {{ movement_type }}_mrr as mrr,
        {{ movement_type }}_customers as customers
    from {{ model }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

movements as (

    select
        {{ month_column }} as month_date,
        {{ type_expression }} as movement_type,
        sum(mrr_change) as mrr,
        count(*) as customers
    from {{ movements }}
    where {{ type_expression }} is not null
    group by
        {{ month_column }},
        {{ type_expression }}

)

select
    {{ row_key([
        'coalesce(waterfall.month_date, movements.month_date)',
        'coalesce(waterfall.movement_type, movements.movement_type)',
    ]) }} as row_key,
    waterfall.mrr,
    movements.mrr as mrr_of_movements,
    waterfall.customers,
    movements.customers as customers_of_movements,
    'the waterfall is not the sum of the movements' as problem
from waterfall
full outer join movements
    on
        waterfall.month_date = movements.month_date
        and waterfall.movement_type = movements.movement_type
where
    not coalesce(
        waterfall.mrr = coalesce(movements.mrr, 0)
        and waterfall.customers = coalesce(movements.customers, 0),
        false
    )

{% endtest %}
