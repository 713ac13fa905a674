"""Where the built DuckDB file is, and how scripts read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

PROJECT_DIR = Path(__file__).resolve().parent.parent


def database_path() -> Path:
    """The file in COHORT_LEDGER_DUCKDB_PATH, relative to the working directory as dbt reads it, else the default."""
    return Path(os.environ.get("COHORT_LEDGER_DUCKDB_PATH") or PROJECT_DIR / "cohort_ledger.duckdb")


def connect() -> duckdb.DuckDBPyConnection:
    """Open the built file read-only, or exit with a message that says what is missing."""
    path = database_path()
    if not path.exists():
        sys.exit(f"{path} does not exist: run `make build` first")
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    if not connection.execute("from information_schema.tables where table_schema = 'marts'").fetchone():
        sys.exit(f"{path} holds no marts: run `make build` or `dbt build` first, and see what it says")
    return connection
