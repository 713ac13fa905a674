-- One number for everything that is read: as long as it stays, there is nothing to build. It is the gate of the input
-- contract, too: it reads every staging model, so what comes after it is built when all input has passed its tests.
{{ config(materialized='table', post_hook="{{ compare_with_last_build() }}") }}

{% set staging = {
    'billing': [
        'customers', 'customer_versions', 'customer_exclusions', 'acquired_customers', 'products', 'plans', 'subscriptions',
        'subscription_item_versions', 'subscription_pauses', 'discounts', 'invoices', 'invoice_line_items',
        'exchange_rates', 'mrr_adjustments',
    ],
    'reference': ['benchmark_bands', 'arr_stages', 'funding_rounds', 'expansion_thresholds'],
} %}

with

{% for source, tables in staging.items() -%}
    {% for table_name in tables -%}
        {{ table_name }} as (

            select * from {{ ref('stg_' ~ source ~ '__' ~ table_name) }}

        ),

    {% endfor -%}
{% endfor %}
digests as (

    {% for table_name in staging.billing + staging.reference -%}
        select
            '{{ table_name }}' as table_name,
            count(*) as row_count,
            sum({{ row_hash([table_name]) }}) as row_hashes
        from {{ table_name }}

        {{ 'union all' if not loop.last }}

    {% endfor -%}
)

select cast(sum({{ row_hash(['digests']) }}) as {{ whole_type() }}) as input_digest
from digests
