{% macro billing_table_exists(table_name) -%}
    {{- return(billing_relation(table_name) is not none) -}}
{%- endmacro %}
