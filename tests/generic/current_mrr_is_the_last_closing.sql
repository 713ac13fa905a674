{#-
  Per customer, the MRR of today is the closing balance of the ledger's last month, 0 where there is none, and the first
  paid month is the first one that closes above 0. Every customer with a balance has its row.
-#}
{% test current_mrr_is_the_last_closing(
    model, balances, ledger_bounds, customer_column='customer_id', month_column='month_date'
) %}

with

customers as (

    select * from {{ model }}

),

balances as (

    select * from {{ balances }}

),

ledger_bounds as (

    select last_month_date from {{ ledger_bounds }}

),

expected as (

    select
        balances.{{ customer_column }} as customer_id,
        min(case when balances.closing_mrr > 0 then balances.{{ month_column }} end) as first_paid_month_date,
        sum(
            case when balances.{{ month_column }} = ledger_bounds.last_month_date then balances.closing_mrr else 0 end
        ) as current_mrr
    from balances
    cross join ledger_bounds
    group by balances.{{ customer_column }}

)

select
    coalesce(customers.{{ customer_column }}, expected.customer_id) as row_key,
    customers.current_mrr,
    expected.current_mrr as last_closing_mrr,
    customers.first_paid_month_date,
    expected.first_paid_month_date as first_month_that_closes_above_0,
    'not the balance at the end of the ledger' as problem
from customers
full outer join expected on customers.{{ customer_column }} = expected.customer_id
where
    not coalesce(
        customers.current_mrr = coalesce(expected.current_mrr, 0)
        and customers.is_active = (coalesce(expected.current_mrr, 0) > 0)
        and coalesce(customers.first_paid_month_date, {{ end_of_time('date') }})
        = coalesce(expected.first_paid_month_date, {{ end_of_time('date') }}),
        false
    )

{% endtest %}
