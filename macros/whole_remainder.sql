{% macro whole_remainder(dividend, divisor) -%}
    {{- adapter.dispatch('whole_remainder', 'cohort_ledger')(dividend, divisor) -}}
{%- endmacro %}


{#- as whole_quotient -#}
{% macro duckdb__whole_remainder(dividend, divisor) -%}
    coalesce(
        cast(try_cast({{ dividend }} as bigint) % try_cast({{ divisor }} as bigint) as hugeint),
        ({{ dividend }}) % ({{ divisor }})
    )
{%- endmacro %}


{% macro default__whole_remainder(dividend, divisor) -%} (({{ dividend }}) % ({{ divisor }})) {%- endmacro %}
