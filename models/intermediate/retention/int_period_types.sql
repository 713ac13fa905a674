{{ config(materialized='table') }}

with

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- months in a period, and months from the start of one period to the start of the next
period_types as (

    select
        'month' as period_type,
        1 as length_months,
        1 as step_months

    union all

    select
        'quarter' as period_type,
        3 as length_months,
        3 as step_months

    union all

    select
        'year' as period_type,
        12 as length_months,
        12 as step_months

    union all

    select
        'trailing_12_months' as period_type,
        12 as length_months,
        1 as step_months

),

bounded as (

    select
        period_types.period_type,
        period_types.length_months,
        period_types.step_months,
        {{ add_months('ledger_bounds.last_month_date', 1) }} as ledger_end_date
    from period_types
    cross join ledger_bounds

)

select
    period_type,
    length_months,
    step_months,
    -- of the last complete period
    {{ add_months(period_start('ledger_end_date', 'step_months'), '-length_months') }} as last_period_start_date
from bounded
