{#-
  A bridge that chains: per key (or over the whole table, without keys), a row opens with exactly what the row before it
  closed with, and the first one with 0. Where months may be skipped, `skipped_months` says what held in them:
  `empty` (nothing, so the row after a skipped month opens with 0) or `unchanged` (what the row before them left).
-#}
{% test balances_chain(
    model, key_columns=[], month_column='month_date', opening_column='opening_mrr', closing_column='closing_mrr',
    skipped_months='empty'
) %}

{%- set partition = 'partition by ' ~ key_columns | join(', ') if key_columns else '' %}

with

balances as (

    select * from {{ model }}

),

chained as (

    select
        {{ row_key(key_columns + [month_column]) }} as row_key,
        {{ month_column }} as month_date,
        {{ opening_column }} as opening_balance,
        lag({{ closing_column }}) over ({{ partition }} order by {{ month_column }}) as previous_closing_balance,
        lag({{ month_column }}) over ({{ partition }} order by {{ month_column }}) as previous_month_date
    from balances

)

select
    *,
    'the opening balance is not the previous closing balance' as problem
from chained
where
    not coalesce(opening_balance = coalesce(previous_closing_balance, 0), false)
    {%- if skipped_months == 'empty' %}
    or (opening_balance > 0 and month_date != {{ add_months('previous_month_date', 1) }})
    {%- endif %}

{% endtest %}
