{% macro is_in_benchmark_band(rates, bands) -%}
    {{ bands }}.metric = 'nrr'
    and {{ is_annual(rates ~ '.period_type') }}
    and {{ is_within(rates ~ '.nrr', bands ~ '.from_ratio', bands ~ '.to_ratio') }}
{%- endmacro %}
