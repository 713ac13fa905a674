{# how data is published is no rule of the ledger #}
{% macro vars_as_json() -%}
    {%- set values = {} -%}
    {%- for name in declared_vars() if name != 'personal_data' -%}
        {#- YAML reads a day without quotation marks as a date -#}
        {%- set value = var(name) -%}
        {%- do values.update({name: value if value is none or value is number or value is iterable else value | string}) -%}
    {%- endfor -%}
    {{- return(tojson(values, sort_keys=true)) -}}
{%- endmacro %}
