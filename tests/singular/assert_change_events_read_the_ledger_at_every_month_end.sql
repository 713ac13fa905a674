-- the contracted MRR of each customer at the last instant of each month, read off its latest event, is the fixed part
-- of the monthly ledger at the same, constant exchange rates
with

events as (

    select distinct
        customer_id,
        changed_at,
        {{ month_of('changed_at') }} as month_date,
        customer_mrr_after
    from {{ ref('fct_mrr_change_events') }}

),

pool_balances as (

    select *
    from {{ ref('int_pool_balances') }}
    where
        fx_basis = {{ fx_basis('constant') }}
        and pool in ('flat', 'per_seat')

),

latest as (

    select
        customer_id,
        month_date,
        max(changed_at) as changed_at
    from events
    group by
        customer_id,
        month_date

),

readings as (

    select
        latest.customer_id,
        latest.month_date,
        events.customer_mrr_after as contracted_mrr
    from latest
    inner join events
        on
            latest.customer_id = events.customer_id
            and latest.changed_at = events.changed_at

),

changes as (

    select
        customer_id,
        month_date,
        sum(mrr_change) as mrr_change
    from pool_balances
    group by
        customer_id,
        month_date

),

-- every month in which either of the two has something to say
months as (

    select
        customer_id,
        month_date
    from readings

    union distinct

    select
        customer_id,
        month_date
    from changes

),

compared as (

    select
        months.customer_id,
        months.month_date,
        coalesce(sum(changes.mrr_change) over (
            partition by months.customer_id
            order by months.month_date
            rows between unbounded preceding and current row
        ), 0) as fixed_mrr,
        count(readings.contracted_mrr) over (
            partition by months.customer_id
            order by months.month_date
            rows between unbounded preceding and current row
        ) as reading_number,
        readings.contracted_mrr
    from months
    left join changes
        on
            months.customer_id = changes.customer_id
            and months.month_date = changes.month_date
    left join readings
        on
            months.customer_id = readings.customer_id
            and months.month_date = readings.month_date

),

-- a month without an event reads the one before it
carried as (

    select
        customer_id,
        month_date,
        fixed_mrr,
        coalesce(max(contracted_mrr) over (partition by customer_id, reading_number), 0) as contracted_mrr
    from compared

)

select
    customer_id,
    month_date,
    contracted_mrr,
    fixed_mrr
from carried
where contracted_mrr != fixed_mrr
