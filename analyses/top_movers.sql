-- Who moved MRR most in the last three months, up and down, and by what?
with

last_month as (

    select max(month_date) as month_date
    from {{ ref('mrr_waterfall') }}

),

movements as (

    select
        movements.*,
        -- a gain or a loss of one customer is told by its largest driver; who comes or goes has none
        row_number() over (
            order by movements.mrr_change desc, movements.customer_id asc, movements.month_date asc
        ) as gain_rank,
        row_number() over (order by movements.mrr_change, movements.customer_id, movements.month_date) as loss_rank
    from {{ ref('fct_mrr_movements') }} as movements
    inner join last_month on movements.month_date > {{ add_months('last_month.month_date', -3) }}

),

driver_totals as (

    select
        customer_id,
        month_date,
        driver,
        sum(mrr_change) as mrr_change
    from {{ ref('fct_mrr_movement_drivers') }}
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
            order by abs(mrr_change) desc, driver asc
        ) as driver_rank
    from driver_totals

),

customers as (

    select * from {{ ref('dim_customers') }}

)

select
    movements.month_date,
    customers.customer_name,
    customers.segment,
    customers.csm_owner,
    movements.movement_type,
    movements.mrr_change,
    ranked_drivers.driver as largest_driver
from movements
inner join customers on movements.customer_id = customers.customer_id
left join ranked_drivers
    on
        movements.customer_id = ranked_drivers.customer_id
        and movements.month_date = ranked_drivers.month_date
        and ranked_drivers.driver_rank = 1
where
    movements.gain_rank <= 10
    or movements.loss_rank <= 10
order by
    movements.mrr_change desc,
    customers.customer_name asc
