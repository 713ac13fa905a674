{% macro whole_quotient(dividend, divisor) -%}
    {{- adapter.dispatch('whole_quotient', 'cohort_ledger')(dividend, divisor) -}}
{%- endmacro %}


{% macro duckdb__whole_quotient(dividend, divisor) -%} (({{ dividend }}) // ({{ divisor }})) {%- endmacro %}


{% macro default__whole_quotient(dividend, divisor) -%} div({{ dividend }}, {{ divisor }}) {%- endmacro %}


{% macro spark__whole_quotient(dividend, divisor) -%}
    cast(({{ dividend }}) div ({{ divisor }}) as decimal(38, 0))
{%- endmacro %}
