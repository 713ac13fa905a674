{% macro to_whole(decimal_expression, decimals) -%}
    cast(cast({{ decimal_expression }} as decimal(38, {{ decimals }})) * {{ 10 ** decimals }} as {{ whole_type() }})
{%- endmacro %}
