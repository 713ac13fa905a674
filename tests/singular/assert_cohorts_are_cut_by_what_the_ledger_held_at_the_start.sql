-- the plan with the most MRR, the pricing model, the band of the opening MRR and the year of acquisition, each read in
-- the month that ends where the period starts
with

cohort_snapshots as (

    select * from {{ ref('fct_cohort_snapshots') }}

),

customer_months as (

    select * from {{ ref('fct_customer_mrr_months') }}

),

valuations as (

    select *
    from {{ ref('int_mrr_valuations') }}
    where
        fx_basis = 'closing'
        and pool != 'adjustment'

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

floors as (

    {% for floor in mrr_band_floors() %}
        select
            '{{ floor }}+' as mrr_band,
            cast({{ floor }} as decimal(18, 4)) as band_floor
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- a band holds up to the next higher floor
bands as (

    select
        floors.mrr_band,
        floors.band_floor,
        min(higher_floors.band_floor) as next_floor
    from floors
    left join floors as higher_floors on floors.band_floor < higher_floors.band_floor
    group by
        floors.mrr_band,
        floors.band_floor

),

starts as (

    select distinct
        customer_id,
        period_start_date,
        {{ add_months('period_start_date', -1) }} as month_before_date
    from cohort_snapshots

),

plan_balances as (

    select
        starts.customer_id,
        starts.period_start_date,
        valuations.product_id,
        valuations.pool,
        valuations.plan_id,
        sum(valuations.net_mrr) as mrr
    from starts
    inner join valuations
        on
            starts.customer_id = valuations.customer_id
            and starts.month_before_date >= valuations.from_month_date
            and starts.month_before_date < coalesce(valuations.to_month_date, {{ end_of_time('date') }})
    group by
        starts.customer_id,
        starts.period_start_date,
        valuations.product_id,
        valuations.pool,
        valuations.plan_id

),

paying_pools as (

    select
        customer_id,
        period_start_date,
        product_id,
        pool
    from plan_balances
    group by
        customer_id,
        period_start_date,
        product_id,
        pool
    having sum(mrr) > 0

),

paying_plans as (

    select
        plan_balances.customer_id,
        plan_balances.period_start_date,
        plan_balances.plan_id,
        sum(plan_balances.mrr) as mrr
    from plan_balances
    inner join paying_pools
        on
            plan_balances.customer_id = paying_pools.customer_id
            and plan_balances.period_start_date = paying_pools.period_start_date
            and plan_balances.product_id = paying_pools.product_id
            and plan_balances.pool = paying_pools.pool
    where plan_balances.mrr != 0
    group by
        plan_balances.customer_id,
        plan_balances.period_start_date,
        plan_balances.plan_id

),

highest as (

    select
        customer_id,
        period_start_date,
        max(mrr) as mrr
    from paying_plans
    group by
        customer_id,
        period_start_date

),

largest_plans as (

    select
        paying_plans.customer_id,
        paying_plans.period_start_date,
        min(paying_plans.plan_id) as plan_id
    from paying_plans
    inner join highest
        on
            paying_plans.customer_id = highest.customer_id
            and paying_plans.period_start_date = highest.period_start_date
            and paying_plans.mrr = highest.mrr
    group by
        paying_plans.customer_id,
        paying_plans.period_start_date

),

pools as (

    select
        customer_id,
        period_start_date,
        case when min(pool) = max(pool) then max(pool) else 'mixed' end as pricing_model
    from paying_pools
    group by
        customer_id,
        period_start_date

),

first_paid_months as (

    select
        customer_id,
        min(month_date) as month_date
    from customer_months
    where closing_mrr > 0
    group by customer_id

),

expected as (

    select
        starts.customer_id,
        starts.period_start_date,
        coalesce(pools.pricing_model, '(none)') as pricing_model,
        coalesce(plans.plan_name, largest_plans.plan_id, '(none)') as plan,
        case
            when plans.plan_id is null then '(none)'
            when plans.billing_interval_count = 1 then plans.billing_interval
            else cast(plans.billing_interval_count as {{ dbt.type_string() }}) || ' ' || plans.billing_interval
        end as billing_interval,
        extract(year from first_paid_months.month_date)
        + case
            when extract(month from first_paid_months.month_date) >= {{ var('fiscal_year_start_month') }}
                and {{ var('fiscal_year_start_month') }} > 1 then 1
            else 0
        end as acquisition_year
    from starts
    left join largest_plans
        on
            starts.customer_id = largest_plans.customer_id
            and starts.period_start_date = largest_plans.period_start_date
    left join pools
        on
            starts.customer_id = pools.customer_id
            and starts.period_start_date = pools.period_start_date
    inner join first_paid_months on starts.customer_id = first_paid_months.customer_id
    left join plans on largest_plans.plan_id = plans.plan_id

)

select
    cohort_snapshots.period_type,
    cohort_snapshots.period_start_date,
    cohort_snapshots.customer_id,
    cohort_snapshots.plan,
    expected.plan as plan_at_the_start,
    cohort_snapshots.billing_interval,
    expected.billing_interval as billing_interval_at_the_start,
    cohort_snapshots.pricing_model,
    expected.pricing_model as pricing_model_at_the_start,
    cohort_snapshots.opening_mrr,
    cohort_snapshots.mrr_band,
    cohort_snapshots.acquisition_year
from cohort_snapshots
left join expected
    on
        cohort_snapshots.customer_id = expected.customer_id
        and cohort_snapshots.period_start_date = expected.period_start_date
left join bands on cohort_snapshots.mrr_band = bands.mrr_band
where
    not coalesce(
        cohort_snapshots.plan = expected.plan
        and cohort_snapshots.billing_interval = expected.billing_interval
        and cohort_snapshots.pricing_model = expected.pricing_model
        and cohort_snapshots.opening_mrr >= bands.band_floor
        and (bands.next_floor is null or cohort_snapshots.opening_mrr < bands.next_floor)
        and cohort_snapshots.acquisition_year = expected.acquisition_year,
        false
    )
