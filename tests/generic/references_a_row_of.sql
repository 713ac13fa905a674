{% test references_a_row_of(model, column_name, to, key, table_name, row_key_columns) %}

select
    '{{ table_name }}' as table_name,
    '{{ column_name }}' as column_name,
    {{ row_key(row_key_columns) }} as row_key,
    {{ column_name }} as orphan
from {{ model }}
where
    {{ column_name }} is not null
    and {{ column_name }} not in (select {{ key }} from {{ to }} where {{ key }} is not null)

{% endtest %}
