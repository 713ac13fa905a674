{% macro billing_contract(table_name) -%}
    {#- `graph` is filled only while executing -#}
    {%- if not execute -%}
        {{ return({'columns': [], 'key': [], 'is_optional': false}) }}
    {%- endif -%}
    {%- set table = (
        graph.sources.values()
        | selectattr('source_name', 'equalto', 'billing')
        | selectattr('name', 'equalto', table_name)
        | first
    ) -%}
    {%- set required_by = table.meta.get('required_by_basis', var('mrr_basis')) -%}
    {%- set columns = [] -%}
    {%- for column in table.columns.values() -%}
        {%- do columns.append({
            'name': column.name,
            'data_type': column.data_type,
            'is_nullable': column.meta.get('is_nullable', false),
        }) -%}
    {%- endfor -%}
    {{ return({
        'columns': columns,
        'key': table.meta['key'],
        'is_optional': table.meta.get('is_optional', false) or required_by != var('mrr_basis'),
    }) }}
{%- endmacro %}
