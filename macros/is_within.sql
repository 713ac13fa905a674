{% macro is_within(value, lower_bound, upper_bound) -%}
    {{ value }} >= coalesce({{ lower_bound }}, {{ value }})
    and ({{ upper_bound }} is null or {{ value }} < {{ upper_bound }})
{%- endmacro %}
