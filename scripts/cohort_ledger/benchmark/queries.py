"""What the benchmark does in DuckDB itself: the copy limit, the ledger and the textbook method, and hashes of marts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from cohort_ledger.benchmark import data as benchmark_data
from cohort_ledger.benchmark.runs import CompiledModel
from cohort_ledger.errors import LedgerError
from cohort_ledger.hashes import rows_and_hash, table_hashes
from cohort_ledger.load.files import read_contract
from cohort_ledger.sql import identifier, literal

Hashes = dict[tuple[str, str], tuple[int, int | None]]
Result = TypeVar("Result")

SCRATCH = "scratch"
SOURCE_OF_LEDGER = "int_mrr_intervals"
MOVEMENTS, MONTHS = "fct_mrr_movements", "fct_customer_mrr_months"
# what both methods say, by the table of the textbook method
SAID_BY_BOTH = {
    "textbook_movements": (
        MOVEMENTS,
        "customer_id, month_date, movement_type, opening_mrr, closing_mrr, mrr_change, recovered_mrr, above_peak_mrr",
    ),
    "textbook_months": (
        MONTHS,
        "customer_id, month_date, opening_mrr, closing_mrr, peak_mrr_before, is_first_paid_month",
    ),
}


@dataclass(frozen=True)
class QueryTimes:
    """Seconds of each, measured one after the other."""

    read_raw: float
    copy_marts: float
    ledger: float
    textbook: float

    @property
    def copy_limit(self) -> float:
        """Read everything once, and write everything once."""
        return self.read_raw + self.copy_marts


class DifferenceError(LedgerError):
    """Two ways to the same rows gave others."""


def connect(database: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A connection with the settings that dbt has."""
    connection = duckdb.connect(str(database), config={"memory_limit": memory_limit})
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    return connection


def seconds(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> float:
    """The time that the statements take, one after the other, until what they wrote is in the file."""
    begun = time.perf_counter()
    for statement in statements:
        connection.execute(statement)
    connection.execute(f"checkpoint {SCRATCH}")
    return time.perf_counter() - begun


def reads_of_raw(ledger: str) -> list[str]:
    """Queries that read every value of every raw table.

    They hash all columns, which takes no time to speak of: counts, minima and maxima would come from statistics.
    """
    return [
        f"select bit_xor(hash({', '.join(column.name for column in table.columns)})) from {ledger}.raw.{name}"
        for name, table in read_contract().items()
    ]


def copies_of_marts(ledger: str, marts: list[str]) -> list[str]:
    """Statements that write tables with the rows of the marts."""
    return [
        f"create or replace table {SCRATCH}.copies.{identifier(mart)} as from {ledger}.marts.{identifier(mart)}"
        for mart in marts
    ]


def ledger_path(models: list[CompiledModel]) -> list[CompiledModel]:
    """The models from the intervals to movements and months, each after what it reads."""
    by_id = {model.unique_id: model for model in models}
    path: dict[str, CompiledModel] = {}

    def comes_after(unique_id: str) -> bool:
        """Whether the intervals are this model or above it; puts what comes after them into the path."""
        model = by_id.get(unique_id)
        if model is None or model.name == SOURCE_OF_LEDGER:
            return model is not None
        if unique_id not in path and any([comes_after(parent) for parent in model.parents]):
            path[unique_id] = model
        return unique_id in path

    for model in models:
        if model.name in (MOVEMENTS, MONTHS):
            comes_after(model.unique_id)
    return list(path.values())


def ledger_statements(models: list[CompiledModel]) -> list[str]:
    """The project's own SQL of these models, which writes beside the database instead of into it."""
    path = ledger_path(models)
    moved = {model.relation: f"{SCRATCH}.ledger.{identifier(model.name)}" for model in path}
    statements = []
    for model in path:
        sql = model.sql
        for relation, name in moved.items():
            sql = sql.replace(relation, name)
        statements.append(f"create or replace {model.kind} {moved[model.relation]} as {sql}")
    return statements


def check_same_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop unless both methods gave the same movements and the same months."""
    for textbook, (mart, columns) in SAID_BY_BOTH.items():
        found = [
            rows_and_hash(connection, f"(select {columns} from {table})")
            for table in (f"{SCRATCH}.ledger.{mart}", f"{SCRATCH}.main.{textbook}")
        ]
        if found[0] != found[1]:
            raise DifferenceError(f"{mart}: {found[0]} rows and hash, but {found[1]} by the textbook method")


def mart_names(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """The marts of an attached database."""
    marts = "select table_name from duckdb_tables() where database_name = ? and schema_name = 'marts'"
    return [name for (name,) in connection.execute(marts, [database]).fetchall()]


def measure_queries(database: Path, memory_limit: str, models: list[CompiledModel]) -> QueryTimes:
    """Time the copy limit, the ledger and the textbook method, which all write into a file of their own."""
    ledger = identifier(database.stem)
    textbook = (benchmark_data.SQL_DIR / "textbook.sql").read_text().replace("{ledger}", ledger)
    path = database.with_name(f"{SCRATCH}.duckdb")
    path.unlink(missing_ok=True)
    with connect(path, memory_limit) as connection:
        connection.execute(f"attach {literal(database)} as {ledger} (read_only)")
        connection.execute("create schema copies; create schema ledger")
        times = QueryTimes(
            read_raw=seconds(connection, reads_of_raw(ledger)),
            copy_marts=seconds(connection, copies_of_marts(ledger, mart_names(connection, database.stem))),
            ledger=seconds(connection, ledger_statements(models)),
            textbook=seconds(connection, [textbook]),
        )
        check_same_ledger(connection)
    path.unlink()
    return times


def in_database(database: Path, memory_limit: str, work: Callable[..., Result], *arguments: Any) -> Result:
    """Do something with a connection to the database."""
    with connect(database, memory_limit) as connection:
        return work(connection, *arguments)


def mart_hashes(connection: duckdb.DuckDBPyConnection) -> Hashes:
    """Rows and hash of every mart."""
    return table_hashes(connection, ("marts",))
