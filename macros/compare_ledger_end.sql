{% macro compare_ledger_end() -%}
    update {{ ledger_state_relation() }}
    set
        ledger_end_has_moved = coalesce(least_month_date != (select bounds.last_month_date from {{ this }} as bounds), true),
        least_month_date = least(least_month_date, (select bounds.last_month_date from {{ this }} as bounds))
{%- endmacro %}
