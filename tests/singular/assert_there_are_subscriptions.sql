with

subscriptions as (

    select count(*) as row_count from {{ ref('stg_billing__subscriptions') }}

)

select
    'subscriptions' as table_name,
    'the table is empty' as problem
from subscriptions
where row_count = 0
