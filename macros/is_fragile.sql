{% macro is_fragile(rates) -%}
    case
        when {{ is_annual(rates ~ '.period_type') }}
            then {{ rates }}.nrr >= 1 and {{ rates }}.grr < {{ var('fragile_grr_threshold') }}
    end
{%- endmacro %}
