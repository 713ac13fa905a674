"""Print one line per table or view that dbt built: its name, row count and a hash that does not depend on row order.

Two builds of the same input must print the same lines.
"""

from __future__ import annotations

from warehouse import connect

RELATIONS = """
    select table_schema, table_name
    from information_schema.tables
    where table_schema in ('staging', 'intermediate', 'marts')
    order by table_schema, table_name
"""


def main() -> None:
    """Hash every relation of the three layers."""
    connection = connect()
    for schema, name in connection.execute(RELATIONS).fetchall():
        count, digest = connection.execute(
            f"select count(*), sum(hash(row_of::varchar)::hugeint) from {schema}.{name} as row_of"
        ).fetchone()
        print(schema, name, count, digest)


if __name__ == "__main__":
    main()
