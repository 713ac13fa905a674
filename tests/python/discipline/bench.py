"""The ledger that corruptions and mutants are tried on: built once in memory, changed, tested, and put back."""

from __future__ import annotations

import multiprocessing
import random
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from dbt_project import CompiledModel, CompiledProject, CompiledTest, Tables, load_raw, raw_columns, read_manifest
from reference.generate import random_raw
from reference.ledger import build_marts
from small_company import small_company
from test_against_reference import reference_settings

from discipline.corruptions import Corruption
from discipline.mutants import MUTANTS, Mutant

CHANGED_TABLE = re.compile(r"^(?:update|insert into|delete from) \w+\.(\w+)", re.IGNORECASE)
WALL_CLOCK = re.compile(r"\b(?:current_(?:date|time|timestamp)\b|localtimestamp\b|(?:now|today|getdate)\s*\()")
NO_WALL_CLOCK = "no_model_reads_the_wall_clock"
NO_FLOATS = "no_column_of_the_ledger_is_a_float"
AN_ERROR = "an error"
REFERENCE = "the Python reference"
SPREAD_OVER = 2


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
        found[node["name"]] = DisciplineTest(node["name"], says, compiled[node["name"]])
    return dict(sorted(found.items()))


class Bench:
    """A project, its data in memory, and everything built from it."""

    def __init__(
        self,
        project: CompiledProject,
        manifest: dict[str, Any],
        connection: duckdb.DuckDBPyConnection,
        expected: Tables | None = None,
    ) -> None:
        self.project = project
        self.expected_columns = {name: list(rows[0]) for name, rows in (expected or {}).items() if rows}
        self.expected = {
            name: Counter(tuple(map(str, row.values())) for row in (expected or {})[name])
            for name in self.expected_columns
        }
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
        project.build(connection)

    def from_here_on(self, name: str) -> list[CompiledModel]:
        """A model and all that is built from it, in the order of the DAG."""
        reached = {name}
        for model in self.project.models:
            if self.parents[model.name] & reached:
                reached.add(model.name)
        return [model for model in self.project.models if model.name in reached]

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
        self.connection.execute("begin")
        try:
            for statement in corruption.statements:
                rows = self.connection.execute(statement).fetchall()
                assert rows != [(0,)], f"{corruption.name}: nothing to corrupt for: {statement}"
            return self.failing(changed)
        finally:
            self.connection.execute("rollback")

    def mutated_sql(self, mutant: Mutant) -> str | None:
        """The model's SQL with the mutant in it; none where this project's vars compile to other SQL."""
        sql = self.project.model(mutant.model).sql
        return sql.replace(mutant.old, mutant.new) if sql.count(mutant.old) == 1 else None

    def try_mutant(self, mutant: Mutant) -> set[str]:
        """What kills a mutant: tests, or the build itself. The ledger is whole again when this returns."""
        sql = self.mutated_sql(mutant)
        if sql is None:
            return set()
        if WALL_CLOCK.search(sql):
            return {NO_WALL_CLOCK}
        models = self.from_here_on(mutant.model)
        self.connection.execute("begin")
        try:
            for model in models:
                self.build_one(model, sql if model.name == mutant.model else model.sql)
            found = self.failing({model.name for model in models})
            if self.float_columns():
                found.add(NO_FLOATS)
            if self.expected and self.marts() != self.expected:
                found.add(REFERENCE)
        except duckdb.Error:
            return {AN_ERROR}
        finally:
            self.connection.execute("rollback")
        return found

    def marts(self) -> dict[str, Counter[tuple[str, ...]]]:
        """Every row of the marts that the Python reference has, as text."""
        return {
            name: Counter(
                tuple(map(str, row))
                for row in self.connection.execute(f"select {', '.join(columns)} from marts.{name}").fetchall()
            )
            for name, columns in self.expected_columns.items()
        }

    def build_one(self, model: CompiledModel, sql: str) -> None:
        """Build one model with the SQL given."""
        self.connection.execute(f"create or replace {model.materialized} {model.relation} as {sql}")

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


def open_raw_bench(database: Path, variables: dict[str, Any], raw: Tables) -> Bench:
    """A bench on users' own raw tables, with the marts that the Python reference expects of them."""
    manifest = read_manifest(database)
    project = CompiledProject(manifest)
    connection = project.connect()
    load_raw(connection, raw)
    return Bench(project, manifest, connection, build_marts(raw, reference_settings(variables)))


def company_with_two_amounts_off() -> Tables:
    """What random data hardly ever holds: two amounts off one item at the same time."""
    raw = small_company()
    raw["exchange_rates"][0]["effective_date"] = date(2020, 1, 1)
    raw["discounts"] += [{**raw["discounts"][1], "discount_id": "d-3", "amount_off": Decimal("3")}]
    return {
        table: [{column: row.get(column) for column in columns} for row in raw[table]]
        for table, columns in raw_columns().items()
    }


def kill(edge: Path, randoms: list[tuple[Path, dict[str, Any]]], seeds: list[int], share: int) -> list[tuple[str, ...]]:
    """What kills each mutant of a share: first on the edge cases, and if that is nothing, on random data."""
    bench = open_edge_bench(edge)
    raws = [random_raw(random.Random(seed), customers=40, months=30) for seed in seeds]
    raws.append(company_with_two_amounts_off())
    benches: list[Bench] = []
    found = []
    for mutant in MUTANTS[share::SPREAD_OVER]:
        killers = bench.try_mutant(mutant)
        where = "edge cases"
        if not killers:
            benches = benches or [
                open_raw_bench(database, variables, raw) for raw in raws for database, variables in randoms
            ]
            where = "random data"
            killers = next(filter(None, (other.try_mutant(mutant) for other in benches)), set())
        found.append((where, *sorted(killers)))
    return found


def kill_all(edge: Path, randoms: list[tuple[Path, dict[str, Any]]], seeds: list[int]) -> dict[str, tuple[str, ...]]:
    """Per mutant where it was killed and by what, in the order of the mutants; tried in parallel."""
    with ProcessPoolExecutor(SPREAD_OVER, mp_context=multiprocessing.get_context("spawn")) as pool:
        shares = [pool.submit(kill, edge, randoms, seeds, share) for share in range(SPREAD_OVER)]
        results = [share.result() for share in shares]
    return {
        f"{mutant.model}: {mutant.name}": results[number % SPREAD_OVER][number // SPREAD_OVER]
        for number, mutant in enumerate(MUTANTS)
    }
