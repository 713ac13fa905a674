{% macro billing_table_exists(table_name) -%}
    {{- return(not execute or var('demo_data') != false or load_relation(billing_relation(table_name)) is not none) -}}
{%- endmacro %}
