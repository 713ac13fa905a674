{% set table_name = {'subscriptions': 'subscriptions', 'invoices': 'invoice_line_items'}[var('mrr_basis')] %}

with

counted as (

    select count(*) as row_count from {{ ref('stg_billing__' ~ table_name) }}

)

select
    '{{ table_name }}' as table_name,
    'the table is empty' as problem
from counted
where row_count = 0
{% if flags.EMPTY -%}
    -- a dry run reads no row
    and false
{%- endif %}
