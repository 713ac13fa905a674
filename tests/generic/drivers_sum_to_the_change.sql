{#-
  For every customer and month with MRR at both ends (`balances`: every month), the drivers sum to closing less opening,
  and without `fx` to what it is at the rates of the opening; nobody else has any.
-#}
{% test drivers_sum_to_the_change(model, balances) %}

with

balances as (

    select * from {{ balances }}

),

drivers as (

    select
        customer_id,
        month_date,
        sum(mrr_change) as mrr_change,
        sum(case when driver = 'fx' then mrr_change else 0 end) as fx_mrr
    from {{ model }}
    group by
        customer_id,
        month_date

)

select
    coalesce(balances.customer_id, drivers.customer_id) as customer_id,
    coalesce(balances.month_date, drivers.month_date) as month_date,
    balances.opening_mrr,
    balances.closing_mrr,
    balances.fx_mrr,
    drivers.mrr_change as change_of_drivers,
    drivers.fx_mrr as fx_mrr_of_drivers,
    'the drivers are not the change of a customer who pays before and after' as problem
from balances
full outer join drivers
    on
        balances.customer_id = drivers.customer_id
        and balances.month_date = drivers.month_date
where
    not coalesce(
        case
            when balances.opening_mrr > 0 and balances.closing_mrr > 0
                then
                    coalesce(drivers.mrr_change, 0) = balances.closing_mrr - balances.opening_mrr
                    and coalesce(drivers.fx_mrr, 0) = balances.fx_mrr
            else drivers.customer_id is null
        end,
        false
    )

{% endtest %}
