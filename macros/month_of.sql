{% macro month_of(timestamp_expression) -%}
    cast({{ dbt.date_trunc('month', to_reporting_time(timestamp_expression)) }} as date)
{%- endmacro %}
