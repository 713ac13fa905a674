{% macro should_full_refresh() -%}
    {%- set is_asked_for = flags.FULL_REFRESH if config.get('full_refresh') is none else config.get('full_refresh') -%}
    {%- if is_asked_for or model.resource_type == 'seed' or not execute -%}
        {{- return(is_asked_for) -}}
    {%- endif -%}
    {# what is only tested, compiled, linted or documented says the whole rule #}
    {{- return(model.resource_type != 'model' or not is_build() or ledger_state().is_full_refresh) -}}
{%- endmacro %}
