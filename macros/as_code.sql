{% macro as_code(column, written_in='lower') -%}
    {{ written_in }}(trim(cast({{ column }} as {{ dbt.type_string() }})))
{%- endmacro %}
