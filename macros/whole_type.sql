{% macro whole_type() -%}
    {{- adapter.dispatch('whole_type', 'cohort_ledger')() -}}
{%- endmacro %}


{% macro duckdb__whole_type() -%} hugeint {%- endmacro %}


{% macro default__whole_type() -%} decimal(38, 0) {%- endmacro %}
