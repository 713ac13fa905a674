-- How much of our expansion lasts? The twelve months whose next twelve the ledger has seen, by driver.
with

durability as (

    select *
    from {{ ref('expansion_durability') }}
    where held_after_12_months_mrr is not null

),

last_month as (

    select max(month_date) as month_date
    from durability

),

totals as (

    select
        durability.driver,
        sum(durability.expansion_mrr) as expansion_mrr,
        sum(durability.recovered_mrr) as recovered_mrr,
        sum(durability.manufactured_mrr) as manufactured_mrr,
        sum(durability.above_peak_mrr) as above_peak_mrr,
        sum(durability.held_after_3_months_mrr) as held_after_3_months_mrr,
        sum(durability.held_after_12_months_mrr) as held_after_12_months_mrr
    from durability
    inner join last_month on durability.month_date > {{ add_months('last_month.month_date', -12) }}
    group by durability.driver

)

select
    driver,
    expansion_mrr,
    {{ exact_ratio('recovered_mrr', 'expansion_mrr') }} as share_recovered,
    {{ exact_ratio('manufactured_mrr', 'expansion_mrr') }} as share_manufactured,
    {{ exact_ratio('held_after_3_months_mrr', 'above_peak_mrr') }} as share_held_after_3_months,
    {{ exact_ratio('held_after_12_months_mrr', 'above_peak_mrr') }} as share_held_after_12_months
from totals
order by expansion_mrr desc
