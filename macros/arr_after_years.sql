{% macro arr_after_years(arr, nrr, new_arr_per_year, years) -%}
    {#- each year's new ARR is added at its end, so it compounds from the next year on -#}
    ({{ arr }}) * power({{ nrr }}, {{ years }})
    {%- for year in range(years) %}
    + ({{ new_arr_per_year }}) * power({{ nrr }}, {{ year }})
    {%- endfor %}
{%- endmacro %}
