{{ comes_after('int_input_digest') }}

with

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

with_factor as (

    select
        plan_id,
        product_id,
        plan_name,
        pricing_model as pool,
        case
            when billing_interval_count = 1 then billing_interval
            else cast(billing_interval_count as {{ dbt.type_string() }}) || ' ' || billing_interval
        end as billing_interval,
        tier_rank,
        case billing_interval
            when 'day' then 365
            when 'week' then 52
            when 'month' then 12
            when 'quarter' then 4
            when 'year' then 1
        end as intervals_per_year,
        billing_interval_count * 12 as months_per_year,
        billing_interval_count
        * case billing_interval when 'month' then 1 when 'quarter' then 3 when 'year' then 12 else 0 end as term_months,
        billing_interval_count * case billing_interval when 'day' then 1 when 'week' then 7 else 0 end as term_days
    from plans

),

-- what is billed without a plan still has to belong somewhere
unassigned as (

    select
        'unassigned' as plan_id,
        'unassigned' as product_id,
        'unassigned' as plan_name,
        'flat' as pool,
        cast(null as {{ dbt.type_string() }}) as billing_interval,
        cast(null as {{ dbt.type_bigint() }}) as tier_rank,
        12 as intervals_per_year,
        cast(12 as {{ dbt.type_bigint() }}) as months_per_year,
        cast(null as {{ dbt.type_bigint() }}) as term_months,
        cast(null as {{ dbt.type_bigint() }}) as term_days

),

unioned as (

    select * from with_factor

    union all

    select * from unassigned

),

whole_factors as (

    select
        *,
        cast(intervals_per_year as {{ whole_type() }}) as numerator,
        cast(months_per_year as {{ whole_type() }}) as denominator
    from unioned

)

select
    plan_id,
    product_id,
    plan_name,
    pool,
    billing_interval,
    tier_rank,
    {{ whole_quotient('numerator', greatest_common_divisor('numerator', 'denominator')) }} as factor_numerator,
    {{ whole_quotient('denominator', greatest_common_divisor('numerator', 'denominator')) }} as factor_denominator,
    term_months,
    term_days
from whole_factors
