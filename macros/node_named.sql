{% macro node_named(model_name) -%}
    {{- return(graph.nodes.get('model.' ~ project_name ~ '.' ~ model_name)) -}}
{%- endmacro %}
