{#-
  The cohort of a month is who opens it, so the month's total opens as the bridge does and closes at opening plus
  expansion, contraction and churn: what else moved the bridge (`outside`: its columns of new, bought and returning
  customers, and of exchange rates) is no part of any rate.
-#}
{% test monthly_cohorts_tie_to_the_bridge(model, waterfall, outside=['new_mrr', 'reactivation_mrr']) %}

with

monthly_totals as (

    select * from {{ model }}
    where
        period_type = 'month'
        and dimension = 'total'

),

waterfall as (

    select * from {{ waterfall }}
    where opening_mrr > 0

)

select
    coalesce(monthly_totals.period_start_date, waterfall.month_date) as month_date,
    monthly_totals.opening_mrr,
    waterfall.opening_mrr as opening_mrr_of_bridge,
    monthly_totals.closing_mrr,
    waterfall.closing_mrr as closing_mrr_of_bridge,
    'the month''s cohort is not the opening of the bridge with its own movements' as problem
from monthly_totals
full outer join waterfall on monthly_totals.period_start_date = waterfall.month_date
where
    not coalesce(
        monthly_totals.cohort_customers = waterfall.opening_customers
        and monthly_totals.opening_mrr = waterfall.opening_mrr
        and monthly_totals.expansion_mrr = waterfall.expansion_mrr
        and monthly_totals.contraction_mrr = -waterfall.contraction_mrr
        and monthly_totals.churned_mrr = -waterfall.churn_mrr
        and monthly_totals.closing_mrr = waterfall.closing_mrr
        {%- for column in outside %} - waterfall.{{ column }}{% endfor %},
        false
    )

{% endtest %}
