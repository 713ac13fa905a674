{% macro row_key(columns) -%}
    {%- for column in columns -%}
        {%- if not loop.first %} || ', ' || {% endif -%}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '(null)')
    {%- endfor -%}
{%- endmacro %}
