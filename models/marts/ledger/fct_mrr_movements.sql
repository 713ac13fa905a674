with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

-- zero before size: a customer without opening MRR did not expand, and one without closing MRR did not contract
classified as (

    select
        customer_id,
        month_date,
        case
            when opening_mrr = 0 and peak_mrr_before = 0 then 'new'
            when opening_mrr = 0 then 'reactivation'
            when closing_mrr = 0 then 'churn'
            when closing_mrr > opening_mrr then 'expansion'
            when closing_mrr < opening_mrr then 'contraction'
        end as movement_type,
        opening_mrr,
        closing_mrr,
        mrr_change,
        case
            when closing_mrr > opening_mrr then greatest(least(closing_mrr, peak_mrr_before) - opening_mrr, 0)
            else 0
        end as recovered_mrr
    from customer_balances

)

select
    customer_id,
    month_date,
    movement_type,
    opening_mrr,
    closing_mrr,
    mrr_change,
    cast(recovered_mrr as decimal(18, 4)) as recovered_mrr,
    cast(case when mrr_change > 0 then mrr_change - recovered_mrr else 0 end as decimal(18, 4)) as above_peak_mrr
from classified
