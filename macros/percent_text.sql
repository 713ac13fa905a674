{#- as exact as the ratio, whose six decimals are what comparisons read: a word beside it cannot contradict it -#}
{% macro percent_text(ratio) -%}
    {{ dbt.replace(
        'cast(cast(cast(' ~ ratio ~ ' as decimal(28, 6)) * 100 as decimal(18, 4)) as ' ~ dbt.type_string() ~ ") || ' %'",
        "'00 %'", "' %'"
    ) }}
{%- endmacro %}
