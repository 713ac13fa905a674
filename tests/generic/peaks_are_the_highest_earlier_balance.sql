{#- `peak_column` is the highest closing balance of the same key in any earlier month, 0 before the first one. -#}
{% test peaks_are_the_highest_earlier_balance(
    model, peak_column='peak_mrr_before', key_column='customer_id', month_column='month_date',
    closing_column='closing_mrr'
) %}

with

balances as (

    select * from {{ model }}

),

-- every earlier month of a key, one by one: the fan-out is undone by the maximum
highest_earlier as (

    select
        balances.{{ key_column }} as balance_key,
        balances.{{ month_column }} as month_date,
        balances.{{ peak_column }} as peak,
        coalesce(max(earlier.{{ closing_column }}), 0) as highest_earlier_balance
    from balances
    left join balances as earlier
        on
            balances.{{ key_column }} = earlier.{{ key_column }}
            and balances.{{ month_column }} > earlier.{{ month_column }}
    group by
        balances.{{ key_column }},
        balances.{{ month_column }},
        balances.{{ peak_column }}

)

select
    {{ row_key(['balance_key', 'month_date']) }} as row_key,
    peak,
    highest_earlier_balance,
    'the peak is not the highest earlier balance' as problem
from highest_earlier
where not coalesce(peak = highest_earlier_balance, false)

{% endtest %}
