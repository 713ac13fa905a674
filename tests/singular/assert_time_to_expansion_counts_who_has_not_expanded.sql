-- Who was won in the same month has been seen for the same time, so that there the estimate is a plain share, in which
-- everybody who has not expanded counts. Where some have been seen for longer than others, it is no less than the plain
-- share: nobody is held to have failed before the ledger has seen it. Every dimension holds every customer once.
with

time_to_first_expansion as (

    select * from {{ ref('time_to_first_expansion') }}

),

customers as (

    select *
    from {{ ref('dim_customers') }}
    where first_paid_month_date is not null

),

movements as (

    select *
    from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion'

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

first_expansions as (

    select
        customers.customer_id,
        substring(cast(customers.first_paid_month_date as {{ dbt.type_string() }}), 1, 7) as acquisition_cohort,
        customers.first_paid_month_date,
        min(movements.month_date) as first_expansion_date
    from customers
    left join movements on customers.customer_id = movements.customer_id
    group by
        customers.customer_id,
        customers.first_paid_month_date

),

horizons as (

    select 3 as months

    union all

    select 6 as months

    union all

    select 12 as months

),

customer_horizons as (

    select
        first_expansions.*,
        horizons.months,
        case
            when first_expansions.first_expansion_date
                <= {{ add_months('first_expansions.first_paid_month_date', 'horizons.months') }} then 1
            else 0
        end as has_expanded
    from first_expansions
    cross join horizons

),

plain_shares as (

    select
        'acquisition_cohort' as dimension,
        acquisition_cohort as dimension_value,
        months,
        count(*) as customers,
        count(first_expansion_date) as expanded_customers,
        sum(has_expanded) as expanded_by_then,
        min(first_paid_month_date) as first_paid_month_date
    from customer_horizons
    group by
        acquisition_cohort,
        months

    union all

    select
        'total' as dimension,
        'all' as dimension_value,
        months,
        count(*) as customers,
        count(first_expansion_date) as expanded_customers,
        sum(has_expanded) as expanded_by_then,
        min(first_paid_month_date) as first_paid_month_date
    from customer_horizons
    group by months

),

estimates as (

    select
        time_to_first_expansion.dimension,
        time_to_first_expansion.dimension_value,
        horizons.months,
        time_to_first_expansion.customers,
        time_to_first_expansion.expanded_customers,
        cast(
            case horizons.months
                when 3 then time_to_first_expansion.share_expanded_3_months
                when 6 then time_to_first_expansion.share_expanded_6_months
                when 12 then time_to_first_expansion.share_expanded_12_months
            end as decimal(28, 6)
        ) as share_expanded
    from time_to_first_expansion
    cross join horizons
    where time_to_first_expansion.dimension != 'acquisition_channel'

),

by_channel as (

    select
        sum(customers) as customers,
        sum(expanded_customers) as expanded_customers
    from time_to_first_expansion
    where dimension = 'acquisition_channel'

)

select
    coalesce(estimates.dimension, plain_shares.dimension) as dimension,
    coalesce(estimates.dimension_value, plain_shares.dimension_value) as dimension_value,
    coalesce(estimates.months, plain_shares.months) as months,
    'not everybody counts' as problem
from estimates
full outer join plain_shares
    on
        estimates.dimension = plain_shares.dimension
        and estimates.dimension_value = plain_shares.dimension_value
        and estimates.months = plain_shares.months
cross join by_channel
cross join ledger_bounds
where
    not coalesce(
        estimates.customers = plain_shares.customers
        and estimates.expanded_customers = plain_shares.expanded_customers
        and (plain_shares.dimension != 'total' or by_channel.customers = plain_shares.customers)
        and (plain_shares.dimension != 'total' or by_channel.expanded_customers = plain_shares.expanded_customers)
        and case
            when {{ add_months('plain_shares.first_paid_month_date', 'plain_shares.months') }}
                > ledger_bounds.last_month_date
                then estimates.share_expanded is null
            when plain_shares.dimension = 'total'
                then
                    estimates.share_expanded * plain_shares.customers
                    >= plain_shares.expanded_by_then - plain_shares.customers * 0.0000005
            else
                abs(estimates.share_expanded * plain_shares.customers - plain_shares.expanded_by_then)
                <= plain_shares.customers * 0.0000005
        end,
        false
    )
