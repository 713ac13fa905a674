{% macro is_counted_line_type() -%}
    {%- set counted = [] -%}
    {%- if var('usage_policy') == 'included' -%}
        {%- do counted.append("'usage'") -%}
    {%- endif -%}
    {%- if var('mrr_basis') == 'invoices' -%}
        {%- do counted.append("'recurring'") -%}
    {%- endif -%}
    {{- 'line_type in (' ~ counted | join(', ') ~ ')' if counted else 'false' -}}
{%- endmacro %}
