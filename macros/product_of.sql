{% macro product_of(whole_expression) -%}
    {{- adapter.dispatch('product_of', 'cohort_ledger')(whole_expression) -}}
{%- endmacro %}


{% macro duckdb__product_of(whole_expression) -%}
    list_reduce(list({{ whole_expression }}), lambda first, second: first * second)
{%- endmacro %}


{% macro spark__product_of(whole_expression) -%}
    aggregate(
        collect_list({{ whole_expression }}), cast(1 as decimal(38, 0)),
        (first, second) -> cast(first * second as decimal(38, 0))
    )
{%- endmacro %}
