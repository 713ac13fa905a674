{% macro get_incremental_when_changed_sql(arguments) -%}
    {%- if ledger_state().nothing_changed -%}
        {{- return('select 1') -}}
    {%- endif -%}
    delete from {{ arguments.target_relation }};

    {{ insert_new_rows(arguments) }}
{%- endmacro %}
