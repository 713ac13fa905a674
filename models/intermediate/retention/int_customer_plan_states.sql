{{ config(incremental_strategy='changed_customers') }}

with

plan_balances as (

    select *
    from {{ ref('int_plan_balances') }}
    where fx_basis = 'closing'

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

change_months as (

    select distinct
        customer_id,
        month_date
    from plan_balances

),

-- a state holds every plan in force, also those that did not change: a row per plan, which the sums below undo
plans_in_force as (

    select
        change_months.customer_id,
        change_months.month_date,
        plan_balances.product_id,
        plan_balances.plan_id,
        plan_balances.pool,
        plan_balances.closing_mrr
    from change_months
    inner join plan_balances
        on
            change_months.customer_id = plan_balances.customer_id
            and change_months.month_date >= plan_balances.month_date
            and change_months.month_date < coalesce(plan_balances.next_month_date, {{ end_of_time('date') }})
    where
        plan_balances.closing_mrr != 0
        -- a manual correction says nothing about what the customer has bought
        and plan_balances.pool != 'adjustment'

),

with_pool_balance as (

    select
        *,
        sum(closing_mrr) over (
            partition by customer_id, month_date, product_id, pool
        ) as pool_mrr
    from plans_in_force

),

-- a pool that counts as 0 counts for none of its plans
plans_that_pay as (

    select *
    from with_pool_balance
    where pool_mrr > 0

),

plan_totals as (

    select
        customer_id,
        month_date,
        plan_id,
        sum(closing_mrr) as closing_mrr
    from plans_that_pay
    group by
        customer_id,
        month_date,
        plan_id

),

ranked_plans as (

    select
        customer_id,
        month_date,
        plan_id,
        row_number() over (
            partition by customer_id, month_date
            order by closing_mrr desc, plan_id asc
        ) as size_rank
    from plan_totals

),

pricing_models as (

    select
        customer_id,
        month_date,
        case when min(pool) = max(pool) then min(pool) else 'mixed' end as pricing_model
    from plans_that_pay
    group by
        customer_id,
        month_date

)

-- a change that leaves no plan is a state too
select
    change_months.customer_id,
    change_months.month_date,
    ranked_plans.plan_id,
    plans.plan_name,
    plans.billing_interval,
    pricing_models.pricing_model
from change_months
left join ranked_plans
    on
        change_months.customer_id = ranked_plans.customer_id
        and change_months.month_date = ranked_plans.month_date
        and ranked_plans.size_rank = 1
left join plans on ranked_plans.plan_id = plans.plan_id
left join pricing_models
    on
        change_months.customer_id = pricing_models.customer_id
        and change_months.month_date = pricing_models.month_date
