with

seed_rows as (

    select * from {{ ref('arr_stages') }}

)

select
    cast(arr_stage as {{ dbt.type_string() }}) as arr_stage,
    cast(from_arr as decimal(18, 4)) as from_arr,
    cast(to_arr as decimal(18, 4)) as to_arr,
    cast(target_nrr_from as decimal(18, 6)) as target_nrr_from,
    cast(target_nrr_to as decimal(18, 6)) as target_nrr_to
from seed_rows
