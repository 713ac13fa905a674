{#-
  Exactly one movement for each customer and month whose balance moved, with that month's opening, closing and change,
  and none where it did not. The balances are read from every month, not from the changes that movements come from.
-#}
{% test movements_account_for_every_change(
    model, balances, customer_column='customer_id', month_column='month_date', closing_expression='closing_mrr'
) %}

with

movements as (

    select
        {{ customer_column }} as customer_id,
        {{ month_column }} as month_date,
        count(*) as movements,
        min(opening_mrr) as opening_mrr,
        max(closing_mrr) as closing_mrr,
        sum(mrr_change) as mrr_change
    from {{ model }}
    group by
        {{ customer_column }},
        {{ month_column }}

),

changes as (

    select
        {{ customer_column }} as customer_id,
        {{ month_column }} as month_date,
        opening_mrr,
        {{ closing_expression }} as closing_mrr
    from {{ balances }}
    where opening_mrr != {{ closing_expression }}

)

select
    {{ row_key([
        'coalesce(changes.customer_id, movements.customer_id)', 'coalesce(changes.month_date, movements.month_date)'
    ]) }} as row_key,
    changes.opening_mrr,
    changes.closing_mrr,
    coalesce(movements.movements, 0) as movements,
    movements.mrr_change,
    'not exactly one movement of the size of the change' as problem
from changes
full outer join movements
    on
        changes.customer_id = movements.customer_id
        and changes.month_date = movements.month_date
where
    not coalesce(
        movements.movements = 1
        and movements.opening_mrr = changes.opening_mrr
        and movements.closing_mrr = changes.closing_mrr
        and movements.mrr_change = changes.closing_mrr - changes.opening_mrr,
        false
    )

{% endtest %}
