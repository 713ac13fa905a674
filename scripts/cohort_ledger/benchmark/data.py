"""The raw tables of the benchmark: generated once, loaded as they were a month ago and as they are, and changed.

What was known a month ago is what had begun before that month did. What ended later had no end yet.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from cohort_ledger.benchmark.processes import in_own_process
from cohort_ledger.generate.generate import generate as generate_tables
from cohort_ledger.load.files import RawTable, read_contract
from cohort_ledger.sql import identifier, literal, scalar

MONTHS = 60
FIRST_MONTH = date(2021, 1, 1)
LAST_MONTH = "2025-12-01"
CONSTANT_FX_DATE = "2025-11-01"  # a rate that both states know, so that a new one moves nobody
SECOND_SHARE = 0.55  # of the customers, with a second subscription
CHANGED_SHARE = 0.001  # of the customers, with a backdated change
SQL_DIR = Path(__file__).parent / "sql"

# the column that says since when a row is known; tables that are not here are known from the start
KNOWN_FROM = {
    "customers": "created_at",
    "customer_versions": "valid_from",
    "acquired_customers": "acquired_at",
    "subscriptions": "started_at",
    "subscription_item_versions": "valid_from",
    "subscription_pauses": "paused_at",
    "discounts": "starts_at",
    "invoices": "issued_at",
    "exchange_rates": "effective_date",
    "mrr_adjustments": "month_from",
}
# columns that are filled when something happens; the ends of trials and of discounts are agreed on before
FILLED_LATER = {
    "customer_versions": ["valid_to"],
    "subscriptions": ["cancel_requested_at", "ended_at"],
    "subscription_item_versions": ["valid_to"],
    "subscription_pauses": ["resumed_at"],
    "invoices": ["paid_at"],
    "mrr_adjustments": ["month_to"],
}
# rows that are known with the row that they belong to
KNOWN_WITH = {"customer_exclusions": ("customers", "customer_id"), "invoice_line_items": ("invoices", "invoice_id")}
# columns that said something else then, in `{month}` the first instant that was not known yet
SAID_THEN = {
    ("customers", "parent_customer_id"): """
        case when parent_customer_id in (select customer_id from raw_customers where created_at < {month})
            then parent_customer_id end""",
    ("subscriptions", "ended_reason"): "case when ended_at < {month} then ended_reason end",
    ("subscriptions", "status"): """
        case
            when ended_at < {month} then status
            when trial_ends_at >= {month} then 'trialing'
            when subscription_id in (
                select subscription_id from raw_subscription_pauses
                where paused_at < {month} and coalesce(resumed_at >= {month}, true)
            ) then 'paused'
            when subscription_id in (
                select subscription_id from raw_invoices
                where due_at < {month} and (status = 'open' or paid_at >= {month})
            ) then 'past_due'
            else 'active'
        end""",
    ("invoices", "status"): "case when status = 'paid' and paid_at >= {month} then 'open' else status end",
    **{
        ("customers", column): f"""(
            select any_value(versions.{column}) from raw_customer_versions as versions
            where versions.customer_id = raw_customers.customer_id
                and versions.valid_from < {{month}} and coalesce(versions.valid_to >= {{month}}, true)
        )"""
        for column in ("segment", "country", "acquisition_channel", "csm_owner")
    },
}


def generate(folder: Path, customers: int, seed: int) -> Path:
    """The folder with the generated Parquet files; what is there from an earlier run is taken."""
    files = folder / f"raw_{customers}_customers_seed_{seed}"
    if not files.exists():
        partial = files.with_name(f"{files.name}.partial")
        in_own_process(generate_tables, partial, customers, MONTHS, FIRST_MONTH, seed, SECOND_SHARE, "parquet", "")
        partial.rename(files)
    return files


def rows_known_before(table: str, month: str) -> str:
    """SQL of the rows of a raw table as they were known before `month`, with the values that they had."""
    instant = f"timestamp '{month}'"
    replaced = {column: f"case when {column} < {instant} then {column} end" for column in FILLED_LATER.get(table, [])}
    replaced |= {column: sql.format(month=instant) for (name, column), sql in SAID_THEN.items() if name == table}
    columns = ", ".join(f"{sql} as {column}" for column, sql in replaced.items())
    selected = f"select * replace ({columns})" if columns else "select *"
    if table in KNOWN_FROM:
        return f"{selected} from raw_{table} where {KNOWN_FROM[table]} < {instant}"
    if table in KNOWN_WITH:
        parent, key = KNOWN_WITH[table]
        return f"{selected} from raw_{table} semi join ({rows_known_before(parent, month)}) using ({key})"
    return f"{selected} from raw_{table}"


def typed(table: RawTable, rows: str) -> str:
    """SQL of the rows with the columns and types of the contract."""
    columns = ", ".join(f"cast({column.name} as {column.sql_type}) as {column.name}" for column in table.columns)
    return f"select {columns} from ({rows})"


def load(connection: duckdb.DuckDBPyConnection, files: Path, known_before: str | None) -> None:
    """Put all raw tables into schema raw: as they were known before a month, or as they are."""
    connection.execute("create schema if not exists raw")
    contract = read_contract()
    for name in contract:
        path = literal(str(files / f"{name}.parquet"))
        connection.execute(f"create or replace temporary view raw_{name} as from read_parquet({path})")
    for name, table in contract.items():
        rows = rows_known_before(name, known_before) if known_before else f"from raw_{name}"
        connection.execute(f"create or replace table raw.{identifier(name)} as {typed(table, rows)}")


def change_the_past(connection: duckdb.DuckDBPyConnection) -> int:
    """Change, delete or add an item version of two years before, for a few customers; returns for how many."""
    sql = (SQL_DIR / "backdated_changes.sql").read_text()
    connection.execute(sql.replace("{share}", str(CHANGED_SHARE)).replace("{last_month}", LAST_MONTH))
    return scalar(connection, "select count(*) from changed_versions")


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The rows of each raw table."""
    return {name: scalar(connection, f"select count(*) from raw.{name}") for name in read_contract()}
