"""Measure the ledger on generated data, and print a table of ratios.

    python scripts/benchmark.py 100000 1000000 [--folder FOLDER] [--repeats N] [--write]

For each number of customers: load the raw tables as they were known a month ago, build, build again with nothing
changed, with one more month and with a backdated change; a full refresh of the same tables must give the same marts.
The full build is compared with the copy limit: the time in which the same engine reads the raw tables once and writes
tables with the rows of the marts. The ledger is compared with the textbook method on the same intervals. What is
compared is measured in turns, and each ratio is the median of its repetitions. Differing rows end in exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import benchmark_data
from benchmark_queries import DifferenceError, Hashes, QueryTimes, in_database, mart_hashes, measure_queries
from benchmark_report import (
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
from benchmark_runs import CompiledModel, DbtError, DbtRun, Workspace, in_own_process, run_dbt, start_up

DEFAULT_SIZES = [100_000, 1_000_000]
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


def measure_size(folder: Path, customers: int, arguments: argparse.Namespace) -> Size:
    """All repetitions for one number of customers."""
    say(f"{customers} customers")
    files = benchmark_data.generate(folder, customers, arguments.seed)
    names = [name for name in CHANGES if name in arguments.changes]
    with tempfile.TemporaryDirectory(prefix=f"{customers}_customers_", dir=folder) as directory:
        bench = Bench(Workspace(Path(directory), arguments.memory_limit), files)
        repeats = arguments.repeats or (1 if customers >= LARGE else 3)
        repetitions = [bench.repeat(names) for _ in range(repeats)]
        idle = start_up(bench.workspace, repeats)
        return Size(customers, bench.in_database(benchmark_data.row_counts), idle, repetitions)


def positive(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("customers", metavar="CUSTOMERS", nargs="*", type=positive, default=DEFAULT_SIZES)
    parser.add_argument("--folder", type=Path, help="keeps generated data for the next time (default: a temporary one)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the generated data")
    parser.add_argument("--repeats", type=positive, help=f"default: 3, and 1 from {LARGE} customers on")
    parser.add_argument("--memory-limit", default=DEFAULT_MEMORY_LIMIT, help="that DuckDB keeps (default: %(default)s)")
    parser.add_argument(
        "--changes", nargs="*", choices=CHANGES, default=list(CHANGES), help="the incremental builds (default: all)"
    )
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="of the section (default: today)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmark.md")
    return parser.parse_args()


def make_command(arguments: argparse.Namespace) -> str:
    """The command that does the same again, without paths of this machine."""
    options = []
    if arguments.memory_limit != DEFAULT_MEMORY_LIMIT:
        options.append(f"--memory-limit {arguments.memory_limit}")
    if arguments.repeats:
        options.append(f"--repeats {arguments.repeats}")
    if arguments.seed != DEFAULT_SEED:
        options.append(f"--seed {arguments.seed}")
    if set(arguments.changes) != set(CHANGES):
        options.append(" ".join(["--changes", *arguments.changes]))
    sizes = " ".join(map(str, arguments.customers))
    return " ".join([f"make benchmark CUSTOMERS='{sizes}'", *([f"OPTIONS='{' '.join(options)}'"] if options else [])])


def main() -> None:
    """Measure, print, and say by the exit code whether all rows were the same."""
    arguments = parse_arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="cohort_ledger_benchmark_") as temporary:
            folder = (arguments.folder or Path(temporary)).absolute()
            folder.mkdir(parents=True, exist_ok=True)
            sizes: list[Size] = []
            for customers in sorted(set(arguments.customers)):
                if sizes:  # the next may fail
                    say(report(sizes, conditions(arguments.memory_limit)))
                sizes.append(measure_size(folder, customers, arguments))
    except (DbtError, DifferenceError) as error:
        sys.exit(str(error))
    text = report(sizes, conditions(arguments.memory_limit))
    print(text)
    if arguments.write:
        write_section(arguments.date, make_command(arguments), text)
    if any(size.differing_marts for size in sizes):
        sys.exit("marts differ from those of a full refresh of the same raw tables")


if __name__ == "__main__":
    main()
