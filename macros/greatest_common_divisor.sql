{% macro greatest_common_divisor(first_expression, second_expression) -%}
    {{- adapter.dispatch('greatest_common_divisor', 'cohort_ledger')(first_expression, second_expression) -}}
{%- endmacro %}


{% macro default__greatest_common_divisor(first_expression, second_expression) -%}
    gcd({{ first_expression }}, {{ second_expression }})
{%- endmacro %}


{#- without a gcd, fractions stay as they are: correct, with less room before an overflow -#}
{% macro spark__greatest_common_divisor(first_expression, second_expression) -%} 1 {%- endmacro %}
