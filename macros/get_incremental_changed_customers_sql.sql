{% macro get_incremental_changed_customers_sql(arguments) -%}
    {%- set state = ledger_state() -%}
    {%- set grows_by = config.get('meta', {}).get('grows_by') -%}
    {%- if state.nothing_changed -%}
        {{- return('select 1') -}}
    {%- endif -%}
    delete from {{ arguments.target_relation }}
    where
        customer_id in ({{ changed_customers() }})
        {% if grows_by -%}
            or {{ grows_by }} >= {{ first_date_not_built() }}
        {%- endif %};

    {{ insert_new_rows(arguments) }}
{%- endmacro %}
