-- What do today's base and its NRR become in three years, with the new business of the last twelve months kept up?
-- And with NRR five points better?
with

latest_month as (

    select * from {{ ref('mrr_waterfall') }}
    order by month_date desc
    limit 1

),

last_twelve_months as (

    select sum(waterfall.new_mrr) * 12 as new_arr
    from {{ ref('mrr_waterfall') }} as waterfall
    inner join latest_month on waterfall.month_date > {{ add_months('latest_month.month_date', -12) }}

),

latest_nrr as (

    select nrr
    from {{ ref('retention_rates') }}
    where period_type = 'trailing_12_months' and dimension = 'total'
    order by period_start_date desc
    limit 1

),

scenarios as (

    select
        'as today' as scenario,
        nrr
    from latest_nrr

    union all

    select
        'NRR five points better' as scenario,
        nrr + 0.05 as nrr
    from latest_nrr

)

select
    scenarios.scenario,
    scenarios.nrr,
    latest_month.closing_arr as arr_today,
    last_twelve_months.new_arr as new_arr_per_year,
    round({{ arr_after_years(
        'latest_month.closing_arr', 'scenarios.nrr', 'last_twelve_months.new_arr', 3
    ) }}, 0) as arr_after_three_years,
    round({{ years_to_double('scenarios.nrr') }}, 1) as years_in_which_the_base_doubles
from scenarios
cross join latest_month
cross join last_twelve_months
