-- The time spine of the metrics: it is bounded by the ledger, so that a metric has a row for its months and no other.
with

months as (

    select * from {{ ref('int_ledger_months') }}

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
