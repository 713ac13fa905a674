{#-
  At every grain (`grains`: lists of columns of the items; the last one is the finest), what is in force in a month,
  with what credits and corrections took below 0 added back, sums to the closing MRR of the ledger. Nothing of the
  finest grain is in force twice in one month. `condition` says which items and shortfalls are the ledger's.
-#}
{% test grains_sum_to_the_same(model, items, shortfalls, grains, month_column='month_date', condition='true') %}

with

customer_months as (

    select * from {{ model }}

),

items as (

    select * from {{ items }}
    where {{ condition }}

),

shortfalls as (

    {% for relation in shortfalls -%}
    select
        month_date,
        next_month_date,
        shortfall_mrr
    from {{ relation }}
    where
        shortfall_mrr > 0
        and {{ condition }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

ledger as (

    select
        {{ month_column }} as month_date,
        sum(closing_mrr) as closing_mrr
    from customer_months
    group by {{ month_column }}

),

shortfalls_by_month as (

    select
        ledger.month_date,
        sum(shortfalls.shortfall_mrr) as shortfall_mrr
    from ledger
    inner join shortfalls
        on
            ledger.month_date >= shortfalls.month_date
            and ledger.month_date < coalesce(shortfalls.next_month_date, {{ end_of_time('date') }})
    group by ledger.month_date

),

{% for grain in grains -%}
in_force_{{ loop.index }} as (

    select
        ledger.month_date,
        {%- for column in grain %}
        items.{{ column }},
        {%- endfor %}
        sum(items.net_mrr) as net_mrr,
        count(*) as pieces
    from ledger
    inner join items
        on
            ledger.month_date >= items.from_month_date
            and ledger.month_date < coalesce(items.to_month_date, {{ end_of_time('date') }})
    group by
        ledger.month_date
        {%- for column in grain %},
        items.{{ column }}
        {%- endfor %}

),

{% endfor -%}
sums as (

    {% for grain in grains -%}
    select
        '{{ grain | join(", ") }}' as grain,
        month_date,
        sum(net_mrr) as net_mrr,
        {{ 'max(pieces)' if loop.last else '1' }} as most_pieces
    from in_force_{{ loop.index }}
    group by month_date
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

grains as (

    {% for grain in grains -%}
    select '{{ grain | join(", ") }}' as grain
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    grains.grain,
    ledger.month_date,
    ledger.closing_mrr,
    sums.net_mrr,
    shortfalls_by_month.shortfall_mrr,
    sums.most_pieces,
    'the grain does not sum to the ledger, or holds something twice' as problem
from ledger
cross join grains
left join sums
    on
        ledger.month_date = sums.month_date
        and grains.grain = sums.grain
left join shortfalls_by_month on ledger.month_date = shortfalls_by_month.month_date
where
    not coalesce(
        ledger.closing_mrr = coalesce(sums.net_mrr, 0) + coalesce(shortfalls_by_month.shortfall_mrr, 0)
        and coalesce(sums.most_pieces, 1) = 1,
        false
    )

{% endtest %}
