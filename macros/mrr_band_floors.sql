{% macro mrr_band_floors() -%}
    {#- parsing must survive whatever the var holds, for check_vars to say what is wrong with it -#}
    {%- set floors = [] -%}
    {%- for floor in (var('mrr_band_floors') if var('mrr_band_floors') is sequence else []) if floor is number -%}
        {%- do floors.append(floor | int if floor == floor | int else floor) -%}
    {%- endfor -%}
    {{- return(floors or [0]) -}}
{%- endmacro %}
