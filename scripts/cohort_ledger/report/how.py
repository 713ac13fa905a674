"""How the numbers that people quote are made: a query of the published marts for each, which gives its rows, too.

The first row of each query is of all customers; those below are what it sums. With another month's date it gives that
month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cohort_ledger.report.data import Report
from cohort_ledger.report.format import Formats, words
from cohort_ledger.report.ledger import MOVEMENTS, BridgeMonth
from cohort_ledger.report.retention import Rate, Scorecard

FIRST_ROW = "all customers"


@dataclass(frozen=True)
class Number:
    """A number on the page, and where it stands in the result of a query: in the first row, or in one of a name."""

    how: str
    term: str
    columns: tuple[str, ...]
    row: str = ""


@dataclass(frozen=True)
class Query:
    """A query to copy."""

    name: str
    title: str
    sql: str
    numbers: list[Number]


def how_to_movement(part: str) -> str:
    """The name of what makes a part of the bridge."""
    return f"bridge-{part}"


def balances_sql(month: date) -> str:
    """What each customer pays at both ends of a month."""
    return f"""\
select
    coalesce(customer_id, '{FIRST_ROW}') as customer_id,
    sum(opening_mrr) as opening_mrr,
    sum(fx_mrr) as fx_mrr,
    sum(closing_mrr) as mrr,
    12 * sum(closing_mrr) as arr,
    count(case when opening_mrr > 0 then 1 end) as opening_customers,
    count(case when closing_mrr > 0 then 1 end) as customers,
    round(sum(closing_mrr) / nullif(count(case when closing_mrr > 0 then 1 end), 0), 6) as arpa
from marts.fct_customer_mrr_months
where month_date = date '{month}'
group by rollup (customer_id)
order by grouping(customer_id) desc, mrr desc, customer_id;"""


def movements_sql(month: date) -> str:
    """Who moved MRR in a month, movement by movement."""
    return f"""\
with movements as (
    select *, case when is_acquired then 'acquired' else movement_type end as movement
    from marts.fct_mrr_movements
    where month_date = date '{month}'
)

select
    coalesce(movement, '{FIRST_ROW}') as movement,
    coalesce(customer_id, '{FIRST_ROW}') as customer_id,
    sum(mrr_change) as mrr,
    count(*) as customers,
    case
        when grouping(movement) = 1
            then round(
                sum(case when mrr_change > 0 and not is_acquired then mrr_change else 0 end)
                / -sum(case when mrr_change < 0 then mrr_change end),
                6
            )
    end as quick_ratio
from movements
group by rollup (movement, customer_id)
order by grouping(movement) desc, movement, grouping(customer_id) desc, abs(sum(mrr_change)) desc, customer_id;"""


def cohort_sql(rate: Rate, month: date) -> str:
    """Who paid twelve months ago, and what they pay now."""
    return f"""\
select
    coalesce(customer_id, '{FIRST_ROW}') as customer_id,
    count(*) as customers,
    sum(opening_mrr) as opening_mrr,
    sum(expansion_mrr) as expansion_mrr,
    sum(contraction_mrr) as contraction_mrr,
    sum(churned_mrr) as churned_mrr,
    sum(closing_mrr) as closing_mrr,
    round(sum(closing_mrr) / sum(opening_mrr), 6) as nrr,
    round(sum(retained_mrr) / sum(opening_mrr), 6) as grr,
    round(sum(expansion_mrr) / sum(opening_mrr), 6) as gap,
    round(count(case when closing_mrr > 0 then 1 end) / count(*), 6) as logo_retention,
    round(count(case when closing_mrr = 0 then 1 end) / count(*), 6) as logo_churn,
    round((sum(contraction_mrr) + sum(churned_mrr)) / sum(opening_mrr), 6) as gross_mrr_churn,
    round(sum(case when churn_reason = 'voluntary' then churned_mrr else 0 end) / sum(opening_mrr), 6)
        as voluntary_churn,
    round(sum(case when churn_reason = 'payment_failed' then churned_mrr else 0 end) / sum(opening_mrr), 6)
        as payment_failed_churn,
    case
        when grouping(customer_id) = 1
            then greatest(
                (select target_nrr_from from marts.retention_scorecard where month_date = date '{month}')
                * sum(opening_mrr) - sum(closing_mrr),
                0
            )
    end as mrr_short_of_target
from marts.fct_cohort_snapshots
where period_type = 'trailing_12_months' and period_end_date = date '{rate.period_end_date}'
group by rollup (customer_id)
order by grouping(customer_id) desc, opening_mrr desc, customer_id;"""


def balances_query(month: BridgeMonth, title: str) -> Query:
    """MRR and what follows from it."""
    numbers = [
        Number("mrr", "MRR", ("mrr",)),
        Number("arr", "ARR", ("arr",)),
        Number("customers", "Customers", ("customers",)),
        Number(how_to_movement("opening"), "opening, of the bridge", ("opening_mrr", "opening_customers")),
        Number(how_to_movement("closing"), "closing, of the bridge", ("mrr", "customers")),
    ]
    if month.arpa is not None:
        numbers.append(Number("arpa", "ARPA", ("arpa",)))
    if month.fx_mrr:
        numbers.append(Number(how_to_movement("fx"), "fx, of the bridge", ("fx_mrr",)))
    return Query("balances", title, balances_sql(month.month_date), numbers)


def movements_query(month: BridgeMonth, title: str) -> Query:
    """The movements that there were, and the quick ratio."""
    numbers = [
        Number(how_to_movement(part), f"{part}, of the bridge", ("mrr", "customers"), part)
        for part in MOVEMENTS
        if part != "fx" and month.amount(part)
    ]
    if month.quick_ratio is not None:
        numbers.append(Number("quick-ratio", "Quick ratio", ("quick_ratio",)))
    return Query("movements", title, movements_sql(month.month_date), numbers)


def cohort_query(rate: Rate, scorecard: Scorecard, title: str) -> Query:
    """Everything that is said of twelve months."""
    names = ["nrr", "grr", "gap", "logo_retention", "logo_churn", "gross_mrr_churn"]
    names += ["voluntary_churn", "payment_failed_churn"]
    if scorecard.expansion_needed_mrr:
        names.append("mrr_short_of_target")
    spelled = {"nrr": "NRR", "grr": "GRR", "gross_mrr_churn": "gross MRR churn", "mrr_short_of_target": "MRR short"}
    numbers = [Number(name.replace("_", "-"), spelled.get(name, words(name)), (name,)) for name in names]
    return Query("cohort", title, cohort_sql(rate, scorecard.month_date), numbers)


def make_queries(report: Report, formats: Formats) -> list[Query]:
    """Those that the data allow."""
    if not report.months:
        return []
    month, month_name = report.month, formats.month(report.month.month_date)
    queries = [
        balances_query(month, f"Balances of {month_name}"),
        movements_query(month, f"Movements of {month_name}"),
    ]
    if report.total is not None:
        queries.append(cohort_query(report.total, report.scorecard, f"The cohort of twelve months to {month_name}"))
    return [query for query in queries if query.numbers]
