"""The ledger that corruptions are tried on: the edge cases, built once in memory, changed, tested, and put back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from dbt_project import CompiledModel, CompiledProject, CompiledTest, read_manifest

from discipline.corruptions import Corruption

CHANGED_TABLE = re.compile(r"^(?:update|insert into|delete from|create or replace view) \w+\.(\w+)", re.IGNORECASE)
CHANGED_ROWS = re.compile(r"^(?:update|insert into|delete from) \w+\.(\w+)", re.IGNORECASE)
WALL_CLOCK = re.compile(r"\b(?:current_(?:date|time|timestamp)\b|localtimestamp\b|(?:now|today|getdate)\s*\()")
NO_WALL_CLOCK = "no_model_reads_the_wall_clock"
NO_FLOATS = "no_column_of_the_ledger_is_a_float"


@dataclass(frozen=True)
class DisciplineTest:
    """A data test of the ledger, and what it says in words."""

    name: str
    says: str
    compiled: CompiledTest


def read_discipline_tests(manifest: dict[str, Any], compiled: dict[str, CompiledTest]) -> dict[str, DisciplineTest]:
    """Every data test on the ledger itself: not those of the input, and not those that hold it to expected rows."""
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        metadata = node.get("test_metadata") or {"name": "", "kwargs": {}}
        models = [parent.split(".")[-1] for parent in node["depends_on"]["nodes"] if parent.startswith("model.")]
        if metadata["name"] == "holds_exactly_the_rows_of" or all(model.startswith("stg_") for model in models):
            continue
        arguments = metadata["kwargs"]
        says = " ".join(node["description"].split())
        if not says and metadata["name"] == "has_unique_grain":
            says = f"One row per {', '.join(arguments['columns'])}."
        elif not says and metadata["name"] == "rows_satisfy":
            says = f"In every row: `{' '.join(arguments['condition'].split())}`."
        elif not says and metadata["name"] == "ratios_are_exact":
            quotients = [f"`{name}` = `{top}` ÷ `{bottom}`" for name, (top, bottom) in arguments["ratios"].items()]
            says = f"{', '.join(quotients)}, to within half of the last decimal."
        found[node["name"]] = DisciplineTest(node["name"], says, compiled[node["name"]])
    return dict(sorted(found.items()))


class Bench:
    """A project, its data in memory, and everything built from it."""

    def __init__(
        self, project: CompiledProject, manifest: dict[str, Any], connection: duckdb.DuckDBPyConnection
    ) -> None:
        self.project = project
        self.connection = connection
        self.tests = {test.name: test for test in project.tests}
        self.discipline = read_discipline_tests(manifest, self.tests)
        self.grain_tests = {
            node["name"]: node["attached_node"].split(".")[-1]
            for node in manifest["nodes"].values()
            if (node.get("test_metadata") or {}).get("name") == "has_unique_grain"
        }
        self.parents = {
            node["name"]: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        }
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        project.build(connection)

    def failing(self, changed: set[str]) -> set[str]:
        """The tests on changed models that fail; a test that raises an error ends the transaction and the run."""
        return {
            test.name
            for test in self.tests.values()
            if test.models & changed and self.connection.execute(f"select 1 from ({test.sql}\n) limit 1").fetchone()
        }

    def corrupt(self, corruption: Corruption) -> set[str]:
        """What fails after a corruption; the ledger is whole again when this returns."""
        changed = {match[1] for match in map(CHANGED_TABLE.match, corruption.statements) if match}
        for model in self.project.models:
            if model.materialized == "view" and self.parents[model.name] & changed:
                changed.add(model.name)
        self.connection.execute("begin")
        try:
            rows_changed = {match[1] for match in map(CHANGED_ROWS.match, corruption.statements) if match}
            for model in self.project.models:
                if model.materialized == "view" and model.name in rows_changed:
                    self.freeze(model)
            for statement in corruption.statements:
                rows = self.connection.execute(statement).fetchall()
                assert rows != [(0,)], f"{corruption.name}: nothing to corrupt for: {statement}"
            return self.failing(changed)
        finally:
            self.connection.execute("rollback")

    def freeze(self, view: CompiledModel) -> None:
        """Make a table of a view, so that its rows can be corrupted."""
        self.connection.execute(f"drop view {view.relation}")
        self.connection.execute(f"create table {view.relation} as {view.sql}")

    def float_columns(self) -> list[str]:
        """Columns of the ledger that cannot hold money exactly."""
        return [
            f"{table}.{column}"
            for table, column in self.connection.execute(
                "select table_name, column_name from duckdb_columns() where schema_name in ('intermediate', 'marts')"
                " and data_type in ('FLOAT', 'DOUBLE') order by all"
            ).fetchall()
        ]


def open_edge_bench(database: Path) -> Bench:
    """A bench on the edge cases, which dbt has seeded into a database and compiled for it."""
    manifest = read_manifest(database)
    project = CompiledProject(manifest)
    connection = project.connect()
    connection.execute(f"attach '{database}' as seeded (read_only)")
    connection.execute("create schema edge_cases")
    for (table,) in connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = 'seeded' and schema_name = 'edge_cases' order by table_name"
    ).fetchall():
        connection.execute(f"create table edge_cases.{table} as from seeded.edge_cases.{table}")
    connection.execute("detach seeded")
    return Bench(project, manifest, connection)
