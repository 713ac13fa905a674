{% macro comes_after(model_name) -%}
    {#- a unit test has no such model -#}
    {%- if model.resource_type == 'model' -%}
-- depends_on: {{ builtins.ref(model_name) }}
    {%- endif -%}
{%- endmacro %}
