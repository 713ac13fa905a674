{% test references_a_row_of(model, column_name, to_table, key, table_name, row_key_columns) %}

select
    '{{ table_name }}' as table_name,
    '{{ column_name }}' as column_name,
    {{ row_key(row_key_columns) }} as row_key,
    {{ column_name }} as orphan
from {{ model }}
where
    {{ column_name }} is not null
    {#- an absent optional table has nothing to refer to #}
    {%- if not billing_table_exists(to_table) %}
    and false
    {%- endif %}
    and {{ column_name }} not in (select {{ key }} from {{ ref('stg_billing__' ~ to_table) }} where {{ key }} is not null)

{% endtest %}
