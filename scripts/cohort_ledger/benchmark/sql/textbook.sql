-- The ledger as textbooks write it: a row for every customer and month, what is in force in it, and `lag`.
-- Floors of pools and products are those of the project, so that both methods give the same rows.
create or replace table textbook_balances as
with valuations as (
    select customer_id, product_id, pool, net_mrr, from_month_date, to_month_date
    from {ledger}.intermediate.int_mrr_valuations
    where fx_basis = 'closing'
),
first_months as (
    select customer_id, min(from_month_date) as first_month_date
    from valuations
    group by customer_id
),
spine as (
    select
        first_months.customer_id,
        cast(unnest(generate_series(
            first_months.first_month_date, ledger_bounds.last_month_date, interval 1 month
        )) as date) as month_date
    from first_months
    cross join {ledger}.intermediate.int_ledger_bounds as ledger_bounds
),
pools as (
    select
        spine.customer_id,
        spine.month_date,
        valuations.product_id,
        case
            when valuations.pool = 'adjustment' then sum(valuations.net_mrr)
            else greatest(sum(valuations.net_mrr), 0)
        end as mrr
    from spine
    inner join valuations
        on
            spine.customer_id = valuations.customer_id
            and spine.month_date >= valuations.from_month_date
            and (valuations.to_month_date is null or spine.month_date < valuations.to_month_date)
    group by spine.customer_id, spine.month_date, valuations.product_id, valuations.pool
),
products as (
    select customer_id, month_date, greatest(sum(mrr), 0) as mrr
    from pools
    group by customer_id, month_date, product_id
),
customers as (
    select customer_id, month_date, sum(mrr) as mrr
    from products
    group by customer_id, month_date
),
closings as (
    select spine.customer_id, spine.month_date, cast(coalesce(customers.mrr, 0) as decimal(18, 4)) as closing_mrr
    from spine
    left join customers on spine.customer_id = customers.customer_id and spine.month_date = customers.month_date
)
select
    customer_id,
    month_date,
    coalesce(lag(closing_mrr) over (partition by customer_id order by month_date), 0) as opening_mrr,
    closing_mrr,
    coalesce(max(closing_mrr) over (
        partition by customer_id order by month_date rows between unbounded preceding and 1 preceding
    ), 0) as peak_mrr_before
from closings;

create or replace table textbook_movements as
with classified as (
    select
        *,
        case
            when opening_mrr = 0 and peak_mrr_before = 0 then 'new'
            when opening_mrr = 0 then 'reactivation'
            when closing_mrr = 0 then 'churn'
            when closing_mrr > opening_mrr then 'expansion'
            else 'contraction'
        end as movement_type,
        closing_mrr - opening_mrr as mrr_change,
        case
            when closing_mrr > opening_mrr then greatest(least(closing_mrr, peak_mrr_before) - opening_mrr, 0)
            else 0
        end as recovered_mrr
    from textbook_balances
    where closing_mrr != opening_mrr
)
select
    customer_id,
    month_date,
    movement_type,
    opening_mrr,
    closing_mrr,
    cast(mrr_change as decimal(18, 4)) as mrr_change,
    cast(recovered_mrr as decimal(18, 4)) as recovered_mrr,
    cast(greatest(mrr_change, 0) - recovered_mrr as decimal(18, 4)) as above_peak_mrr
from classified;

create or replace table textbook_months as
select
    *,
    opening_mrr = 0 and peak_mrr_before = 0 as is_first_paid_month
from textbook_balances
where opening_mrr > 0 or closing_mrr > 0;
