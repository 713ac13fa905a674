{{ config(incremental_strategy='changed_customers') }}

with

plan_balances as (

    select *
    from {{ ref('int_plan_balances') }}
    where pool in ('flat', 'per_seat')

),

intervals_below_first_price as (

    select * from {{ ref('int_intervals_below_first_price') }}

),

changes as (

    {{ states_at_both_ends(
        'plan_balances', ['customer_id', 'product_id', 'plan_id', 'pool'],
        {
            'items': 'item_change',
            'quantity': 'quantity_change',
            'items_without_quantity': 'item_without_quantity_change',
            'gross_mrr': 'gross_change',
            'mrr': 'mrr_change',
        }
    ) }}

),

closing_below_first_price as (

    select distinct
        changes.customer_id,
        changes.product_id,
        changes.plan_id,
        changes.month_date
    from changes
    inner join intervals_below_first_price
        on
            changes.customer_id = intervals_below_first_price.customer_id
            and changes.product_id = intervals_below_first_price.product_id
            and changes.plan_id = intervals_below_first_price.plan_id
            and changes.month_date >= intervals_below_first_price.from_month_date
            and changes.month_date < intervals_below_first_price.to_month_date

)

select
    changes.customer_id,
    changes.product_id,
    changes.plan_id,
    changes.pool,
    changes.month_date,
    {% for end in ['opening', 'closing'] -%}
        cast(changes.{{ end }}_items as {{ dbt.type_bigint() }}) as {{ end }}_items,
        case
            when changes.{{ end }}_items_without_quantity = 0
                then cast(changes.{{ end }}_quantity as {{ dbt.type_bigint() }})
        end as {{ end }}_quantity,
        cast(changes.{{ end }}_gross_mrr as decimal(18, 4)) as {{ end }}_gross_mrr,
        cast(changes.{{ end }}_mrr as decimal(18, 4)) as {{ end }}_mrr,
    {% endfor -%}
    closing_below_first_price.customer_id is not null as is_below_first_price
from changes
left join closing_below_first_price
    on
        changes.customer_id = closing_below_first_price.customer_id
        and changes.product_id = closing_below_first_price.product_id
        and changes.plan_id = closing_below_first_price.plan_id
        and changes.month_date = closing_below_first_price.month_date
