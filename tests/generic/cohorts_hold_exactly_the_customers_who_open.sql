{#-
  A cohort of a period holds exactly the customers whose balance at its first instant is above 0, with that balance, and
  the same customers' balance at its last instant: nobody who came later, nobody who left removed, no complete period
  without its cohort and no incomplete one with it. `periods` are the period types: name, length and step in months (a
  step of 1, 3 or 12 months, on boundaries of the fiscal year). Where the closing is measured at other rates than the
  balances (`is_closing_comparable` false), only whether it is above 0 is compared.
-#}
{% test cohorts_hold_exactly_the_customers_who_open(
    model, balances, ledger_bounds, customer_column='customer_id', month_column='month_date', is_closing_comparable=true,
    periods=[
        {'period_type': 'month', 'length_months': 1, 'step_months': 1},
        {'period_type': 'quarter', 'length_months': 3, 'step_months': 3},
        {'period_type': 'year', 'length_months': 12, 'step_months': 12},
        {'period_type': 'trailing_12_months', 'length_months': 12, 'step_months': 1},
    ]
) %}

with

cohorts as (

    select * from {{ model }}

),

balances as (

    select
        {{ customer_column }} as customer_id,
        {{ month_column }} as month_date,
        opening_mrr,
        closing_mrr
    from {{ balances }}

),

ledger_bounds as (

    select last_month_date from {{ ledger_bounds }}

),

openings as (

    {% for period in periods -%}
    select
        '{{ period.period_type }}' as period_type,
        customer_id,
        month_date as period_start_date,
        {{ add_months('month_date', period.length_months - 1) }} as last_month_date,
        {{ add_days(add_months('month_date', period.length_months), -1) }} as period_end_date,
        opening_mrr
    from balances
    where
        opening_mrr > 0
        and month_date = {{ period_start('month_date', period.step_months) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

expected as (

    select
        openings.period_type,
        openings.period_start_date,
        openings.period_end_date,
        openings.customer_id,
        openings.opening_mrr,
        -- a month without a row is a month without MRR
        coalesce(balances.closing_mrr, 0) as closing_mrr
    from openings
    inner join ledger_bounds on openings.last_month_date <= ledger_bounds.last_month_date
    left join balances
        on
            openings.customer_id = balances.customer_id
            and openings.last_month_date = balances.month_date

)

select
    {{ row_key([
        'coalesce(cohorts.period_type, expected.period_type)',
        'coalesce(cohorts.period_start_date, expected.period_start_date)',
        'coalesce(cohorts.' ~ customer_column ~ ', expected.customer_id)',
    ]) }} as row_key,
    cohorts.opening_mrr,
    expected.opening_mrr as expected_opening_mrr,
    cohorts.closing_mrr,
    expected.closing_mrr as expected_closing_mrr,
    case
        when cohorts.{{ customer_column }} is null then 'a customer who opened the period is missing'
        when expected.customer_id is null then 'a customer who did not open the period, or an incomplete period'
        else 'not the balances of the period'
    end as problem
from cohorts
full outer join expected
    on
        cohorts.period_type = expected.period_type
        and cohorts.period_start_date = expected.period_start_date
        and cohorts.{{ customer_column }} = expected.customer_id
where
    not coalesce(
        cohorts.opening_mrr = expected.opening_mrr
        {%- if is_closing_comparable %}
        and cohorts.closing_mrr = expected.closing_mrr
        {%- else %}
        and (cohorts.closing_mrr > 0) = (expected.closing_mrr > 0)
        {%- endif %}
        and cohorts.period_end_date = expected.period_end_date,
        false
    )

{% endtest %}
