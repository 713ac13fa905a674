{#-
  An acquisition cohort is who first paid in its month. Each of its months to the end of the ledger, empty ones
  included, is recomputed from the balances of those customers, read one by one.
-#}
{% test acquisition_cohorts_follow_their_customers(
    model, balances, ledger_bounds, customer_column='customer_id', month_column='month_date'
) %}

with

retention as (

    select * from {{ model }}

),

balances as (

    select
        {{ customer_column }} as customer_id,
        {{ month_column }} as month_date,
        closing_mrr
    from {{ balances }}
    where closing_mrr > 0

),

ledger_bounds as (

    select last_month_date from {{ ledger_bounds }}

),

first_months as (

    select
        customer_id,
        min(month_date) as cohort_month_date
    from balances
    group by customer_id

),

acquired as (

    select
        first_months.customer_id,
        first_months.cohort_month_date,
        balances.closing_mrr as initial_mrr
    from first_months
    inner join balances
        on
            first_months.customer_id = balances.customer_id
            and first_months.cohort_month_date = balances.month_date

),

customer_months as (

    select
        acquired.*,
        {{ explode_dates('acquired.cohort_month_date', 'ledger_bounds.last_month_date', 1) }} as month_date
    from acquired
    cross join ledger_bounds

),

expected as (

    select
        customer_months.cohort_month_date,
        {{ date_difference('customer_months.cohort_month_date', 'customer_months.month_date', 'month') }}
            as months_since,
        count(*) as cohort_customers,
        count(balances.customer_id) as active_customers,
        cast(sum(customer_months.initial_mrr) as decimal(18, 4)) as initial_mrr,
        cast(sum(coalesce(balances.closing_mrr, 0)) as decimal(18, 4)) as mrr,
        cast(
            sum(
                case
                    when balances.closing_mrr < customer_months.initial_mrr then balances.closing_mrr
                    when balances.closing_mrr is not null then customer_months.initial_mrr
                    else 0
                end
            ) as decimal(18, 4)
        ) as retained_mrr
    from customer_months
    left join balances
        on
            customer_months.customer_id = balances.customer_id
            and customer_months.month_date = balances.month_date
    group by
        customer_months.cohort_month_date,
        customer_months.month_date

)

select
    {{ row_key([
        'coalesce(retention.cohort_month_date, expected.cohort_month_date)',
        'coalesce(retention.months_since, expected.months_since)',
    ]) }} as row_key,
    retention.active_customers,
    expected.active_customers as expected_active_customers,
    retention.mrr,
    expected.mrr as expected_mrr,
    retention.grr,
    'not what the customers acquired in that month pay' as problem
from retention
full outer join expected
    on
        retention.cohort_month_date = expected.cohort_month_date
        and retention.months_since = expected.months_since
where
    not coalesce(
        retention.cohort_customers = expected.cohort_customers
        and retention.active_customers = expected.active_customers
        and retention.initial_mrr = expected.initial_mrr
        and retention.mrr = expected.mrr
        and retention.retained_mrr = expected.retained_mrr
        and abs(cast(retention.nrr as decimal(28, 6)) * expected.initial_mrr - expected.mrr) <= expected.initial_mrr * 0.0000005
        and abs(cast(retention.grr as decimal(28, 6)) * expected.initial_mrr - expected.retained_mrr) <= expected.initial_mrr * 0.0000005
        and abs(retention.logo_retention * expected.cohort_customers - expected.active_customers)
        <= expected.cohort_customers * 0.0000005,
        false
    )

{% endtest %}
