with

waterfall as (

    select * from {{ ref('mrr_waterfall') }}

),

customer_months as (

    select
        month_date,
        sum(opening_mrr) as opening_mrr,
        sum(closing_mrr) as closing_mrr,
        sum(case when closing_mrr > 0 then 1 else 0 end) as closing_customers
    from {{ ref('fct_customer_mrr_months') }}
    group by month_date

)

select
    waterfall.month_date,
    waterfall.closing_mrr,
    customer_months.closing_mrr as closing_mrr_of_customers
from waterfall
full outer join customer_months on waterfall.month_date = customer_months.month_date
where
    waterfall.month_date is null
    or waterfall.opening_mrr != coalesce(customer_months.opening_mrr, 0)
    or waterfall.closing_mrr != coalesce(customer_months.closing_mrr, 0)
    or waterfall.closing_customers != coalesce(customer_months.closing_customers, 0)
