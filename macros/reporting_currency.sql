{#- in upper case, as staging writes currencies -#}
{% macro reporting_currency() -%}
    {{- var('reporting_currency') | upper | trim -}}
{%- endmacro %}
