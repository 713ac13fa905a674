{#-
  `ratios` maps a column to its numerator and denominator: the column is their quotient to within half of its sixth
  decimal, without a division that could round on the way, and null exactly where the denominator is 0.
-#}
{% test ratios_are_exact(model, ratios, row_key_columns) %}

{% for ratio, (numerator, denominator) in ratios.items() -%}
select
    {{ row_key(row_key_columns) }} as row_key,
    '{{ ratio }}' as column_name,
    {{ ratio }} as ratio,
    'not its numerator over its denominator' as problem
from {{ model }}
where
    not coalesce(
        case
            when ({{ denominator }}) = 0 then {{ ratio }} is null
            else abs(cast({{ ratio }} as decimal(28, 6)) * ({{ denominator }}) - ({{ numerator }})) <= abs({{ denominator }}) * 0.0000005
        end,
        false
    )
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}

{% endtest %}
