{#-
  In every period the values of each dimension sum to the total, in each of the measures. A dimension that a period with
  a total lacks sums to nothing and fails too.
-#}
{% test dimensions_sum_to_the_total(
    model, dimensions, measures, period_columns=['period_type', 'period_start_date'],
    dimension_column='dimension', total='total'
) %}

with

rates as (

    select * from {{ model }}

),

dimensions as (

    {% for dimension in dimensions -%}
    select '{{ dimension }}' as dimension
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

periods as (

    select distinct {{ period_columns | join(', ') }} from rates

),

expected as (

    select
        {%- for column in period_columns %}
        periods.{{ column }},
        {%- endfor %}
        dimensions.dimension,
        {%- for measure in measures %}
        totals.{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from periods
    cross join dimensions
    left join rates as totals
        on
            totals.{{ dimension_column }} = '{{ total }}'
            {%- for column in period_columns %}
            and periods.{{ column }} = totals.{{ column }}
            {%- endfor %}

),

sums as (

    select
        {{ period_columns | join(', ') }},
        {{ dimension_column }} as dimension,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from rates
    where {{ dimension_column }} != '{{ total }}'
    group by
        {{ period_columns | join(', ') }},
        {{ dimension_column }}

)

select
    {%- for column in period_columns %}
    coalesce(expected.{{ column }}, sums.{{ column }}) as {{ column }},
    {%- endfor %}
    coalesce(expected.dimension, sums.dimension) as dimension,
    {%- for measure in measures %}
    expected.{{ measure }} as total_{{ measure }},
    sums.{{ measure }},
    {%- endfor %}
    'the parts do not sum to the total' as problem
from expected
full outer join sums
    on
        expected.dimension = sums.dimension
        {%- for column in period_columns %}
        and expected.{{ column }} = sums.{{ column }}
        {%- endfor %}
where
    not coalesce(
        {%- for measure in measures %}
        {{ 'and ' if not loop.first }}expected.{{ measure }} = sums.{{ measure }}
        {%- endfor %},
        false
    )

{% endtest %}
