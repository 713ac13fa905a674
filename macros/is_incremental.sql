{% macro is_incremental() -%}
    {#- a unit test has no relation to look for -#}
    {{- return(model.resource_type == 'model' and dbt.is_incremental()) -}}
{%- endmacro %}
