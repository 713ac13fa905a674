"""Measure the ledger on generated data, and print a table of ratios.

For each number of customers: load the raw tables as they were known a month ago, build, build again with nothing
changed, with one more month and with a backdated change; a full refresh of the same tables must give the same marts.
The full build is compared with the copy limit: the time in which the same engine reads the raw tables once and writes
tables with the rows of the marts. The ledger is compared with the textbook method on the same intervals. What is
compared is measured in turns, and each ratio is the median of its repetitions. Differing rows end in exit code 1.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from cohort_ledger.benchmark import data as benchmark_data
from cohort_ledger.benchmark.processes import in_own_process
from cohort_ledger.benchmark.queries import Hashes, QueryTimes, in_database, mart_hashes, measure_queries
from cohort_ledger.benchmark.report import (
    BACKDATED,
    CHANGES,
    MONTH,
    NOTHING,
    Change,
    Repetition,
    Size,
    conditions,
    report,
    write_section,
)
from cohort_ledger.benchmark.runs import CompiledModel, DbtRun, Workspace, run_dbt, start_up
from cohort_ledger.errors import LedgerError

DEFAULT_MEMORY_LIMIT = "3GB"
LARGE = 500_000  # customers from which one repetition has to do
DEFAULT_SEED = 150

Result = TypeVar("Result")


def say(text: str) -> None:
    """What is being done, for who waits."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Build:
    """A run of all models, and what the marts hold after it."""

    run: DbtRun
    hashes: Hashes

    def differing_marts(self, other: Build) -> list[str]:
        """The marts that do not hold the same rows."""
        names = sorted(self.hashes.keys() | other.hashes.keys())
        return [mart[1] for mart in names if self.hashes.get(mart) != other.hashes.get(mart)]


class Bench:
    """One database that is loaded, built and measured."""

    def __init__(self, workspace: Workspace, files: Path) -> None:
        self.workspace = workspace
        self.files = files
        self.models: list[CompiledModel] = []  # as the last full refresh compiled them

    def in_database(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do something with a connection to the database, in a process of its own."""
        return in_own_process(in_database, self.workspace.database, self.workspace.memory_limit, work, *arguments)

    def load(self, known_before: str | None) -> None:
        """Load the raw tables as they were known before a month, or as they are."""
        self.in_database(benchmark_data.load, self.files, known_before)

    def start(self, known_before: str | None) -> None:
        """A new database with raw tables and reference seeds."""
        self.workspace.database.unlink(missing_ok=True)
        self.load(known_before)
        run_dbt(self.workspace, "seed")

    def build(self, *, is_full: bool = False) -> Build:
        """Build all models, from nothing or as it is left to them."""
        command = ["run", "--full-refresh"] if is_full else ["run"]
        run = run_dbt(self.workspace, *command)
        if is_full:
            self.models = self.workspace.compiled()
        times = f"{run.wall:.1f} s, {run.processor:.1f} s of processors"
        say(f"  {' '.join(['dbt', *command])}: {times}, {run.peak / 2**30:.2f} GiB")
        return Build(run, self.in_database(mart_hashes))

    def change(self, name: str, before: Build) -> tuple[Change, Build]:
        """Change the raw tables, build, and compare with a full refresh: where nothing has changed, with the last."""
        if name == MONTH:
            self.load(known_before=None)
        elif name == BACKDATED:
            self.in_database(benchmark_data.change_the_past)
        changed = self.build()
        full = before if name == NOTHING else self.build(is_full=True)
        return Change(name, changed.run, full.run, changed.differing_marts(full)), full

    def queries(self) -> QueryTimes:
        """The copy limit, the ledger and the textbook method, on what the last full refresh has built."""
        say("  copy limit, ledger and textbook method")
        return in_own_process(measure_queries, self.workspace.database, self.workspace.memory_limit, self.models)

    def repeat(self, names: list[str]) -> Repetition:
        """Everything once: a full build, and what has changed on top of it, one after the other."""
        self.start(benchmark_data.LAST_MONTH if MONTH in names else None)
        full = self.build(is_full=True)
        changes = []
        for name in names:
            change, full = self.change(name, full)
            changes.append(change)
        return Repetition(full.run, changes, self.queries())


@dataclass(frozen=True)
class Settings:
    """How everything is measured: rows of which seed, how often, with how much memory, after which changes."""

    seed: int = DEFAULT_SEED
    repeats: int | None = None
    memory_limit: str = DEFAULT_MEMORY_LIMIT
    changes: tuple[str, ...] = tuple(CHANGES)


def measure_size(folder: Path, customers: int, settings: Settings) -> Size:
    """All repetitions for one number of customers."""
    say(f"{customers} customers")
    files = benchmark_data.generate(folder, customers, settings.seed)
    names = [name for name in CHANGES if name in settings.changes]
    with tempfile.TemporaryDirectory(prefix=f"{customers}_customers_", dir=folder) as directory:
        bench = Bench(Workspace(Path(directory), settings.memory_limit), files)
        repeats = settings.repeats or (1 if customers >= LARGE else 3)
        repetitions = [bench.repeat(names) for _ in range(repeats)]
        idle = start_up(bench.workspace, repeats)
        return Size(customers, bench.in_database(benchmark_data.row_counts), idle, repetitions)


def make_command(sizes: Sequence[int], settings: Settings) -> str:
    """The command that does the same again, without paths of this machine."""
    options = []
    if settings.memory_limit != DEFAULT_MEMORY_LIMIT:
        options.append(f"--memory-limit {settings.memory_limit}")
    if settings.repeats:
        options.append(f"--repeats {settings.repeats}")
    if settings.seed != DEFAULT_SEED:
        options.append(f"--seed {settings.seed}")
    if set(settings.changes) != set(CHANGES):
        options.append(f"--changes {','.join(settings.changes) or 'none'}")
    words = " ".join(map(str, sizes))
    return " ".join([f"make benchmark CUSTOMERS='{words}'", *([f"OPTIONS='{' '.join(options)}'"] if options else [])])


def benchmark(customers: Sequence[int], settings: Settings, kept: Path | None, written_on: date | None) -> None:
    """Measure and print; `kept` holds generated data for the next time, `written_on` dates a section in the docs.

    LedgerError if a build fails, or marts differ from those of a full refresh of the same raw tables.
    """
    with tempfile.TemporaryDirectory(prefix="cohort_ledger_benchmark_") as temporary:
        folder = (kept or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        sizes: list[Size] = []
        for number in sorted(set(customers)):
            if sizes:  # the next may fail
                say(report(sizes, conditions(settings.memory_limit)))
            sizes.append(measure_size(folder, number, settings))
    text = report(sizes, conditions(settings.memory_limit))
    print(text)
    if written_on:
        write_section(written_on, make_command(customers, settings), text)
    if any(size.differing_marts for size in sizes):
        raise LedgerError("marts differ from those of a full refresh of the same raw tables: see the table above")
