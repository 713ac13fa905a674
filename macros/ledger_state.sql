{% macro ledger_state() -%}
    {%- set rows = run_query('select * from ' ~ ledger_state_relation()) -%}
    {{- return(dict(zip(rows.column_names, rows[0].values()))) -}}
{%- endmacro %}
