{% macro has_come(local_timestamp) -%}
    {%- if var('late_renewal_grace_days') != 0 -%}
        {{- local_timestamp }} < {{ add_days('ledger_bounds.as_of_date', 1) -}}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
