{% macro mrr_band(mrr_expression) -%}
    case
        {% for floor in mrr_band_floors() | reverse -%}
        when {{ mrr_expression }} >= {{ floor }} then '{{ floor }}+'
        {% endfor %}
    end
{%- endmacro %}
