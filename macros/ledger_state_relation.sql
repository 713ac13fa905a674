{% macro ledger_state_relation() -%}
    {{- return(api.Relation.create(database=target.database, schema='ledger_state', identifier='build')) -}}
{%- endmacro %}
