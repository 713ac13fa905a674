{% macro changed_customers() -%}
    select customer_id from {{ node_named('int_changed_customers').relation_name }} where is_changed
{%- endmacro %}
