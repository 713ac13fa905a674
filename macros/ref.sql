{% macro ref() -%}
    {%- set name = varargs | last -%}
    {%- set strategy = none -%}
    {%- if execute and model.resource_type == 'model' and config.get('materialized') == 'incremental' and is_incremental() -%}
        {%- set strategy = config.get('incremental_strategy') -%}
    {%- endif -%}
    {%- if strategy not in ['changed_customers', 'when_changed'] -%}
        {{- return(builtins.ref(*varargs, **kwargs)) -}}
    {%- endif -%}

    {%- set node = node_named(name) -%}
    {%- set state = ledger_state() -%}
    {%- set rows = none -%}
    {%- if state.nothing_changed -%}
        {%- set rows = 'select * from ' ~ node.relation_name ~ ' where false' -%}
    {%- elif strategy == 'changed_customers' and not (config.get('meta', {}).get('grows_by') and state.ledger_end_has_moved) -%}
        {%- set rows = _rows_of_changed_customers(node) -%}
    {%- endif -%}
    {{- return('(' ~ rows ~ '\n) as ' ~ name if rows else node.relation_name) -}}
{%- endmacro %}


{% macro _rows_of_changed_customers(node) -%}
    {%- set key = node.config.meta.get('customer_key') -%}
    {%- if key and node.config.materialized == 'view' and 'staging' not in node.fqn -%}
        {#- a view would work out everybody's rows first: its own SQL reads, by this macro, those of changed customers -#}
        {{- return(render(node.raw_code)) -}}
    {%- elif key -%}
        {{- return('select * from ' ~ node.relation_name ~ ' where ' ~ _is_of_changed_customer(key)) -}}
    {%- endif -%}
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
