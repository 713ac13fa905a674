{#- The condition holds for every row; a condition that is null for a row fails it. -#}
{% test rows_satisfy(model, condition, problem, table_name=none, column=none, row_key_columns=none) %}

select
    {% if table_name %}'{{ table_name }}' as table_name,{% endif %}
    {% if column %}'{{ column }}' as column_name,{% endif %}
    {% if row_key_columns %}{{ row_key(row_key_columns) }} as row_key,{% endif %}
    '{{ problem | replace("'", "''") }}' as problem
from {{ model }}
where not coalesce({{ condition }}, false)

{% endtest %}
