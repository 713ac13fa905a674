{% macro log_absent_tables() -%}
    {%- if execute and var('demo_data') == false -%}
        {%- set absent = {'empty': [], 'null': []} -%}
        {%- for table in graph.sources.values() if table.source_name == 'billing' -%}
            {%- set contract = billing_contract(table.name) -%}
            {%- set relation = find_billing_table(table.name, var('raw_schema')) -%}
            {%- if relation -%}
                {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
                {%- for column in contract.columns if column.is_nullable and column.name not in names -%}
                    {%- do absent['null'].append(table.name ~ '.' ~ column.name) -%}
                {%- endfor -%}
            {%- elif contract.is_optional -%}
                {%- do absent['empty'].append(table.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for read_as, names in absent.items() if names -%}
            {%- do log('Not in schema ' ~ var('raw_schema') ~ ', so read as ' ~ read_as ~ ': ' ~ names | sort | join(', '), info=true) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
