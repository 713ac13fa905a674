{{ config(incremental_strategy='changed_customers') }}

-- Which charge each credit reverses, and how much of it. Credits take their turns in order of issue, because what one
-- leaves of a charge decides what the next one finds: each round of the recursion gives the credit whose turn it is its
-- charge, and takes its share off what later credits find there. Shares are whole numbers of 10^-18.
{% set nearly = "cast(20000000000000000 as " ~ whole_type() ~ ")" -%}
with recursive

recurring_lines as (

    select
        *,
        cast({{ date_difference('from_date', 'to_date', 'day') }} as {{ whole_type() }}) as term_days
    from {{ ref('int_invoice_lines_valued') }}
    where line_type = 'recurring'

),

-- the charges that a credit may reverse: of one customer, plan and currency, issued no later, around its dates
candidates as (

    select
        credits.customer_id,
        credits.billing_customer_id,
        credits.subscription_id,
        credits.plan_id,
        credits.currency,
        credits.issued_at,
        credits.invoice_line_item_id as credit_line_item_id,
        charges.invoice_line_item_id as charge_line_item_id,
        credits.from_date,
        credits.to_date,
        credits.quantity,
        credits.term_days as credit_days,
        charges.term_days as charge_days,
        -credits.billed_price as credit_price,
        charges.billed_price as charge_price,
        dense_rank() over (
            partition by credits.billing_customer_id, credits.plan_id, credits.currency
            order by credits.issued_at, credits.invoice_line_item_id
        ) as turn,
        row_number() over (
            partition by credits.invoice_line_item_id
            order by
                case when credits.to_date = charges.to_date then 0 else 1 end asc,
                -- what is issued with the credit comes in place of what it is for
                case when credits.issued_at = charges.issued_at then 1 else 0 end asc,
                charges.issued_at desc,
                charges.invoice_line_item_id asc
        ) as preference
    from recurring_lines as credits
    inner join recurring_lines as charges
        on
            credits.billing_customer_id = charges.billing_customer_id
            and credits.plan_id = charges.plan_id
            and credits.currency = charges.currency
            and credits.issued_at >= charges.issued_at
            and credits.from_date >= charges.from_date
            and credits.to_date <= charges.to_date
            and coalesce(credits.subscription_id = charges.subscription_id, true)
            and coalesce(credits.subscription_item_id = charges.subscription_item_id, true)
    where
        credits.billed_price < 0
        and charges.billed_price > 0

),

-- the share of the charge that the credit is worth over its own days; beyond all of it no more than that matters
asked as (

    select
        *,
        {{ multiply_and_divide(
            'least(credit_price * charge_days, charge_price * credit_days * 2)',
            whole_share(),
            '(charge_price * credit_days)'
        ) }} as asked_share
    from candidates

),

rounds as (

    select
        *,
        cast(1 as {{ dbt.type_bigint() }}) as current_turn,
        {{ whole_share() }} as left_share
    from asked

    union all

    select
        customer_id,
        billing_customer_id,
        subscription_id,
        plan_id,
        currency,
        issued_at,
        credit_line_item_id,
        charge_line_item_id,
        from_date,
        to_date,
        quantity,
        credit_days,
        charge_days,
        credit_price,
        charge_price,
        turn,
        preference,
        asked_share,
        current_turn + 1 as current_turn,
        left_share - case
            when
                charge_line_item_id = reversed_line_item_id
                and from_date < reversed_to_date
                and to_date > reversed_from_date
                then reversed_share
            else 0
        end as left_share
    from (
        select
            *,
            first_value(case when is_found then charge_line_item_id end) over charges_found as reversed_line_item_id,
            first_value(case when is_found then from_date end) over charges_found as reversed_from_date,
            first_value(case when is_found then to_date end) over charges_found as reversed_to_date,
            first_value(
                case when is_found then least(left_share, case when is_rest then left_share else asked_share end) end
            ) over charges_found as reversed_share
        from (
            select
                *,
                turn = current_turn and left_share > 0 as is_found,
                -- what is asked is all that is left, nearly or more than that
                asked_share + {{ nearly }} >= left_share as is_rest
            from rounds
        ) as judged
        window charges_found as (
            partition by billing_customer_id, plan_id, currency
            order by case when is_found then preference else 2147483647 end
        )
    ) as decided
    where turn > current_turn

),

found as (

    select
        *,
        case when asked_share + {{ nearly }} >= left_share then left_share else asked_share end as credited_share,
        asked_share > left_share + {{ nearly }} as is_more_than_left,
        row_number() over (partition by credit_line_item_id order by preference) as place
    from rounds
    where
        turn = current_turn
        and left_share > 0

),

reversals as (

    select
        *,
        -- in 10^-10 of the currency
        case
            when is_more_than_left
                then credit_price * 1000000 - {{ multiply_and_divide(
                    multiply_and_divide('(charge_price * 1000000)', 'credit_days', 'charge_days'),
                    'credited_share',
                    whole_share()
                ) }}
            else 0
        end as excess_price
    from found
    where place = 1

)

select
    credit_line_item_id,
    charge_line_item_id,
    customer_id,
    billing_customer_id,
    subscription_id,
    currency,
    issued_at,
    from_date,
    to_date,
    quantity,
    credit_price,
    credited_share,
    left_share - credited_share as left_share,
    {{ from_whole(multiply_and_divide('excess_price', '1', '1000000'), 4) }} as excess_amount
from reversals
