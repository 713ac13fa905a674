{% macro to_utc(timestamp_expression) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        {{- timestamp_expression -}}
    {%- else -%}
        {{- adapter.dispatch('convert_to_utc', 'cohort_ledger')(timestamp_expression, var('reporting_timezone')) -}}
    {%- endif -%}
{%- endmacro %}


{% macro default__convert_to_utc(timestamp_expression, timezone) -%}
    timezone('UTC', timezone('{{ timezone }}', {{ timestamp_expression }}))
{%- endmacro %}


{% macro spark__convert_to_utc(timestamp_expression, timezone) -%}
    to_utc_timestamp({{ timestamp_expression }}, '{{ timezone }}')
{%- endmacro %}
