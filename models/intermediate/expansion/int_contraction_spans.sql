with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'contraction'

),

movement_drivers as (

    select *
    from {{ ref('fct_mrr_movement_drivers') }}
    where driver != 'fx'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

customer_drivers as (

    select
        customer_id,
        month_date,
        driver,
        sum(mrr_change) as mrr_change
    from movement_drivers
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
            order by mrr_change asc, driver asc
        ) as loss_rank
    from customer_drivers

),

-- the months from one change to the one before the next, and the churn that comes after them
runs as (

    select
        customer_balances.customer_id,
        customer_balances.month_date,
        customer_balances.closing_mrr,
        coalesce(
            {{ add_months('customer_balances.next_month_date', -1) }}, ledger_bounds.last_month_date
        ) as last_month_date,
        min(
            case
                when customer_balances.opening_mrr > 0 and customer_balances.closing_mrr = 0
                    then customer_balances.month_date
            end
        ) over (
            partition by customer_balances.customer_id
            order by customer_balances.month_date
            rows between 1 following and unbounded following
        ) as churn_month_date
    from customer_balances
    cross join ledger_bounds

),

with_contraction as (

    select
        runs.*,
        ranked_drivers.driver
    from runs
    left join movements
        on
            runs.customer_id = movements.customer_id
            and runs.month_date = movements.month_date
    left join ranked_drivers
        on
            movements.customer_id = ranked_drivers.customer_id
            and movements.month_date = ranked_drivers.month_date
            and ranked_drivers.loss_rank = 1
    where runs.closing_mrr > 0

),

spans as (

    select
        customer_id,
        driver as contraction_driver,
        month_date as from_month_date,
        month_date as last_month_date,
        churn_month_date
    from with_contraction
    where driver is not null

    union all

    -- the months without a contraction: a contraction takes the first one of its run
    select
        customer_id,
        cast(null as {{ dbt.type_string() }}) as contraction_driver,
        case when driver is null then month_date else {{ add_months('month_date', 1) }} end as from_month_date,
        last_month_date,
        churn_month_date
    from with_contraction

)

select *
from spans
where from_month_date <= last_month_date
