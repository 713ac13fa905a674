{% macro percent_text(ratio, decimals=2) -%}
    cast(cast(cast({{ ratio }} as decimal(28, 6)) * 100 as decimal(18, {{ decimals }})) as {{ dbt.type_string() }}) || ' %'
{%- endmacro %}
