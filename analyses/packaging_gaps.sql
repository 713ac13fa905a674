-- Where does packaging leave money or trust on the table? Plans without a ceiling, which nobody ever outgrows, and
-- customers far under or over what their plan includes, by the usage billed for the last complete month.
with

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

invoices as (

    select *
    from {{ ref('stg_billing__invoices') }}
    where status not in ('draft', 'void')

),

usage_lines as (

    select *
    from {{ ref('stg_billing__invoice_line_items') }}
    where line_type = 'usage'

),

customers as (

    select * from {{ ref('dim_customers') }}

),

last_month as (

    select max(month_date) as month_date
    from {{ ref('mrr_waterfall') }}

),

usage_of_customers as (

    select
        invoices.customer_id,
        usage_lines.plan_id,
        sum(usage_lines.quantity) as units_used
    from usage_lines
    inner join invoices on usage_lines.invoice_id = invoices.invoice_id
    inner join last_month
        on
            usage_lines.service_end_date >= last_month.month_date
            and usage_lines.service_end_date < {{ add_months('last_month.month_date', 1) }}
    group by
        invoices.customer_id,
        usage_lines.plan_id

),

customer_gaps as (

    select
        case
            when usage_of_customers.units_used > plans.usage_limit then 'customer over the limit'
            when usage_of_customers.units_used * 4 < plans.usage_limit then 'customer far under the limit'
        end as gap,
        plans.plan_name,
        customers.customer_name,
        usage_of_customers.units_used,
        plans.usage_limit
    from usage_of_customers
    inner join plans on usage_of_customers.plan_id = plans.plan_id
    inner join customers on usage_of_customers.customer_id = customers.customer_id

),

plan_gaps as (

    select distinct
        'plan without a ceiling' as gap,
        plan_name,
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_bigint() }}) as units_used,
        usage_limit
    from plans
    where
        pricing_model in ('flat', 'metered')
        and usage_limit is null

),

gaps as (

    select * from customer_gaps

    union all

    select * from plan_gaps

)

select
    gap,
    plan_name,
    customer_name,
    units_used,
    usage_limit,
    {{ exact_ratio('units_used', 'usage_limit') }} as share_of_limit
from gaps
where gap is not null
order by
    gap asc,
    share_of_limit desc,
    plan_name asc,
    customer_name asc
