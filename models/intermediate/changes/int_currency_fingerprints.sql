{{ config(materialized='view') }}

with

currency_rates as (

    select * from {{ ref('int_currency_rates') }}

),

rate_spans as (

    select *
    from {{ ref('int_currency_rate_spans') }}
    where {{ 'true' if var('fx_policy') == 'historical' else 'false' }}

),

row_hashes as (

    select
        currency,
        {{ row_hash(['currency_rates']) }} as row_hash
    from currency_rates

    union all

    select
        currency,
        {{ row_hash(['rate_spans']) }} as row_hash
    from rate_spans

)

select
    currency,
    sum(row_hash) as fingerprint
from row_hashes
group by currency
