"""A publication is all or nothing, whatever is killed and when, and readers never see it being made.

Real processes are killed, and a reader in a process of its own queries throughout.
"""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from dbt_project import OWN_TABLES, PROJECT_DIR, Tables, load_raw
from small_company import small_company

SCRIPT = PROJECT_DIR / "scripts/publish.py"
COMMAND = [sys.executable, str(SCRIPT), "--without-unit-tests", "--vars", json.dumps(OWN_TABLES)]
# publishes what the working database holds, without the build that comes before it
RELEASE = f"""
import json, sys
sys.path.insert(0, {str(PROJECT_DIR / "scripts")!r})
import publish
variables = publish.effective_vars(sys.argv[1])
with publish.only_one(publish.publications_dir()):
    print(publish.release(publish.publications_dir(), publish.artefacts_dir(), variables, int(sys.argv[2])))
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
        """What the scripts are told."""
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
        """One run of the script: its exit code and what it printed."""
        process = self.start(*COMMAND, *arguments)
        output, _ = process.communicate()
        return process.returncode, output

    def release(self, variables: str = json.dumps(OWN_TABLES), keep: int = 5) -> str:
        """Publish what is built."""
        process = self.start(sys.executable, "-c", RELEASE, variables, str(keep))
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

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
    assert "subscription_item_versions_quantity_is_not_negative (fail): its failing rows are in" in output
    with duckdb.connect(str(company.database), read_only=True) as connection:
        rows = connection.execute("from test_failures.subscription_item_versions_quantity_is_not_negative").fetchall()
    assert len(rows) == 1
    assert company.current() == before
    company.load(small_company())
    exit_code, output = company.run()
    assert exit_code == 0, output
    assert f"nothing has changed since publication {before}" in output


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


def test_a_publication_killed_at_any_moment_is_whole_or_not_there(company: Company, reader: None) -> None:
    """Fifteen kills from the export to the swap; then one that is left to end."""
    draw = random.Random(5)
    times_killed = 0
    for number in range(15):
        company.change_a_mart(number)
        before = company.current()
        process = company.start(sys.executable, "-c", RELEASE, json.dumps(OWN_TABLES), "5")
        time.sleep(draw.uniform(0.2, 1.6))
        times_killed += killed(process)
        assert company.current() >= before
        (name,) = company.read("select customer_name from marts.dim_customers where customer_id = 'ann'")[0]
        assert name == f"Ann {number}" or company.current() == before
    assert times_killed > 3
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
    exit_code, output = company.run("--rollback")
    assert exit_code == 0, output
    assert company.current() == kept[-2]
    assert company.read(query) == [("Ann 202",)]
    assert f"* {kept[-2]}" in company.run("--list")[1]
    company.run("--rollback")
    exit_code, output = company.run("--rollback")
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
