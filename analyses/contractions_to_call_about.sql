-- Whom should we call? Who contracted in the last three months and still pays, with how often a contraction of that
-- driver has been followed by churn within six months.
with

last_month as (

    select max(month_date) as month_date
    from {{ ref('mrr_waterfall') }}

),

contractions as (

    select movements.*
    from {{ ref('fct_mrr_movements') }} as movements
    inner join last_month on movements.month_date > {{ add_months('last_month.month_date', -3) }}
    where movements.movement_type = 'contraction'

),

driver_totals as (

    select
        customer_id,
        month_date,
        driver,
        sum(mrr_change) as mrr_change
    from {{ ref('fct_mrr_movement_drivers') }}
    where driver != 'fx'
    group by
        customer_id,
        month_date,
        driver

),

ranked_drivers as (

    select
        *,
        row_number() over (
            partition by customer_id, month_date
            order by mrr_change, driver
        ) as loss_rank
    from driver_totals

),

customers as (

    select *
    from {{ ref('dim_customers') }}
    where is_active

),

warnings as (

    select *
    from {{ ref('contraction_to_churn') }}
    where horizon_months = 6

)

select
    contractions.month_date,
    customers.customer_name,
    customers.csm_owner,
    contractions.mrr_change,
    customers.current_mrr,
    ranked_drivers.driver,
    warnings.churn_share_after_contraction,
    warnings.churn_share_of_comparison
from contractions
inner join customers on contractions.customer_id = customers.customer_id
inner join ranked_drivers
    on
        contractions.customer_id = ranked_drivers.customer_id
        and contractions.month_date = ranked_drivers.month_date
        and ranked_drivers.loss_rank = 1
left join warnings on ranked_drivers.driver = warnings.driver
order by
    warnings.churn_lift desc,
    contractions.mrr_change asc,
    customers.customer_name asc
