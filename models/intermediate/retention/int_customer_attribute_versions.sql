{{ config(incremental_strategy='changed_customers') }}
{{ comes_after('int_changed_customers') }}
with

customer_versions as (

    select *
    from {{ ref('stg_billing__customer_versions') }}
    -- an empty interval was never in force
    where valid_from < coalesce(valid_to, {{ end_of_time() }})

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by valid_from
        ) as version_number
    from customer_versions

),

-- versions never overlap: the latest one begun is the one in force, or else the latest earlier one;
-- the first also stands for the time before it
month_stamped as (

    select
        customer_id,
        segment,
        country,
        acquisition_channel,
        csm_owner,
        version_number,
        case
            when version_number = 1 then cast('0001-01-01' as date)
            else {{ month_of('valid_from') }}
        end as month_date
    from numbered

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, month_date
            order by version_number desc
        ) as recency
    from month_stamped

)

select
    customer_id,
    segment,
    country,
    acquisition_channel,
    csm_owner,
    month_date
from ranked
where recency = 1
