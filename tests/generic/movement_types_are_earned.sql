{#-
  The type of a movement is read off every month of its customer: zero before size, and `new` only for who never paid
  at the end of an earlier month.
-#}
{% test movement_types_are_earned(
    model, balances, customer_column='customer_id', month_column='month_date', type_column='movement_type'
) %}

with

movements as (

    select * from {{ model }}

),

balances as (

    select * from {{ balances }}

),

first_paid_months as (

    select
        {{ customer_column }},
        min({{ month_column }}) as first_paid_month_date
    from balances
    where closing_mrr > 0
    group by {{ customer_column }}

),

judged as (

    select
        {{ row_key(['movements.' ~ customer_column, 'movements.' ~ month_column]) }} as row_key,
        movements.{{ type_column }} as movement_type,
        case
            when balances.opening_mrr = 0 and balances.closing_mrr > 0
                then case
                    when first_paid_months.first_paid_month_date < balances.{{ month_column }} then 'reactivation'
                    else 'new'
                end
            when balances.opening_mrr > 0 and balances.closing_mrr = 0 then 'churn'
            when balances.opening_mrr < balances.closing_mrr then 'expansion'
            when balances.opening_mrr > balances.closing_mrr then 'contraction'
        end as earned_movement_type
    from movements
    left join balances
        on
            movements.{{ customer_column }} = balances.{{ customer_column }}
            and movements.{{ month_column }} = balances.{{ month_column }}
    left join first_paid_months on movements.{{ customer_column }} = first_paid_months.{{ customer_column }}

)

select
    *,
    'the balances say another movement' as problem
from judged
where not coalesce(movement_type = earned_movement_type, false)

{% endtest %}
