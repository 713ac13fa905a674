"""`cohort-ledger load`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cohort_ledger.project import OWN_SCHEMAS, database_path


def free_schema(schema: str) -> str:
    """A schema that raw tables can be loaded into."""
    if schema.lower() in OWN_SCHEMAS or not schema:
        raise typer.BadParameter(f"{schema}: the project writes there itself")
    if "'" in schema or '"' in schema:
        raise typer.BadParameter(f"{schema}: dbt cannot read a schema with quotation marks in its name")
    return schema.lower()


def load(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Holds `<table>.csv`, `.csv.gz` or `.parquet` for any of the raw tables.",
        ),
    ],
    append: Annotated[bool, typer.Option("--append", help="Add rows, in place of those that have their keys.")] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Let a file without rows empty its table.")
    ] = False,
    schema: Annotated[str, typer.Option(help="Schema of the raw tables.", callback=free_schema)] = "raw",
    database: Annotated[
        Path | None, typer.Option(help="DuckDB file, made if it is not there.", show_default="the working database")
    ] = None,
    max_errors: Annotated[int, typer.Option(min=0, help="How many problems to print.")] = 1000,
) -> None:
    """Load CSV or Parquet files into the raw schema: all of them or, when anything is wrong with any, none.

    Every problem is printed with its file, line and column. Nothing is rounded, cut or shifted on the way in.
    """
    from cohort_ledger.load.files import other_files, read_contract
    from cohort_ledger.load.load import load as load_files

    database = database or database_path()
    if database.stem.lower() in (*OWN_SCHEMAS, schema):
        raise typer.BadParameter(f"{database}: the file has the name of a schema in it", param_hint="--database")
    if not database.parent.is_dir():
        raise typer.BadParameter(f"{database}: {database.parent} is not a directory", param_hint="--database")
    os.umask(0o077)
    loaded = load_files(directory, database, schema, append, max_errors, may_empty=allow_empty)
    for path in other_files(directory, read_contract()):
        print(f"{path}: left out, as it is neither CSV nor Parquet")
    for table in loaded:
        for note in table.notes:
            print(f"{table.file}: {note}")
        print(f"{table.table}: {table.before} rows before, {table.loaded} loaded, {table.now} now")
