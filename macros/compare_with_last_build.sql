{% macro compare_with_last_build() -%}
    update {{ ledger_state_relation() }}
    set
        nothing_changed = {{ 'false and ' if _is_more_read_than_the_digest_knows() }}coalesce(
            was_complete and not is_full_refresh and input_digest = (select now.input_digest from {{ this }} as now), false
        )
{%- endmacro %}


{# What models of a user's own read besides staging may change while the digest stays. #}
{% macro _is_more_read_than_the_digest_knows() -%}
    {%- set in_digest = node_named('int_input_digest').depends_on.nodes if execute -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.unique_id not in in_digest -%}
        {%- for parent in node.depends_on.nodes if not parent.startswith('model.') -%}
            {{- return(true) -}}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(false) -}}
{%- endmacro %}
