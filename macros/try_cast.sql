{% macro try_cast(expression, data_type) -%}
    {{- adapter.dispatch('try_cast', 'cohort_ledger')(expression, data_type) -}}
{%- endmacro %}

{% macro default__try_cast(expression, data_type) -%} try_cast({{ expression }} as {{ data_type }}) {%- endmacro %}

{#- there is none: a value that cannot be cast stops the query, with the value in its message -#}
{% macro postgres__try_cast(expression, data_type) -%} cast({{ expression }} as {{ data_type }}) {%- endmacro %}
