"""`cohort-ledger benchmark`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

CHANGES = ("nothing", "month", "backdated")


def known_changes(text: str) -> str:
    """Names of changes with commas between them."""
    unknown = [name for name in text.split(",") if name not in (*CHANGES, "none")]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(CHANGES)}, or none")
    return text


def benchmark(
    customers: Annotated[
        list[int] | None,
        typer.Argument(metavar="CUSTOMERS", min=1, help="Sizes of the business.", show_default="100000 1000000"),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps generated data for the next time.", show_default="a temporary one")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the generated data.")] = 150,
    repeats: Annotated[
        int | None, typer.Option(min=1, help="How often.", show_default="3, and 1 from 500000 customers on")
    ] = None,
    memory_limit: Annotated[str, typer.Option(help="That DuckDB keeps.")] = "3GB",
    changes: Annotated[
        str,
        typer.Option(callback=known_changes, help="Incremental builds to measure, after what has changed, or none."),
    ] = ",".join(CHANGES),
    write: Annotated[bool, typer.Option("--write", help="Put the table into docs/benchmark.md.")] = False,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Of the section there.", show_default="today"
        ),
    ] = None,
) -> None:
    """Measure the ledger on generated data of 60 months, and print a table of ratios.

    Full builds against the time that the engine needs to read and write, the ledger against the textbook method, and
    incremental builds against full refreshes, after which every mart must be the same.
    """
    from cohort_ledger.benchmark.benchmark import Settings
    from cohort_ledger.benchmark.benchmark import benchmark as measure

    names = tuple(name for name in CHANGES if name in changes.split(","))
    written_on = (day.date() if day else date.today()) if write else None
    measure(customers or [100_000, 1_000_000], Settings(seed, repeats, memory_limit, names), folder, written_on)
