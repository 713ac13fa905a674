{% macro billing_table(table_name) -%}
    {%- set relation = billing_relation(table_name) -%}
    {#- the seeds have the contract's columns, and may not be built yet while compiling -#}
    {%- if not execute or var('demo_data') != false -%}
        {{- relation -}}
    {%- else -%}
        {%- set contract = billing_contract(table_name) -%}
        {%- set raw_types = {} -%}
        {%- if relation is not none -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do raw_types.update({column.name | lower: column.data_type | lower}) -%}
            {%- endfor -%}
        {%- elif not contract.is_optional -%}
            {{ exceptions.raise_compiler_error(
                'The required raw table ' ~ source('billing', table_name) ~ ' does not exist.'
            ) }}
        {%- endif -%}

        {%- set missing = [] -%}
        {%- for column in contract.columns if relation and not column.is_nullable and column.name not in raw_types -%}
            {%- do missing.append(column.name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error('Raw table ' ~ relation ~ ' lacks required columns: ' ~ missing | join(', ')) }}
        {%- endif -%}

        (
            select
                {%- for column in contract.columns %}
                {% if column.name not in raw_types -%}
                    cast(null as {{ api.Column.translate_type(column.data_type) }}) as {{ column.name }}
                {%- elif raw_types[column.name] == 'timestamp with time zone' -%}
                    {#- an instant, which reads differently in every session's zone until it is in UTC -#}
                    {{ column.name }} at time zone 'UTC' as {{ column.name }}
                {%- else -%}
                    {{ column.name }}
                {%- endif -%}
                {{ ',' if not loop.last }}
                {%- endfor %}
            {{ 'from ' ~ relation if relation }}
            {{ 'where false' if not relation or flags.EMPTY }}
        )
    {%- endif -%}
{%- endmacro %}
