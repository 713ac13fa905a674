{% macro get_incremental_changed_customers_sql(arguments) -%}
    {%- set grows_by = config.get('meta', {}).get('grows_by') -%}
    {%- if ledger_state().nothing_changed -%}
        {{- return('select 1') -}}
    {%- endif -%}
    {%- set is_replaced -%}
        customer_id in ({{ changed_customers() }})
        {%- if grows_by %}
            or {{ grows_by }} >= {{ first_date_not_built() }}
        {%- endif %}
    {%- endset -%}
    delete from {{ arguments.target_relation }}
    where
        {{ is_replaced }};

    {#- what the model reads whole gives it rows of customers who did not change, too #}
    {{ insert_new_rows(arguments) }}
    where
        {{ is_replaced }}
{%- endmacro %}
