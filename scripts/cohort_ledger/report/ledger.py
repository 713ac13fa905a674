"""What the report shows of the ledger: the bridge and its balances, who moved MRR, and what ties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from cohort_ledger.errors import LedgerError
from cohort_ledger.publish.place import numbered
from cohort_ledger.report.publication import (
    Naming,
    columns_of,
    open_publication,
    quotient,
    read,
    read_publication,
)

MOVEMENTS = ("new", "acquired", "reactivation", "expansion", "contraction", "churn", "fx")
BRIDGE_PARTS = ("opening", *MOVEMENTS, "closing")
TOP_ROWS = 10


@dataclass(frozen=True)
class BridgeMonth:
    """A month of `mrr_waterfall`."""

    month_date: date
    opening_mrr: Decimal
    new_mrr: Decimal
    acquired_mrr: Decimal
    reactivation_mrr: Decimal
    expansion_mrr: Decimal
    contraction_mrr: Decimal
    churn_mrr: Decimal
    fx_mrr: Decimal
    closing_mrr: Decimal
    closing_arr: Decimal
    opening_customers: int
    new_customers: int
    acquired_customers: int
    reactivation_customers: int
    expansion_customers: int
    contraction_customers: int
    churn_customers: int
    closing_customers: int
    quick_ratio: Decimal | None
    is_net_negative_churn: bool

    @property
    def arpa(self) -> Decimal | None:
        """Average revenue per account: closing MRR ÷ customers."""
        return quotient(self.closing_mrr, self.closing_customers)

    def amount(self, part: str) -> Decimal:
        """MRR of a part of the bridge."""
        return getattr(self, f"{part}_mrr")

    def customers(self, part: str) -> int | None:
        """Customers of a part of the bridge; exchange rates have none."""
        return getattr(self, f"{part}_customers", None)


@dataclass(frozen=True)
class Mover:
    """A customer whose MRR moved."""

    customer: str
    segment: str | None
    movements: str
    opening_mrr: Decimal
    mrr_change: Decimal
    closing_mrr: Decimal


@dataclass(frozen=True)
class Exclusion:
    """Raw rows that are not in MRR."""

    source_table: str
    reason: str
    row_count: int
    amount: Decimal | None


@dataclass(frozen=True)
class Difference:
    """A customer whose contracted and billed MRR differ in the latest reconciled month."""

    month_date: date
    customer: str
    contracted_mrr: Decimal
    billed_mrr: Decimal
    difference: Decimal
    explanation: str | None


@dataclass(frozen=True)
class Restatement:
    """A part of a month's bridge that the publication before gave another value."""

    month_date: date
    part: str
    before: Decimal
    now: Decimal


@dataclass(frozen=True)
class Restatements:
    """What changed in months that the publication before had, too."""

    publication: str
    as_of_date: date
    changed_vars: tuple[str, ...]
    currency: str
    rows: list[Restatement]


def read_months(connection: duckdb.DuckDBPyConnection) -> list[BridgeMonth]:
    """The waterfall, if its bridge ties in every month and from month to month."""
    months = read(connection, BridgeMonth, "from marts.mrr_waterfall order by month_date")
    for position, month in enumerate(months):
        if month.opening_mrr + sum(month.amount(part) for part in MOVEMENTS) != month.closing_mrr:
            raise LedgerError(f"the bridge of {month.month_date:%Y-%m} does not tie: opening and movements ≠ closing")
        if position and months[position - 1].closing_mrr != month.opening_mrr:
            raise LedgerError(f"{month.month_date:%Y-%m} does not open with what the month before closed with")
    return months


def read_movers(connection: duckdb.DuckDBPyConnection, months: int, name_of: Naming) -> list[Mover]:
    """Who moved MRR most in the last so many months, by the size of the sum of its changes."""
    rows = read(
        connection,
        Mover,
        """
        from (
            select movements.customer_id as customer, any_value(segment) as segment,
                string_agg(movement_type, ', ' order by month_date) as movements,
                arg_min(opening_mrr, month_date) as opening_mrr, arg_max(closing_mrr, month_date) as closing_mrr,
                sum(mrr_change) as mrr_change
            from marts.fct_mrr_movements as movements
            left join marts.dim_customers as customers on movements.customer_id = customers.customer_id
            where month_date > (select max(month_date) from marts.mrr_waterfall) - to_months(?)
            group by movements.customer_id
        )
        where mrr_change != 0
        order by abs(mrr_change) desc, customer
        limit ?
        """,
        [months, TOP_ROWS],
    )
    return [replace(row, customer=name_of(row.customer)) for row in rows]


def read_exclusions(connection: duckdb.DuckDBPyConnection) -> list[Exclusion]:
    """Every reason why a raw row is not in MRR."""
    return read(connection, Exclusion, "from marts.mrr_exclusions order by source_table, reason")


def read_reconciliation(connection: duckdb.DuckDBPyConnection, name_of: Naming) -> list[Difference]:
    """Differences of the latest month that has any, the largest first; none where no such mart is published."""
    if not columns_of(connection, "mrr_reconciliation"):
        return []
    rows = read(
        connection,
        Difference,
        """
        from (
            select *, customer_id as customer from marts.mrr_reconciliation
            where difference != 0 qualify month_date = max(month_date) over ()
        )
        order by abs(difference) desc, customer
        """,
    )
    return [replace(row, customer=name_of(row.customer)) for row in rows]


def bridge_values(path: Path) -> dict[tuple[date, str], Decimal]:
    """Every part of every month's bridge of a publication, as far as it has the parts of today."""
    with open_publication(path) as connection:
        known = columns_of(connection, "mrr_waterfall")
        parts = [part for part in BRIDGE_PARTS if f"{part}_mrr" in known]
        if not parts:
            return {}
        rows = connection.execute(
            f"select month_date, {', '.join(f'{part}_mrr' for part in parts)} from marts.mrr_waterfall"
        ).fetchall()
    return {(row[0], part): value for row in rows for part, value in zip(parts, row[1:], strict=True)}


def read_restatements(path: Path) -> Restatements | None:
    """Where the publication before, if it is kept, said something else of the same month; the latest month first."""
    earlier = [other for other in numbered(path.parent) if other.name < path.name]
    if not earlier:
        return None
    before, now = bridge_values(earlier[-1]), bridge_values(path)
    published_before, published_now = read_publication(earlier[-1]), read_publication(path)
    rows = [
        Restatement(month, part, before[month, part], value)
        for (month, part), value in now.items()
        if before.get((month, part), value) != value
    ]
    rows.sort(key=lambda row: (-row.month_date.toordinal(), BRIDGE_PARTS.index(row.part)))
    names = sorted({*published_before.variables, *published_now.variables})
    changed = (n for n in names if published_before.variables.get(n) != published_now.variables.get(n))
    return Restatements(
        publication=earlier[-1].name,
        as_of_date=published_before.as_of_date,
        changed_vars=tuple(changed),
        currency=published_before.currency,
        rows=rows,
    )
