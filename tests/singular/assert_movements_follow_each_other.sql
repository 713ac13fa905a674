with

movements as (

    select * from {{ ref('fct_mrr_movements') }}

),

ordered as (

    select
        customer_id,
        month_date,
        movement_type,
        opening_mrr,
        lag(movement_type) over (partition by customer_id order by month_date) as previous_movement_type,
        lag(closing_mrr) over (partition by customer_id order by month_date) as previous_closing_mrr
    from movements

)

-- new comes first and once, a reactivation follows a churn, and nothing else does
select *
from ordered
where
    (movement_type = 'new') != (previous_movement_type is null)
    or (movement_type = 'reactivation') != (coalesce(previous_movement_type, '') = 'churn')
    or opening_mrr != coalesce(previous_closing_mrr, 0)
