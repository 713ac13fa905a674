"""A publication is all or nothing, whatever is killed and when, and readers never see it being made.

Real processes are killed, and a reader in a process of its own queries throughout.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import IS_LONG
from dbt_project import CLI, OWN_TABLES, PROJECT_DIR, Tables, load_raw
from small_company import small_company

from cohort_ledger import project
from cohort_ledger.errors import LedgerError
from cohort_ledger.publish import marts

COMMAND = [*CLI, "publish", "--vars", json.dumps(OWN_TABLES)]
# publishes what the working database holds, without the build that comes before it
RELEASE = """
from cohort_ledger import cli, project
from cohort_ledger.publish import audit
audit.audit = lambda given_vars, verbose: project.artefacts_dir()
cli.main()
"""
# opens what is current again and again, and says how often; stops at the first thing that does not fit the manifest
READER = """
import json, pathlib, sys, duckdb
directory, stop = map(pathlib.Path, sys.argv[1:])
reads, seen = 0, set()
while not stop.exists():
    publication = (directory / "current").resolve()
    tables = json.loads((publication / "manifest.json").read_text())["tables"]
    expected = {name: table["rows"] for name, table in tables.items()}
    with duckdb.connect(str(publication / "cohort_ledger.duckdb"), read_only=True) as connection:
        for name, rows in expected.items():
            (found,) = connection.execute(f"select count(*) from marts.{name}").fetchone()
            assert found == rows, (publication, name, found, rows)
            parquet = publication / "parquet" / f"{name}.parquet"
            assert connection.execute(f"select count(*) from '{parquet}'").fetchone() == (rows,)
    reads += 1
    seen.add(publication.name)
print(reads, *sorted(seen))
"""


@dataclass(frozen=True)
class Company:
    """A working database with raw tables, and where it is published."""

    directory: Path

    @property
    def database(self) -> Path:
        """The working database."""
        return self.directory / "company.duckdb"

    @property
    def publications(self) -> Path:
        """Where publications are."""
        return self.directory / "publications"

    @property
    def environment(self) -> dict[str, str]:
        """What the commands are told."""
        ours = {"COHORT_LEDGER_DUCKDB_PATH": self.database, "COHORT_LEDGER_PUBLICATIONS_DIR": self.publications}
        return {**os.environ, **{name: str(path) for name, path in ours.items()}}

    def load(self, tables: Tables) -> None:
        """Put raw tables in."""
        with duckdb.connect(str(self.database)) as connection:
            load_raw(connection, tables)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A process in a group of its own, so that a kill takes its children with it."""
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """One publication: the exit code and what was printed."""
        return self.run_command(*COMMAND[len(CLI) :], *arguments)

    def run_command(self, *arguments: str) -> tuple[int, str]:
        """One run of the command line: its exit code and what it printed."""
        process = self.start(*CLI, *arguments)
        output, _ = process.communicate()
        return process.returncode, output

    def try_to_release(self, *arguments: str) -> tuple[int, str]:
        """Publish what is built: the exit code, and what was printed."""
        process = self.start(sys.executable, "-c", RELEASE, "publish", *arguments)
        output, _ = process.communicate()
        return process.returncode, output

    def release(self, variables: str = json.dumps(OWN_TABLES), keep: int = 5) -> str:
        """Publish what is built."""
        exit_code, output = self.try_to_release("--vars", variables, "--keep", str(keep))
        assert exit_code == 0, output
        return output

    def unfinished(self) -> list[str]:
        """What is in the way of being published, or of leaving."""
        return [path.name for path in self.publications.glob(".incoming*")]

    def change_a_mart(self, number: int) -> None:
        """Other numbers to publish, without a build."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(
                "update marts.dim_customers set customer_name = ? where customer_id = 'ann'", [f"Ann {number}"]
            )

    def current(self) -> str:
        """The name of the publication that readers are given."""
        return os.readlink(self.publications / "current")

    def read(self, query: str) -> list[tuple]:
        """The rows of a query on the current publication."""
        path = self.publications / "current" / "cohort_ledger.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company that has published once."""
    company = Company(tmp_path_factory.mktemp("company"))
    company.load(small_company())
    exit_code, output = company.run()
    assert exit_code == 0, output
    assert "published 000001" in output
    return company


@pytest.fixture
def reader(company: Company, tmp_path: Path) -> Iterator[None]:
    """A process that reads whatever is current all the while, and must never see anything but a whole publication."""
    stop = tmp_path / "stop"
    process = company.start(sys.executable, "-c", READER, str(company.publications), str(stop))
    yield
    stop.touch()
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert int(output.split()[0]) > 0


def killed(process: subprocess.Popen[str]) -> bool:
    """Kill a process and its children without warning; whether it was still running."""
    was_running = process.poll() is None
    if was_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running


def test_a_publication_holds_the_marts_and_their_documentation_and_nothing_else(company: Company) -> None:
    """No raw data, no view, no path of the machine; and what the manifest says is what is there."""
    publication = company.publications / company.current()
    tables = company.read("select table_schema, table_name, table_type from information_schema.tables")
    manifest = json.loads((publication / "manifest.json").read_text())
    assert {schema for schema, _, _ in tables} == {"marts", "docs"}
    assert {kind for _, _, kind in tables} == {"BASE TABLE"}
    assert {name for schema, name, _ in tables if schema == "marts"} == set(manifest["tables"])
    assert manifest["last_month_date"] == "2024-06-01"
    assert manifest["vars"]["demo_data"] is False
    assert not company.read("from docs.columns where coalesce(description, '') = '' or coalesce(label, '') = ''")
    assert company.read("select count(*) from marts.mrr_waterfall") == [(manifest["tables"]["mrr_waterfall"]["rows"],)]
    assert company.read("select tags['storage_version'] from duckdb_databases() where not internal") == [("v1.2.0+",)]
    assert company.read("select distinct format from docs.columns where data_type = 'DATE'") == [("yyyy-mm-dd",)]
    files = [path for path in publication.rglob("*") if path.is_file()]
    assert len(files) == len(manifest["tables"]) + 2
    for path in files:
        content = path.read_bytes()
        for folder in (str(company.directory), str(PROJECT_DIR)):
            assert folder.encode() not in content, f"{path.name} names {folder}"


def test_dates_are_dates_in_every_published_file(company: Company) -> None:
    """And never text or a time of day, in Parquet neither."""
    dates = company.read("select model, column_name, data_type from docs.columns where ends_with(column_name, '_date')")
    assert len(dates) > 10
    assert {data_type for _, _, data_type in dates} == {"DATE"}
    parquet = company.publications / "current/parquet"
    for model, column, _ in dates:
        query = f"select distinct typeof({column}) from '{parquet / model}.parquet'"
        assert {data_type for (data_type,) in company.read(query)} <= {"DATE"}, (model, column)


def test_published_files_cannot_be_changed_and_not_be_read_by_others(company: Company) -> None:
    """Files are read-only, and nothing is open to the world."""
    for path in company.publications.rglob("*"):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            assert not mode & stat.S_IRWXO, path
            assert path.is_dir() or path.name == ".lock" or not mode & 0o222, path


def test_a_failed_audit_publishes_nothing_and_says_where_the_failing_rows_are(company: Company, reader: None) -> None:
    """And the next run, with the input mended, does."""
    before = company.current()
    tables = small_company()
    tables["subscription_item_versions"][1]["quantity"] = -3
    company.load(tables)
    exit_code, output = company.run()
    assert exit_code == 1
    assert "nothing was published: the build failed its audit" in output
    assert output.splitlines()[-1] == (
        "  test subscription_item_versions_quantity_is_not_negative failed: its failing rows are in "
        '"company"."test_failures"."subscription_item_versions_quantity_is_not_negative"'
    )
    # bad input is known before anything but staging is built, and our unit tests have nothing to say about it
    assert " START sql view model staging." in output
    assert not re.search(r" START (sql (table|incremental)|unit_test) ", output)
    with duckdb.connect(str(company.database), read_only=True) as connection:
        rows = connection.execute("from test_failures.subscription_item_versions_quantity_is_not_negative").fetchall()
    assert len(rows) == 1
    assert company.current() == before
    company.load(small_company())
    exit_code, output = company.run()
    assert exit_code == 0, output
    assert f"nothing has changed since publication {before}" in output


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ("{demo_data: false", "expected ',' or '}'"),
        ("demo_data", "'demo_data' gives no name a value"),
        ("{demo_data: false, as_of_date: 2024-02-31}", "day is out of range for month"),
    ],
)
def test_vars_that_cannot_be_read_are_refused_before_anything_is_built(
    company: Company, variables: str, why: str
) -> None:
    """In one sentence, with an example."""
    exit_code, output = company.run("--vars", variables)
    assert exit_code == 1
    (line,) = output.splitlines()
    assert line.startswith("nothing was published: --vars cannot be read (")
    assert why in line
    assert "write it as '{demo_data: false, as_of_date: 2024-12-31}'" in line


def test_a_database_that_another_program_has_open_is_refused_before_anything_is_built(company: Company) -> None:
    """dbt would end in a traceback."""
    with duckdb.connect(str(company.database)):
        exit_code, output = company.run()
    assert exit_code == 1
    (line,) = output.splitlines()
    assert f"nothing was published: {company.database} is in use by another process, " in line


def test_the_last_line_names_the_var_that_stops_a_publication(tmp_path: Path) -> None:
    """As dbt says it, which has written no results then."""
    company = Company(tmp_path)
    company.load(small_company())
    exit_code, output = company.run("--vars", "{demo_data: false, mrr_basis: payments, as_of_date: 2024-06-30}")
    assert exit_code == 1
    last = output.splitlines()[-1]
    assert "dbt stopped before it built anything: Compilation Error in operation" in last
    assert "var mrr_basis is 'payments': allowed is one of subscriptions, invoices" in last


def test_the_last_line_names_the_model_that_fails_and_its_error(tmp_path: Path) -> None:
    """A model has no failing rows to look at."""
    company = Company(tmp_path)
    tables = small_company()
    tables["exchange_rates"][0]["effective_date"] = date(2024, 2, 10)
    company.load(tables)
    exit_code, output = company.run("--vars", "{demo_data: false, fx_policy: historical}")
    assert exit_code == 1
    last = output.splitlines()[-1]
    assert last.startswith("  model int_mrr_valuations: ")
    assert "no rate on or before the end of month 2024-01-01 for currency EUR" in last
    assert "failing rows" not in last


def test_an_error_that_nobody_has_foreseen_is_one_sentence_and_leaves_nothing_behind(company: Company) -> None:
    """With --debug it is a traceback. What a killed run has left goes, too."""
    before = company.current()
    with duckdb.connect(str(company.database)) as connection:
        connection.execute("alter table marts.dim_products rename product_name to another_name")
    (company.publications / ".incoming-publication").mkdir()
    try:
        exit_code, output = company.try_to_release("--vars", json.dumps(OWN_TABLES))
        assert exit_code == 1
        (line,) = output.splitlines()
        assert line.startswith("nothing was published: BinderException: ")
        assert "product_name" in line
        assert "--debug" in line
        assert not company.unfinished()
        exit_code, output = company.try_to_release("--vars", json.dumps(OWN_TABLES), "--debug")
        assert exit_code == 1
        assert "Traceback" in output
        assert not company.unfinished()
    finally:
        with duckdb.connect(str(company.database)) as connection:
            connection.execute("alter table marts.dim_products rename another_name to product_name")
    assert company.current() == before


def test_a_day_may_be_written_as_yaml_has_it(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without quotation marks it is a date, with --vars and in dbt_project.yml; the manifest has it as text."""
    company.release("{demo_data: false, as_of_date: 2024-12-31}")
    manifest = json.loads((company.publications / "current/manifest.json").read_text())
    assert manifest["vars"]["as_of_date"] == "2024-12-31"
    monkeypatch.setattr(project, "PROJECT_DIR", tmp_path)
    (tmp_path / "dbt_project.yml").write_text(
        "name: ledger\nvars: {as_of_date: 2024-12-31, personal_data: shown, ledger: {personal_data: masked}}\n"
    )
    # what stands under the project's own name comes first, as for dbt
    assert project.effective_vars("{}") == {"as_of_date": "2024-12-31", "personal_data": "masked"}
    assert project.effective_vars("{as_of_date: 2025-01-31}")["as_of_date"] == "2025-01-31"


def test_a_mart_of_a_users_own_needs_documented_columns_and_no_labels() -> None:
    """A label is its column's name in words."""
    column = {"name": "won_back_mrr", "description": "What came back.", "meta": {}}
    mart = {"name": "won_back", "description": "", "resource_type": "model", "schema": "marts", "columns": {}}
    with pytest.raises(LedgerError, match="no column of won_back is in its YAML"):
        marts.read_marts({"nodes": {"model.won_back": mart}})
    ((found,),) = (
        mart.columns for mart in marts.read_marts({"nodes": {"model.won_back": {**mart, "columns": {"c": column}}}})
    )
    assert found.label == "Won back mrr"


def test_a_second_run_at_once_is_told_so(company: Company) -> None:
    """And breaks nothing."""
    first = company.start(*COMMAND)
    try:
        while not first.stdout.readline().strip():
            assert first.poll() is None
        exit_code, output = company.run()
        assert exit_code == 1
        assert "is being made in" in output
    finally:
        killed(first)


@pytest.mark.prove
def test_a_killed_build_leaves_the_last_publication_and_the_next_run_completes(company: Company, reader: None) -> None:
    """In whatever model or test it is killed; the next run publishes what the input says."""
    tables = small_company()
    tables["subscription_item_versions"][1]["quantity"] = 4
    company.load(tables)
    before = company.current()
    for moment in (
        "START sql incremental model intermediate",
        "START sql incremental model marts",
        "START test assert_",
    ):
        process = company.start(*COMMAND)
        while moment not in process.stdout.readline():
            assert process.poll() is None
        assert killed(process)
        assert company.current() == before
    exit_code, output = company.run()
    assert exit_code == 0, output
    query = (
        "select closing_mrr from marts.fct_customer_mrr_months where customer_id = 'ann' and month_date = '2024-03-01'"
    )
    assert company.read(query) == [(200,)]


@pytest.mark.longer
def test_a_publication_killed_at_any_moment_is_whole_or_not_there(company: Company, reader: None) -> None:
    """Kills from the export to the swap; then one that is left to end."""
    draw = random.Random(5)
    times_killed, kills = 0, 15 if IS_LONG else 5
    for number in range(kills):
        company.change_a_mart(number)
        before = company.current()
        process = company.start(sys.executable, "-c", RELEASE, "publish", "--vars", json.dumps(OWN_TABLES))
        time.sleep(draw.uniform(0.2, 1.6))
        times_killed += killed(process)
        assert company.current() >= before
        (name,) = company.read("select customer_name from marts.dim_customers where customer_id = 'ann'")[0]
        assert name == f"Ann {number}" or company.current() == before
    assert times_killed > kills / 5
    company.change_a_mart(100)
    assert "published" in company.release()
    assert company.read("select customer_name from marts.dim_customers where customer_id = 'ann'") == [("Ann 100",)]
    left = {path.name for path in company.publications.iterdir() if not path.name.isdigit()}
    assert left == {".lock", "current"}


def test_old_publications_go_and_the_one_before_can_come_back(company: Company) -> None:
    """A reader that has one open keeps it."""
    path = company.publications / "current" / "cohort_ledger.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as open_reader:
        query = "select customer_name from marts.dim_customers where customer_id = 'ann'"
        (before,) = open_reader.execute(query).fetchall()
        for number in range(200, 204):
            company.change_a_mart(number)
            company.release(keep=3)
        kept = sorted(path.name for path in company.publications.iterdir() if path.name.isdigit())
        assert len(kept) == 3
        assert kept[-1] == company.current()
        assert open_reader.execute(query).fetchall() == [before]
    exit_code, output = company.run_command("rollback")
    assert exit_code == 0, output
    assert company.current() == kept[-2]
    assert company.read(query) == [("Ann 202",)]
    assert f"* {kept[-2]}" in company.run_command("publications")[1]
    company.run_command("rollback")
    exit_code, output = company.run_command("rollback")
    assert exit_code == 1
    assert "there is no earlier publication" in output
    company.release()
    assert company.read(query) == [("Ann 203",)]


@pytest.mark.parametrize("policy", ["masked", "dropped"])
def test_personal_data_is_masked_or_dropped_in_the_publication_as_a_whole(company: Company, policy: str) -> None:
    """Names of customers and of owners are in no published file; numbers stay what they are."""
    with duckdb.connect(str(company.database)) as connection:
        connection.execute("update marts.dim_customers set customer_name = 'Secret Inc', csm_owner = 'Olga Owner'")
        connection.execute("update marts.fct_cohort_snapshots set csm_owner = 'Olga Owner'")
        connection.execute(
            "update marts.retention_rates set dimension_value = 'Olga Owner', retention_rate_key = "
            "regexp_replace(retention_rate_key, '[^|]*$', 'Olga Owner') where dimension = 'csm_owner'"
        )
    company.release(json.dumps({**OWN_TABLES, "personal_data": policy}))
    for path in (company.publications / company.current()).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Secret Inc" not in content
            assert b"Olga Owner" not in content
    rates = "select count(*) from marts.retention_rates where dimension = 'csm_owner'"
    columns = {name for (name,) in company.read("select column_name from docs.columns where model = 'dim_customers'")}
    if policy == "masked":
        assert company.read("select distinct csm_owner from marts.fct_cohort_snapshots") == [("owner 1",)]
        assert company.read(
            "select distinct dimension_value from marts.retention_rates where dimension = 'csm_owner'"
        ) == [("owner 1",)]
        assert company.read("select distinct customer_name from marts.dim_customers") == [("customer 1",)]
        parts = "period_type || '|' || period_start_date || '|' || dimension || '|' || dimension_value"
        assert company.read(f"select count(*) from marts.retention_rates where retention_rate_key != {parts}") == [(0,)]
    else:
        assert company.read(rates) == [(0,)]
        assert not columns & {"customer_name", "csm_owner"}
    assert company.read("select sum(closing_mrr) from marts.mrr_waterfall")[0][0] > 0
