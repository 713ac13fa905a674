"""What the benchmark says: medians of ratios as a Markdown table, and its place in the docs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from cohort_ledger.benchmark.queries import QueryTimes
from cohort_ledger.benchmark.runs import DbtRun
from cohort_ledger.project import PROJECT_DIR

DOCUMENT = PROJECT_DIR / "docs/benchmark.md"
INTRODUCTION = """# Benchmark

`make benchmark` generates raw tables of 60 months, builds, and compares. Sections are dated, newest first, each with
the command that made it.

- **Full build**: `dbt run --full-refresh` of all models, without data tests. **Copy limit**: the time in which the same
  engine, with the same settings, reads every value of the raw tables once and writes tables with the rows of the
  marts.
- **Ledger**: the SQL of the models from `int_mrr_intervals` to `fct_mrr_movements` and `fct_customer_mrr_months`,
  which also finds adjustments, reasons of churn, and what other models need per plan, pool and product.
  **Textbook method**: a spine of customers and months, each customer from its first month on, a range join of the same
  intervals, and `lag`. Both must give the same rows.
- **Incremental**: `dbt run` on the database of the last build after its raw tables have changed: not at all, by one
  more month (all that was not known at the end of the month before), or by a backdated change to 0.1 % of the
  customers (a version of two years before is changed, dropped, or found). Its time is a share of that of a full refresh
  of the same tables, and every mart must hold the same rows after both. `constant_fx_date` is set, as the rates of a
  new month would otherwise move every customer in another currency.
- **dbt's start-up** is the time of a run that selects nothing, and **net** is without it. **Outside models** is the
  time of a full build in which no model is being built, start-up included.
- **Peak memory** is the most that a dbt process has held resident, under DuckDB's `memory_limit`.

What is compared is measured in turns in one run, and each ratio is the median of its repetitions.
"""


# what happens to the raw tables before an incremental build, in this order, by its name on the command line
NOTHING, MONTH, BACKDATED = "nothing", "month", "backdated"
CHANGES = {
    NOTHING: ("nothing changed", "≤ 5 %"),
    MONTH: ("one more month", "≤ 20 %"),
    BACKDATED: ("backdated change to 0.1 % of the customers", "≤ 10 %"),
}


@dataclass(frozen=True)
class Change:
    """A build after a change of the raw tables, a full refresh of the same, and the marts in which they differ."""

    name: str
    run: DbtRun
    full: DbtRun
    differing: list[str]


@dataclass(frozen=True)
class Repetition:
    """Everything measured once."""

    full: DbtRun
    changes: list[Change]
    queries: QueryTimes


@dataclass(frozen=True)
class Size:
    """All repetitions for one number of customers; `idle` is dbt's start-up in seconds."""

    customers: int
    rows: dict[str, int]
    idle: float
    repetitions: list[Repetition]

    def median(self, value: Callable[[Repetition], float]) -> float:
        """The median over the repetitions."""
        return median(map(value, self.repetitions))

    @property
    def net(self) -> float:
        """Seconds of a full build without dbt's start-up."""
        return self.median(lambda one: one.full.wall - self.idle)

    @property
    def differing_marts(self) -> list[str]:
        """The marts that an incremental build has left different from those of a full refresh."""
        return sorted({mart for one in self.repetitions for change in one.changes for mart in change.differing})

    def share(self, number: int) -> float:
        """The time of a changed build as a share of that of a full refresh, both net of start-up."""

        def of_one(one: Repetition) -> float:
            change = one.changes[number]
            return (change.run.wall - self.idle) / (change.full.wall - self.idle)

        return self.median(of_one)

    def peak(self, runs: Callable[[Repetition], list[DbtRun]]) -> float:
        """The most memory of any of the runs, in GiB."""
        return max(run.peak for one in self.repetitions for run in runs(one)) / 2**30


def table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = rows
    line = ["---"] * min(2, len(head)) + ["---:"] * (len(head) - 2)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, line, *body])


def number(value: float) -> str:
    """A whole number with thin groups of digits."""
    return f"{value:,.0f}".replace(",", " ")


def raw_rows(size: Size) -> str:
    """Rows of the three tables that matter."""
    names = ("subscriptions", "subscription_item_versions", "invoice_line_items")
    return " / ".join(number(size.rows[name]) for name in names)


def growth(sizes: list[Size], size: Size) -> str:
    """How much longer the build takes than that of the next smaller size, for how many times the customers."""
    smaller = [other for other in sizes if other.customers < size.customers]
    if not smaller:
        return ""
    before = max(smaller, key=lambda other: other.customers)
    return f"{size.net / before.net:.1f} times for {size.customers / before.customers:g} times the customers"


def change_rows(sizes: list[Size]) -> list[list[str]]:
    """What the incremental builds took."""
    changes = sizes[0].repetitions[0].changes
    if not changes:
        return []
    rows = []
    for place, change in enumerate(changes):
        title, target = CHANGES[change.name]
        shares = [f"{size.share(place):.1%}".replace("%", " %") for size in sizes]
        rows.append([f"(d) {title} ÷ full refresh, both net", target, *shares])
    same = ["no: " + ", ".join(size.differing_marts) if size.differing_marts else "yes" for size in sizes]
    rows.append(["(d) every mart equals that of a full refresh after each", "yes", *same])
    peaks = [f"{size.peak(lambda one: [change.run for change in one.changes]):.2f} GiB" for size in sizes]
    rows.append(["(e) peak memory of the incremental builds", "≤ 4 GiB", *peaks])
    return rows


def all_fulls(one: Repetition) -> list[DbtRun]:
    """All full refreshes of a repetition."""
    return [one.full, *(change.full for change in one.changes)]


def result_rows(sizes: list[Size]) -> list[list[str]]:
    """One row per result, with a column per size."""

    def seconds(value: Callable[[Repetition], float]) -> list[str]:
        return [f"{size.median(value):.1f} s" for size in sizes]

    def ratio(value: Callable[[Repetition], float]) -> list[str]:
        return [f"{size.median(value):.2f}" for size in sizes]

    return [
        ["", "target", *(f"{number(size.customers)} customers" for size in sizes)],
        ["subscriptions / item versions / invoice lines", "", *map(raw_rows, sizes)],
        ["full build", "", *seconds(lambda one: one.full.wall)],
        ["full build, net", "", *(f"{size.net:.1f} s" for size in sizes)],
        ["full build, processor time", "", *seconds(lambda one: one.full.processor)],
        ["copy limit: reading", "", *seconds(lambda one: one.queries.read_raw)],
        ["copy limit: writing", "", *seconds(lambda one: one.queries.copy_marts)],
        ["(a) full build ÷ copy limit", "≤ 3", *ratio(lambda one: one.full.wall / one.queries.copy_limit)],
        ["ledger", "", *seconds(lambda one: one.queries.ledger)],
        ["textbook method", "", *seconds(lambda one: one.queries.textbook)],
        ["(b) textbook method ÷ ledger", "≥ 4", *ratio(lambda one: one.queries.textbook / one.queries.ledger)],
        ["(c) growth of the full build, net", "≤ 11 times for 10 times", *(growth(sizes, size) for size in sizes)],
        *change_rows(sizes),
        ["(e) peak memory of the full build", "≤ 4 GiB", *(f"{size.peak(all_fulls):.2f} GiB" for size in sizes)],
        ["(f) dbt's start-up", "", *(f"{size.idle:.1f} s" for size in sizes)],
        ["(f) outside models", "", *seconds(lambda one: one.full.wall - one.full.in_models)],
        ["repetitions", "", *(str(len(size.repetitions)) for size in sizes)],
    ]


def dearest_models(size: Size, count: int = 10) -> str:
    """The models that a full build takes longest for."""
    names = size.repetitions[0].full.models
    times = {name: size.median(lambda one, name=name: one.full.models[name]) for name in names}
    total = sum(times.values())
    rows = [["model", "seconds", "of all"]]
    for name in sorted(times, key=times.__getitem__, reverse=True)[:count]:
        rows.append([f"`{name}`", f"{times[name]:.1f}", f"{times[name] / total:.0%}".replace("%", " %")])
    return f"The dearest models at {number(size.customers)} customers:\n\n{table(rows)}"


def conditions(memory_limit: str) -> str:
    """The machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {versions}, `memory_limit` {memory_limit}."


def report(sizes: list[Size], circumstances: str) -> str:
    """The text that is printed."""
    return "\n\n".join([circumstances, table(result_rows(sizes)), dearest_models(sizes[-1])])


def write_section(day: date, command: str, text: str, document: Path = DOCUMENT) -> None:
    """Put a dated section before all others of the document, which is made if it is not there."""
    old = document.read_text() if document.exists() else INTRODUCTION
    introduction, mark, sections = old.partition("\n## ")
    section = f"\n## {day.isoformat()}\n\n```sh\n{command}\n```\n\n{text}\n"
    document.write_text(introduction + section + mark + sections)
