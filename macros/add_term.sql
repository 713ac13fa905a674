{% macro add_term(timestamp_expression, terms) -%}
    {{ dbt.dateadd(
        'month', terms ~ ' * term_months', dbt.dateadd('day', terms ~ ' * term_days', timestamp_expression)
    ) }}
{%- endmacro %}
