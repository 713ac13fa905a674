"""The command line: help, exit codes, `check` and `query`; what the other commands do is tested where they are."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt_project import CLI, load_raw
from rich.console import Console
from small_company import small_company

from cohort_ledger.build.build import with_a_bar
from cohort_ledger.cli import PANELS

COMMANDS = sorted(command.__name__ for commands in PANELS.values() for command in commands)
DOCS = ("diagrams", "walkthrough", "screenshot", "superset")


def run(*arguments: str, database: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command, as if written to a pipe."""
    told = {**os.environ, **environment} | ({"COHORT_LEDGER_DUCKDB_PATH": str(database)} if database else {})
    return subprocess.run([*CLI, *arguments], env=told, capture_output=True, text=True, check=False)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with raw tables, one of them lacking, and one mart."""
    path = tmp_path / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        load_raw(connection, small_company())
        connection.execute("drop table raw.discounts; create schema marts")
        connection.execute(
            "create table marts.waterfall as select date '2024-01-01' as month_date, 1234.5000::decimal(18, 4) as mrr, "
            "true as is_closed, 'a, \"b\"' as note union all select date '2024-02-01', -0.0001, null, null order by 1"
        )
    return path


def test_every_command_has_help_and_plain_text_where_there_is_no_terminal() -> None:
    """In one sentence in the list, and with its options by itself; no colours in a pipe."""
    listed = run("--help").stdout
    assert "Exit codes: 0, done; 1, not done" in listed
    assert "\x1b" not in listed
    for command in COMMANDS:
        assert f"│ {command} " in listed
    for words in [*((command,) for command in COMMANDS), ("docs",), *(("docs", command) for command in DOCS)]:
        done = run(*words, "--help")
        assert done.returncode == 0, words
        assert f"Usage: cohort-ledger {' '.join(words)}" in done.stdout
        assert "\x1b" not in done.stdout


def test_what_cannot_be_read_is_2_and_what_cannot_be_done_is_1(tmp_path: Path) -> None:
    """In one sentence without a traceback, which --debug shows wherever it stands."""
    assert run("nonsense").returncode == 2
    done = run("headline", database=tmp_path / "none.duckdb")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path}/none.duckdb does not exist: run `make build` first\n"
    for words in (("--debug", "headline"), ("headline", "--debug")):
        done = run(*words, database=tmp_path / "none.duckdb")
        assert done.returncode == 1
        assert "Traceback" in done.stderr


def test_a_mart_is_printed_with_all_digits(database: Path) -> None:
    """As CSV, as JSON, whose numbers are numbers, and as a table."""
    (first, second) = csv.DictReader(
        io.StringIO(run("query", "waterfall", "--format", "csv", database=database).stdout)
    )
    assert first == {"month_date": "2024-01-01", "mrr": "1234.5000", "is_closed": "true", "note": 'a, "b"'}
    assert second == {"month_date": "2024-02-01", "mrr": "-0.0001", "is_closed": "", "note": ""}
    printed = run("query", "waterfall", "--format", "json", database=database).stdout
    rows = json.loads(printed, parse_float=Decimal)
    assert rows[0] == {"month_date": "2024-01-01", "mrr": Decimal("1234.5000"), "is_closed": True, "note": 'a, "b"'}
    assert rows[1]["note"] is None
    assert json.loads(run("query", "from marts.waterfall limit 0", "--format", "json", database=database).stdout) == []
    table = run("query", "select mrr from marts.waterfall order by mrr; ", "--limit", "1", database=database).stdout
    assert "-0.0001" in table and "1234.5" not in table


def test_a_query_that_is_refused_is_one_sentence(database: Path) -> None:
    """And nothing can be written."""
    done = run("query", "retention", database=database)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: Catalog Error: Table with name retention does not exist!")
    assert len(done.stderr.splitlines()) == 1
    assert run("query", "drop table marts.waterfall", database=database).returncode == 1


def test_check_says_what_is_there_and_what_is_not(database: Path) -> None:
    """Optional tables and changed vars are notes."""
    done = run("check", "--vars", "{demo_data: false, close_lag_days: 3}", database=database)
    assert done.returncode == 0, done.stdout
    assert "· vars that are not default: demo_data: false, close_lag_days: 3\n" in done.stdout
    assert "✓ raw tables in schema raw: customers, " in done.stdout
    assert "· not in schema raw, so read as empty: discounts\n" in done.stdout
    assert "every var is default" in run("check", database=database).stdout


@pytest.mark.parametrize(
    ("change", "variables", "said"),
    [
        ("drop table raw.plans", "{demo_data: false}", "✗ raw tables missing in schema raw: plans; `make load"),
        (
            "alter table raw.plans drop plan_name",
            "{demo_data: false}",
            "✗ columns missing in schema raw: plans.plan_name",
        ),
        (
            "drop table raw.invoices",
            "{demo_data: false, mrr_basis: invoices}",
            "✗ raw tables missing in schema raw: inv",
        ),
        ("select 1", "{demo: false}", "✗ there is no var demo: the vars are demo_data, "),
        ("select 1", "demo_data", "✗ --vars cannot be read"),
    ],
)
def test_check_says_what_stops_a_build(database: Path, change: str, variables: str, said: str) -> None:
    """With exit code 1."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(change)
    done = run("check", "--vars", variables, database=database)
    assert done.returncode == 1
    assert said in done.stdout


def test_check_names_who_has_the_database_open(database: Path) -> None:
    """Program, number of its process, user."""
    with duckdb.connect(str(database)):
        done = run("check", database=database)
    assert done.returncode == 1
    assert (
        f"✗ {database} is in use by another process, {Path(sys.executable).resolve()} (PID {os.getpid()})"
        in done.stdout
    )


def event(name: str, message: str, level: str = "info", **data: object) -> str:
    """A line as dbt writes it with `--log-format json`."""
    return json.dumps({"info": {"name": name, "level": level, "msg": message}, "data": data}) + "\n"


def test_a_build_on_a_terminal_is_a_bar_and_what_is_worth_reading() -> None:
    """What the project says, and at the end what failed, in full; no line for a node that did well."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    said = with_a_bar(
        [
            event("FoundStats", "Found 2 models"),
            event("LogStartLine", "1 of 2 START", description="sql view model staging.stg_plans", total=2),
            event("LogModelResult", "1 of 2 OK created sql view"),
            event("LogTestResult", "2 of 2 FAIL 1 quantity_is_not_negative", level="error"),
            event("JinjaLogInfo", "Not in schema raw, so read as empty: discounts"),
            event("EndOfRunSummary", "Completed", num_errors=1, num_warnings=0),
            event("RunResultFailure", "\x1b[31mFailure in test quantity_is_not_negative\x1b[0m", level="error"),
            event("CheckNodeTestFailure", "See test failures: select * from test_failures"),
            event("StatsLine", "Done. PASS=1"),
            "a traceback of Python\n",
        ],
        console,
    )
    assert list(said) == [
        "Not in schema raw, so read as empty: discounts\n",
        "\x1b[31mFailure in test quantity_is_not_negative\x1b[0m\n",
        "See test failures: select * from test_failures\n",
        "Done. PASS=1\n",
        "a traceback of Python\n",
    ]
    shown = console.file.getvalue()
    assert "stg_plans" in shown and "Failure in test quantity_is_not_negative" in shown
    assert "OK created" not in shown and "Found 2 models" not in shown
