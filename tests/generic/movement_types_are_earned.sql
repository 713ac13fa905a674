{#-
  The type of a movement is read off every month of its customer: zero before size, and `new` only for who never paid
  at the end of an earlier month, or (with `window_months`) of none of that many months and the one before them.
-#}
{% test movement_types_are_earned(
    model, balances, customer_column='customer_id', month_column='month_date', type_column='movement_type',
    closing_expression='closing_mrr', window_months=none
) %}

with

movements as (

    select * from {{ model }}

),

balances as (

    select
        {{ customer_column }},
        {{ month_column }},
        opening_mrr,
        {{ closing_expression }} as closing_mrr
    from {{ balances }}

),

-- every earlier month of a customer, one by one: the fan-out is undone by the maximum
with_past as (

    select
        movements.{{ customer_column }},
        movements.{{ month_column }},
        movements.{{ type_column }} as movement_type,
        max(paid.{{ month_column }}) as last_paid_month_date
    from movements
    left join balances as paid
        on
            movements.{{ customer_column }} = paid.{{ customer_column }}
            and movements.{{ month_column }} > paid.{{ month_column }}
            and paid.closing_mrr > 0
    group by
        movements.{{ customer_column }},
        movements.{{ month_column }},
        movements.{{ type_column }}

),

judged as (

    select
        {{ row_key(['with_past.' ~ customer_column, 'with_past.' ~ month_column]) }} as row_key,
        with_past.movement_type,
        case
            when balances.opening_mrr = 0 and balances.closing_mrr > 0
                then case
                    when with_past.last_paid_month_date is null then 'new'
                    {%- if window_months is not none %}
                    when with_past.last_paid_month_date
                        < {{ add_months('with_past.' ~ month_column, -1 - window_months) }}
                        then 'new'
                    {%- endif %}
                    else 'reactivation'
                end
            when balances.opening_mrr > 0 and balances.closing_mrr = 0 then 'churn'
            when balances.opening_mrr < balances.closing_mrr then 'expansion'
            when balances.opening_mrr > balances.closing_mrr then 'contraction'
        end as earned_movement_type
    from with_past
    left join balances
        on
            with_past.{{ customer_column }} = balances.{{ customer_column }}
            and with_past.{{ month_column }} = balances.{{ month_column }}

)

select
    *,
    'the balances say another movement' as problem
from judged
where not coalesce(movement_type = earned_movement_type, false)

{% endtest %}
