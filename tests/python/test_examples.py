"""The worked examples in docs/examples.md, from an export to the numbers on the page."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import compile_project
from dbt_project import CLI, PROJECT_DIR, Tables, fetch_rows, raw_columns
from test_published_examples import ledger, short

EXAMPLES: dict[str, dict[str, Any]] = {
    "credit_notes": {"mrr_basis": "invoices"},
    "subscriptions_only": {"as_of_date": "2024-12-31", "reporting_currency": "EUR"},
}


def mapped_and_loaded(example: str, folder: Path) -> Tables:
    """The raw tables that the example's script and `make load` make of its files."""
    runpy.run_path(str(PROJECT_DIR / f"docs/examples/{example}/map.py"))["main"](folder / "files")
    database = folder / "company.duckdb"
    subprocess.run([*CLI, "load", str(folder / "files"), "--database", str(database)], check=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return {table: fetch_rows(connection, f"from raw.{table}") for table in raw_columns() if table in found}


def tables_on_the_page(example: str) -> list[list[list[str]]]:
    """The tables in the example's section, without their headers, cell by cell."""
    _, section, _ = (PROJECT_DIR / "docs/examples.md").read_text().split(f"<!-- {example} -->")
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|\n").split("|")] for row in table.splitlines()[2:]] for table in tables
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_the_numbers_on_the_page(
    example: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every movement, and everything that is no MRR, row for row."""
    project = compile_project(tmp_path_factory.mktemp(example), **EXAMPLES[example])
    with ledger(project, mapped_and_loaded(example, tmp_path)) as marts:
        movements = marts.rows(
            "select * from marts.fct_mrr_movements inner join marts.dim_customers using (customer_id) "
            "order by month_date, customer_name"
        )
        excluded = marts.rows("from marts.mrr_exclusions")
    moved, left_out = tables_on_the_page(example)
    assert moved == [
        [f"{row['month_date']:%Y-%m}", row["customer_name"], row["movement_type"], short(row["mrr_change"])]
        for row in movements
    ]
    assert sorted(left_out) == sorted([row["reason"], str(row["row_count"]), short(row["amount"])] for row in excluded)
