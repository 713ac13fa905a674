with

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

chained as (

    select
        month_date,
        opening_mrr,
        opening_customers,
        lag(closing_mrr) over (order by month_date) as previous_closing_mrr,
        lag(closing_customers) over (order by month_date) as previous_closing_customers,
        {{ add_months('lag(month_date) over (order by month_date)', 1) }} as expected_month_date
    from waterfall

)

select *
from chained
where
    opening_mrr != coalesce(previous_closing_mrr, 0)
    or opening_customers != coalesce(previous_closing_customers, 0)
    or month_date != expected_month_date
