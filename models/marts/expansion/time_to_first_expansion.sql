{% set everyone = 1000000000000000000 %}

with recursive

first_expansions as (

    select * from {{ ref('int_customer_first_expansions') }}

),

dimensions as (

    select 'total' as dimension

    union all

    select 'acquisition_cohort' as dimension

    union all

    select 'acquisition_channel' as dimension

),

-- who has not expanded yet is known not to have done so for as long as the ledger has seen it, and no longer
customers as (

    select
        dimensions.dimension,
        case dimensions.dimension
            when 'total' then 'all'
            when 'acquisition_cohort'
                then substring(cast(first_expansions.first_paid_month_date as {{ dbt.type_string() }}), 1, 7)
            when 'acquisition_channel' then first_expansions.acquisition_channel
        end as dimension_value,
        first_expansions.observed_months,
        coalesce(first_expansions.months_to_expand, first_expansions.observed_months) as months,
        case when first_expansions.months_to_expand is null then 0 else 1 end as expanded
    from first_expansions
    cross join dimensions

),

by_months as (

    select
        dimension,
        dimension_value,
        months,
        sum(expanded) as expanded,
        count(*) as leaving
    from customers
    group by
        dimension,
        dimension_value,
        months

),

with_at_risk as (

    select
        *,
        sum(leaving) over (
            partition by dimension, dimension_value
            order by months desc
            rows between unbounded preceding and current row
        ) as at_risk
    from by_months

),

expansion_months as (

    select
        dimension,
        dimension_value,
        months,
        cast(at_risk as {{ whole_type() }}) as at_risk,
        cast(at_risk - expanded as {{ whole_type() }}) as not_expanded,
        row_number() over (
            partition by dimension, dimension_value
            order by months
        ) as expansion_number
    from with_at_risk
    where expanded > 0

),

-- Kaplan and Meier: of those at risk in a month, the share that does not expand, month by month; to 18 decimals
survival as (

    select
        dimension,
        dimension_value,
        months,
        expansion_number,
        {{ multiply_and_divide('cast(' ~ everyone ~ ' as ' ~ whole_type() ~ ')', 'not_expanded', 'at_risk') }}
            as not_expanded_yet
    from expansion_months
    where expansion_number = 1

    union all

    select
        expansion_months.dimension,
        expansion_months.dimension_value,
        expansion_months.months,
        expansion_months.expansion_number,
        {{ multiply_and_divide(
            'survival.not_expanded_yet', 'expansion_months.not_expanded', 'expansion_months.at_risk'
        ) }} as not_expanded_yet
    from survival
    inner join expansion_months
        on
            survival.dimension = expansion_months.dimension
            and survival.dimension_value = expansion_months.dimension_value
            and survival.expansion_number + 1 = expansion_months.expansion_number

),

-- what was rounded on the way is less than what is left away here
with_share as (

    select
        *,
        {{ from_whole(multiply_and_divide('not_expanded_yet', 1, everyone // 1000000000000), 12) }}
            as not_expanded_share
    from survival

),

read_off as (

    select
        {% for horizon in [3, 6, 12] -%}
            min(case when months <= {{ horizon }} then not_expanded_yet end) as not_expanded_after_{{ horizon }}_months,
        {% endfor -%}
        {% for quarter in [1, 2, 3] -%}
            min(case when not_expanded_share <= {{ 1 - quarter * 0.25 }} then months end) as quartile_{{ quarter }},
        {% endfor -%}
        dimension,
        dimension_value
    from with_share
    group by
        dimension,
        dimension_value

),

summed as (

    select
        dimension,
        dimension_value,
        count(*) as customers,
        sum(expanded) as expanded_customers,
        max(observed_months) as observed_months
    from customers
    group by
        dimension,
        dimension_value

)

select
    summed.dimension,
    summed.dimension_value,
    cast(summed.customers as {{ dbt.type_bigint() }}) as customers,
    cast(summed.expanded_customers as {{ dbt.type_bigint() }}) as expanded_customers,
    cast(summed.customers - summed.expanded_customers as {{ dbt.type_bigint() }}) as censored_customers,
    {% for horizon in [3, 6, 12] -%}
        case
            when summed.observed_months >= {{ horizon }}
                then {{ from_whole(
                    multiply_and_divide(
                        '(' ~ everyone ~ ' - coalesce(read_off.not_expanded_after_' ~ horizon ~ '_months, ' ~ everyone ~ '))',
                        1, everyone // 1000000
                    ), 6
                ) }}
        end as share_expanded_{{ horizon }}_months,
    {% endfor -%}
    cast(read_off.quartile_1 as {{ dbt.type_bigint() }}) as months_to_expand_first_quartile,
    cast(read_off.quartile_2 as {{ dbt.type_bigint() }}) as median_months_to_expand,
    cast(read_off.quartile_3 as {{ dbt.type_bigint() }}) as months_to_expand_third_quartile,
    {{ surrogate_key(
        ['summed.dimension', 'summed.dimension_value'], free_text=['summed.dimension_value']
    ) }} as time_to_first_expansion_key
from summed
left join read_off
    on
        summed.dimension = read_off.dimension
        and summed.dimension_value = read_off.dimension_value
