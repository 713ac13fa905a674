"""What the report shows, read from one publication: its marts, its documentation and its manifest, and nothing else.

Every number is a column of a mart, a sum of amounts or counts, or the difference of two such numbers. No ratio is
computed here: NRR, GRR and the like are the marts' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from publish import MANIFEST, WAREHOUSE, current, numbered

MOVEMENTS = ("new", "acquired", "reactivation", "expansion", "contraction", "churn", "fx")
BRIDGE_PARTS = ("opening", *MOVEMENTS, "closing")
TOP_ROWS = 10
# term on the page, and the published column whose description defines it
DEFINITIONS = (
    ("MRR", "dim_customers", "current_mrr"),
    ("ARR", "mrr_waterfall", "closing_arr"),
    ("Movement", "fct_mrr_movements", "movement_type"),
    ("Cohort", "retention_rates", "cohort_customers"),
    ("NRR", "retention_rates", "nrr"),
    ("GRR", "retention_rates", "grr"),
    ("Gap", "retention_rates", "expansion_rate"),
    ("Logo retention", "retention_rates", "logo_retention"),
    ("Benchmark band", "retention_rates", "benchmark_band"),
    ("Fragile", "retention_rates", "is_fragile"),
    ("Quick ratio", "mrr_waterfall", "quick_ratio"),
    ("Driver", "fct_mrr_movement_drivers", "driver"),
    ("Manufactured", "fct_mrr_movement_drivers", "manufactured_mrr"),
    ("Recovered", "fct_mrr_movements", "recovered_mrr"),
    ("Above peak", "fct_mrr_movements", "above_peak_mrr"),
    ("Concentrated", "expansion_concentration", "is_concentrated"),
    ("Reason not to be in MRR", "mrr_exclusions", "reason"),
    ("Amount not in MRR", "mrr_exclusions", "amount"),
)

RowType = TypeVar("RowType")


class ReportError(RuntimeError):
    """Why there is no report, in words for the reader."""


@dataclass(frozen=True)
class Publication:
    """What the manifest says of the publication that is read."""

    name: str
    as_of_date: date
    variables: dict[str, Any]
    code_version: str
    code_sha256: str

    @property
    def currency(self) -> str:
        """Currency of every amount."""
        return self.variables["reporting_currency"].strip().upper()


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

    def amount(self, part: str) -> Decimal:
        """MRR of a part of the bridge."""
        return getattr(self, f"{part}_mrr")

    def customers(self, part: str) -> int | None:
        """Customers of a part of the bridge; exchange rates have none."""
        return getattr(self, f"{part}_customers", None)


@dataclass(frozen=True)
class Scorecard:
    """A month of `retention_scorecard`."""

    month_date: date
    arr_stage: str
    target_nrr_from: Decimal
    target_nrr_to: Decimal | None
    nrr: Decimal | None
    grr: Decimal | None
    nrr_band: str | None
    grr_band: str | None
    is_fragile: bool | None
    has_fewer_customers: bool
    expansion_needed_mrr: Decimal | None
    verdict: str


@dataclass(frozen=True)
class Rate:
    """Trailing twelve months of a cohort, in total, of a segment or within a product."""

    name: str
    period_end_date: date
    cohort_customers: int
    opening_mrr: Decimal
    closing_mrr: Decimal
    nrr: Decimal | None
    grr: Decimal | None
    expansion_rate: Decimal | None
    logo_retention: Decimal | None
    benchmark_band: str | None
    is_fragile: bool | None


@dataclass(frozen=True)
class Driver:
    """What a driver did to retained customers in the last twelve months."""

    driver: str
    gained_mrr: Decimal
    manufactured_mrr: Decimal
    lost_mrr: Decimal
    mrr_change: Decimal


@dataclass(frozen=True)
class Concentration:
    """A month of `expansion_concentration`."""

    month_date: date
    expanding_customers: int
    opening_customers: int
    expansion_mrr: Decimal
    top_1_share: Decimal | None
    top_10_share: Decimal | None
    top_decile_share: Decimal | None
    is_concentrated: bool | None


@dataclass(frozen=True)
class Durability:
    """Expansion of the latest months, at most twelve, whose twelve months after have been seen."""

    from_month: date
    to_month: date
    expansion_mrr: Decimal
    recovered_mrr: Decimal
    above_peak_mrr: Decimal
    held_after_3_months_mrr: Decimal
    held_after_6_months_mrr: Decimal
    held_after_12_months_mrr: Decimal


@dataclass(frozen=True)
class FirstExpansion:
    """The total of `time_to_first_expansion`."""

    customers: int
    expanded_customers: int
    share_expanded_12_months: Decimal | None
    median_months_to_expand: int | None


@dataclass(frozen=True)
class ContractionRisk:
    """All contractions of `contraction_to_churn`, with a horizon of six months."""

    horizon_months: int
    churn_share_after_contraction: Decimal | None
    churn_share_of_comparison: Decimal | None
    churn_lift: Decimal | None


@dataclass(frozen=True)
class CohortAge:
    """A cell of the retention triangle."""

    cohort_month_date: date
    months_since: int
    cohort_customers: int
    nrr: Decimal
    grr: Decimal


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


@dataclass(frozen=True)
class Band:
    """A benchmark band of NRR, by its name; an open end is null."""

    name: str
    from_ratio: Decimal | None
    to_ratio: Decimal | None


@dataclass(frozen=True)
class Report:
    """Everything on the page. Months ascend, and the last one is the one reported on; none is there without data."""

    publication: Publication
    months: list[BridgeMonth]
    scorecards: list[Scorecard]
    totals: list[Rate]
    segments: list[Rate]
    products: list[Rate]
    drivers: list[Driver]
    concentration: list[Concentration]
    durability: Durability | None
    first_expansion: FirstExpansion | None
    contraction_risk: ContractionRisk | None
    cohorts: list[CohortAge]
    movers_of_month: list[Mover]
    movers_of_quarter: list[Mover]
    reconciliation: list[Difference]
    restatements: Restatements | None
    exclusions: list[Exclusion]
    bands: list[Band]
    definitions: list[tuple[str, str]]
    masked: bool


def find_publication(directory: Path, name: str | None) -> Path:
    """The publication of this name, or the current one."""
    if name is not None:
        path = directory / name
        if path not in numbered(directory):
            kept = ", ".join(path.name for path in numbered(directory)) or "none"
            raise ReportError(f"there is no publication {name} in {directory}: kept are {kept}")
        return path
    path = current(directory)
    if path is None:
        raise ReportError(f"nothing has been published in {directory} yet: run `make report` or `make publish`")
    return path


def read_publication(path: Path) -> Publication:
    """What its manifest says."""
    manifest = json.loads((path / MANIFEST).read_text())
    code = manifest["code"]
    return Publication(
        path.name, date.fromisoformat(manifest["as_of_date"]), manifest["vars"], code["version"], code["sha256"]
    )


def open_publication(path: Path) -> duckdb.DuckDBPyConnection:
    """Its DuckDB file, read-only."""
    return duckdb.connect(str(path / WAREHOUSE), read_only=True)


def columns_of(connection: duckdb.DuckDBPyConnection, mart: str) -> set[str]:
    """Columns of a published mart; none where there is no such mart."""
    query = "select column_name from information_schema.columns where table_schema = 'marts' and table_name = ?"
    return {name for (name,) in connection.execute(query, [mart]).fetchall()}


def read(
    connection: duckdb.DuckDBPyConnection, row_type: type[RowType], source: str, values: Sequence[Any] = ()
) -> list[RowType]:
    """Rows of `source` as objects whose fields are its columns."""
    names = ", ".join(field.name for field in fields(row_type))
    return [row_type(*row) for row in connection.execute(f"select {names} {source}", list(values)).fetchall()]


def names_of_customers(connection: duckdb.DuckDBPyConnection, masked: bool) -> Callable[[str], str]:
    """What a customer is called on the page: its name, else its key; masked, a number by its first appearance."""
    if masked:
        numbers: dict[str, str] = {}
        return lambda customer_id: numbers.setdefault(customer_id, f"Customer {len(numbers) + 1}")
    names = {}
    # a publication whose personal data is dropped has no names
    if "customer_name" in columns_of(connection, "dim_customers"):
        names = dict(connection.execute("select customer_id, customer_name from marts.dim_customers").fetchall())
    return lambda customer_id: names.get(customer_id) or customer_id


def read_months(connection: duckdb.DuckDBPyConnection) -> list[BridgeMonth]:
    """The waterfall, if its bridge ties in every month and from month to month."""
    months = read(connection, BridgeMonth, "from marts.mrr_waterfall order by month_date")
    for position, month in enumerate(months):
        if month.opening_mrr + sum(month.amount(part) for part in MOVEMENTS) != month.closing_mrr:
            raise ReportError(f"the bridge of {month.month_date:%Y-%m} does not tie: opening and movements ≠ closing")
        if position and months[position - 1].closing_mrr != month.opening_mrr:
            raise ReportError(f"{month.month_date:%Y-%m} does not open with what the month before closed with")
    return months


def read_rates(connection: duckdb.DuckDBPyConnection, source: str, name: str, order: str) -> list[Rate]:
    """Trailing twelve months of `source`, of all or of the last month alone."""
    return read(
        connection,
        Rate,
        f"from (select *, {name} as name from {source}) where period_type = 'trailing_12_months' order by {order}",
    )


def read_drivers(connection: duckdb.DuckDBPyConnection) -> list[Driver]:
    """Sums of the last twelve months, the largest gain first."""
    return read(
        connection,
        Driver,
        """
        from (
            select driver,
                sum(greatest(mrr_change, 0)) as gained_mrr, sum(least(mrr_change, 0)) as lost_mrr,
                sum(manufactured_mrr) as manufactured_mrr, sum(mrr_change) as mrr_change
            from marts.fct_mrr_movement_drivers
            where month_date > (select max(month_date) - interval 12 month from marts.mrr_waterfall)
            group by driver
        )
        order by gained_mrr desc, driver
        """,
    )


def read_durability(connection: duckdb.DuckDBPyConnection) -> Durability | None:
    """Sums of the latest months that have been seen for twelve more, at most twelve of them."""
    found = read(
        connection,
        Durability,
        """
        from (
            select min(month_date) as from_month, max(month_date) as to_month, sum(columns('_mrr$'))
            from marts.expansion_durability
            where month_date in (
                select distinct month_date from marts.expansion_durability
                where held_after_12_months_mrr is not null order by month_date desc limit 12
            )
        )
        where to_month is not null
        """,
    )
    return found[0] if found else None


def read_movers(connection: duckdb.DuckDBPyConnection, months: int, name_of: Callable[[str], str]) -> list[Mover]:
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


def read_reconciliation(connection: duckdb.DuckDBPyConnection, name_of: Callable[[str], str]) -> list[Difference]:
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


def read_bands(connection: duckdb.DuckDBPyConnection) -> list[Band]:
    """The bands of NRR, ascending: their names hold their bounds, and the documentation of the column lists them."""
    query = "select description from docs.columns where model = 'retention_rates' and column_name = 'benchmark_band'"
    (description,) = connection.execute(query).fetchone() or ("",)
    bands = []
    for name in re.findall(r"`(below_\d+|\d+_\d+|\d+_plus)`", description):
        bounds = [Decimal(number) / 100 for number in re.findall(r"\d+", name)]
        low = None if name.startswith("below") else bounds[0]
        bands.append(Band(name, low, None if name.endswith("plus") else bounds[-1]))
    return bands


def read_definitions(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Terms with the published description of the column that each names."""
    rows = connection.execute("select model, column_name, description from docs.columns").fetchall()
    texts = {(model, column): text for model, column, text in rows}
    return [(term, texts[model, column]) for term, model, column in DEFINITIONS if (model, column) in texts]


def read_report(directory: Path, name: str | None = None, *, mask_names: bool = False) -> Report:
    """All of a publication that the page shows."""
    path = find_publication(directory, name)
    publication = read_publication(path)
    with open_publication(path) as connection:
        name_of = names_of_customers(connection, mask_names)
        months = read_months(connection)
        totals = read_rates(
            connection,
            "(from marts.retention_rates where dimension = 'total')",
            "'total'",
            "period_end_date",
        )
        last_period = "(select last_day(max(month_date)) from marts.mrr_waterfall)"
        first_expansion = read(
            connection, FirstExpansion, "from marts.time_to_first_expansion where dimension = 'total'"
        )
        contraction_risk = read(
            connection, ContractionRisk, "from marts.contraction_to_churn where driver = 'all' and horizon_months = 6"
        )
        return Report(
            publication=publication,
            months=months,
            scorecards=read(connection, Scorecard, "from marts.retention_scorecard order by month_date"),
            totals=totals,
            segments=read_rates(
                connection,
                f"(from marts.retention_rates where dimension = 'segment' and period_end_date = {last_period})",
                "dimension_value",
                "name",
            ),
            products=read_rates(
                connection,
                "(from marts.product_retention_rates left join marts.dim_products using (product_id) "
                f"where period_end_date = {last_period})",
                "coalesce(product_name, product_id)",
                "name, product_id",
            ),
            drivers=read_drivers(connection),
            concentration=read(connection, Concentration, "from marts.expansion_concentration order by month_date"),
            durability=read_durability(connection),
            first_expansion=first_expansion[0] if first_expansion else None,
            contraction_risk=contraction_risk[0] if contraction_risk else None,
            cohorts=read(
                connection,
                CohortAge,
                "from marts.acquisition_cohort_retention order by cohort_month_date, months_since",
            ),
            movers_of_month=read_movers(connection, 1, name_of),
            movers_of_quarter=read_movers(connection, 3, name_of),
            reconciliation=read_reconciliation(connection, name_of),
            restatements=read_restatements(path),
            exclusions=read(connection, Exclusion, "from marts.mrr_exclusions order by source_table, reason"),
            bands=read_bands(connection),
            definitions=read_definitions(connection),
            masked=mask_names or publication.variables["personal_data"] != "shown",
        )
