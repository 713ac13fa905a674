{{ config(materialized='table', post_hook="{{ compare_ledger_end() }}") }}
{{ comes_after('int_input_digest') }}

with

invoices as (

    select *
    from {{ ref('int_invoices_judged') }}
    where is_issued

),

latest_issue as (

    select cast({{ to_reporting_time('max(issued_at)') }} as date) as issued_date
    from invoices

),

as_of as (

    select
        {% if var('as_of_date') is not none -%}
            cast('{{ var("as_of_date") }}' as date) as as_of_date
        {%- elif flags.EMPTY -%}
            -- a dry run reads no invoice
            issued_date as as_of_date
        {%- else -%}
            coalesce(
                issued_date,
                {{ raise_error(
                    "'invoices.issued_at: there is no invoice that is neither draft nor void, so nothing says where the "
                    ~ "ledger ends: set the var as_of_date'",
                    'date'
                ) }}
            ) as as_of_date
        {%- endif %}
    from latest_issue

),

bounded as (

    select
        as_of_date,
        {% if var('constant_fx_date') is not none -%}
            cast('{{ var("constant_fx_date") }}' as date) as constant_fx_date,
        {%- else -%}
            as_of_date as constant_fx_date,
        {%- endif %}
        -- a month is complete when its end plus the lag is not after the midnight that ends the as-of date
        {{ add_months(
            dbt.date_trunc('month', dbt.dateadd('day', 1 - var('close_lag_days') | int, 'as_of_date')), -1
        ) }} as last_month_date
    from as_of

)

select * from bounded
