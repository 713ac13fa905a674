{% macro whole_quotient(dividend, divisor) -%}
    {{- adapter.dispatch('whole_quotient', 'cohort_ledger')(dividend, divisor) -}}
{%- endmacro %}


{#- 128-bit division costs ten times as much as that of 64 bits, which nearly all numbers fit in -#}
{% macro duckdb__whole_quotient(dividend, divisor) -%}
    coalesce(
        cast(try_cast({{ dividend }} as bigint) // try_cast({{ divisor }} as bigint) as hugeint),
        ({{ dividend }}) // ({{ divisor }})
    )
{%- endmacro %}


{% macro default__whole_quotient(dividend, divisor) -%} div({{ dividend }}, {{ divisor }}) {%- endmacro %}


{% macro spark__whole_quotient(dividend, divisor) -%}
    cast(({{ dividend }}) div ({{ divisor }}) as decimal(38, 0))
{%- endmacro %}
