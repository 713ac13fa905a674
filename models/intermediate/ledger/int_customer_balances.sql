with

pool_balances as (

    select * from {{ ref('int_pool_balances') }}

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

balances as (

    select
        customer_id,
        month_date,
        mrr_change,
        sum(mrr_change) over (
            partition by customer_id
            order by month_date
            rows between unbounded preceding and current row
        ) as closing_mrr,
        lead(month_date) over (
            partition by customer_id
            order by month_date
        ) as next_month_date
    from changes
    where mrr_change != 0

),

with_opening as (

    select
        customer_id,
        month_date,
        next_month_date,
        mrr_change,
        closing_mrr,
        lag(closing_mrr) over (
            partition by customer_id
            order by month_date
        ) as opening_mrr,
        max(closing_mrr) over (
            partition by customer_id
            order by month_date
            rows between unbounded preceding and 1 preceding
        ) as peak_mrr_before
    from balances

)

select
    customer_id,
    month_date,
    next_month_date,
    cast(coalesce(opening_mrr, 0) as decimal(18, 4)) as opening_mrr,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    -- between two changes MRR stays what the first one left, so the changes alone hold every earlier month's MRR
    cast(coalesce(peak_mrr_before, 0) as decimal(18, 4)) as peak_mrr_before
from with_opening
