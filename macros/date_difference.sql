{#- dbt's datediff, without the blank lines that it renders -#}
{% macro date_difference(first_date, second_date, date_part) -%}
    {{- dbt.datediff(first_date, second_date, date_part) | trim -}}
{%- endmacro %}
