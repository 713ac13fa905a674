{#-
  A state holds from its month to the one before `next_month_date` (or on, without one). In its first and in its last
  month it is exactly the sum of the items of its key in force then; `closing_expression` is what it closes at. The items
  may be states of a finer grain; `condition` says which are the ledger's.
-#}
{% test states_sum_their_items(
    model, items, ledger_bounds, key_columns, closing_expression='closing_mrr', month_column='month_date',
    from_column='from_month_date', to_column='to_month_date', amount_column='net_mrr', condition='true'
) %}

with

states as (

    select * from {{ model }}

),

items as (

    select * from {{ items }}
    where {{ condition }}

),

ledger_bounds as (

    select last_month_date from {{ ledger_bounds }}

),

first_and_last_months as (

    select
        {{ key_columns | join(', ') }},
        {{ month_column }} as month_date,
        {{ closing_expression }} as closing_balance
    from states

    union distinct

    select
        {%- for column in key_columns %}
        states.{{ column }},
        {%- endfor %}
        coalesce({{ add_months('states.next_month_date', -1) }}, ledger_bounds.last_month_date) as month_date,
        {{ closing_expression }} as closing_balance
    from states
    cross join ledger_bounds

),

-- several items are in force in one state: the fan-out is undone by the sum
summed as (

    select
        {%- for column in key_columns %}
        first_and_last_months.{{ column }},
        {%- endfor %}
        first_and_last_months.month_date,
        first_and_last_months.closing_balance,
        coalesce(sum(items.{{ amount_column }}), 0) as net_mrr
    from first_and_last_months
    left join items
        on
            {%- for column in key_columns %}
            {{ 'and ' if not loop.first }}first_and_last_months.{{ column }} = items.{{ column }}
            {%- endfor %}
            and first_and_last_months.month_date >= items.{{ from_column }}
            and first_and_last_months.month_date < coalesce(items.{{ to_column }}, {{ end_of_time('date') }})
    group by
        {%- for column in key_columns %}
        first_and_last_months.{{ column }},
        {%- endfor %}
        first_and_last_months.month_date,
        first_and_last_months.closing_balance

)

select
    {{ row_key(key_columns + ['month_date']) }} as row_key,
    closing_balance,
    net_mrr,
    'the state is not the sum of its items' as problem
from summed
where not coalesce(closing_balance = net_mrr, false)

{% endtest %}
