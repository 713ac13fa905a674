{#-
  `new` comes once per customer and first, `reactivation` only after `churn`, and after `churn` nothing else. With
  `is_new_twice`, who comes back late is `new` again.
-#}
{% test movements_follow_each_other(
    model, customer_column='customer_id', month_column='month_date', type_column='movement_type',
    is_new_twice=false
) %}

with

movements as (

    select * from {{ model }}

),

in_order as (

    select
        {{ row_key([customer_column, month_column]) }} as row_key,
        {{ type_column }} as movement_type,
        coalesce(
            lag({{ type_column }}) over (partition by {{ customer_column }} order by {{ month_column }}), '(none)'
        ) as previous_movement_type
    from movements

)

select
    *,
    'this movement cannot follow that one' as problem
from in_order
where
    not coalesce(
        case previous_movement_type
            when '(none)' then movement_type = 'new'
            when 'churn' then movement_type in ('reactivation'{{ ", 'new'" if is_new_twice }})
            else movement_type in ('expansion', 'contraction', 'churn')
        end,
        false
    )

{% endtest %}
