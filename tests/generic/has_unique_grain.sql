{% test has_unique_grain(model, columns, table_name=none) %}

select
    {% if table_name %}'{{ table_name }}' as table_name,{% endif %}
    '{{ columns | join(", ") | replace("'", "''") }}' as column_name,
    {{ row_key(columns) }} as row_key,
    count(*) as row_count
from {{ model }}
group by
    {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
