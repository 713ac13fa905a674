{% macro from_whole(whole_expression, decimals, digits=18) -%}
    cast(
        cast({{ whole_expression }} as decimal(32, 0))
        * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal({{ digits }}, {{ decimals }})
    )
{%- endmacro %}
