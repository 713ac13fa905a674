-- The time spine of the metrics: it is bounded by the ledger, so that a metric has a row for its months and no other.
with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

first_month as (

    select min(month_date) as first_month_date
    from customer_balances

),

months as (

    select {{ explode_dates('first_month.first_month_date', 'ledger_bounds.last_month_date', 1) }} as month_date
    from first_month
    cross join ledger_bounds

),

day_numbers as (

    {{ dbt.generate_series(31) }}

),

days as (

    select
        months.month_date,
        {{ add_days('months.month_date', 'day_numbers.generated_number - 1') }} as day_date
    from months
    cross join day_numbers

)

select day_date
from days
where day_date < {{ add_months('month_date', 1) }}
