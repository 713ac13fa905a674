{% macro fx_basis(name) -%}
    '{{ name if var("fx_policy") == "historical" else "closing" }}'
{%- endmacro %}
