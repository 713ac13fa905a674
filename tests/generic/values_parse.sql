{#- Reads the raw table behind a staging model: what is not a value of the contract's type fails with its key. -#}
{% test values_parse(model, table_name) %}

{%- set patterns = {
    'integer': '^ *[+-]?[0-9]{1,18}([.]0*)? *$',
    'decimal(18,4)': '^ *[+-]?[0-9]{1,14}([.][0-9]{0,4}0*)? *$',
    'decimal(18,8)': '^ *[+-]?[0-9]{1,10}([.][0-9]{0,8}0*)? *$',
    'boolean': '^ *([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[TtFf]|0|1) *$',
    'timestamp': '^ *[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?)?(Z|[+-]00(:?00)?)? *$',
    'date': '^ *[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]*)?(Z|[+-]00(:?00)?)? *$',
} -%}
{%- set contract = billing_contract(table_name) -%}
{%- set raw_types = {} -%}
{%- if execute -%}
    {%- set relation = billing_relation(table_name) -%}
    {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) -%}
        {%- do raw_types.update({column.name | lower: column.data_type | lower}) -%}
    {%- endfor -%}
{%- endif -%}

{%- set to_check = [] -%}
{%- for column in contract.columns if column.data_type in patterns and column.name in raw_types -%}
    {%- set raw_type = raw_types[column.name] -%}
    {#- a column that already has the type cannot hold anything else -#}
    {%- if not (
        raw_type == column.data_type
        or raw_type.startswith('timestamp') and column.data_type in ('timestamp', 'date')
        or raw_type == 'date' and column.data_type in ('timestamp', 'date')
        or raw_type in ('tinyint', 'smallint', 'integer', 'int')
        or raw_type == 'bigint' and column.data_type == 'integer'
    ) -%}
        {%- do to_check.append(column) -%}
    {%- endif -%}
{%- endfor -%}

with

raw_rows as (

    select * from {{ billing_table(table_name) }}

)

{% for column in to_check -%}
select
    '{{ table_name }}' as table_name,
    '{{ column.name }}' as column_name,
    {{ row_key(contract.key) }} as row_key,
    cast({{ column.name }} as {{ dbt.type_string() }}) as raw_value,
    'not a {{ column.data_type }}' as problem
from raw_rows
where
    {{ column.name }} is not null
    and (
        not {{ matches_pattern('cast(' ~ column.name ~ ' as ' ~ dbt.type_string() ~ ')', patterns[column.data_type]) }}
        {%- if raw_types[column.name] in ('float', 'real', 'float4') and column.data_type.startswith('decimal') %}
        -- seven digits cannot hold money, and print as if they did
        or true
        {%- endif %}
        {%- if column.data_type in ('timestamp', 'date') %}
        or {{ try_cast('cast(' ~ column.name ~ ' as ' ~ dbt.type_string() ~ ')', dbt.type_timestamp()) }} is null
        {%- endif %}
    )
{%- if not loop.last %}

union all

{% endif -%}
{%- else -%}
select
    '{{ table_name }}' as table_name,
    'none to check' as column_name
from raw_rows
where false
{%- endfor %}

{% endtest %}
