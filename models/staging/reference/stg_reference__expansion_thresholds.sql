with

seed_rows as (

    select * from {{ ref('expansion_thresholds') }}

)

select
    cast(threshold as {{ dbt.type_string() }}) as threshold,
    cast(threshold_value as decimal(18, 6)) as threshold_value
from seed_rows
