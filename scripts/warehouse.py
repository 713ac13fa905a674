"""Where the built DuckDB file is, and how scripts read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

PROJECT_DIR = Path(__file__).resolve().parent.parent


def database_path() -> Path:
    """The file that dbt builds into, by the rule of profiles.yml: the environment variable, else the default."""
    return PROJECT_DIR / os.environ.get("COHORT_LEDGER_DUCKDB_PATH", "cohort_ledger.duckdb")


def connect() -> duckdb.DuckDBPyConnection:
    """Open the built file read-only, or exit with a message that says what is missing."""
    path = database_path()
    if not path.exists():
        sys.exit(f"{path} does not exist: run `make build` first")
    return duckdb.connect(str(path), read_only=True)
