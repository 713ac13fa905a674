{#-
  A month's opening and closing MRR and customers are those of all its customers, who are read one by one, and so are
  `also_summed` columns.
-#}
{% test waterfall_sums_its_customers(model, balances, month_column='month_date', also_summed=[]) %}

with

waterfall as (

    select * from {{ model }}

),

customers as (

    select
        {{ month_column }} as month_date,
        sum(opening_mrr) as opening_mrr,
        sum(closing_mrr) as closing_mrr,
        {%- for column in also_summed %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        sum(case when opening_mrr > 0 then 1 else 0 end) as opening_customers,
        sum(case when closing_mrr > 0 then 1 else 0 end) as closing_customers
    from {{ balances }}
    group by {{ month_column }}

)

select
    coalesce(waterfall.{{ month_column }}, customers.month_date) as month_date,
    waterfall.opening_mrr,
    customers.opening_mrr as opening_mrr_of_customers,
    waterfall.closing_mrr,
    customers.closing_mrr as closing_mrr_of_customers,
    waterfall.closing_customers,
    customers.closing_customers as customers_who_close,
    'the waterfall is not the sum of its customers' as problem
from waterfall
full outer join customers on waterfall.{{ month_column }} = customers.month_date
where
    not coalesce(
        waterfall.opening_mrr = coalesce(customers.opening_mrr, 0)
        and waterfall.closing_mrr = coalesce(customers.closing_mrr, 0)
        and waterfall.opening_customers = coalesce(customers.opening_customers, 0)
        and waterfall.closing_customers = coalesce(customers.closing_customers, 0)
        {%- for column in also_summed %}
        and waterfall.{{ column }} = coalesce(customers.{{ column }}, 0)
        {%- endfor %},
        false
    )

{% endtest %}
