{#-
  Attributes of a cohort are those of the version in force at the first instant of its period, read by timestamp: else
  of the latest version before, else of the first one, else today's. A null attribute is `(none)`.
-#}
{% test attributes_are_those_at_the_start(
    model, versions, customers, attributes, customer_column='customer_id', start_column='period_start_date',
    valid_from_column='valid_from', valid_to_column='valid_to'
) %}

with

cohorts as (

    select * from {{ model }}

),

customers as (

    select * from {{ customers }}

),

versions as (

    select
        *,
        {{ to_reporting_time(valid_from_column) }} as begins_at
    from {{ versions }}
    where {{ valid_from_column }} < coalesce({{ valid_to_column }}, {{ end_of_time() }})

),

starts as (

    select distinct
        {{ customer_column }},
        cast({{ start_column }} as {{ dbt.type_timestamp() }}) as starts_at
    from cohorts

),

-- versions of one customer never overlap, so the latest one that began before an instant is in force then, or was last
picked as (

    select
        starts.{{ customer_column }},
        starts.starts_at,
        coalesce(
            max(case when versions.begins_at < starts.starts_at then versions.{{ valid_from_column }} end),
            min(versions.{{ valid_from_column }})
        ) as picked_from
    from starts
    inner join versions on starts.{{ customer_column }} = versions.{{ customer_column }}
    group by
        starts.{{ customer_column }},
        starts.starts_at

),

expected as (

    select
        starts.{{ customer_column }},
        starts.starts_at,
        {%- for attribute in attributes %}
        coalesce(
            case
                when versions.{{ customer_column }} is null then customers.{{ attribute }}
                else versions.{{ attribute }}
            end,
            '(none)'
        ) as {{ attribute }}{{ ',' if not loop.last }}
        {%- endfor %}
    from starts
    left join customers on starts.{{ customer_column }} = customers.{{ customer_column }}
    left join picked
        on
            starts.{{ customer_column }} = picked.{{ customer_column }}
            and starts.starts_at = picked.starts_at
    left join versions
        on
            picked.{{ customer_column }} = versions.{{ customer_column }}
            and picked.picked_from = versions.{{ valid_from_column }}

)

select
    {{ row_key(['cohorts.period_type', 'cohorts.' ~ start_column, 'cohorts.' ~ customer_column]) }} as row_key,
    {%- for attribute in attributes %}
    cohorts.{{ attribute }},
    expected.{{ attribute }} as {{ attribute }}_at_the_start,
    {%- endfor %}
    'not the attributes at the start of the period' as problem
from cohorts
left join expected
    on
        cohorts.{{ customer_column }} = expected.{{ customer_column }}
        and cast(cohorts.{{ start_column }} as {{ dbt.type_timestamp() }}) = expected.starts_at
where
    not coalesce(
        {%- for attribute in attributes %}
        {{ 'and ' if not loop.first }}cohorts.{{ attribute }} = expected.{{ attribute }}
        {%- endfor %},
        false
    )

{% endtest %}
