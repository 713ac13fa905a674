"""What a publication consists of: the marts with their documentation in one DuckDB file, and as Parquet."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cohort_ledger.publish.marts import Mart
from cohort_ledger.publish.place import DIRECTORY
from cohort_ledger.sql import identifier, literal

STORAGE = "v1.2.0"  # of the oldest DuckDB that can read it: BI tools bring an engine of their own


def selected(mart: Mart, policy: str) -> str:
    """The query that reads a mart with its personal columns shown, masked or dropped."""
    columns, kept_rows = [], "true"
    for column in mart.columns:
        name = identifier(column.name)
        if column.personal is None or policy == "shown":
            columns.append(name)
        elif policy == "masked":
            value = identifier(column.ends_with or column.name)
            masked = f"(select alias from aliases where kind = {literal(column.personal)} and value = {value})"
            if column.ends_with:
                masked = f"regexp_replace({name}, '[^|]*$', '') || {masked}"
            condition = column.personal_if or "true"
            columns.append(f"case when {condition} then coalesce({masked}, {name}) else {name} end as {name}")
        elif column.personal_if is not None:
            columns.append(name)
            kept_rows = f"not coalesce({column.personal_if}, false)"
    return f"select {', '.join(columns)} from working.marts.{identifier(mart.name)} where {kept_rows}"


def make_aliases(connection: duckdb.DuckDBPyConnection, marts: list[Mart]) -> None:
    """A temporary table of what every personal value reads as where it is masked: its kind and a number.

    Numbers follow the values' hashes, so that they do not give away the order of the names. What stands for no value
    stays.
    """
    values = " union ".join(
        f"select {literal(column.personal)} as kind, {identifier(column.name)} as value "
        f"from working.marts.{identifier(mart.name)} where {column.personal_if or 'true'}"
        for mart in marts
        for column in mart.columns
        if column.personal and not column.ends_with
    )
    connection.execute(
        "create temporary table aliases as "
        "select kind, value, kind || ' ' || row_number() over (partition by kind order by md5(value), value) as alias "
        f"from ({values or 'select null as kind, null as value where false'}) "
        "where value is not null and value != '(none)'"
    )


def write_warehouse(path: Path, working: Path, marts: list[Mart], policy: str) -> None:
    """The DuckDB file: the marts, commented, and their documentation as tables. No raw data, no view, no path."""
    with duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(working))} as working (read_only)")
        connection.execute("create schema marts; create schema docs")
        make_aliases(connection, marts)
        connection.execute("create table docs.models (model varchar, description varchar)")
        connection.execute(
            "create table docs.columns (model varchar, position integer, column_name varchar, data_type varchar, "
            "description varchar, label varchar, format varchar)"
        )
        for mart in marts:
            name = f"marts.{identifier(mart.name)}"
            connection.execute(f"create table {name} as {selected(mart, policy)} order by all")
            connection.execute(f"comment on table {name} is {literal(mart.description)}")
            connection.execute("insert into docs.models values (?, ?)", [mart.name, mart.description])
            types = {row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()}
            for position, column in enumerate((column for column in mart.columns if column.name in types), start=1):
                connection.execute(
                    f"comment on column {name}.{identifier(column.name)} is {literal(column.description)}"
                )
                connection.execute(
                    "insert into docs.columns values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        *(mart.name, position, column.name, types[column.name]),
                        *(column.description, column.label, column.format),
                    ],
                )
        connection.execute(
            "create table docs.benchmark_bands as select metric, band, from_ratio::decimal(18, 6) as from_ratio, "
            "to_ratio::decimal(18, 6) as to_ratio, verdict from working.reference.benchmark_bands order by all"
        )
        connection.execute("detach working")


def write_parquet(directory: Path, warehouse: Path, marts: list[Mart]) -> None:
    """Every mart as one Parquet file."""
    directory.mkdir(mode=DIRECTORY)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for mart in marts:
            path = directory / f"{mart.name}.parquet"
            connection.execute(
                f"copy (from marts.{identifier(mart.name)} order by all) to {literal(str(path))} "
                "(format parquet, compression zstd)"
            )
