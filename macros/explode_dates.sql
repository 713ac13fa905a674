{% macro explode_dates(first_date, last_date, step_months) -%}
    {{- adapter.dispatch('explode_dates', 'cohort_ledger')(first_date, last_date, step_months) -}}
{%- endmacro %}


{% macro duckdb__explode_dates(first_date, last_date, step_months) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, to_months({{ step_months }}))) as date)
{%- endmacro %}


{% macro default__explode_dates(first_date, last_date, step_months) -%}
    cast(generate_series({{ first_date }}, {{ last_date }}, make_interval(months => {{ step_months }})) as date)
{%- endmacro %}


{% macro spark__explode_dates(first_date, last_date, step_months) -%}
    explode(sequence({{ first_date }}, {{ last_date }}, make_ym_interval(0, {{ step_months }})))
{%- endmacro %}
