{{ config(incremental_strategy='changed_customers') }}

with

plan_changes as (

    select * from {{ ref('int_plan_changes') }}

),

pool_changes as (

    select *
    from {{ ref('int_pool_changes') }}
    where not is_negative

),

product_changes as (

    select *
    from {{ ref('int_product_changes') }}
    where
        is_kept
        and not is_negative

),

plans as (

    select * from {{ ref('int_plans_normalized') }}

),

-- a plan that stands on both sides is explained for itself; those that stand on one side only are one swap
explained as (

    select
        plan_changes.*,
        plans.tier_rank,
        case
            when plan_changes.opening_items > 0 and plan_changes.closing_items > 0 then plan_changes.plan_id
        end as kept_plan_id
    from plan_changes
    inner join product_changes
        on
            plan_changes.customer_id = product_changes.customer_id
            and plan_changes.product_id = product_changes.product_id
            and plan_changes.month_date = product_changes.month_date
    inner join pool_changes
        on
            plan_changes.customer_id = pool_changes.customer_id
            and plan_changes.product_id = pool_changes.product_id
            and plan_changes.pool = pool_changes.pool
            and plan_changes.month_date = pool_changes.month_date
    left join plans on plan_changes.plan_id = plans.plan_id

),

with_tiers as (

    select
        *,
        max(opening_items) over (
            partition by customer_id, product_id, pool, month_date, kept_plan_id, tier_rank
        ) > 0 as is_tier_at_opening,
        max(closing_items) over (
            partition by customer_id, product_id, pool, month_date, kept_plan_id, tier_rank
        ) > 0 as is_tier_at_closing
    from explained

)

select
    customer_id,
    product_id,
    pool,
    month_date,
    kept_plan_id,
    {% for end in ['opening', 'closing'] -%}
        cast(sum({{ end }}_items) as {{ dbt.type_bigint() }}) as {{ end }}_items,
        -- one quantity that is unknown leaves no seats to count
        cast(
            case when count(opening_quantity + closing_quantity) = count(*) then sum({{ end }}_quantity) else 1 end
            as {{ dbt.type_bigint() }}
        ) as {{ end }}_quantity,
        cast(sum({{ end }}_gross_mrr) as decimal(18, 4)) as {{ end }}_gross_mrr,
        cast(sum({{ end }}_mrr) as decimal(18, 4)) as {{ end }}_mrr,
    {% endfor -%}
    max(case when is_tier_at_opening != is_tier_at_closing then 1 else 0 end) = 1 as is_other_tier,
    max(case when is_below_first_price then 1 else 0 end) = 1 as is_below_first_price
from with_tiers
group by
    customer_id,
    product_id,
    pool,
    month_date,
    kept_plan_id
