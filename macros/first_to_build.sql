{% macro first_to_build(first_date, customer_id, step_months, length_months) -%}
    {%- if is_incremental() -%}
        {%- set not_built = add_months(
            add_months(period_start(first_date_not_built(), step_months), '-' ~ length_months), step_months
        ) -%}
        case
            when {{ customer_id }} in ({{ changed_customers() }}) then {{ first_date }}
            else greatest({{ first_date }}, {{ not_built }})
        end
    {%- else -%}
        {{- first_date -}}
    {%- endif -%}
{%- endmacro %}
