{# Data must not be able to move a cursor, colour a terminal or write a line of its own into a log. #}
{% macro printable(value) -%}
    {%- set escapes = {} -%}
    {%- for code in range(32) | list + range(127, 160) | list + range(8206, 8208) | list + range(8232, 8239) | list
        + range(8294, 8298) | list -%}
        {%- do escapes.update({code: '\\u%04x' % code}) -%}
    {%- endfor -%}
    {{- return((value | string).translate(escapes)) -}}
{%- endmacro %}
