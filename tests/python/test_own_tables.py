"""The project as a user runs it: dbt on the user's own tables."""

from __future__ import annotations

import csv
import os
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt_project import (
    CLI,
    OWN_TABLES,
    WITHOUT_TESTS,
    CompiledProject,
    Tables,
    in_another_case,
    load_raw,
    mart_rows,
    run_dbt,
)
from small_company import small_company

REQUIRED_ONLY = ("customers", "products", "plans", "subscriptions", "subscription_item_versions")


def load_csv_files(database: Path, tables: Tables, directory: Path) -> None:
    """Write each table as a CSV file and let DuckDB guess the types, as a user in a hurry does."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        for name, rows in tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            path = directory / f"{name}.csv"
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
            connection.execute(f"create table raw.{name} as from read_csv('{path}')")


def headline(database: Path) -> str:
    """What the project says of a database."""
    environment = {**os.environ, "COHORT_LEDGER_DUCKDB_PATH": str(database)}
    return subprocess.run([*CLI, "headline"], env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def own_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The required tables alone, from CSV files, in dollars, without any column that may be null and would be."""
    directory = tmp_path_factory.mktemp("own")
    tables = {name: rows for name, rows in small_company().items() if name in REQUIRED_ONLY}
    for version in tables["subscription_item_versions"]:
        version["currency"] = "USD"
    absent = {"customers": ("parent_customer_id", "segment", "created_at"), "plans": ("currency",)}
    absent["subscriptions"] = ("ended_reason",)
    for table, columns in absent.items():
        tables[table] = [{k: v for k, v in row.items() if k not in columns} for row in tables[table]]
    database = directory / "company.duckdb"
    load_csv_files(database, tables, directory)
    return database


def test_own_tables_build_and_a_second_build_changes_no_row(own_database: Path) -> None:
    """The months of Ann (100, then 150 from March on) and Bob (40 from January to April), and the test account's."""
    variables = {**OWN_TABLES, "as_of_date": "2024-06-30"}
    first = run_dbt("build", database=own_database, variables=variables)
    assert first.exit_code == 0, first.output
    assert (
        "Not in schema raw, so read as null: customers.acquisition_channel, customers.country, customers.created_at, "
        "customers.csm_owner, customers.parent_customer_id, customers.segment, plans.currency, plans.usage_limit, "
        "subscriptions.cancel_requested_at, subscriptions.ended_reason\n"
    ) in first.output
    rows = mart_rows(own_database)
    ann = [row[:4] for row in rows["fct_customer_mrr_months"] if row[0] == "ann"]
    assert ann[:3] == [
        ("ann", date(2024, 1, 1), Decimal(0), Decimal(100)),
        ("ann", date(2024, 2, 1), Decimal(100), Decimal(100)),
        ("ann", date(2024, 3, 1), Decimal(100), Decimal(150)),
    ]
    assert [row[:3] for row in rows["fct_mrr_movements"] if row[0] == "bob"] == [
        ("bob", date(2024, 1, 1), "new"),
        ("bob", date(2024, 5, 1), "churn"),
    ]
    second = run_dbt("build", database=own_database, variables=variables)
    assert second.exit_code == 0, second.output
    assert mart_rows(own_database) == rows
    assert "MRR bridge, June 2024" in headline(own_database)


def test_before_the_first_complete_month_the_marts_are_empty(own_database: Path) -> None:
    """An empty ledger is not an error, and every test holds on it."""
    result = run_dbt("build", database=own_database, variables={**OWN_TABLES, "as_of_date": "2024-01-30"})
    assert result.exit_code == 0, result.output
    rows = mart_rows(own_database)
    for name in ("fct_customer_mrr_months", "fct_mrr_movements", "fct_cohort_snapshots", "mrr_waterfall"):
        assert rows[name] == []
    assert {row[-2:] for row in rows["dim_customers"]} == {(Decimal(0), False)}
    assert "The ledger is empty" in headline(own_database)


@pytest.mark.parametrize("amount", [-10, -15])
@pytest.mark.parametrize(("until", "first_month"), [(date(2024, 4, 1), date(2024, 4, 1)), (None, None)])
def test_the_bridge_and_its_days_begin_with_the_first_paid_month(
    compiled: CompiledProject, amount: int, until: date | None, first_month: date | None
) -> None:
    """Not where an adjustment begins that takes all there is; where nobody ever pays, they are empty, and valid."""
    tables = small_company()
    (ann, version) = (tables["subscriptions"][0], tables["subscription_item_versions"][0])
    ann["started_at"] = version["valid_from"] = datetime(2024, 1, 15)
    version |= {"quantity": 1, "unit_amount": Decimal(10), "valid_to": None}
    tables |= {"subscriptions": [ann], "subscription_item_versions": [version], "customer_exclusions": []}
    tables |= {name: [] for name in ("subscription_pauses", "discounts", "acquired_customers", "invoice_line_items")}
    tables["mrr_adjustments"][0] |= {
        **{"customer_id": "ann", "month_from": date(2024, 1, 1), "month_to": until, "amount": Decimal(amount)},
    }
    with compiled.connect() as connection:
        load_raw(connection, tables)
        compiled.build(connection)
        assert compiled.failing_tests(connection) == {}
        for mart, month in (("marts.mrr_waterfall", "month_date"), ("intermediate.int_days", "day_date")):
            assert connection.execute(f"select min({month}) from {mart}").fetchall() == [(first_month,)]


@pytest.mark.parametrize("why", ["no table", "no invoice", "drafts alone"])
def test_without_an_invoice_the_var_that_ends_the_ledger_is_asked_for_on_start(tmp_path: Path, why: str) -> None:
    """Nothing else says where the ledger ends: in one error, before the first model. The input is checked without."""
    database = tmp_path / "company.duckdb"
    tables = small_company()
    tables["invoice_line_items"] = []
    tables["invoices"] = [{**tables["invoices"][0], "status": "draft"}] if why == "drafts alone" else []
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, tables)
        if why == "no table":
            connection.execute("drop table raw.invoices")
    result = run_dbt("build", database=database, variables=OWN_TABLES)
    assert result.exit_code != 0
    assert result.output.count("set as_of_date to the last day that your data covers") == 1
    assert " START sql " not in result.output
    if why == "no table":
        checked = ("build", "--selector", "input_contract")
        result = run_dbt(*checked, database=database, variables=OWN_TABLES)
        assert result.exit_code == 0, result.output


def test_a_dry_run_builds_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """With --empty, on what is built; the build after it is a full refresh, and leaves what was there before."""
    database = tmp_path / "company.duckdb"
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, small_company())
    assert run_dbt(*WITHOUT_TESTS, database=database, variables=OWN_TABLES).exit_code == 0
    before = mart_rows(database)
    assert all(before[name] for name in ("fct_customer_mrr_months", "mrr_waterfall", "retention_rates"))
    for command in ("build", "run"):
        result = run_dbt(command, "--empty", database=database, variables=OWN_TABLES)
        assert result.exit_code == 0, result.output
        assert not any(mart_rows(database).values())
    result = run_dbt("run", database=database, variables=OWN_TABLES)
    assert result.exit_code == 0, result.output
    assert "Full refresh: the last one did not build every model, or was a dry run" in result.output
    assert mart_rows(database) == before


@pytest.mark.prove
@pytest.mark.parametrize("variables", [{}, OWN_TABLES], ids=["demo", "own tables"])
def test_a_dry_run_works_on_an_empty_database(tmp_path: Path, variables: dict[str, object]) -> None:
    """As in CI: of the demo, and of raw tables that hold nothing, so that no invoice says where the ledger ends."""
    database = tmp_path / "company.duckdb"
    if variables:
        with duckdb.connect(str(database)) as connection:
            load_raw(connection, {})
    for command in ("build", "run"):
        result = run_dbt(command, "--empty", database=database, variables=variables)
        assert result.exit_code == 0, result.output


@pytest.mark.prove
def test_each_selector_works_on_an_empty_database(tmp_path: Path) -> None:
    """One after the other, each on a file of its own."""
    for selector in ("input_contract", "movements", "retention"):
        result = run_dbt("build", "--selector", selector, database=tmp_path / f"only_{selector}.duckdb")
        assert result.exit_code == 0, result.output


def test_types_and_names_of_raw_tables_may_vary(tmp_path: Path) -> None:
    """Time zones, floating point and capital letters come in as what they mean; 32-bit floats are refused."""
    database = tmp_path / "company.duckdb"
    variables = {**OWN_TABLES, "reporting_currency": "usd"}
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, in_another_case(small_company()))
        connection.execute("set TimeZone = 'America/New_York'")
        connection.execute(
            "alter table raw.subscriptions alter started_at type timestamptz using started_at at time zone 'UTC'"
        )
        connection.execute("alter table raw.subscription_item_versions alter unit_amount type double")
        connection.execute("alter table raw.discounts rename to DISCOUNTS")
        connection.execute("alter table raw.exchange_rates alter rate_to_reporting type real")
    result = run_dbt("build", database=database, variables=variables)
    assert "exchange_rates_values_parse: 1 failing" in result.output
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table raw.exchange_rates alter rate_to_reporting type decimal(18,8)")
    result = run_dbt("build", database=database, variables=variables)
    assert result.exit_code == 0, result.output
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        started = "select started_at from staging.stg_billing__subscriptions where subscription_id = 's-ann'"
        assert connection.execute(started).fetchone() == (datetime(2024, 1, 1),)
        january = "select closing_mrr from marts.fct_customer_mrr_months where customer_id = 'ann' order by month_date"
        assert connection.execute(january).fetchone() == (Decimal(90),)


def test_invoices_alone_are_enough_on_their_basis(tmp_path: Path) -> None:
    """Without subscriptions and items, and with lines that name subscriptions that are not there."""
    database = tmp_path / "company.duckdb"
    tables = small_company()
    tables["invoice_line_items"].append(
        {
            **{"invoice_line_item_id": "l-3", "invoice_id": "in-1", "subscription_id": "s-ann", "plan_id": "team"},
            **{"line_type": "recurring", "is_proration": False, "currency": "USD", "amount": Decimal(300)},
            **{"discount_amount": Decimal(60), "service_start": date(2024, 4, 1), "service_end": date(2024, 6, 30)},
        }
    )
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, tables)
        for table in ("subscriptions", "subscription_item_versions", "subscription_pauses", "discounts"):
            connection.execute(f"drop table raw.{table}")
        for table, column in (("invoices", "currency"), ("invoices", "due_at"), ("invoice_line_items", "quantity")):
            connection.execute(f"alter table raw.{table} drop {column}")
    variables = {**OWN_TABLES, "mrr_basis": "invoices"}
    result = run_dbt("build", database=database, variables=variables)
    assert result.exit_code == 0, result.output
    assert [row[:4] for row in mart_rows(database)["fct_customer_mrr_months"]] == [
        ("ann", date(2024, 4, 1), Decimal(0), Decimal(100)),
        ("ann", date(2024, 5, 1), Decimal(100), Decimal(100)),
        ("ann", date(2024, 6, 1), Decimal(100), Decimal("112.34")),
    ]


def test_the_edge_cases_give_the_rows_worked_out_by_hand(tmp_path: Path) -> None:
    """The expected rows of seeds/edge_cases are tests of that build."""
    result = run_dbt("build", database=tmp_path / "company.duckdb", variables={"demo_data": "edge_cases"})
    assert result.exit_code == 0, result.output
    assert "PASS mrr_waterfall_holds_the_rows_worked_out_by_hand" in result.output
