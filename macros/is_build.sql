{% macro is_build() -%}
    {{- return(flags.WHICH in ['run', 'build', 'retry']) -}}
{%- endmacro %}
