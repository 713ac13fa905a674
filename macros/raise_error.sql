{% macro raise_error(message_expression, data_type) -%}
    {{- adapter.dispatch('raise_error', 'cohort_ledger')(message_expression, data_type) -}}
{%- endmacro %}


{% macro duckdb__raise_error(message_expression, data_type) -%}
    cast(error({{ message_expression }}) as {{ data_type }})
{%- endmacro %}


{#- a cast that cannot succeed quotes the text, and so the message, on every engine -#}
{% macro default__raise_error(message_expression, data_type) -%}
    cast(cast(cast({{ message_expression }} as {{ dbt.type_string() }}) as integer) as {{ data_type }})
{%- endmacro %}
