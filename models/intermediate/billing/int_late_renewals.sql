{{ config(incremental_strategy='changed_customers') }}

with

contracted_items as (

    select *
    from {{ ref('int_subscription_items_contracted') }}
    where {{ 'true' if var('mrr_basis') == 'subscriptions' else 'false' }}

),

counted_lines as (

    select *
    from {{ ref('int_invoice_lines_counted') }}
    where line_type = 'recurring'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

held as (

    select
        customer_id,
        product_id,
        contracted_from_at as from_at,
        coalesce(contracted_to_at, {{ end_of_time() }}) as to_at,
        {{ to_reporting_time('contracted_from_at') }} as local_from_at
    from contracted_items

    union all

    select
        customer_id,
        product_id,
        cast(from_date as {{ dbt.type_timestamp() }}) as from_at,
        cast(to_date as {{ dbt.type_timestamp() }}) as to_at,
        cast(from_date as {{ dbt.type_timestamp() }}) as local_from_at
    from counted_lines

),

-- what starts later than everything before it has ended begins a new island
islands as (

    select
        customer_id,
        product_id,
        max(to_at) over (
            partition by customer_id, product_id
            order by from_at
            rows between unbounded preceding and 1 preceding
        ) as lapsed_at,
        from_at as renewed_at,
        local_from_at as local_renewed_at
    from held
    -- without days of grace there is nothing to find
    where {{ var('late_renewal_grace_days') }} > 0

),

late_renewals as (

    select
        islands.customer_id,
        islands.product_id,
        islands.lapsed_at,
        islands.renewed_at
    from islands
    cross join ledger_bounds
    where
        islands.lapsed_at < islands.renewed_at
        and islands.renewed_at <= {{ dbt.dateadd('day', var('late_renewal_grace_days'), 'islands.lapsed_at') }}
        -- what is still lapsed when the ledger ends is not known to be renewed
        and islands.local_renewed_at < {{ add_days('ledger_bounds.as_of_date', 1) }}

)

select * from late_renewals
