{% macro find_billing_table(table_name, schema) -%}
    {%- if execute -%}
        {%- set in_schema = api.Relation.create(database=target.database, schema=schema) -%}
        {%- for row in dbt.list_relations_without_caching(in_schema) if row['name'] | lower == table_name -%}
            {{- return(in_schema.incorporate(path={'identifier': row['name']})) -}}
        {%- endfor -%}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
