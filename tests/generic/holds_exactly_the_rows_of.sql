{#- The model, within a scope, and the expected table hold the same rows, as many times each. -#}
{% test holds_exactly_the_rows_of(model, expected, columns, scope='true') %}

with

actual_rows as (

    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ scope }}

),

expected_rows as (

    select {{ columns | join(', ') }} from {{ expected }}

),

unexpected as (

    select * from actual_rows
    except all
    select * from expected_rows

),

missing as (

    select * from expected_rows
    except all
    select * from actual_rows

)

select
    'unexpected' as problem,
    *
from unexpected

union all

select
    'missing' as problem,
    *
from missing

{% endtest %}
