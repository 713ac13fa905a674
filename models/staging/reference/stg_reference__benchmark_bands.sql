with

seed_rows as (

    select * from {{ ref('benchmark_bands') }}

)

select
    cast(metric as {{ dbt.type_string() }}) as metric,
    cast(band as {{ dbt.type_string() }}) as band,
    cast(verdict as {{ dbt.type_string() }}) as verdict,
    cast(from_ratio as decimal(18, 6)) as from_ratio,
    cast(to_ratio as decimal(18, 6)) as to_ratio
from seed_rows
