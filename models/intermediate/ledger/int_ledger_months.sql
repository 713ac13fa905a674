with

customer_balances as (

    select *
    from {{ ref('int_customer_balances') }}
    where closing_mrr > 0

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- before anybody has paid there is no month, whatever adjustments there are
first_month as (

    select min(month_date) as first_month_date
    from customer_balances

)

select {{ explode_dates('first_month.first_month_date', 'ledger_bounds.last_month_date', 1) }} as month_date
from first_month
cross join ledger_bounds
