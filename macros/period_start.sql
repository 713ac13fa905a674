{% macro period_start(date_expression, step_months) -%}
    cast(
        case {{ step_months }}
            when 1 then {{ dbt.date_trunc('month', date_expression) }}
            when 3 then {{ dbt.date_trunc('quarter', date_expression) }}
            when 12 then {{ dbt.date_trunc('year', date_expression) }}
        end as date
    )
{%- endmacro %}
