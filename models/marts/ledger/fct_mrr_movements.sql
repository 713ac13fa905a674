{{ config(incremental_strategy='changed_customers') }}

with

customer_balances as (

    select * from {{ ref('int_customer_balances') }}

),

churn_reasons as (

    select * from {{ ref('int_customer_churn_reasons') }}

),

acquisitions as (

    select * from {{ ref('int_customer_acquisitions') }}

),

classified as (

    select
        customer_id,
        month_date,
        {{ movement_type_of(
            'opening_mrr', 'closing_mrr', 'mrr_change', 'peak_mrr_before', 'last_churn_month_date', 'month_date'
        ) }} as movement_type,
        opening_mrr,
        -- at the rates of the opening, so that a rate moves nobody
        opening_mrr + mrr_change as closing_mrr,
        mrr_change,
        adjustment_mrr,
        peak_mrr_before
    from customer_balances

),

with_recovery as (

    select
        *,
        case
            when movement_type in ('expansion', 'reactivation')
                then greatest(least(closing_mrr, peak_mrr_before) - opening_mrr, 0)
            else 0
        end as recovered_mrr
    from classified
    where movement_type is not null

)

select
    with_recovery.customer_id,
    with_recovery.month_date,
    with_recovery.movement_type,
    with_recovery.opening_mrr,
    cast(with_recovery.closing_mrr as decimal(18, 4)) as closing_mrr,
    with_recovery.mrr_change,
    cast(with_recovery.recovered_mrr as decimal(18, 4)) as recovered_mrr,
    cast(
        case
            when with_recovery.movement_type in ('new', 'expansion', 'reactivation')
                then with_recovery.mrr_change - with_recovery.recovered_mrr
            else 0
        end as decimal(18, 4)
    ) as above_peak_mrr,
    with_recovery.adjustment_mrr,
    with_recovery.movement_type = 'new'
    and with_recovery.peak_mrr_before = 0
    and coalesce(acquisitions.acquired_month_date <= with_recovery.month_date, false) as is_acquired,
    case when with_recovery.movement_type = 'churn' then churn_reasons.churn_reason end as churn_reason,
    {{ surrogate_key(
        ['with_recovery.customer_id', 'with_recovery.month_date'], free_text=['with_recovery.customer_id']
    ) }} as mrr_movement_key
from with_recovery
left join churn_reasons
    on
        with_recovery.customer_id = churn_reasons.customer_id
        and with_recovery.month_date = churn_reasons.month_date
left join acquisitions on with_recovery.customer_id = acquisitions.customer_id
