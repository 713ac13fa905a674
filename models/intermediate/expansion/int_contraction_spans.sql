{{ config(incremental_strategy='changed_customers') }}

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
        customer_id,
        month_date,
        closing_mrr,
        {{ add_months('next_month_date', -1) }} as last_month_date,
        min(case when {{ is_churn('opening_mrr', 'closing_mrr') }} then month_date end) over (
            partition by customer_id
            order by month_date
            rows between 1 following and unbounded following
        ) as churn_month_date
    from customer_balances

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
-- null where no change comes after it: whoever reads it ends it with the ledger
where
    last_month_date is null
    or from_month_date <= last_month_date
