{% macro insert_new_rows(arguments) -%}
    {#- with on_schema_change, dbt gives the columns in the order of the new rows, and not of the table -#}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arguments.temp_relation }}
{%- endmacro %}
