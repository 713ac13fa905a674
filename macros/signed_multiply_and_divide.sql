{% macro signed_multiply_and_divide(whole_expression, multiplier, divisor) -%}
    sign({{ multiplier }}) * sign({{ divisor }}) * {{ multiply_and_divide(
        whole_expression, 'abs(' ~ multiplier ~ ')', 'nullif(abs(' ~ divisor ~ '), 0)'
    ) }}
{%- endmacro %}
