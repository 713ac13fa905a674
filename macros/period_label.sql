{% macro period_label(period_type, period_start_date) -%}
    {%- set months_ahead = (13 - var('fiscal_year_start_month') | int) % 12 -%}
    {%- set year = ("'FY' || " if months_ahead else '') ~ 'cast(' ~ fiscal_year(period_start_date)
        ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set quarter = 'cast(extract(quarter from ' ~ add_months(period_start_date, months_ahead) ~ ') as '
        ~ dbt.type_string() ~ ')' -%}
    {%- set last_month = 'cast(' ~ add_months(period_start_date, 11) ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case {{ period_type }}
        when 'month' then substring(cast({{ period_start_date }} as {{ dbt.type_string() }}), 1, 7)
        when 'quarter' then {{ year }} || '-Q' || {{ quarter }}
        when 'year' then {{ year }}
        when 'trailing_12_months' then 'TTM ' || substring({{ last_month }}, 1, 7)
    end
{%- endmacro %}
