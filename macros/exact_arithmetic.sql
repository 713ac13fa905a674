{#-
  Exact money. A fraction is two whole numbers, numerator and denominator, and is divided once, at the end.
  DuckDB's `/` gives floating point on decimals, so whole numbers are hugeint there; an overflow raises an error.
-#}

{% macro whole_type() -%}
    {{- adapter.dispatch('whole_type', 'cohort_ledger')() -}}
{%- endmacro %}

{% macro duckdb__whole_type() -%} hugeint {%- endmacro %}

{% macro default__whole_type() -%} decimal(38, 0) {%- endmacro %}


{% macro to_whole(decimal_expression, decimals) -%}
    cast(cast({{ decimal_expression }} as decimal(38, {{ decimals }})) * {{ 10 ** decimals }} as {{ whole_type() }})
{%- endmacro %}


{% macro from_whole(whole_expression, decimals) -%}
    cast(
        cast({{ whole_expression }} as decimal(32, 0))
        * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}


{% macro whole_quotient(dividend, divisor) -%}
    {{- adapter.dispatch('whole_quotient', 'cohort_ledger')(dividend, divisor) -}}
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%} (({{ dividend }}) // ({{ divisor }})) {%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%} div({{ dividend }}, {{ divisor }}) {%- endmacro %}

{% macro spark__whole_quotient(dividend, divisor) -%}
    cast(({{ dividend }}) div ({{ divisor }}) as decimal(38, 0))
{%- endmacro %}


{% macro multiply_and_divide(whole_expression, multiplier, divisor) -%}
    {#- the quotient is taken before the multiplication, so that the product of all three never has to fit -#}
    sign({{ whole_expression }}) * (
        {{ whole_quotient('abs(' ~ whole_expression ~ ')', divisor) }} * {{ multiplier }}
        + {{ whole_quotient(
            '(abs(' ~ whole_expression ~ ') % (' ~ divisor ~ ')) * ' ~ multiplier ~ ' * 2 + ' ~ divisor,
            divisor ~ ' * 2'
        ) }}
    )
{%- endmacro %}


{% macro greatest_common_divisor(first_expression, second_expression) -%}
    {{- adapter.dispatch('greatest_common_divisor', 'cohort_ledger')(first_expression, second_expression) -}}
{%- endmacro %}

{% macro default__greatest_common_divisor(first_expression, second_expression) -%}
    gcd({{ first_expression }}, {{ second_expression }})
{%- endmacro %}

{#- without a gcd, fractions stay as they are: correct, with less room before an overflow -#}
{% macro spark__greatest_common_divisor(first_expression, second_expression) -%} 1 {%- endmacro %}


{% macro product_of(whole_expression) -%}
    {{- adapter.dispatch('product_of', 'cohort_ledger')(whole_expression) -}}
{%- endmacro %}

{% macro duckdb__product_of(whole_expression) -%}
    list_reduce(list({{ whole_expression }}), lambda first, second: first * second)
{%- endmacro %}

{% macro spark__product_of(whole_expression) -%}
    aggregate(
        collect_list({{ whole_expression }}), cast(1 as decimal(38, 0)),
        (first, second) -> cast(first * second as decimal(38, 0))
    )
{%- endmacro %}


{% macro exact_ratio(numerator, denominator, decimals=6) -%}
    {{ from_whole(
        multiply_and_divide(
            to_whole(numerator, 4), 10 ** decimals, 'nullif(' ~ to_whole(denominator, 4) ~ ', 0)'
        ),
        decimals
    ) }}
{%- endmacro %}
