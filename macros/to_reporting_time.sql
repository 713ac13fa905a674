{% macro to_reporting_time(timestamp_expression) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        {{- timestamp_expression -}}
    {%- else -%}
        {{- adapter.dispatch('convert_from_utc', 'cohort_ledger')(timestamp_expression, var('reporting_timezone')) -}}
    {%- endif -%}
{%- endmacro %}


{% macro default__convert_from_utc(timestamp_expression, timezone) -%}
    timezone('{{ timezone }}', timezone('UTC', {{ timestamp_expression }}))
{%- endmacro %}


{% macro spark__convert_from_utc(timestamp_expression, timezone) -%}
    from_utc_timestamp({{ timestamp_expression }}, '{{ timezone }}')
{%- endmacro %}
