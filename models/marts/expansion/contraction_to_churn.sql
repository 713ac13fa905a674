with

contraction_spans as (

    select * from {{ ref('int_contraction_spans') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

horizons as (

    select 3 as horizon_months

    union all

    select 6 as horizon_months

    union all

    select 12 as horizon_months

),

-- of a span, the months whose horizon the ledger has seen to its end
observed as (

    select
        contraction_spans.contraction_driver,
        horizons.horizon_months,
        contraction_spans.from_month_date,
        contraction_spans.churn_month_date,
        greatest(
            contraction_spans.from_month_date,
            {{ add_months('contraction_spans.churn_month_date', '-horizons.horizon_months') }}
        ) as first_churning_month_date,
        least(
            contraction_spans.last_month_date,
            {{ add_months('ledger_bounds.last_month_date', '-horizons.horizon_months') }}
        ) as last_month_date
    from contraction_spans
    cross join horizons
    cross join ledger_bounds

),

counted as (

    select
        contraction_driver,
        horizon_months,
        greatest({{ date_difference('from_month_date', 'last_month_date', 'month') }} + 1, 0) as customer_months,
        -- and those of them from which the churn is no further away than the horizon
        case
            when churn_month_date is null then 0
            else greatest({{ date_difference('first_churning_month_date', 'last_month_date', 'month') }} + 1, 0)
        end as churned_customer_months
    from observed

),

summed as (

    select
        contraction_driver,
        horizon_months,
        sum(customer_months) as customer_months,
        sum(churned_customer_months) as churned_customer_months
    from counted
    group by
        contraction_driver,
        horizon_months

),

contractions as (

    select
        contraction_driver as driver,
        horizon_months,
        customer_months as contractions,
        churned_customer_months as churned_after_contraction
    from summed
    where contraction_driver is not null

    union all

    select
        'all' as driver,
        horizon_months,
        sum(case when contraction_driver is null then 0 else customer_months end) as contractions,
        sum(case when contraction_driver is null then 0 else churned_customer_months end) as churned_after_contraction
    from summed
    group by horizon_months

),

comparison as (

    select
        horizon_months,
        sum(case when contraction_driver is null then customer_months else 0 end) as customer_months,
        sum(case when contraction_driver is null then churned_customer_months else 0 end) as churned_customer_months
    from summed
    group by horizon_months

)

select
    contractions.driver,
    cast(contractions.horizon_months as {{ dbt.type_bigint() }}) as horizon_months,
    cast(contractions.contractions as {{ dbt.type_bigint() }}) as contractions,
    cast(contractions.churned_after_contraction as {{ dbt.type_bigint() }}) as churned_after_contraction,
    {{ exact_ratio('contractions.churned_after_contraction', 'contractions.contractions') }}
        as churn_share_after_contraction,
    cast(comparison.customer_months as {{ dbt.type_bigint() }}) as comparison_customer_months,
    cast(comparison.churned_customer_months as {{ dbt.type_bigint() }}) as churned_comparison_customer_months,
    {{ exact_ratio('comparison.churned_customer_months', 'comparison.customer_months') }}
        as churn_share_of_comparison,
    {{ exact_ratio(
        'contractions.churned_after_contraction * comparison.customer_months',
        'contractions.contractions * comparison.churned_customer_months'
    ) }} as churn_lift,
    {{ surrogate_key(['contractions.driver', 'contractions.horizon_months']) }} as contraction_to_churn_key
from contractions
inner join comparison on contractions.horizon_months = comparison.horizon_months
