"""Print one line per table or view that dbt built: its name, row count and a hash that does not depend on row order.

Two builds of the same input must print the same lines.
"""

from __future__ import annotations

import duckdb
from warehouse import connect

LAYERS = ("staging", "intermediate", "marts")
RELATIONS = """
    select table_schema, table_name
    from information_schema.tables
    where table_schema in (select unnest(?))
    order by table_schema, table_name
"""


def rows_and_hash(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int | None]:
    """How many rows a table, view or query in parentheses has, and a hash of them all."""
    hashed = f"select count(*), sum(hash(row_of)::hugeint) from {rows} as row_of"
    return connection.execute(hashed).fetchone()


def table_hashes(
    connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...]
) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Rows and hash of every relation of these schemas."""
    relations = connection.execute(RELATIONS, [list(schemas)]).fetchall()
    return {(schema, name): rows_and_hash(connection, f"{schema}.{name}") for schema, name in relations}


def main() -> None:
    """Hash every relation of the three layers."""
    for (schema, name), (count, digest) in table_hashes(connect(), LAYERS).items():
        print(schema, name, count, digest)


if __name__ == "__main__":
    main()
