{% macro node_named(model_name) -%}
    {{- return(graph.nodes['model.' ~ project_name ~ '.' ~ model_name]) -}}
{%- endmacro %}
