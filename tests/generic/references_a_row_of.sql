{#- A value that is there exists as a key of the other raw table. -#}
{% test references_a_row_of(model, column_name, to_table, key, table_name, row_key_columns) %}

{%- set is_there = billing_table_exists(to_table) -%}
{%- set optional_columns = (
    billing_contract(table_name).columns | selectattr('is_nullable') | map(attribute='name') | list
) %}

select
    '{{ table_name }}' as table_name,
    '{{ column_name }}' as column_name,
    {{ row_key(row_key_columns) }} as row_key,
    {{ column_name }} as orphan
from {{ model }}
where
    {{ column_name }} is not null
    and {{ column_name }} not in (select {{ key }} from {{ ref('stg_billing__' ~ to_table) }} where {{ key }} is not null)
    {#- who has invoices alone may still have the ids of subscriptions on them -#}
    {%- if column_name in optional_columns and not is_there %}
    and false
    {%- endif %}

{% endtest %}
