{#-
  Per key and month, the changes of a finer grain (`parts`) sum to those of this one, on both sides without a rest.
  `condition` says which parts belong to it.
-#}
{% test changes_sum_to_the_coarser_grain(
    model, parts, key_columns, month_column='month_date', change_column='mrr_change', condition='true',
    model_column=none
) %}

{%- set keys = key_columns + [month_column] %}

with

coarse as (

    select
        {{ keys | join(', ') }},
        sum({{ model_column or change_column }}) as change
    from {{ model }}
    group by {{ keys | join(', ') }}

),

parts as (

    select
        {{ keys | join(', ') }},
        sum({{ change_column }}) as change
    from {{ parts }}
    where {{ condition }}
    group by {{ keys | join(', ') }}

)

select
    {%- for key in keys %}
    coalesce(coarse.{{ key }}, parts.{{ key }}) as {{ key }},
    {%- endfor %}
    coarse.change,
    parts.change as change_of_parts,
    'the changes of the parts do not sum to the change' as problem
from coarse
full outer join parts
    on
        {%- for key in keys %}
        {{ 'and ' if not loop.first }}coarse.{{ key }} = parts.{{ key }}
        {%- endfor %}
where coalesce(coarse.change, 0) != coalesce(parts.change, 0)

{% endtest %}
