{#-
  Per key (or over the whole table, without keys), no month is missing between the first row and the last month of the
  ledger, and none lies after it. With `closing_column`, months may be missing after a row that closes at 0.
-#}
{% test months_are_gapless(
    model, ledger_bounds, key_columns=[], month_column='month_date', closing_column=none
) %}

{%- set partition = 'partition by ' ~ key_columns | join(', ') if key_columns else '' %}

with

balances as (

    select * from {{ model }}

),

ledger_bounds as (

    select last_month_date from {{ ledger_bounds }}

),

with_next as (

    select
        {{ row_key(key_columns + [month_column]) }} as row_key,
        {{ month_column }} as month_date,
        {{ closing_column or 1 }} as closing_balance,
        lead({{ month_column }}) over ({{ partition }} order by {{ month_column }}) as next_month_date
    from balances

)

select
    with_next.*,
    'the month after it is missing, or it lies after the ledger' as problem
from with_next
cross join ledger_bounds
where
    with_next.month_date > ledger_bounds.last_month_date
    or (
        with_next.month_date < ledger_bounds.last_month_date
        and with_next.closing_balance > 0
        and coalesce(with_next.next_month_date, {{ end_of_time('date') }})
        != {{ add_months('with_next.month_date', 1) }}
    )

{% endtest %}
