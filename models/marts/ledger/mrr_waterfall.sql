{% set flows = {
    'new': "movement_type = 'new' and not is_acquired",
    'acquired': "is_acquired",
    'reactivation': "movement_type = 'reactivation'",
    'expansion': "movement_type = 'expansion'",
    'contraction': "movement_type = 'contraction'",
    'churn': "movement_type = 'churn'",
    'voluntary_churn': "churn_reason = 'voluntary'",
    'payment_failed_churn': "churn_reason = 'payment_failed'",
    'other_churn': "churn_reason in ('other', 'unknown')",
} %}
{% set until_now = 'order by months.month_date rows between unbounded preceding and current row' %}

with

movements as (

    select * from {{ ref('fct_mrr_movements') }}

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

months as (

    select * from {{ ref('int_ledger_months') }}

),

movements_by_month as (

    select
        month_date,
        {% for flow, condition in flows.items() %}
            sum(case when {{ condition }} then mrr_change else 0 end) as {{ flow }}_mrr,
            sum(case when {{ condition }} then 1 else 0 end) as {{ flow }}_customers,
        {% endfor %}
        sum(mrr_change) as mrr_change,
        sum(
            case
                when movement_type in ('new', 'reactivation') then 1
                when movement_type = 'churn' then -1
                else 0
            end
        ) as customers_change
    from movements
    group by month_date

),

-- what happens to customers without a movement, too
balances_by_month as (

    select
        month_date,
        sum(fx_mrr) as fx_mrr,
        sum(adjustment_mrr) as adjustment_mrr
    from customer_balances
    group by month_date

),

balances as (

    select
        months.month_date,
        {% for flow in flows %}
            coalesce(movements_by_month.{{ flow }}_mrr, 0) as {{ flow }}_mrr,
            coalesce(movements_by_month.{{ flow }}_customers, 0) as {{ flow }}_customers,
        {% endfor %}
        coalesce(balances_by_month.fx_mrr, 0) as fx_mrr,
        coalesce(balances_by_month.adjustment_mrr, 0) as adjustment_mrr,
        sum(coalesce(movements_by_month.mrr_change, 0) + coalesce(balances_by_month.fx_mrr, 0)) over ({{ until_now }})
            as closing_mrr,
        sum(coalesce(movements_by_month.customers_change, 0)) over ({{ until_now }}) as closing_customers
    from months
    left join movements_by_month on months.month_date = movements_by_month.month_date
    left join balances_by_month on months.month_date = balances_by_month.month_date

),

with_opening as (

    select
        *,
        coalesce(lag(closing_mrr) over (order by month_date), 0) as opening_mrr,
        coalesce(lag(closing_customers) over (order by month_date), 0) as opening_customers,
        -- bought growth is nobody's sale
        new_mrr + reactivation_mrr + expansion_mrr as gained_mrr,
        -(contraction_mrr + churn_mrr) as lost_mrr
    from balances

)

select
    month_date,
    cast(opening_mrr as decimal(18, 4)) as opening_mrr,
    {% for flow in flows %}
        cast({{ flow }}_mrr as decimal(18, 4)) as {{ flow }}_mrr,
    {% endfor %}
    cast(fx_mrr as decimal(18, 4)) as fx_mrr,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(closing_mrr * 12 as decimal(18, 4)) as closing_arr,
    cast(adjustment_mrr as decimal(18, 4)) as adjustment_mrr,
    cast(opening_customers as {{ dbt.type_bigint() }}) as opening_customers,
    {% for flow in flows %}
        cast({{ flow }}_customers as {{ dbt.type_bigint() }}) as {{ flow }}_customers,
    {% endfor %}
    cast(closing_customers as {{ dbt.type_bigint() }}) as closing_customers,
    {{ exact_ratio('gained_mrr', 'lost_mrr') }} as quick_ratio,
    {{ exact_ratio('expansion_mrr', 'gained_mrr') }} as expansion_share_of_growth,
    expansion_mrr > lost_mrr as is_net_negative_churn
from with_opening
