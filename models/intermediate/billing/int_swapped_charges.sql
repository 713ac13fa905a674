{{ config(incremental_strategy='changed_customers') }}

-- Charges that continue what credits over the same dates ended: a plan swapped for another in the middle of its term.
-- What was credited says what a month is worth there, so the charge has its rate from the credits. A charge so valued
-- can be swapped again, over dates within its own: each round of the recursion values the charges whose turn it is, and
-- hands their rates to those that continue them. Rates are in 10^-12 of the currency.
with recursive

recurring_lines as (

    select
        *,
        {{ multiply_and_divide(
            'billed_price', '(per_month_numerator * 100000000)', 'per_month_denominator'
        ) }} as own_rate
    from {{ ref('int_invoice_lines_valued') }}
    where line_type = 'recurring'

),

reversals as (

    select * from {{ ref('int_credit_reversals') }}

),

-- what was credited over the dates of a charge by the time that it was billed
credits_met as (

    select
        charges.invoice_line_item_id,
        charges.customer_id,
        charges.billed_price,
        reversals.charge_line_item_id as ended_line_item_id,
        reversals.credited_share,
        reversals.credit_price,
        ended_charges.own_rate as ended_rate,
        min(reversals.left_share) over (
            partition by charges.invoice_line_item_id, reversals.charge_line_item_id
        ) = 0 as is_ended,
        -- a charge comes after all that it can depend on
        dense_rank() over (
            partition by charges.billing_customer_id, charges.currency
            order by charges.from_date asc, charges.to_date desc, charges.issued_at asc
        ) as turn
    from recurring_lines as charges
    inner join reversals
        on
            charges.billing_customer_id = reversals.billing_customer_id
            and charges.currency = reversals.currency
            and charges.from_date = reversals.from_date
            and charges.to_date = reversals.to_date
            and charges.issued_at >= reversals.issued_at
            and coalesce(charges.subscription_id = reversals.subscription_id, true)
    inner join recurring_lines as ended_charges
        on reversals.charge_line_item_id = ended_charges.invoice_line_item_id
    where charges.billed_price > 0

),

ended_themselves as (

    select invoice_line_item_id
    from credits_met
    where
        is_ended
        and invoice_line_item_id = ended_line_item_id

),

continued as (

    select
        invoice_line_item_id,
        customer_id,
        billed_price,
        ended_line_item_id,
        credited_share,
        credit_price,
        ended_rate,
        turn
    from credits_met
    where
        is_ended
        and invoice_line_item_id not in (select ended_themselves.invoice_line_item_id from ended_themselves)

),

rounds as (

    select
        *,
        cast(1 as {{ dbt.type_bigint() }}) as current_turn
    from continued

    union all

    select
        invoice_line_item_id,
        customer_id,
        billed_price,
        ended_line_item_id,
        credited_share,
        credit_price,
        coalesce(handed_rate, ended_rate) as ended_rate,
        turn,
        current_turn + 1 as current_turn
    from (
        select
            *,
            max(case when turn = current_turn then continued_rate end) over (
                partition by case when turn = current_turn then invoice_line_item_id else ended_line_item_id end
            ) as handed_rate
        from (
            select
                *,
                {{ multiply_and_divide('billed_price', 'ended_rates', 'credited_prices') }} as continued_rate
            from (
                select
                    *,
                    sum({{ multiply_and_divide('ended_rate', 'credited_share', whole_share()) }})
                        over (partition by invoice_line_item_id) as ended_rates,
                    sum(credit_price) over (partition by invoice_line_item_id) as credited_prices
                from rounds
            ) as summed
        ) as valued
    ) as handed
    where turn > current_turn

)

select
    invoice_line_item_id,
    customer_id,
    cast(
        sum({{ multiply_and_divide('ended_rate', 'credited_share', whole_share()) }}) as {{ whole_type() }}
    ) as ended_rate,
    cast(sum(credit_price) as {{ whole_type() }}) as credited_price
from rounds
where turn = current_turn
group by
    invoice_line_item_id,
    customer_id
