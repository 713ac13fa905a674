{% macro end_of_time(data_type=none) -%}
    cast('9999-12-31' as {{ data_type or dbt.type_timestamp() }})
{%- endmacro %}
