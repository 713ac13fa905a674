{{ config(incremental_strategy='changed_customers') }}
{{ comes_after('int_changed_customers') }}
{% set attributes = ['segment', 'country', 'acquisition_channel', 'csm_owner'] %}

with

customers as (

    select * from {{ ref('stg_billing__customers') }}

),

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
-- the first also stands for the time before it, and what holds today for who has none
month_stamped as (

    select
        customers.customer_id,
        {% for attribute in attributes -%}
            -- a version may hold a null on purpose
            case
                when numbered.customer_id is null then customers.{{ attribute }} else numbered.{{ attribute }}
            end as {{ attribute }},
        {% endfor -%}
        numbered.version_number,
        case
            when numbered.version_number > 1 then {{ month_of('numbered.valid_from') }} else cast('0001-01-01' as date)
        end as month_date
    from customers
    left join numbered on customers.customer_id = numbered.customer_id

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
    {% for attribute in attributes -%}
        coalesce({{ attribute }}, '(none)') as {{ attribute }},
    {% endfor -%}
    month_date
from ranked
where recency = 1
