{% macro billing_table(table_name) -%}
    {%- set relation = billing_relation(table_name) -%}
    {#- the seeds have the contract's columns, and may not be built yet while compiling -#}
    {%- if not execute or var('demo_data') != false -%}
        {{- relation -}}
    {%- else -%}
        {%- set contract = billing_contract(table_name) -%}
        {%- set is_present = load_relation(relation) is not none -%}
        {%- set present = [] -%}
        {%- if is_present -%}
            {%- set present = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
        {%- elif not contract.is_optional -%}
            {{ exceptions.raise_compiler_error('The required raw table ' ~ relation ~ ' does not exist.') }}
        {%- endif -%}

        {%- set missing = [] -%}
        {%- for column in contract.columns if is_present and not column.is_optional and column.name not in present -%}
            {%- do missing.append(column.name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error('Raw table ' ~ relation ~ ' lacks required columns: ' ~ missing | join(', ')) }}
        {%- endif -%}

        (
            select
                {%- for column in contract.columns %}
                {{ column.name if column.name in present else 'cast(null as ' ~ column.data_type ~ ') as ' ~ column.name }}
                {{- ',' if not loop.last }}
                {%- endfor %}
            {{ 'from ' ~ relation if is_present else 'where false' }}
        )
    {%- endif -%}
{%- endmacro %}
