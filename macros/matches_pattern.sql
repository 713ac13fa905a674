{% macro matches_pattern(text_expression, pattern) -%}
    {{- adapter.dispatch('matches_pattern', 'cohort_ledger')(text_expression, pattern) -}}
{%- endmacro %}

{% macro duckdb__matches_pattern(text_expression, pattern) -%}
    regexp_matches({{ text_expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro default__matches_pattern(text_expression, pattern) -%} ({{ text_expression }} ~ '{{ pattern }}') {%- endmacro %}

{% macro spark__matches_pattern(text_expression, pattern) -%} ({{ text_expression }} rlike '{{ pattern }}') {%- endmacro %}
