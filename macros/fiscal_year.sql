{% macro fiscal_year(date_expression) -%}
    extract(year from {{ add_months(date_expression, (13 - var('fiscal_year_start_month') | int) % 12) }})
{%- endmacro %}
