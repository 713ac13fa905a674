"""What the project says when something is wrong, and that it says so before anything is built."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt_project import MARTS, OWN_TABLES, WITHOUT_TESTS, load_raw, mart_rows, run_dbt, run_dbt_process
from small_company import small_company


def test_a_bad_row_stops_the_build_before_any_mart_changes(tmp_path: Path) -> None:
    """A negative quantity in the middle of a good table: the output names it, and the marts stay what they were."""
    database = tmp_path / "company.duckdb"
    tables = small_company()
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, tables)
    assert run_dbt(*WITHOUT_TESTS, database=database, variables=OWN_TABLES).exit_code == 0
    before = mart_rows(database)
    tables["subscription_item_versions"][1]["quantity"] = -3
    forged = "\x1b[2K\x07i-bob\u202e\r\nDone. PASS=402 WARN=0 ERROR=0"
    tables["subscription_item_versions"][2] |= {"quantity": -1, "subscription_item_id": forged}
    tables["customers"][0]["customer_name"] = "Renamed"
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, tables)
    result = run_dbt("build", database=database, variables=OWN_TABLES)
    assert result.exit_code != 0
    assert "subscription_item_versions_quantity_is_not_negative" in result.output
    assert "column_name = quantity, row_key = i-ann, 2024-03-10 00:00:00" in result.output
    # what comes from data can neither move the cursor nor write a line of its own
    assert r"row_key = \u001b[2K\u0007i-bob\u202e\u000d\u000aDone. PASS=402" in result.output
    assert not [line for line in result.output.splitlines() if line.startswith("Done. PASS=402")]
    assert mart_rows(database) == before


def test_a_missing_table_or_column_is_named(tmp_path: Path) -> None:
    """Both at once: the error of one does not hide the other's."""
    database = tmp_path / "company.duckdb"
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, small_company())
        connection.execute("drop table raw.plans")
        connection.execute("drop table raw.invoices")
        connection.execute("alter table raw.subscriptions drop column started_at")
    # without invoices, nothing else would say where the ledger ends
    variables = {**OWN_TABLES, "as_of_date": "2024-06-30"}
    result = run_dbt("build", database=database, variables=variables)
    assert result.exit_code != 0
    assert 'required raw table "company"."raw"."plans" does not exist' in result.output
    assert "invoice_line_items_invoice_id_exists_in_invoices: 2 failing" in result.output
    assert 'Raw table "company"."raw"."subscriptions" lacks required columns: started_at' in result.output
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute(MARTS).fetchall() == []


def test_every_unusable_var_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    """All problems in one message, before anything is built."""
    variables = {
        "mrr_bassis": "subscriptions",
        "demo_data": "no",
        "mrr_basis": "payments",
        "customer_grain": "Parent",
        "as_of_date": "2024-02-30",
        "constant_fx_date": "yesterday",
        "close_lag_days": -1,
        "reporting_timezone": "Mars/Olympus",
        "reporting_currency": "US'D",
        "mrr_band_floors": [100, 1000],
        "fragile_grr_threshold": 90,
        "fx_policy": "spot",
        "fiscal_year_start_month": 13,
        "late_renewal_grace_days": "a few",
        "reactivation_window_months": -2,
        "paused_as": "asleep",
        "delinquent_after_days": 1.5,
        "discount_policy": "some",
        "usage_policy": True,
        "churn_recognised_at": "invoice",
        "personal_data": "hidden",
    }
    result = run_dbt_process("build", database=tmp_path / "company.duckdb", variables=variables)
    assert result.exit_code != 0
    message = result.output
    assert "there is no var 'mrr_bassis': the vars are demo_data, raw_schema, mrr_basis" in message
    for name, allowed in {
        "demo_data": "one of true, false, edge_cases",
        "mrr_basis": "one of subscriptions, invoices",
        "customer_grain": "one of customer, parent",
        "as_of_date": "null or a day written YYYY-MM-DD",
        "constant_fx_date": "null or a day written YYYY-MM-DD",
        "close_lag_days": "a whole number of days, 0 or more",
        "reporting_timezone": "an IANA time zone",
        "reporting_currency": "a code of letters and digits such as USD",
        "mrr_band_floors": "a list of numbers that ascends from 0",
        "fragile_grr_threshold": "a number from 0 to 1",
        "fx_policy": "one of constant, historical",
        "fiscal_year_start_month": "a month from 1 to 12",
        "late_renewal_grace_days": "a whole number of days, 0 or more",
        "reactivation_window_months": "null or a whole number of months, 0 or more",
        "paused_as": "one of inactive, active",
        "delinquent_after_days": "null or a whole number of days, 0 or more",
        "discount_policy": "one of recurring, all, none",
        "usage_policy": "one of included, excluded",
        "churn_recognised_at": "one of service_end, cancel_request",
        "personal_data": "one of shown, masked, dropped",
    }.items():
        assert f"var {name} is '{variables[name]}': allowed is {allowed}" in message
    assert not (tmp_path / "company.duckdb").exists() or not mart_rows(tmp_path / "company.duckdb")


def test_own_tables_with_demo_data_on_are_a_contradiction(tmp_path: Path) -> None:
    """Whoever names a schema expects it to be read."""
    result = run_dbt("build", database=tmp_path / "company.duckdb", variables={"raw_schema": "billing"}, parsed_with={})
    assert result.exit_code != 0
    assert "raw_schema is set, but demo_data is true" in result.output


def test_policies_that_ask_for_subscriptions_contradict_the_basis_of_invoices(tmp_path: Path) -> None:
    """They would be without effect, and without a word."""
    variables = {
        "mrr_basis": "invoices",
        "paused_as": "active",
        "delinquent_after_days": 0,
        "churn_recognised_at": "cancel_request",
    }
    result = run_dbt("build", database=tmp_path / "company.duckdb", variables=variables, parsed_with={})
    assert result.exit_code != 0
    for name in ("paused_as", "delinquent_after_days", "churn_recognised_at"):
        assert f"var {name} is '{variables[name]}', but mrr_basis is invoices" in result.output


def test_days_past_due_without_invoices_are_a_contradiction(tmp_path: Path) -> None:
    """Nothing would ever be due."""
    database = tmp_path / "company.duckdb"
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, small_company())
        connection.execute("drop table raw.invoices")
        connection.execute("drop table raw.invoice_line_items")
    variables = {**OWN_TABLES, "as_of_date": "2024-06-30", "delinquent_after_days": 30}
    result = run_dbt("build", database=database, variables=variables, parsed_with=OWN_TABLES)
    assert result.exit_code != 0
    assert "var delinquent_after_days is '30', but there is no table raw.invoices" in result.output


def test_a_month_that_closes_before_the_first_exchange_rate_is_named(tmp_path: Path) -> None:
    """With historical rates, Bob's January has no rate when the first one is of February."""
    database = tmp_path / "company.duckdb"
    tables = small_company()
    tables["exchange_rates"][0]["effective_date"] = date(2024, 2, 10)
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, tables)
    variables = {**OWN_TABLES, "fx_policy": "historical"}
    result = run_dbt("build", database=database, variables=variables)
    assert result.exit_code != 0
    assert "no rate on or before the end of month 2024-01-01 for currency EUR" in result.output


def test_a_file_named_like_the_raw_schema_is_refused(tmp_path: Path) -> None:
    """DuckDB cannot tell the catalog from the schema."""
    result = run_dbt("build", database=tmp_path / "raw.duckdb", variables=OWN_TABLES)
    assert result.exit_code != 0
    assert "the DuckDB file is named like the schema 'raw'" in result.output


def test_raw_tables_in_a_schema_of_the_project_are_refused(tmp_path: Path) -> None:
    """It would be written to."""
    variables = {**OWN_TABLES, "raw_schema": "Reference"}
    result = run_dbt("build", database=tmp_path / "company.duckdb", variables=variables, parsed_with=OWN_TABLES)
    assert result.exit_code != 0
    assert "raw_schema is 'Reference', which the project writes to" in result.output


@pytest.mark.parametrize(
    "variables",
    [
        {"close_lag_days": "5", "mrr_band_floors": 100, "fiscal_year_start_month": "April"},
        {"close_lag_days": None, "mrr_band_floors": None, "fiscal_year_start_month": None},
    ],
)
def test_a_var_of_the_wrong_type_is_named_too(tmp_path: Path, variables: dict[str, object]) -> None:
    """Parsing survives it, so that the check can speak."""
    result = run_dbt_process("build", database=tmp_path / "company.duckdb", variables=variables)
    assert result.exit_code != 0
    for name, value in variables.items():
        assert f"var {name} is '{value}': allowed is" in result.output


def test_the_demo_is_not_built_over_somebodys_own_tables(tmp_path: Path) -> None:
    """Who forgets demo_data: false would find the demo's numbers in their marts."""
    database = tmp_path / "company.duckdb"
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, small_company())
    result = run_dbt("build", database=database)
    assert result.exit_code != 0
    assert "the database holds raw.customers, and demo_data is true: set demo_data: false" in result.output


def test_dbt_run_without_the_seeds_says_to_build(tmp_path: Path) -> None:
    """Once, and before anything is built: dbt run does not load them."""
    result = run_dbt("run", database=tmp_path / "company.duckdb")
    assert result.exit_code != 0
    assert result.output.count("The database does not hold the seeds yet (arr_stages, ") == 1
    assert "run dbt build, which loads them first" in result.output
    assert "does not exist" not in result.output
    assert " START sql " not in result.output
