{% macro whole_share() -%} cast(1000000000000000000 as {{ whole_type() }}) {%- endmacro %}
