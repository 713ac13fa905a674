{% macro customers_as_last_built() -%}
    {%- if is_incremental() -%}
        select * from {{ this }}
    {%- else -%}
        select
            customer_id,
            ledger_customer_id,
            fingerprint,
            true as is_changed
        from fingerprints
    {%- endif -%}
{%- endmacro %}
