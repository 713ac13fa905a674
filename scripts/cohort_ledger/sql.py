"""SQL from Python: names and texts quoted, results as values and dictionaries."""

from __future__ import annotations

from typing import Any

import duckdb

Row = dict[str, Any]


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text as SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The one value of a query."""
    row = connection.execute(query).fetchone()
    assert row
    return row[0]


def dictionaries(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """The rows of a result, by the names of its columns."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The result of a query as dictionaries."""
    return dictionaries(connection.execute(query))
