{% macro end_build(results) -%}
    {#- after a dry run the next build is a full refresh -#}
    {%- if execute and is_build() and not flags.EMPTY -%}
        {%- set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set missing = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
            | map(attribute='unique_id') | reject('in', built) | list -%}
        {%- if not missing -%}
            {%- set changed_customers = node_named('int_changed_customers').relation_name -%}
            {%- call statement('end_build', auto_begin=true) -%}
            delete from {{ changed_customers }} where fingerprint is null;
            update {{ changed_customers }} set is_changed = false where is_changed;
            update {{ ledger_state_relation() }}
            set
                rules = '{{ rules_digest() }}',
                vars = '{{ vars_as_json() | replace("'", "''") }}',
                last_month_date = (select last_month_date from {{ node_named('int_ledger_bounds').relation_name }}),
                least_month_date = (select last_month_date from {{ node_named('int_ledger_bounds').relation_name }}),
                input_digest = (select input_digest from {{ node_named('int_input_digest').relation_name }}),
                is_complete = true
            {%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
