"""Run dbt as a user does, and rebuild what it compiled without paying for its start again.

`run_dbt` is one dbt process. `CompiledProject` holds the SQL that dbt compiled and executes it in the order of the DAG
on any DuckDB connection: a rebuild of the whole ledger takes well under a second, so that tests can afford hundreds.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

PROJECT_DIR = Path(__file__).resolve().parents[2]
SOURCES_FILE = PROJECT_DIR / "models/staging/billing/_billing__sources.yml"

ARROW_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "decimal(18,4)": pa.decimal128(18, 4),
    "decimal(18,8)": pa.decimal128(18, 8),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}

# how `cohort-ledger` is started
CLI = (sys.executable, "-m", "cohort_ledger")

Row = dict[str, Any]
Tables = dict[str, list[Row]]

# dbt keeps its flags, its adapter and its working directory in the process
ONE_DBT_AT_A_TIME = Lock()

# everything is built, and nothing is tested
WITHOUT_TESTS = ("build", "--resource-type", "seed", "--resource-type", "model")
OWN_TABLES = {"demo_data": False}
MARTS = "select table_name from information_schema.tables where table_schema = 'marts' order by table_name"


@dataclass(frozen=True)
class DbtResult:
    """What a dbt process ended with: its exit code and everything that it printed."""

    exit_code: int
    output: str


def dbt_command(
    *arguments: str, database: Path, variables: dict[str, Any] | None = None, project_dir: Path = PROJECT_DIR
) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a dbt process, with its artefacts beside `database` so that runs never meet."""
    artefacts = database.parent / f"{database.stem}_dbt"
    command = [
        *(str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments),
        *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        *("--target-path", str(artefacts / "target"), "--log-path", str(artefacts / "logs")),
        *("--vars", json.dumps(variables or {})),
    ]
    return command, {**os.environ, "COHORT_LEDGER_DUCKDB_PATH": str(database)}


def run_dbt_process(
    *arguments: str, database: Path, variables: dict[str, Any] | None = None, project_dir: Path = PROJECT_DIR
) -> DbtResult:
    """One dbt process on `database`, as a user starts it."""
    command, environment = dbt_command(*arguments, database=database, variables=variables, project_dir=project_dir)
    done = subprocess.run(command, cwd=project_dir, env=environment, capture_output=True, text=True, check=False)
    return DbtResult(done.returncode, done.stdout + done.stderr)


def run_dbt(
    *arguments: str,
    database: Path,
    variables: dict[str, Any] | None = None,
    project_dir: Path = PROJECT_DIR,
    parsed_with: dict[str, Any] | None = None,
) -> DbtResult:
    """The same in this process, with a manifest that is parsed once for the same vars and name of a database.

    `parsed_with` are other vars for which it may have been parsed, where a run ends before it matters.
    """
    command, environment = dbt_command(*arguments, database=database, variables=variables, project_dir=project_dir)
    with ONE_DBT_AT_A_TIME:
        parsed_with = variables or {} if parsed_with is None else parsed_with
        manifest = parsed_manifest(database.stem, parsed_with, project_dir)
        return invoke_dbt(command[1:], environment, manifest)


def invoke_dbt(arguments: list[str], environment: dict[str, str], manifest: Manifest | None) -> DbtResult:
    """Run dbt in this process, which is afterwards as it was."""
    output, folder = io.StringIO(), Path.cwd()
    with redirect_stdout(output), redirect_stderr(output), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        result = dbtRunner(manifest=manifest).invoke(arguments)
        DuckDBConnectionManager.close_all_connections()
    os.chdir(folder)
    if result.success:
        return DbtResult(0, output.getvalue())
    return DbtResult(2 if result.exception else 1, output.getvalue())


def kept_for_tests(kind: str, name: str, variables: dict[str, Any], project_dir: Path = PROJECT_DIR) -> Path:
    """Where something is kept, in target, that depends on vars, a name, and the files of a project."""
    digest = hashlib.sha256(repr((kind, name, sorted(variables.items()), str(project_dir))).encode())
    for pattern in (
        "models/**/*",
        "macros/*",
        "seeds/**/*",
        "analyses/*",
        "tests/generic/*",
        "tests/singular/*",
        "*.yml",
    ):
        for path in sorted(project_dir.glob(pattern)):
            found = path.stat()
            digest.update(repr((str(path), found.st_mtime_ns, found.st_size)).encode())
    kept = PROJECT_DIR / "target/kept_for_tests" / digest.hexdigest()[:20]
    kept.parent.mkdir(parents=True, exist_ok=True)
    return kept


def parsed_manifest(name: str, variables: dict[str, Any], project_dir: Path) -> Manifest | None:
    """The project as dbt parses it for these vars and this name of a database; none where it cannot.

    What was parsed is kept, so that other tests and processes need not.
    """
    kept = kept_for_tests("parsed", name, variables, project_dir)
    if not kept.exists():
        with TemporaryDirectory(dir=kept.parent) as folder:
            command, environment = dbt_command(
                "parse", database=Path(folder) / f"{name}.duckdb", variables=variables, project_dir=project_dir
            )
            if invoke_dbt(command[1:], environment, None).exit_code:
                return None
            os.replace(Path(folder) / f"{name}_dbt/target/partial_parse.msgpack", kept)
    manifest = Manifest.from_msgpack(kept.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def project_with(directory: Path, files: dict[str, str]) -> Path:
    """A copy of the project with files of a user's own in it, by their paths."""
    directory.mkdir()
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(PROJECT_DIR / name, directory)
    for name in ("analyses", "macros", "models", "seeds", "tests"):
        shutil.copytree(PROJECT_DIR / name, directory / name, ignore=shutil.ignore_patterns("python"))
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


def manifest_path(database: Path) -> Path:
    """Where `run_dbt` on this database writes its manifest."""
    return database.parent / f"{database.stem}_dbt/target/manifest.json"


def read_manifest(database: Path) -> dict[str, Any]:
    """The manifest that the last `run_dbt` on this database wrote."""
    return json.loads(manifest_path(database).read_text())


@dataclass(frozen=True)
class CompiledModel:
    """A model's SQL with all names resolved, and whether it is a table or a view."""

    name: str
    relation: str
    materialized: str
    sql: str


@dataclass(frozen=True)
class Seed:
    """A committed CSV file that models read with any data, and the types of the columns that dbt is told."""

    relation: str
    path: Path
    column_types: dict[str, str]


@dataclass(frozen=True)
class CompiledTest:
    """A data test's SQL: it returns the failing rows."""

    name: str
    models: frozenset[str]
    sql: str


class CompiledProject:
    """The models and data tests of one manifest, in an order in which every model follows what it reads."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        nodes = manifest["nodes"]
        self.models: list[CompiledModel] = []
        self.tests: list[CompiledTest] = []
        self.seeds: list[Seed] = []
        placed: set[str] = set()

        def place(unique_id: str) -> None:
            node = nodes.get(unique_id)
            if node is None or node["resource_type"] != "model" or unique_id in placed:
                return
            placed.add(unique_id)
            for parent in node["depends_on"]["nodes"]:
                place(parent)
            self.models.append(
                CompiledModel(
                    node["name"],
                    node["relation_name"],
                    "view" if node["config"]["materialized"] == "view" else "table",
                    node["compiled_code"],
                )
            )

        for unique_id, node in sorted(nodes.items()):
            place(unique_id)
            if node["resource_type"] == "test":
                models = frozenset(parent.split(".")[-1] for parent in node["depends_on"]["nodes"])
                self.tests.append(CompiledTest(node["name"], models, node["compiled_code"]))
            if node["resource_type"] == "seed" and node["original_file_path"].startswith("seeds/reference/"):
                path = PROJECT_DIR / node["original_file_path"]
                self.seeds.append(Seed(node["relation_name"], path, node["config"]["column_types"]))
        self.catalog = self.models[0].relation.split(".")[0].strip('"')

    def model(self, name: str) -> CompiledModel:
        """The model of this name."""
        return next(model for model in self.models if model.name == name)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """An empty database in memory under the catalog name that the compiled SQL uses."""
        connection = duckdb.connect()
        connection.execute(f"attach ':memory:' as \"{self.catalog}\"")
        connection.execute(f'use "{self.catalog}"')
        connection.execute("set TimeZone = 'UTC'")
        for schema in sorted({model.relation.split(".")[1] for model in self.models}):
            connection.execute(f"create schema {schema}")
        self.load_seeds(connection)
        return connection

    def load_seeds(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Load the seeds that are read with any data, as `dbt seed` does."""
        for schema in sorted({seed.relation.split(".")[1] for seed in self.seeds}):
            connection.execute(f"create schema if not exists {schema}")
        for seed in self.seeds:
            rows = f"read_csv('{seed.path}', types = {seed.column_types})"
            connection.execute(f"create or replace table {seed.relation} as from {rows}")

    def build(self, connection: duckdb.DuckDBPyConnection, replaced_sql: dict[str, str] | None = None) -> None:
        """Build every model; `replaced_sql` puts other SQL in a model's place."""
        for model in self.models:
            sql = (replaced_sql or {}).get(model.name, model.sql)
            connection.execute(f"create or replace {model.materialized} {model.relation} as {sql}")

    def build_staging(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Build the views on the raw tables alone."""
        for model in self.models:
            if model.name.startswith("stg_"):
                connection.execute(f"create or replace {model.materialized} {model.relation} as {model.sql}")

    def failing_tests(self, connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
        """The failing rows of each data test that fails; a test whose SQL raises an error fails with that message."""
        failing: dict[str, list[Row]] = {}
        for test in self.tests:
            try:
                rows = fetch_rows(connection, test.sql)
            except duckdb.Error as error:
                rows = [{"error": str(error)}]
            if rows:
                failing[test.name] = rows
        return failing


def fetch_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """The result of a query as dictionaries."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def raw_columns() -> dict[str, dict[str, str]]:
    """Columns of each raw table of the published contract, with their DuckDB types."""
    types = {"string": "varchar", "integer": "bigint"}
    tables = yaml.safe_load(SOURCES_FILE.read_text())["sources"][0]["tables"]
    return {
        table["name"]: {
            column["name"]: types.get(column["data_type"], column["data_type"]) for column in table["columns"]
        }
        for table in tables
    }


def in_another_case(raw: Tables) -> Tables:
    """The same tables with their codes (currency, status, interval, type) written as no two systems write them."""
    written = (str.upper, str.lower, str.title, str.swapcase)
    changed = {}
    for table in yaml.safe_load(SOURCES_FILE.read_text())["sources"][0]["tables"]:
        codes = [
            column["name"] for column in table["columns"] if column.get("config", {}).get("meta", {}).get("is_code")
        ]
        changed[table["name"]] = [
            {**row, **{code: written[number % 4](row[code]) for code in codes if row.get(code) is not None}}
            for number, row in enumerate(raw.get(table["name"], []))
        ]
    return changed


def load_raw_as_text(connection: duckdb.DuckDBPyConnection, raw: Tables) -> None:
    """Create every raw table with nothing but text columns, as an extract from CSV files might, and fill it."""
    connection.execute("create schema if not exists raw")
    for table, columns in raw_columns().items():
        connection.execute(f"create or replace table raw.{table} ({', '.join(f'{name} varchar' for name in columns)})")
        for row in raw.get(table, []):
            values = [None if row.get(name) is None else str(row[name]) for name in columns]
            connection.execute(f"insert into raw.{table} values ({', '.join('?' * len(columns))})", values)


def load_raw(connection: duckdb.DuckDBPyConnection, raw: Tables) -> None:
    """Create every raw table with the types of the contract, empty where `raw` has no rows for it, and fill it."""
    connection.execute("create schema if not exists raw")
    for table, columns in raw_columns().items():
        definition = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
        connection.execute(f"create or replace table raw.{table} ({definition})")
        rows = [{name: row.get(name) for name in columns} for row in raw.get(table, [])]
        if rows:
            arrow_rows = pa.Table.from_pylist(rows, pa.schema([(name, ARROW_TYPES[columns[name]]) for name in columns]))
            connection.register("arrow_rows", arrow_rows)
            connection.execute(f"insert into raw.{table} from arrow_rows")
            connection.unregister("arrow_rows")


def mart_rows(database: Path) -> dict[str, list[tuple]]:
    """Every row of every mart, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [name for (name,) in connection.execute(MARTS).fetchall()]
        return {name: connection.execute(f"from marts.{name} order by all").fetchall() for name in names}
