{#- benchmarks are annual: a month's rate has nothing to be held against -#}
{% macro is_annual(period_type) -%}
    {{ period_type }} in ('year', 'trailing_12_months')
{%- endmacro %}
