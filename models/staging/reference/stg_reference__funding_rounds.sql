with

seed_rows as (

    select * from {{ ref('funding_rounds') }}

)

select
    cast(funding_round as {{ dbt.type_string() }}) as funding_round,
    cast(target_nrr as decimal(18, 6)) as target_nrr
from seed_rows
