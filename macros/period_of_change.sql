{#- a change is in the opening balance from the first period that begins after it -#}
{% macro first_period_opened_after(month_date, step_months) -%}
    {{- add_months(period_start(month_date, step_months), step_months) -}}
{%- endmacro %}


{#- and in the closing balance from the first period that ends with it or after it -#}
{% macro first_period_closed_after(month_date, step_months, length_months) -%}
    {{- add_months(period_start(month_date, step_months), step_months ~ ' - ' ~ length_months) -}}
{%- endmacro %}
