"""The worked examples in docs/examples.md, from an export to the numbers on the page."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import compile_project
from dbt_project import PROJECT_DIR, Tables, fetch_rows, raw_columns
from test_published_examples import ledger

EXAMPLES: dict[str, dict[str, Any]] = {
    "credit_notes": {"mrr_basis": "invoices"},
    "subscriptions_only": {"as_of_date": "2024-12-31", "reporting_currency": "EUR"},
}


def mapped_and_loaded(example: str, folder: Path) -> Tables:
    """The raw tables that the example's script and `make load` make of its files."""
    runpy.run_path(str(PROJECT_DIR / f"docs/examples/{example}/map.py"))["main"](folder / "files")
    database = folder / "company.duckdb"
    loader = str(PROJECT_DIR / "scripts/load_raw.py")
    subprocess.run([sys.executable, loader, str(folder / "files"), "--database", str(database)], check=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return {table: fetch_rows(connection, f"from raw.{table}") for table in raw_columns() if table in found}


def tables_on_the_page(example: str) -> list[list[str]]:
    """The rows of the tables in the example's section, cells joined by blanks."""
    section = (PROJECT_DIR / "docs/examples.md").read_text().split(f"<!-- {example} -->")[1]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [[" ".join(line.strip("| \n").split()) for line in table.splitlines()[2:]] for table in tables]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_the_numbers_on_the_page(
    example: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Movements and the bridge, row for row."""
    variables = EXAMPLES[example]
    project = compile_project(tmp_path_factory.mktemp(example), **variables)
    with ledger(project, mapped_and_loaded(example, tmp_path)) as marts:
        print([f"{row['month_date']:%Y-%m} {row['customer_id']}" for row in marts.rows("from marts.fct_mrr_movements order by month_date, customer_id")])
        for r in marts.rows("select month_date, customer_id, movement_type, mrr_change, churn_reason from marts.fct_mrr_movements order by all"): print(" | ".join(str(v) for v in r.values()))
        for r in marts.rows("select month_date, opening_mrr, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churn_mrr, closing_mrr from marts.mrr_waterfall order by all"): print(" | ".join(str(v) for v in r.values()))
        for r in marts.rows("select month_date, customer_id, driver, mrr_change from marts.fct_mrr_movement_drivers order by all"): print(" | ".join(str(v) for v in r.values()))
        for r in marts.rows("select source_table, reason, row_count, amount from marts.mrr_exclusions order by all"): print(" | ".join(str(v) for v in r.values()))
        assert 0
