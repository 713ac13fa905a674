{{ config(incremental_strategy='changed_customers') }}

with

product_balances as (

    select * from {{ ref('int_product_balances') }}

),

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

changes as (

    {{ states_at_both_ends(
        'product_balances', ['customer_id', 'product_id'],
        {'mrr': 'mrr_change', 'shortfall_mrr': 'shortfall_change', 'pools_there': 'pools_there_change'}
    ) }}

),

-- why MRR changed is a question about who paid before and pays after, also where the changes leave no movement
of_retained_customers as (

    select
        changes.*,
        customer_balances.month_date = changes.month_date as is_change_of_customer,
        customer_balances.mrr_change as customer_mrr_change
    from changes
    inner join customer_balances
        on
            changes.customer_id = customer_balances.customer_id
            and changes.month_date >= customer_balances.month_date
            and changes.month_date < coalesce(customer_balances.next_month_date, {{ end_of_time('date') }})
    where
        customer_balances.closing_mrr > 0
        and (customer_balances.opening_mrr > 0 or customer_balances.month_date < changes.month_date)

),

with_least as (

    select
        *,
        {% if var('fx_policy') == 'historical' -%}
            -- the least that a customer who pays has at any rates is no product's: the first one that paid carries it
            case
                when row_number() over (
                    partition by customer_id, month_date
                    order by case when opening_mrr > 0 then 0 else 1 end, product_id
                ) = 1 then
                    case when is_change_of_customer then customer_mrr_change else 0 end
                    - sum(closing_mrr - opening_mrr) over (partition by customer_id, month_date)
                else 0
            end as least_mrr
        {%- else -%}
            0 as least_mrr
        {%- endif %}
    from of_retained_customers

)

select
    customer_id,
    product_id,
    month_date,
    cast(opening_mrr as decimal(18, 4)) as opening_mrr,
    cast(closing_mrr as decimal(18, 4)) as closing_mrr,
    cast(closing_mrr_at_closing_rates - closing_mrr as decimal(18, 4)) as fx_mrr,
    cast(least_mrr as decimal(18, 4)) as least_mrr,
    opening_pools_there > 0 and closing_pools_there > 0 as is_kept,
    opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0 as is_negative
from with_least
