{#-
  Every row of the rates is recomputed from the customers of its cohort, one dimension at a time: number of customers,
  sums, and rates to within half of the last decimal. No row is missing and none is there without a cohort, and
  nobody is in a cohort twice. `parts` maps further sums to what they sum of a cohort, and `part_rates` further rates to
  the sum that they have on top.
-#}
{% test rates_follow_from_the_cohorts(model, cohorts, dimensions, parts={}, part_rates={}) %}

{%- set own_sums = [
    'opening_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'retained_mrr', 'closing_mrr',
] -%}
{%- set sums = own_sums + parts.keys() | list -%}
{%- set rates = {
    'nrr': ['closing_mrr', 'opening_mrr'],
    'grr': ['retained_mrr', 'opening_mrr'],
    'logo_retention': ['customers_who_close', 'customers_who_open'],
    'expansion_rate': ['expansion_mrr', 'opening_mrr'],
} -%}
{%- for rate, part in part_rates.items() -%}
    {%- do rates.update({rate: [part, 'opening_mrr']}) -%}
{%- endfor %}

with

rates as (

    select * from {{ model }}

),

cohorts as (

    select * from {{ cohorts }}

),

-- who is in a cohort twice would count twice
doubled as (

    select
        period_type,
        period_start_date,
        customer_id
    from cohorts
    group by
        period_type,
        period_start_date,
        customer_id
    having count(*) > 1

),

expected as (

    {% for dimension in ['total'] + dimensions -%}
    select
        period_type,
        period_start_date,
        period_end_date,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'total' else 'cast(' ~ dimension ~ ' as ' ~ dbt.type_string() ~ ')' }}
            as dimension_value,
        count(*) as customers_who_open,
        sum(case when closing_mrr > 0 then 1 else 0 end) as customers_who_close,
        {%- for column in own_sums %}
        cast(sum({{ column }}) as decimal(18, 4)) as {{ column }},
        {%- endfor %}
        {%- for part, expression in parts.items() %}
        cast(sum({{ expression }}) as decimal(18, 4)) as {{ part }},
        {%- endfor %}
        0 as doubled_customers
    from cohorts
    group by
        period_type,
        period_start_date,
        period_end_date
        {%- if dimension != 'total' %},
        {{ dimension }}
        {%- endif %}

    union all

    {% endfor -%}
    select
        period_type,
        period_start_date,
        cast(null as date) as period_end_date,
        'doubled' as dimension,
        'all' as dimension_value,
        0 as customers_who_open,
        0 as customers_who_close,
        {%- for column in sums %}
        0 as {{ column }},
        {%- endfor %}
        count(*) as doubled_customers
    from doubled
    group by
        period_type,
        period_start_date

)

select
    {{ row_key([
        'coalesce(rates.period_type, expected.period_type)',
        'coalesce(rates.period_start_date, expected.period_start_date)',
        'coalesce(rates.dimension, expected.dimension)',
        'coalesce(rates.dimension_value, expected.dimension_value)',
    ]) }} as row_key,
    {%- for column in sums %}
    rates.{{ column }},
    expected.{{ column }} as expected_{{ column }},
    {%- endfor %}
    {%- for rate in rates %}
    rates.{{ rate }},
    {%- endfor %}
    'the rates do not follow from the cohort' as problem
from rates
full outer join expected
    on
        rates.period_type = expected.period_type
        and rates.period_start_date = expected.period_start_date
        and rates.dimension = expected.dimension
        and rates.dimension_value = expected.dimension_value
where
    not coalesce(
        rates.period_end_date = expected.period_end_date
        and rates.cohort_customers = expected.customers_who_open
        {%- for column in sums %}
        and rates.{{ column }} = expected.{{ column }}
        {%- endfor %}
        {%- for rate, (numerator, denominator) in rates.items() %}
        and abs(cast(rates.{{ rate }} as decimal(28, 6)) * expected.{{ denominator }} - expected.{{ numerator }})
        <= expected.{{ denominator }} * 0.0000005
        {%- endfor %},
        false
    )

{% endtest %}
