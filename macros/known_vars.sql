{% macro known_vars() -%}
    {%- set known = [
        'demo_data', 'raw_schema', 'mrr_basis', 'as_of_date', 'close_lag_days', 'reporting_timezone',
        'reporting_currency', 'fx_policy', 'constant_fx_date', 'customer_grain', 'fiscal_year_start_month',
        'late_renewal_grace_days', 'reactivation_window_months', 'paused_as', 'delinquent_after_days',
        'discount_policy', 'usage_policy', 'churn_recognised_at', 'mrr_band_floors', 'fragile_grr_threshold',
        'personal_data',
    ] -%}
    {{- return(known) -}}
{%- endmacro %}
