{{ config(incremental_strategy='changed_customers') }}

{% set other_bases = ['month_opening', 'quarter_opening', 'year_opening', 'constant'] %}
{% set in_order = 'partition by customer_id order by month_date' %}
{% set until_now = in_order ~ ' rows between unbounded preceding and current row' %}

with

product_balances as (

    select * from {{ ref('int_product_balances') }}

),

changes as (

    select
        customer_id,
        month_date,
        {% for basis in ['closing'] + other_bases -%}
            sum(case when fx_basis = {{ fx_basis(basis) }} then mrr_change else 0 end) as {{ basis }}_change,
        {% endfor -%}
        sum(case when fx_basis = 'closing' then unadjusted_change else 0 end)
            as closing_unadjusted_change,
        sum(case when fx_basis = {{ fx_basis('month_opening') }} then unadjusted_change else 0 end)
            as month_opening_unadjusted_change
    from product_balances
    group by
        customer_id,
        month_date

),

summed as (

    select
        customer_id,
        month_date,
        {% for basis in ['closing'] + other_bases -%}
            sum({{ basis }}_change) over ({{ until_now }}) as {{ basis }}_mrr,
        {% endfor -%}
        sum(closing_unadjusted_change) over ({{ until_now }}) as unadjusted_mrr,
        sum(month_opening_unadjusted_change) over ({{ until_now }}) as month_opening_unadjusted_mrr
    from changes

),

-- whether a customer is active is decided at the month's own rates, and no other rate makes or ends a customer
balances as (

    select
        customer_id,
        month_date,
        closing_mrr,
        {% for basis in other_bases -%}
            case when closing_mrr = 0 then 0 else greatest({{ basis }}_mrr, 0.0001) end as {{ basis }}_mrr,
        {% endfor -%}
        closing_mrr - unadjusted_mrr as closing_adjustment_mrr,
        month_opening_unadjusted_mrr
    from summed

),

with_opening as (

    select
        *,
        {% for column in ['closing_adjustment'] + other_bases -%}
            coalesce(lag({{ column }}_mrr) over ({{ in_order }}), 0) as previous_{{ column }}_mrr,
        {% endfor -%}
        coalesce(lag(closing_mrr) over ({{ in_order }}), 0) as previous_closing_mrr
    from balances

),

moved as (

    select
        customer_id,
        month_date,
        previous_closing_mrr as opening_mrr,
        closing_mrr,
        month_opening_mrr - previous_closing_mrr as mrr_change,
        closing_mrr - month_opening_mrr as fx_mrr,
        month_opening_mrr - month_opening_unadjusted_mrr - previous_closing_adjustment_mrr as adjustment_mrr,
        closing_adjustment_mrr,
        month_opening_mrr - previous_month_opening_mrr as month_opening_change,
        quarter_opening_mrr - previous_quarter_opening_mrr as quarter_opening_change,
        year_opening_mrr - previous_year_opening_mrr as year_opening_change,
        previous_constant_mrr as opening_mrr_at_constant_rates,
        constant_mrr as closing_mrr_at_constant_rates
    from with_opening
    where
        month_opening_mrr != previous_closing_mrr
        or closing_mrr != previous_closing_mrr
        or closing_adjustment_mrr != previous_closing_adjustment_mrr
        or month_opening_mrr - month_opening_unadjusted_mrr != previous_closing_adjustment_mrr
        {% for basis in other_bases -%}
            or {{ basis }}_mrr != previous_{{ basis }}_mrr
        {% endfor %}

),

with_past as (

    select
        *,
        -- between two changes MRR stays what the first one left, so the changes alone hold every earlier month's MRR
        max(closing_mrr) over (
            partition by customer_id
            order by month_date
            rows between unbounded preceding and 1 preceding
        ) as peak_mrr_before,
        max(case when {{ is_churn('opening_mrr', 'closing_mrr') }} then month_date end) over (
            partition by customer_id
            order by month_date
            rows between unbounded preceding and 1 preceding
        ) as last_churn_month_date,
        lead(month_date) over (
            partition by customer_id
            order by month_date
        ) as next_month_date
    from moved

)

select
    customer_id,
    month_date,
    next_month_date,
    last_churn_month_date,
    {% for column in [
        'opening_mrr', 'closing_mrr', 'mrr_change', 'fx_mrr', 'adjustment_mrr', 'closing_adjustment_mrr',
        'month_opening_change', 'quarter_opening_change', 'year_opening_change',
        'opening_mrr_at_constant_rates', 'closing_mrr_at_constant_rates',
    ] -%}
        cast({{ column }} as decimal(18, 4)) as {{ column }},
    {% endfor -%}
    cast(coalesce(peak_mrr_before, 0) as decimal(18, 4)) as peak_mrr_before
from with_past
