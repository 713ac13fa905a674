"""What a build needs, looked at one by one. Nothing is changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml

from cohort_ledger.errors import LedgerError
from cohort_ledger.load.files import read_contract
from cohort_ledger.project import database_path, default_vars, effective_vars
from cohort_ledger.warehouse import unwritable

PYTHON = (3, 11)
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")
# how a finding is shown: its mark and style
MARKS = {"good": ("✓", "green"), "note": ("·", ""), "bad": ("✗", "red")}


@dataclass(frozen=True)
class Finding:
    """What was found: `bad` stops a build, a `note` is worth knowing."""

    kind: Literal["good", "note", "bad"]
    text: str


def findings(given_vars: str) -> Iterator[Finding]:
    """Everything, in the order in which it matters."""
    yield python()
    yield packages()
    try:
        variables = effective_vars(given_vars)
    except LedgerError as error:
        yield Finding("bad", str(error))
        return
    yield from configuration(variables)
    path = database_path()
    if problem := unwritable(path):
        yield Finding("bad", problem)
        return
    yield Finding("good", f"database {path}" + ("" if path.exists() else ", which is made by the first build"))
    if variables["demo_data"] is False:
        yield from raw_tables(path, variables)
    else:
        yield Finding("note", f"raw tables: the project's own (demo_data: {as_yaml(variables['demo_data'])})")


def python() -> Finding:
    """The version of Python."""
    found = f"Python {sys.version.split()[0]}"
    if sys.version_info >= PYTHON:
        return Finding("good", found)
    return Finding("bad", f"{found} is too old: make .venv again with PYTHON={'python' + '.'.join(map(str, PYTHON))}")


def packages() -> Finding:
    """What a build runs on."""
    try:
        return Finding("good", ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    except PackageNotFoundError as error:
        return Finding("bad", f"the package {error.name} is not installed: run `make build`, which installs it")


def as_yaml(value: Any) -> str:
    """A value as it is written for --vars."""
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")


def configuration(variables: dict[str, Any]) -> Iterator[Finding]:
    """Which vars are not as the project comes, and which there are not."""
    defaults = default_vars()
    for name in variables.keys() - defaults.keys():
        yield Finding("bad", f"there is no var {name}: the vars are {', '.join(defaults)}")
    changed = [f"{name}: {as_yaml(variables[name])}" for name in defaults if variables.get(name) != defaults[name]]
    yield Finding("note", f"vars that are not default: {', '.join(changed)}" if changed else "every var is default")


def raw_tables(path: Path, variables: dict[str, Any]) -> Iterator[Finding]:
    """Which raw tables are there, which are missing, and which are not needed and read as empty."""
    schema, basis, contract = variables["raw_schema"], variables["mrr_basis"], read_contract()
    found: dict[str, set[str]] = {}
    if path.exists():
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.execute(
                "select lower(table_name), lower(column_name) from information_schema.columns "
                "where lower(table_schema) = lower(?)",
                [schema],
            ).fetchall()
        for table, column in columns:
            found.setdefault(table, set()).add(column)
    there = [name for name in contract if name in found]
    if there:
        yield Finding("good", f"raw tables in schema {schema}: {', '.join(there)}")
    missing = [name for name, table in contract.items() if name not in found and not table.may_be_absent(basis)]
    if missing:
        yield Finding(
            "bad", f"raw tables missing in schema {schema}: {', '.join(missing)}; `make load DIR=…` loads them"
        )
    lacking = [
        f"{name}.{column.name}"
        for name in there
        for column in contract[name].columns
        if column.is_required and column.name not in found[name]
    ]
    if lacking:
        yield Finding("bad", f"columns missing in schema {schema}: {', '.join(lacking)}")
    absent = [name for name, table in contract.items() if name not in found and table.may_be_absent(basis)]
    if absent:
        yield Finding("note", f"not in schema {schema}, so read as empty: {', '.join(absent)}")
