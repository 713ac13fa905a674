"""The tables of the report, in words: one function a table. Every chart has one that says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from cohort_ledger.report.data import Report
from cohort_ledger.report.expansion import Concentration, Driver, Durability
from cohort_ledger.report.format import Formats, words
from cohort_ledger.report.how import how_to_movement
from cohort_ledger.report.ledger import BRIDGE_PARTS, MOVEMENTS, BridgeMonth, Difference, Exclusion, Mover, Restatements
from cohort_ledger.report.retention import CHURN_REASONS, Churn, Rate, Scorecard, Triangle

SHOWN_MONTHS = 12
SHOWN_DIFFERENCES = 10
SHOWN_RESTATEMENTS = 24
# a table with more columns has no room on a phone: its rows become blocks
COLUMNS_OF_A_PHONE = 3
# upper bounds of the colours of a cohort's cell, from the worst to the best
COHORT_STEPS = (Decimal("0.7"), Decimal("0.8"), Decimal("0.9"), Decimal("1"), Decimal("1.1"))


@dataclass(frozen=True)
class Missing:
    """A cell without a value, and why."""

    why: str


@dataclass(frozen=True)
class Flag:
    """A cell that warns."""

    text: str


@dataclass(frozen=True)
class Linked:
    """A cell that names a number, with the way to its rows, if there are any."""

    text: str
    how: str


Cell = str | Missing | Flag | Linked
Cells = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Cells below headings; the first of a row names it, and all others are numbers but in columns of words."""

    name: str
    caption: str
    headings: tuple[str, ...]
    rows: list[Cells]
    total: Cells | None = None
    words: tuple[int, ...] = field(default=())

    @property
    def is_stacked(self) -> bool:
        """Whether its rows are blocks on a phone."""
        return len(self.headings) > COLUMNS_OF_A_PHONE


@dataclass(frozen=True)
class HeatRow:
    """A row of a triangle: its cohort, size and MRR, and at each age a ratio with its colour, if it was seen."""

    name: str
    customers: str
    initial_mrr: str
    cells: list[tuple[int, str] | None]


@dataclass(frozen=True)
class HeatTable:
    """The retention triangle as a table with coloured cells."""

    name: str
    caption: str
    legend: list[tuple[str, str]]
    ages: list[int]
    rows: list[HeatRow]
    total: HeatRow


def known(value: Any, write: Callable[[Any], str], why: str = "no value") -> Cell:
    """A value as it is written, or why there is none."""
    return Missing(why) if value is None else write(value)


def bridge_table(month: BridgeMonth, formats: Formats) -> Table:
    """Every part of the last month's bridge."""
    rows: list[Cells] = [
        (
            Linked(part, how_to_movement(part)),
            formats.money(month.amount(part)),
            known(month.customers(part), formats.number, "exchange rates move no customer"),
        )
        for part in BRIDGE_PARTS
    ]
    return Table("bridge", f"MRR bridge of {formats.month(month.month_date)}", ("", "MRR", "Customers"), rows)


def growth_table(months: Sequence[BridgeMonth], formats: Formats) -> Table:
    """MRR and ARR."""
    rows = [
        (formats.month(month.month_date), formats.money(month.closing_mrr), formats.money(month.closing_arr))
        for month in reversed(months)
    ]
    return Table("growth", "MRR and ARR by month", ("Month", "MRR", "ARR"), rows)


def customers_table(months: Sequence[BridgeMonth], formats: Formats) -> Table:
    """Customers."""
    rows = [(formats.month(month.month_date), formats.number(month.closing_customers)) for month in reversed(months)]
    return Table("customers", "Customers by month", ("Month", "Customers"), rows)


def arpa_table(months: Sequence[BridgeMonth], formats: Formats) -> Table:
    """ARPA, and how many customers it is of."""
    rows = [
        (
            formats.month(month.month_date),
            formats.number(month.closing_customers),
            known(month.arpa, formats.money, "no customers"),
        )
        for month in reversed(months)
    ]
    return Table("arpa", "ARPA by month", ("Month", "Customers", "ARPA"), rows)


def movements_table(months: Sequence[BridgeMonth], formats: Formats) -> Table:
    """The movements that there were in the last twelve months."""
    months = months[-SHOWN_MONTHS:]
    parts = [part for part in MOVEMENTS if any(month.amount(part) for month in months)]
    rows = [
        (formats.month(month.month_date), *(formats.money(month.amount(part)) for part in parts))
        for month in reversed(months)
    ]
    return Table("movements", "MRR movements by month", ("Month", *parts), rows)


def retention_table(scorecards: Sequence[Scorecard], formats: Formats) -> Table:
    """NRR and GRR with their bands, since there are any."""
    first = next(position for position, row in enumerate(scorecards) if row.nrr is not None)
    rows = [
        (
            formats.month(row.month_date),
            *(known(value, formats.percent) for value in (row.nrr, row.grr)),
            *(known(band, formats.band) for band in (row.nrr_band, row.grr_band)),
            formats.percent(row.target_nrr_from),
        )
        for row in reversed(scorecards[first:])
    ]
    headings = ("Twelve months to", "NRR", "GRR", "Band of NRR", "Band of GRR", "Target from")
    return Table("retention", "NRR and GRR by month", headings, rows)


def churn_table(name: str, heading: str, periods: Sequence[Churn], formats: Formats) -> Table:
    """Gross MRR churn and logo churn with their parts."""
    rows = [
        (
            formats.month(period.period_end_date),
            *(
                formats.percent(share)
                for share in (
                    *(period.gross_mrr_churn, *period.mrr_shares.values()),
                    *(period.logo_churn, *period.logo_shares.values()),
                )
            ),
        )
        for period in reversed(periods)
    ]
    headings = (
        *(heading, "Gross MRR churn", "by contraction"),
        *(f"by {words(reason)} churn" for reason in CHURN_REASONS),
        *("Logo churn", *(f"{words(reason)} logos" for reason in CHURN_REASONS)),
    )
    return Table(name, "Churn rates by month", headings, rows)


def rates_table(
    name: str, caption: str, heading: str, rates: Sequence[Rate], total: Rate | None, formats: Formats
) -> Table:
    """Cohorts side by side, and all customers below."""

    def cells(rate: Rate, called: str) -> Cells:
        ratios = (rate.nrr, rate.grr, rate.expansion_rate, rate.logo_retention)
        return (
            called,
            formats.number(rate.cohort_customers),
            formats.money(rate.opening_mrr),
            *(known(ratio, formats.percent, "there is no cohort") for ratio in ratios),
            known(rate.benchmark_band, formats.band, "no NRR"),
            {True: Flag("fragile"), False: "no", None: Missing("annual periods only")}[rate.is_fragile],
        )

    headings = (heading, "Customers", "Opening MRR", "NRR", "GRR", "Gap", "Logo retention", "Band of NRR", "Fragile")
    rows = [cells(rate, rate.name) for rate in rates]
    return Table(name, caption, headings, rows, cells(total, "total") if total else None, words=(7, 8))


def drivers_table(drivers: Sequence[Driver], formats: Formats) -> Table:
    """Each driver's amounts."""
    rows = [
        (
            words(row.driver),
            *map(formats.money, (row.gained_mrr, row.manufactured_mrr, row.lost_mrr, row.mrr_change)),
        )
        for row in drivers
    ]
    return Table("drivers", "Change of MRR by driver", ("Driver", "Gained", "Manufactured", "Lost", "Change"), rows)


def concentration_table(months: Sequence[Concentration], formats: Formats) -> Table:
    """Who brings expansion."""
    rows = [
        (
            formats.month(month.month_date),
            formats.money(month.expansion_mrr),
            f"{formats.number(month.expanding_customers)} of {formats.number(month.opening_customers)}",
            *(
                known(share, formats.percent)
                for share in (month.top_1_share, month.top_10_share, month.top_decile_share)
            ),
            known(month.is_concentrated, lambda is_so: "yes" if is_so else "no"),
        )
        for month in reversed(months[-SHOWN_MONTHS:])
    ]
    headings = ("Month", "Expansion", "Expanding customers", "Largest one", "Largest ten", "Largest tenth")
    return Table("concentration", "Concentration of expansion by month", (*headings, "Concentrated"), rows)


def durability_table(durability: Durability, formats: Formats) -> Table:
    """What of expansion is held."""
    rows = [(what, formats.money(amount)) for what, amount in held_amounts(durability).items()]
    return Table("durability", "Expansion and what is held of it", ("", "MRR"), rows)


def held_amounts(durability: Durability) -> dict[str, Decimal]:
    """Expansion, what of it was above the earlier peak, and what of that is still held later."""
    return {
        "expansion": durability.expansion_mrr,
        "above peak": durability.above_peak_mrr,
        "held after 3 months": durability.held_after_3_months_mrr,
        "held after 6 months": durability.held_after_6_months_mrr,
        "held after 12 months": durability.held_after_12_months_mrr,
    }


def heat_legend(measure: str, formats: Formats) -> list[tuple[str, str]]:
    """The colours of a triangle, and what they mean: of the opening, no more than all can be retained."""
    bounds = [formats.percent(bound, 0) for bound in COHORT_STEPS]
    texts = [f"below {bounds[0]}", *(f"{low} to {high}" for low, high in pairwise(bounds))]
    texts = [*texts[:-1], bounds[-2]] if measure == "grr" else [*texts, f"{bounds[-1]} or more"]
    return [(f"var(--cohort-{step})", text) for step, text in enumerate(texts)]


def triangle_table(triangle: Triangle, measure: str, formats: Formats) -> HeatTable:
    """NRR or GRR of each cohort at each age, and of all of them."""

    def cell(ratio: Decimal | None) -> tuple[int, str] | None:
        if ratio is None:
            return None
        return sum(ratio >= bound for bound in COHORT_STEPS), formats.number(round(ratio * 100))

    rows = [
        HeatRow(
            formats.short_month(cohort.cohort_month_date),
            formats.number(cohort.cohort_customers),
            formats.whole_money(cohort.initial_mrr),
            [cell(triangle.ratio(cohort, age, measure)) for age in triangle.ages],
        )
        for cohort in triangle.cohorts
    ]
    total = HeatRow(
        "total",
        formats.number(triangle.customers),
        formats.whole_money(triangle.initial_mrr),
        [cell(triangle.total(age, measure)) for age in triangle.ages],
    )
    caption = f"{measure.upper()} of cohorts in percent, by months since the first paid one"
    return HeatTable(f"cohorts-{measure}", caption, heat_legend(measure, formats), triangle.ages, rows, total)


def movers_table(name: str, caption: str, movers: Sequence[Mover], formats: Formats) -> Table:
    """Customers by the size of their change."""
    rows = [
        (
            mover.customer,
            ("+" if mover.mrr_change > 0 else "") + formats.money(mover.mrr_change),
            formats.money(mover.opening_mrr),
            formats.money(mover.closing_mrr),
            mover.movements,
            known(mover.segment, str, "no segment"),
        )
        for mover in movers
    ]
    headings = ("Customer", "Change", "Opening MRR", "Closing MRR", "Movement", "Segment")
    return Table(name, caption, headings, rows, words=(4, 5))


def reconciliation_table(differences: Sequence[Difference], formats: Formats) -> Table:
    """Where contracted and billed MRR differ most."""
    rows = [
        (
            row.customer,
            *map(formats.money, (row.contracted_mrr, row.billed_mrr, row.difference)),
            known(row.explanation, words, "not explained"),
        )
        for row in differences[:SHOWN_DIFFERENCES]
    ]
    headings = ("Customer", "Contracted MRR", "Billed MRR", "Difference", "Explanation")
    caption = f"Largest differences in {formats.month(differences[0].month_date)}"
    return Table("reconciliation", caption, headings, rows, words=(4,))


def restatements_table(restatements: Restatements, formats: Formats) -> Table:
    """What was said before, in the currency of that time, and what is said now."""
    before = Formats(formats.locale, restatements.currency)
    rows = [
        (formats.month(row.month_date), row.part, before.money(row.before), formats.money(row.now))
        for row in restatements.rows[:SHOWN_RESTATEMENTS]
    ]
    caption = f"What publication {restatements.publication} said, and what this one says"
    return Table("restatements", caption, ("Month", "Part of the bridge", "Before", "Now"), rows, words=(1,))


def exclusions_table(exclusions: Sequence[Exclusion], formats: Formats) -> Table:
    """What is not in MRR."""
    rows = [
        (
            words(row.source_table),
            words(row.reason),
            formats.number(row.row_count),
            known(row.amount, formats.money, "these rows have no amount"),
        )
        for row in exclusions
    ]
    caption = "Raw rows that are not in MRR, and why"
    return Table("exclusions", caption, ("Raw table", "Reason", "Rows", "Amount"), rows, words=(1,))


def retention_tables(report: Report, formats: Formats) -> list[Table]:
    """Of NRR and GRR, of churn, and of the cuts."""
    to_month = f"twelve months to {formats.month(report.month.month_date)}"
    tables = [
        rates_table(cut.dimension, f"{cut.title}, {to_month}", cut.heading, cut.rates, report.total, formats)
        for cut in report.cuts
    ]
    if report.products:
        tables.append(rates_table("products", f"Products, {to_month}", "Product", report.products, None, formats))
    if any(row.nrr is not None for row in report.scorecards):
        tables.append(retention_table(report.scorecards, formats))
    if report.churn_of_years:
        tables.append(churn_table("churn-year", "Twelve months to", report.churn_of_years, formats))
    if report.churn_of_months:
        tables.append(churn_table("churn-month", "Month", report.churn_of_months, formats))
    return tables


def expansion_tables(report: Report, formats: Formats) -> list[Table]:
    """Of drivers, concentration and durability."""
    tables = []
    if report.drivers:
        tables.append(drivers_table(report.drivers, formats))
    if report.concentration:
        tables.append(concentration_table(report.concentration, formats))
    if report.durability is not None:
        tables.append(durability_table(report.durability, formats))
    return tables


def mover_tables(report: Report, formats: Formats) -> list[Table]:
    """Of the last month and of the last three, if there are as many."""
    month = formats.month(report.month.month_date)
    movers = {
        "movers-month": (report.movers_of_month, f"The largest changes in {month}"),
        "movers-quarter": (report.movers_of_quarter, f"The largest changes in three months to {month}"),
    }
    if len(report.months) == 1:
        del movers["movers-quarter"]
    return [movers_table(name, caption, rows, formats) for name, (rows, caption) in movers.items() if rows]


def reconciliation_tables(report: Report, formats: Formats) -> list[Table]:
    """Of what differs, what was restated and what is left out."""
    tables = []
    if report.reconciliation:
        tables.append(reconciliation_table(report.reconciliation, formats))
    if report.restatements and report.restatements.rows:
        tables.append(restatements_table(report.restatements, formats))
    if report.exclusions:
        tables.append(exclusions_table(report.exclusions, formats))
    return tables


def make_tables(report: Report, formats: Formats) -> dict[str, Table | HeatTable]:
    """The tables that the data allow, by name."""
    tables: list[Table | HeatTable] = [*reconciliation_tables(report, formats)]
    if report.months:
        tables += [
            growth_table(report.months, formats),
            customers_table(report.months, formats),
            arpa_table(report.months, formats),
            bridge_table(report.month, formats),
            movements_table(report.months, formats),
            *retention_tables(report, formats),
            *expansion_tables(report, formats),
            *mover_tables(report, formats),
        ]
    if report.triangle is not None:
        tables += [triangle_table(report.triangle, measure, formats) for measure in ("nrr", "grr")]
    return {table.name: table for table in tables}
