{% macro is_churn(opening, closing) -%}
    {{ opening }} > 0 and {{ closing }} = 0
{%- endmacro %}
