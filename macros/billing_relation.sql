{% macro billing_relation(table_name) -%}
    {%- if var('demo_data') == true -%}
        {{- return(ref('demo_' ~ table_name)) -}}
    {%- elif var('demo_data') == 'edge_cases' -%}
        {{- return(ref('edge_' ~ table_name)) -}}
    {%- else -%}
        {{- return(source('billing', table_name)) -}}
    {%- endif -%}
{%- endmacro %}
