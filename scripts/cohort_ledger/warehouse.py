"""The working database, opened to be read."""

from __future__ import annotations

import duckdb

from cohort_ledger.errors import LedgerError, first_line
from cohort_ledger.project import database_path


def connect() -> duckdb.DuckDBPyConnection:
    """The marts of the working database, read-only.

    LedgerError if there are none yet, or another process has the file open for writing.
    """
    path = database_path()
    if not path.exists():
        raise LedgerError(f"{path} does not exist: run `make build` first")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise LedgerError(f"{path} cannot be opened: close what else has it open ({first_line(error)})") from error
    connection.execute("set TimeZone = 'UTC'")
    if not connection.execute("from information_schema.tables where table_schema = 'marts'").fetchone():
        raise LedgerError(f"{path} holds no marts: run `make build` first, and see what it says")
    return connection
