"""One publication, as the report reads it: its manifest, its DuckDB file, and what its customers are called."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from cohort_ledger.errors import LedgerError
from cohort_ledger.publish.place import MANIFEST, WAREHOUSE, current, numbered

# the value of a dimension for who has none
NO_VALUE = "(none)"

RowType = TypeVar("RowType")
Naming = Callable[[str], str]


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


def find_publication(directory: Path, name: str | None) -> Path:
    """The publication of this name, or the current one."""
    if name is not None:
        path = directory / name
        if path not in numbered(directory):
            kept = ", ".join(path.name for path in numbered(directory)) or "none"
            raise LedgerError(f"there is no publication {name} in {directory}: kept are {kept}")
        return path
    path = current(directory)
    if path is None:
        raise LedgerError(f"nothing has been published in {directory} yet: run `make report` or `make publish`")
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
    try:
        rows = connection.execute(f"select {names} {source}", list(values)).fetchall()
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        lacks = str(error).split("\n")[0]
        raise LedgerError(f"another version of the project made this publication, publish again: {lacks}") from error
    return [row_type(*row) for row in rows]


def quotient(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """A ratio of two sums, to 28 digits, so that writing it rounds it once; none of nothing."""
    return Decimal(numerator) / Decimal(denominator) if denominator else None


def numbered_names(kind: str) -> Naming:
    """A number in place of each name, by its first appearance; what stands for no name stays."""
    numbers: dict[str, str] = {}
    return lambda name: name if name == NO_VALUE else numbers.setdefault(name, f"{kind} {len(numbers) + 1}")


def names_of_customers(connection: duckdb.DuckDBPyConnection, masked: bool) -> Naming:
    """What a customer is called on the page: its name, else its key; masked, a number."""
    if masked:
        return numbered_names("Customer")
    names = {}
    # a publication whose personal data is dropped has no names
    if "customer_name" in columns_of(connection, "dim_customers"):
        names = dict(connection.execute("select customer_id, customer_name from marts.dim_customers").fetchall())
    return lambda customer_id: names.get(customer_id) or customer_id
