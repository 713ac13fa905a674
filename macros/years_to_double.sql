{% macro years_to_double(nrr) -%}
    case when {{ nrr }} > 1 then ln(2) / ln({{ nrr }}) end
{%- endmacro %}
