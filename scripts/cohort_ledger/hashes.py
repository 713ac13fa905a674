"""Rows of a table and a digest of them all that does not depend on their order: two builds of the same input agree."""

from __future__ import annotations

import duckdb

from cohort_ledger.sql import identifier

LAYERS = ("staging", "intermediate", "marts")
RELATIONS = """
    select table_schema, table_name
    from information_schema.tables
    where table_schema in (select unnest(?))
    order by table_schema, table_name
"""


def rows_and_digest(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, str]:
    """How many rows a table has, and a digest of them all that is the same in every version of the engine: to keep."""
    digest = "coalesce(sum(md5_number_lower(row_of::varchar)::hugeint), 0)::varchar"
    return connection.execute(f"select count(*), {digest} from {rows} as row_of").fetchone()


def rows_and_hash(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int | None]:
    """How many rows a table, view or query in parentheses has, and the engine's own hash of them: fast, to compare."""
    hashed = f"select count(*), sum(hash(row_of)::hugeint) from {rows} as row_of"
    return connection.execute(hashed).fetchone()


def table_hashes(
    connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]
) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Rows and hash of every relation of these schemas."""
    relations = connection.execute(RELATIONS, [list(schemas)]).fetchall()
    return {(schema, name): rows_and_hash(connection, f"{schema}.{identifier(name)}") for schema, name in relations}
