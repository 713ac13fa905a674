"""Load CSV or Parquet files into the raw schema: all of them or, when anything is wrong with any of them, none.

A folder holds `<table>.csv`, `<table>.csv.gz` or `<table>.parquet` for any of the raw tables, names in any case, text
in UTF-8. Columns and types are those of the published contract, and text must read as the project's own tests want it:
nothing is rounded, cut or shifted on the way in. The files are read into the engine's memory, which spills to disk, and
put into place in one transaction.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cohort_ledger.load.files import (
    LoadError,
    Problem,
    Problems,
    Source,
    find_files,
    misplaced_files,
    read_contract,
    read_files,
)
from cohort_ledger.load.problems import check_file, key_columns
from cohort_ledger.sql import identifier, literal, scalar
from cohort_ledger.warehouse import why_closed


@dataclass(frozen=True)
class Loaded:
    """What a load did to one table, and what there is to say about its file."""

    table: str
    file: Path
    notes: list[str]
    before: int
    loaded: int
    now: int


class BadFilesError(LoadError):
    """The problems of the files, as they are printed, and what helps with them."""

    is_whole = True

    def __init__(self, problems: Problems, limit: int, help_lines: list[str]) -> None:
        shown = sorted(problems.first, key=Problem.place)[:limit]
        others = [f"and {problems.count - len(shown)} more"] if problems.count > len(shown) else []
        total = f"{problems.count} problem{'s' if problems.count > 1 else ''}: nothing was loaded"
        super().__init__("\n".join([*map(str, shown), *others, *help_lines, total]))


def target_table(schema: str, name: str) -> str:
    """SQL of a table in the database that is loaded into."""
    return f"ledger.{identifier(schema)}.{identifier(name)}"


def existing_database(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database that is loaded into is attached."""
    return bool(scalar(connection, "select count(*) from duckdb_databases() where database_name = 'ledger'"))


def existing_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """The tables and views in the schema that is loaded into."""
    found = "select lower({kind}_name) from duckdb_{kind}s() where database_name = 'ledger' and lower(schema_name) = ?"
    names = {
        kind: {row[0] for row in connection.execute(found.format(kind=kind), [schema.lower()]).fetchall()}
        for kind in ("table", "view")
    }
    return names["table"] | names["view"]


def append_problems(connection: duckdb.DuckDBPyConnection, source: Source, schema: str) -> list[Problem]:
    """Why rows of this file cannot be added to the table that is there."""
    described = connection.execute(f"describe {target_table(schema, source.table.name)}").fetchall()
    types = {row[0].lower(): row[1] for row in described}
    loaded = {column.column.name for column in source.columns}
    problems = []
    for column in source.table.columns:
        if types.get(column.name, column.sql_type) != column.sql_type:
            problems.append((column.name, f"is {types[column.name]} in the table, {column.sql_type} in the contract"))
        elif column.name not in types and (column.name in loaded or column.is_required):
            problems.append((column.name, "is not in the table"))
    known = {column.name for column in source.table.columns}
    problems += [(name, "is in the table, but not in the contract") for name in types if name not in known]
    return [
        Problem(str(source.path), 0, 0, name, f"cannot append: the column {text}; replace the table")
        for name, text in problems
    ]


def put_table(
    connection: duckdb.DuckDBPyConnection, source: Source, schema: str, old: set[str], is_append: bool
) -> Loaded:
    """Replace the table by its file, or add the file's rows in place of those with their keys."""
    target, name = target_table(schema, source.table.name), source.table.name
    columns = ", ".join(identifier(column.column.name) for column in source.columns)
    before = scalar(connection, f"select count(*) from {target}") if name in old else 0
    if is_append and name in old:
        pairs = zip(key_columns(source, "old."), key_columns(source, "new."), strict=True)
        same_key = " and ".join(f"{old_key} = {new_key}" for old_key, new_key in pairs)
        connection.execute(f"delete from {target} as old using {source.staged} as new where {same_key}")
        connection.execute(f"insert into {target} ({columns}) select {columns} from {source.staged}")
    else:
        connection.execute(f"create or replace table {target} as select {columns} from {source.staged}")
    loaded = scalar(connection, f"select count(*) from {source.staged}")
    now = scalar(connection, f"select count(*) from {target}")
    return Loaded(name, source.path, source.notes, before, loaded, now)


def put_into_place(
    connection: duckdb.DuckDBPyConnection,
    sources: list[Source],
    schema: str,
    is_append: bool,
    start_step: Callable[[str], None],
) -> list[Loaded]:
    """Put all tables into the attached database, in one transaction."""
    old = existing_tables(connection, schema)
    connection.execute("begin")
    connection.execute(f"create schema if not exists ledger.{identifier(schema)}")
    loaded = []
    for source in sources:
        start_step(f"writing {source.table.name}")
        loaded.append(put_table(connection, source, schema, old, is_append))
    connection.execute("commit")
    connection.execute("detach ledger")
    return loaded


def attach(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Open the database to be loaded into, which keeps all others out of it."""
    try:
        connection.execute(f"attach {literal(database)} as ledger")
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise LoadError(why_closed(database, error)) from error
        raise


@contextmanager
def new_database(database: Path) -> Iterator[Path]:
    """A file to build a new database in; it gets its name when it is complete, so that there is never half a one."""
    partial = database.with_name(f"{database.name}.partial")
    leftovers = (partial, partial.with_name(f"{partial.name}.wal"))
    directory = os.open(database.parent, os.O_RDONLY)
    try:
        # one load at a time; the lock goes with the process, however it ends
        fcntl.flock(directory, fcntl.LOCK_EX)
        for path in leftovers:
            path.unlink(missing_ok=True)
        yield partial
        if database.exists():
            raise LoadError(f"{database} was made by another process in the meantime: try again")
        partial.rename(database)
        os.fsync(directory)
    finally:
        for path in leftovers:
            path.unlink(missing_ok=True)
        os.close(directory)


@contextmanager
def progress_bar(connection: duckdb.DuckDBPyConnection, steps: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, nothing elsewhere; gives a function that starts the next step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda description: None
        return
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task, started, is_over = progress.add_task("", total=steps), 0, threading.Event()

        def start_step(description: str) -> None:
            nonlocal started
            progress.update(task, description=description, completed=started)
            started += 1

        def poll() -> None:
            while not is_over.wait(0.2):
                done = started - 1 + max(connection.query_progress(), 0) / 100
                if done > progress.tasks[0].completed:
                    progress.update(task, completed=done)

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()
        try:
            yield start_step
        finally:
            is_over.set()
            thread.join()


def emptied_table(connection: duckdb.DuckDBPyConnection, source: Source, schema: str) -> list[Problem]:
    """That a file without rows would take the place of a table with some."""
    rows = scalar(connection, f"select count(*) from {target_table(schema, source.table.name)}")
    if not rows or scalar(connection, f"select count(*) from {source.staged}"):
        return []
    emptied = f"which would leave {schema}.{source.table.name} empty (rows now: {rows})"
    return [Problem(str(source.path), 0, 0, "", f"no rows, {emptied}: if that is meant, add --allow-empty")]


def check_files(
    connection: duckdb.DuckDBPyConnection,
    sources: list[Source],
    limit: int,
    start_step: Callable[[str], None],
    schema: str,
    kept: set[str],
) -> Problems:
    """Read all files into memory, and everything that is wrong with their rows; `kept` tables may not become empty."""
    first, count = [], 0
    for source in sources:
        start_step(f"reading {source.path.name}")
        found = check_file(connection, source, limit)
        emptied = emptied_table(connection, source, schema) if source.table.name in kept and not found.count else []
        first += found.first + emptied
        count += found.count + len(emptied)
    return Problems(first, count)


def load_into(
    connection: duckdb.DuckDBPyConnection,
    sources: list[Source],
    database: Path,
    schema: str,
    is_append: bool,
    start_step: Callable[[str], None],
) -> list[Loaded]:
    """Put the tables into the database that is attached, or into one that is new."""
    if existing_database(connection):
        return put_into_place(connection, sources, schema, is_append, start_step)
    with new_database(database) as partial:
        attach(connection, partial)
        return put_into_place(connection, sources, schema, is_append, start_step)


def load(
    directory: Path, database: Path, schema: str, is_append: bool, limit: int, may_empty: bool = False
) -> list[Loaded]:
    """Check all files, then put them into place."""
    tables = read_contract()
    names = f"the raw tables are {', '.join(tables)}"
    found = find_files(directory, tables)
    if not found:
        raise LoadError(f"{directory} holds no files; {names}")
    with duckdb.connect(config={"temp_directory": f"{database}.{os.getpid()}.tmp"}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        if database.exists():
            attach(connection, database)
        old = existing_tables(connection, schema)
        sources, wrong = read_files(connection, found, tables)
        wrong += misplaced_files(found, tables)
        for source in sources:
            wrong += append_problems(connection, source, schema) if is_append and source.table.name in old else []
        with progress_bar(connection, 2 * len(sources)) as start_step:
            kept = set() if is_append or may_empty else old
            problems = check_files(connection, sources, limit, start_step, schema, kept)
            if wrong or problems.count:
                help_lines = [] if found.keys() <= tables.keys() else [names]
                raise BadFilesError(Problems(wrong + problems.first, len(wrong) + problems.count), limit, help_lines)
            return load_into(connection, sources, database, schema, is_append, start_step)
