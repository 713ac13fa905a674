{% macro ref() -%}
    {%- set strategy = none -%}
    {%- if execute and model.resource_type == 'model' and config.get('materialized') == 'incremental' and is_incremental() -%}
        {%- set strategy = config.get('incremental_strategy') -%}
    {%- endif -%}
    {%- if strategy not in ['changed_customers', 'when_changed'] -%}
        {{- return(builtins.ref(*varargs, **kwargs)) -}}
    {%- endif -%}

    {%- set name = varargs | last -%}
    {%- set node = node_named(name) -%}
    {#- what a view reads that is written out below is no dependency of the model, and dbt's own ref refuses it -#}
    {%- set relation = node.relation_name if node else builtins.ref(*varargs, **kwargs) -%}
    {%- set state = ledger_state() -%}
    {%- set rows = none -%}
    {%- if state.nothing_changed -%}
        {%- set rows = 'select * from ' ~ relation ~ ' where false' -%}
    {%- elif strategy == 'changed_customers' and not (config.get('meta', {}).get('grows_by') and state.ledger_end_has_moved) -%}
        {%- set rows = _rows_of_changed_customers(node) if node -%}
    {%- endif -%}
    {{- return('(' ~ rows ~ '\n) as ' ~ name if rows else relation) -}}
{%- endmacro %}


{% macro _rows_of_changed_customers(node) -%}
    {%- set key = _customer_key(node.config) -%}
    {%- if key and node.config.materialized == 'view' and 'staging' not in node.fqn -%}
        {#- a view would work out everybody's rows first: its own SQL reads, by this macro, those of changed customers -#}
        {{- return(render(node.raw_code)) -}}
    {%- elif key -%}
        {{- return('select * from ' ~ node.relation_name ~ ' where ' ~ _is_of_changed_customer(key)) -}}
    {%- endif -%}
{%- endmacro %}


{# What does not say that each of its rows depends on one customer alone is read whole. #}
{% macro _customer_key(node_config) -%}
    {%- if node_config.incremental_strategy == 'changed_customers' -%}
        {{- return('customer_id') -}}
    {%- endif -%}
    {{- return(node_config.meta.get('customer_key')) -}}
{%- endmacro %}


{# Some staging tables know their customer only by way of a subscription or an invoice. #}
{% macro _is_of_changed_customer(key) -%}
    {%- set owners = {
        'subscription_id': 'stg_billing__subscriptions',
        'invoice_id': 'stg_billing__invoices',
    } -%}
    {%- set is_of_customer = 'customer_id in (' ~ changed_customers() ~ ')' -%}
    {%- if key in owners -%}
        {%- set owner = node_named(owners[key]).relation_name -%}
        {{- return(key ~ ' in (select ' ~ key ~ ' from ' ~ owner ~ ' where ' ~ is_of_customer ~ ')') -}}
    {%- endif -%}
    {{- return(is_of_customer) -}}
{%- endmacro %}
