{% macro exact_ratio(numerator, denominator, decimals=6) -%}
    {{ from_whole(
        multiply_and_divide(
            to_whole(numerator, 4), 10 ** decimals, 'nullif(' ~ to_whole(denominator, 4) ~ ', 0)'
        ),
        decimals
    ) }}
{%- endmacro %}
