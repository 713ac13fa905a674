"""`cohort-ledger generate`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FileFormat(StrEnum):
    """What the files are."""

    csv = "csv"
    parquet = "parquet"


def generate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Where the files go.")],
    customers: Annotated[int, typer.Option(min=1, help="How many.")] = 300,
    months: Annotated[int, typer.Option(min=1, help="Length of the history.")] = 48,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First month of the history.")
    ] = "2022-01-01",  # type: ignore[assignment]
    seed: Annotated[int, typer.Option(help="Another one is another business.")] = 150,
    second_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the customers that take a second subscription.")
    ] = 0,
    file_format: Annotated[FileFormat, typer.Option("--format", help="What the files are.")] = FileFormat.csv,
    prefix: Annotated[str, typer.Option(help="Put before each file name.", show_default="none")] = "",
) -> None:
    """Write the raw tables of an invented B2B software business, always the same for the same arguments."""
    from cohort_ledger.generate.generate import generate as generate_tables

    generate_tables(folder, customers, months, start.date(), seed, second_share, file_format, prefix)
