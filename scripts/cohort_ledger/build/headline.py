"""Print what the ledger says today: the last month's MRR bridge, trailing NRR and GRR, why MRR moved, and the verdict.

Reads only the marts. Amounts are in the reporting currency and shown with two decimals.
"""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console
from rich.table import Table

from cohort_ledger.publication import Marts

BRIDGE = "select * from marts.mrr_waterfall order by month_date desc limit 1"
BRIDGE_LINES = ("opening", "new", "acquired", "reactivation", "expansion", "contraction", "churn", "fx", "closing")
TRAILING = """
    select dimension, dimension_value, period_end_date, cohort_customers, nrr, grr, nrr - grr as gap,
        logo_retention, benchmark_band, is_fragile
    from marts.retention_rates
    where period_type = 'trailing_12_months' and dimension in ('total', 'segment')
    qualify period_start_date = max(period_start_date) over ()
    order by dimension != 'total', dimension_value
"""
VERDICT = "select verdict from marts.retention_scorecard order by month_date desc limit 1"


def percent(ratio: object) -> str:
    """A ratio as a percentage with two decimals."""
    return "" if ratio is None else f"{Decimal(str(ratio)) * 100:.2f} %"


def bridge_table(month: dict[str, object]) -> Table:
    """The month's bridge, one line per movement."""
    table = Table(title=f"MRR bridge, {month['month_date']:%B %Y}")
    for heading, justify in (("", "left"), ("MRR", "right"), ("customers", "right")):
        table.add_column(heading, justify=justify)
    for name in BRIDGE_LINES:
        table.add_row(name, f"{month[f'{name}_mrr']:,.2f}", str(month.get(f"{name}_customers", "")))
    table.add_row("closing ARR", f"{month['closing_arr']:,.2f}", "")
    return table


def trailing_table(rates: list[dict[str, object]]) -> Table:
    """NRR, GRR and their gap of the latest trailing twelve months, in total and by segment."""
    table = Table(title=f"Trailing twelve months to {rates[0]['period_end_date']}")
    headings = ("segment", "customers", "NRR", "GRR", "gap", "logo retention", "band", "")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("segment", "band", "") else "right")
    for rate in rates:
        table.add_row(
            "total" if rate["dimension"] == "total" else str(rate["dimension_value"]),
            str(rate["cohort_customers"]),
            percent(rate["nrr"]),
            percent(rate["grr"]),
            percent(rate["gap"]),
            percent(rate["logo_retention"]),
            str(rate["benchmark_band"]),
            "fragile" if rate["is_fragile"] else "",
        )
    return table


def drivers_table(drivers: list[dict[str, object]]) -> Table:
    """What each driver did to retained customers in the last twelve months."""
    table = Table(title="Why retained customers pay more or less, last twelve months")
    headings = ("driver", "gained", "lost", "change", "of the gain, manufactured")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "driver" else "right")
    for driver in drivers:
        amounts = (driver[name] for name in ("gained_mrr", "lost_mrr", "mrr_change", "manufactured_mrr"))
        table.add_row(str(driver["driver"]), *(f"{amount:,.2f}" for amount in amounts))
    return table


def print_headline(marts: Marts) -> None:
    """The tables and the verdict on standard output, or that there is nothing to print yet."""
    console = Console(width=100, markup=False, highlight=False, color_system=None)
    months = marts.rows(BRIDGE)
    if not months:
        console.print("The ledger is empty: no customer has paid in a complete month yet.")
        return
    console.print(bridge_table(months[0]))
    rates = marts.rows(TRAILING)
    if rates:
        console.print(trailing_table(rates))
    drivers = marts.driver_rows()
    if drivers:
        console.print(drivers_table(drivers))
    console.print(marts.rows(VERDICT)[0]["verdict"])
