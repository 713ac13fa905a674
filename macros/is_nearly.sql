{% macro is_nearly(text_expression, code_expression) -%}
    {{- adapter.dispatch('is_nearly', 'cohort_ledger')(text_expression, code_expression) -}}
{%- endmacro %}

{#- EURO for EUR -#}
{% macro default__is_nearly(text_expression, code_expression) -%}
    {{ text_expression }} like {{ code_expression }} || '%'
{%- endmacro %}

{#- and one letter more, less, another or in another place -#}
{% macro duckdb__is_nearly(text_expression, code_expression) -%}
    (
        {{ default__is_nearly(text_expression, code_expression) }}
        or damerau_levenshtein({{ text_expression }}, {{ code_expression }}) <= 1
    )
{%- endmacro %}
