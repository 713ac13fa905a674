{#- Each of the values is in the column. `table_name`: the seed. -#}
{% test holds_the_values(model, column, values, table_name) %}

with

wanted as (

    {% for value in values -%}
    select '{{ value }}' as wanted_value
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    '{{ table_name }}' as table_name,
    '{{ column }}' as column_name,
    wanted.wanted_value as row_key,
    'missing' as problem
from wanted
left join {{ model }} as held on wanted.wanted_value = held.{{ column }}
where
    held.{{ column }} is null
    {% if flags.EMPTY -%}
        -- a dry run reads no row
        and false
    {%- endif %}

{% endtest %}
