{% macro billing_relation(table_name) -%}
    {%- if var('demo_data') == true -%}
        {{- return(ref('demo_' ~ table_name)) -}}
    {%- elif var('demo_data') == 'edge_cases' -%}
        {{- return(ref('edge_' ~ table_name)) -}}
    {%- endif -%}
    {%- set declared = source('billing', table_name) -%}
    {%- if execute -%}
        {{- return(find_billing_table(table_name, var('raw_schema'))) -}}
    {%- endif -%}
    {{- return(declared) -}}
{%- endmacro %}
