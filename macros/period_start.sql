{% macro period_start(date_expression, step_months) -%}
    cast(
        case {{ step_months }}
            when 1 then {{ dbt.date_trunc('month', date_expression) }}
            when 3 then {{ _fiscal_trunc('quarter', date_expression) }}
            when 12 then {{ _fiscal_trunc('year', date_expression) }}
        end as date
    )
{%- endmacro %}


{#- moved to where its fiscal year is a calendar year, cut there, and moved back -#}
{% macro _fiscal_trunc(date_part, date_expression) -%}
    {%- set months_ahead = (13 - var('fiscal_year_start_month') | int) % 12 -%}
    {%- if months_ahead == 0 -%}
        {{- dbt.date_trunc(date_part, date_expression) -}}
    {%- else -%}
        {{- add_months(dbt.date_trunc(date_part, add_months(date_expression, months_ahead)), -months_ahead) -}}
    {%- endif -%}
{%- endmacro %}
