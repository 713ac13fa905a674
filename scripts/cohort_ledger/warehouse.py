"""The working database: opened to be read, and asked whether it can be written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from cohort_ledger.errors import LedgerError, first_line
from cohort_ledger.project import OWN_SCHEMAS, database_path


def connect() -> duckdb.DuckDBPyConnection:
    """The marts of the working database, read-only.

    LedgerError if there are none yet, or another process has the file open for writing.
    """
    path = database_path()
    if not path.exists():
        raise LedgerError(f"{path} does not exist: run `make build` first")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise LedgerError(why_closed(path, error)) from error
    connection.execute("set TimeZone = 'UTC'")
    if not connection.execute("from information_schema.tables where table_schema = 'marts'").fetchone():
        raise LedgerError(f"{path} holds no marts: run `make build` first, and see what it says")
    return connection


def why_closed(path: Path, error: duckdb.Error) -> str:
    """Why a database cannot be opened: who else has it open, or what the engine says."""
    holder = re.search(r"lock is held in (.+?)\. See", first_line(error))
    if holder:
        return f"{path} is in use by another process, {holder[1]}: close it there, or try again later"
    return f"{path} cannot be opened: {first_line(error)}"


def unwritable(path: Path) -> str | None:
    """Why a database cannot be built into, if it cannot."""
    if path.stem.lower() in OWN_SCHEMAS:
        return f"{path} is named like a schema in it, and DuckDB cannot tell the two apart: give it another name"
    if not path.parent.is_dir():
        return f"{path}: there is no folder {path.parent}, make it first"
    if not os.access(path.parent, os.W_OK):
        return f"{path}: nothing may be written in {path.parent}, say by COHORT_LEDGER_DUCKDB_PATH where else"
    if path.exists():
        try:
            duckdb.connect(str(path)).close()
        except duckdb.Error as error:
            return why_closed(path, error)
    return None
