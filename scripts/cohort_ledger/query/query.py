"""Rows of a mart or a query, written as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from cohort_ledger.errors import LedgerError, in_one_line
from cohort_ledger.publication import open_publication, open_working_database
from cohort_ledger.sql import identifier


@dataclass(frozen=True)
class Result:
    """Column names, which of them hold numbers, and the rows."""

    names: list[str]
    are_numbers: list[bool]
    rows: list[tuple[Any, ...]]


def run(text: str, limit: int | None = None, publication: str | None = None) -> Result:
    """The rows of a mart or a query: of the working database, of a publication by number, or of the `current` one.

    LedgerError if there is no such mart, or the engine refuses the query.
    """
    if publication is None:
        marts = open_working_database()
    else:
        marts = open_publication(name=None if publication == "current" else publication)
    is_name = re.fullmatch(r"\w+", text.strip())
    selected = f"from marts.{identifier(text.strip())}" if is_name else f"from ({text.strip().rstrip(';')}\n)"
    if limit is not None:
        selected += f" limit {limit}"
    with marts:
        try:
            cursor = marts.connection.execute(selected)
            are_numbers = [
                str(column[1]).startswith(("DECIMAL", "DOUBLE", "FLOAT")) or "INT" in str(column[1])
                for column in cursor.description
            ]
            return Result([column[0] for column in cursor.description], are_numbers, cursor.fetchall())
        except duckdb.Error as error:
            raise LedgerError(in_one_line(error)) from error


def in_words(value: Any) -> str:
    """A value as text, decimals with all their digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def as_json(value: Any) -> str:
    """A value as JSON; a decimal is a number with all its digits, a date is text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False, default=str)


def object_of(names: Sequence[str], row: tuple[Any, ...]) -> str:
    """A row as a JSON object."""
    return (
        "{" + ", ".join(f"{json.dumps(name)}: {as_json(value)}" for name, value in zip(names, row, strict=True)) + "}"
    )


def write(result: Result, file_format: str) -> None:
    """The rows on standard output."""
    if file_format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(result.names)
        writer.writerows([in_words(value) for value in row] for row in result.rows)
    elif file_format == "json":
        print("[" + ",\n ".join(object_of(result.names, row) for row in result.rows) + "]")
    else:
        table = Table()
        for name, is_number in zip(result.names, result.are_numbers, strict=True):
            table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        for row in result.rows:
            table.add_row(*map(in_words, row))
        console = Console(markup=False, highlight=False)
        # who reads a pipe has no width; a line is a row there
        console.print(table, width=None if console.is_terminal else 10_000, no_wrap=not console.is_terminal)
