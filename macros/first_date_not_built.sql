{# What the ledger held then, it may hold no longer: its end can also come back, in a build that was not completed, too. #}
{% macro first_date_not_built() -%}
    {%- set rows = run_query(
        'select least(build.least_month_date, bounds.last_month_date) from ' ~ ledger_state_relation() ~ ' as build cross join '
        ~ node_named('int_ledger_bounds').relation_name ~ ' as bounds'
    ) -%}
    {{- add_months("cast('" ~ rows[0][0] ~ "' as date)", 1) -}}
{%- endmacro %}
