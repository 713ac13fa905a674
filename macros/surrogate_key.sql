{% macro surrogate_key(columns, free_text=[]) -%}
    {%- for column in columns -%}
        {%- set part = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- if not loop.first %} || '|' || {% endif -%}
        {%- if column in free_text -%} replace(replace({{ part }}, '%', '%25'), '|', '%7C') {%- else -%} {{ part }} {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
