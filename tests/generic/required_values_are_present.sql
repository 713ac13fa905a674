{% test required_values_are_present(model, table_name) %}

{%- set contract = billing_contract(table_name) -%}
{#- staging renames calendar dates -#}
{%- set renamed = {
    'service_start': 'service_start_date', 'service_end': 'service_end_date',
    'month_from': 'month_from_date', 'month_to': 'month_to_date',
} -%}
{%- set key_columns = [] -%}
{%- for name in contract.key -%}
    {%- do key_columns.append(renamed.get(name, name)) -%}
{%- endfor -%}

{% for column in contract.columns if not column.is_nullable -%}
{%- set name = renamed.get(column.name, column.name) -%}
select
    '{{ table_name }}' as table_name,
    '{{ column.name }}' as column_name,
    {{ row_key(key_columns) }} as row_key,
    'missing' as problem
from {{ model }}
where
    {{ name }} is null
    {%- if column.data_type == 'string' %}
    or {{ dbt.length('trim(' ~ name ~ ')') }} = 0
    {%- endif %}
{%- if not loop.last %}

union all

{% endif -%}
{%- else -%}
select 1 as nothing
where false
{%- endfor %}

{% endtest %}
