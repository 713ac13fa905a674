{% macro log_absent_tables() -%}
    {%- if execute and var('demo_data') == false -%}
        {%- set absent = [] -%}
        {%- for table in graph.sources.values() if table.source_name == 'billing' -%}
            {%- if billing_contract(table.name).is_optional and not find_billing_table(table.name, var('raw_schema')) -%}
                {%- do absent.append(table.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if absent -%}
            {%- do log('Not in schema ' ~ var('raw_schema') ~ ', so read as empty: ' ~ absent | sort | join(', '), info=true) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
