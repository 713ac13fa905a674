with

expansion_durability as (

    select * from {{ ref('expansion_durability') }}

),

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

by_driver as (

    select
        month_date,
        sum(expansion_mrr) as expansion_mrr,
        sum(recovered_mrr) as recovered_mrr,
        sum(above_peak_mrr) as above_peak_mrr,
        max(expanding_customers) as most_customers,
        sum(expanding_customers) as all_customers
    from expansion_durability
    group by month_date

),

by_customer as (

    select
        month_date,
        sum(mrr_change) as expansion_mrr,
        sum(recovered_mrr) as recovered_mrr,
        sum(above_peak_mrr) as above_peak_mrr,
        count(*) as customers
    from movements
    group by month_date

)

select
    coalesce(by_driver.month_date, by_customer.month_date) as month_date,
    by_driver.expansion_mrr,
    by_customer.expansion_mrr as expansion_mrr_of_customers,
    by_driver.recovered_mrr,
    by_customer.recovered_mrr as recovered_mrr_of_customers
from by_driver
full outer join by_customer on by_driver.month_date = by_customer.month_date
where
    not coalesce(
        by_driver.expansion_mrr = by_customer.expansion_mrr
        and by_driver.recovered_mrr = by_customer.recovered_mrr
        and by_driver.above_peak_mrr = by_customer.above_peak_mrr
        and by_customer.customers between by_driver.most_customers and by_driver.all_customers,
        false
    )
