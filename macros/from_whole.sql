{% macro from_whole(whole_expression, decimals) -%}
    cast(
        cast({{ whole_expression }} as decimal(32, 0))
        * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}
