"""What the report shows of the ledger: the bridge and its balances, who moved MRR, and what ties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from cohort_ledger.errors import LedgerError
from cohort_ledger.publication import Marts, Publication, open_publication
from cohort_ledger.publish.place import numbered
from cohort_ledger.report.reading import Naming, quotient

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


def read_months(marts: Marts) -> list[BridgeMonth]:
    """The waterfall, if its bridge ties in every month and from month to month."""
    months = marts.read(BridgeMonth, "from marts.mrr_waterfall order by month_date")
    for position, month in enumerate(months):
        if month.opening_mrr + sum(month.amount(part) for part in MOVEMENTS) != month.closing_mrr:
            raise LedgerError(f"the bridge of {month.month_date:%Y-%m} does not tie: opening and movements ≠ closing")
        if position and months[position - 1].closing_mrr != month.opening_mrr:
            raise LedgerError(f"{month.month_date:%Y-%m} does not open with what the month before closed with")
    return months


def read_movers(marts: Marts, months: int, name_of: Naming) -> list[Mover]:
    """Who moved MRR most in the last so many months, by the size of the sum of its changes."""
    rows = marts.read(
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


def read_exclusions(marts: Marts) -> list[Exclusion]:
    """Every reason why a raw row is not in MRR."""
    return marts.read(Exclusion, "from marts.mrr_exclusions order by source_table, reason")


def read_reconciliation(marts: Marts, name_of: Naming) -> list[Difference]:
    """Differences of the latest month that has any, the largest first; none where no such mart is published."""
    if not marts.columns("mrr_reconciliation"):
        return []
    rows = marts.read(
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


def bridge_values(publication: Publication) -> dict[tuple[date, str], Decimal]:
    """Every part of every month's bridge of a publication, as far as it has the parts of today."""
    known = publication.columns("mrr_waterfall")
    parts = [part for part in BRIDGE_PARTS if f"{part}_mrr" in known]
    if not parts:
        return {}
    rows = publication.rows("from marts.mrr_waterfall")
    return {(row["month_date"], part): row[f"{part}_mrr"] for row in rows for part in parts}


def read_restatements(publication: Publication) -> Restatements | None:
    """Where the publication before, if it is kept, said something else of the same month; the latest month first."""
    directory = publication.path.parent
    earlier = [path.name for path in numbered(directory) if path.name < publication.name]
    if not earlier:
        return None
    with open_publication(directory, earlier[-1]) as published_before:
        before, now = bridge_values(published_before), bridge_values(publication)
    rows = [
        Restatement(month, part, before[month, part], value)
        for (month, part), value in now.items()
        if before.get((month, part), value) != value
    ]
    rows.sort(key=lambda row: (-row.month_date.toordinal(), BRIDGE_PARTS.index(row.part)))
    names = sorted({*published_before.variables, *publication.variables})
    changed = (n for n in names if published_before.variables.get(n) != publication.variables.get(n))
    return Restatements(
        publication=earlier[-1],
        as_of_date=published_before.as_of_date,
        changed_vars=tuple(changed),
        currency=published_before.currency,
        rows=rows,
    )
