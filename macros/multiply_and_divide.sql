{% macro multiply_and_divide(whole_expression, multiplier, divisor) -%}
    {#- the quotient is taken before the multiplication, so that the product of all three never has to fit -#}
    {%- set size = 'abs(' ~ whole_expression ~ ')' -%}
    sign({{ whole_expression }}) * (
        {{ whole_quotient(size, divisor) }} * ({{ multiplier }})
        + {{ whole_quotient(
            whole_remainder(size, divisor) ~ ' * (' ~ multiplier ~ ') * 2 + (' ~ divisor ~ ')',
            '(' ~ divisor ~ ') * 2'
        ) }}
    )
{%- endmacro %}
