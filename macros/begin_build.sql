{% macro begin_build() -%}
    {%- if execute and is_build() -%}
        {%- do run_query('create schema if not exists ' ~ ledger_state_relation().schema) -%}
        {%- do run_query(
            'create table if not exists ' ~ ledger_state_relation() ~ ' (rules ' ~ dbt.type_string()
            ~ ', vars ' ~ dbt.type_string() ~ ', last_month_date date, least_month_date date, input_digest ' ~ whole_type()
            ~ ', is_complete boolean, was_complete boolean, is_full_refresh boolean, nothing_changed boolean'
            ~ ', ledger_end_has_moved boolean)'
        ) -%}
        {%- if not run_query('select 1 from ' ~ ledger_state_relation()).rows -%}
            {%- do run_query(
                'insert into ' ~ ledger_state_relation() ~ ' (is_complete) values (false)'
            ) -%}
        {%- endif -%}

        {%- set last_build = ledger_state() -%}
        {%- set reason = '' -%}
        {%- if last_build.rules and not flags.FULL_REFRESH and not flags.EMPTY -%}
            {%- set reason = _why_the_last_build_does_not_hold(last_build) -%}
        {%- endif -%}
        {%- if reason -%}
            {%- do log('Full refresh: ' ~ reason, info=true) -%}
        {%- endif -%}
        {%- call statement('begin_build', auto_begin=true) -%}
        update {{ ledger_state_relation() }}
        set
            was_complete = is_complete,
            is_complete = false,
            nothing_changed = false,
            ledger_end_has_moved = true,
            is_full_refresh = {{ 'true' if flags.FULL_REFRESH or flags.EMPTY or not last_build.rules or reason else 'false' }}
        {%- endcall -%}
        {#- dbt rolls back what its hooks leave open -#}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}


{% macro _why_the_last_build_does_not_hold(last_build) -%}
    {%- set vars_then = fromjson(last_build.vars) -%}
    {%- set vars_now = fromjson(vars_as_json()) -%}
    {%- set changes = [] -%}
    {%- for name in vars_now if vars_now[name] != vars_then.get(name) -%}
        {%- do changes.append(name ~ ' was ' ~ vars_then.get(name) ~ ' and is ' ~ vars_now[name]) -%}
    {%- endfor -%}
    {%- if changes -%}
        {{- return('since the last build, var ' ~ changes | join(', var ')) -}}
    {%- elif last_build.is_full_refresh and not last_build.is_complete -%}
        {{- return('the last one did not build every model, or was a dry run (--empty)') -}}
    {%- elif not load_relation(api.Relation.create(
        database=target.database, schema=node_named('int_changed_customers').schema, identifier='int_changed_customers'
    )) -%}
        {#- which customers there were, and are no longer, nobody knows -#}
        {{- return('the table int_changed_customers is not there any more') -}}
    {%- elif last_build.rules != rules_digest() -%}
        {{- return('the models or macros are not those of the last build') -}}
    {%- endif -%}
{%- endmacro %}
