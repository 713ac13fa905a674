{#-
  Of an expansion or reactivation, what lies below the customer's highest closing balance in any earlier month has been
  won back (`recovered_mrr`), and the rest is above the peak; of a new customer all is above it; a loss has neither.
-#}
{% test recovered_mrr_stops_at_the_peak(model, balances, customer_column='customer_id', month_column='month_date') %}

with

movements as (

    select * from {{ model }}

),

balances as (

    select * from {{ balances }}

),

-- every earlier month of a customer, one by one: the fan-out is undone by the maximum
with_peak as (

    select
        movements.{{ customer_column }} as customer_id,
        movements.{{ month_column }} as month_date,
        movements.movement_type,
        movements.opening_mrr,
        movements.closing_mrr,
        movements.recovered_mrr,
        movements.above_peak_mrr,
        coalesce(max(balances.closing_mrr), 0) as peak_mrr
    from movements
    left join balances
        on
            movements.{{ customer_column }} = balances.{{ customer_column }}
            and movements.{{ month_column }} > balances.{{ month_column }}
    group by
        movements.{{ customer_column }},
        movements.{{ month_column }},
        movements.movement_type,
        movements.opening_mrr,
        movements.closing_mrr,
        movements.recovered_mrr,
        movements.above_peak_mrr

),

recomputed as (

    select
        *,
        case
            when movement_type not in ('expansion', 'reactivation') or peak_mrr <= opening_mrr then 0
            when closing_mrr <= peak_mrr then closing_mrr - opening_mrr
            else peak_mrr - opening_mrr
        end as won_back_mrr
    from with_peak

)

select
    {{ row_key(['customer_id', 'month_date']) }} as row_key,
    *,
    'recovered or above peak is not what the earlier months say' as problem
from recomputed
where
    not coalesce(
        recovered_mrr = won_back_mrr
        and above_peak_mrr = case
            when closing_mrr > opening_mrr then closing_mrr - opening_mrr - won_back_mrr
            else 0
        end,
        false
    )

{% endtest %}
