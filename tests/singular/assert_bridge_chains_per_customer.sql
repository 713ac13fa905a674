with

customer_months as (

    select * from {{ ref('fct_customer_mrr_months') }}

),

chained as (

    select
        customer_id,
        month_date,
        opening_mrr,
        lag(closing_mrr) over (partition by customer_id order by month_date) as previous_closing_mrr,
        lag(month_date) over (partition by customer_id order by month_date) as previous_month_date
    from customer_months

)

select *
from chained
where
    opening_mrr != coalesce(previous_closing_mrr, 0)
    -- months are missing only where nothing was paid
    or (month_date != {{ add_months('previous_month_date', 1) }} and opening_mrr > 0)
