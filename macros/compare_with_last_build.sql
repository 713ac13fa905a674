{% macro compare_with_last_build() -%}
    update {{ ledger_state_relation() }}
    set
        nothing_changed = coalesce(
            was_complete and not is_full_refresh and input_digest = (select now.input_digest from {{ this }} as now), false
        )
{%- endmacro %}
