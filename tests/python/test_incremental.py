"""Incremental builds: whatever happened to the raw tables, and wherever a build was stopped, the next one that comes to
its end leaves what a full refresh leaves, row for row.

Real dbt processes show that dbt builds what it should and no more, that a killed run loses nothing, and what is said
when a full refresh is forced. Random walks replay the SQL of those processes (replayed_dbt.py), which takes a second a
step. COHORT_LEDGER_WALKS is the number of walks for each set of vars: with it, there are more sets than one.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import IS_LONG, compile_project
from dbt_project import (
    OWN_TABLES,
    CompiledModel,
    CompiledProject,
    dbt_command,
    fetch_rows,
    load_raw,
    project_with,
    read_manifest,
    run_dbt,
)
from raw_edits import Company
from reference.generate import add_months
from replayed_dbt import Harvest, ReplayedDbt
from small_company import small_company

WALKS = int(os.environ.get("COHORT_LEDGER_WALKS", "4" if IS_LONG else "1"))
STEPS = 8
SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "policies_of_parents": {
        **{"customer_grain": "parent", "late_renewal_grace_days": 18, "discount_policy": "all"},
        **{"delinquent_after_days": 30, "reactivation_window_months": 3},
    },
    "invoices_at_historical_rates": {
        **{"fx_policy": "historical", "mrr_basis": "invoices", "fiscal_year_start_month": 4},
        **{"reporting_timezone": "Asia/Kolkata"},
    },
}
# without the long walks, the other vars are left to them
WALKED = list(SETTINGS) if "COHORT_LEDGER_WALKS" in os.environ else ["defaults"]
# says what has changed, and so differs from build to build
BOOKKEEPING = ("int_changed_customers", "int_input_digest")


def built_tables(project: CompiledProject) -> list[CompiledModel]:
    """The models that are tables, without those that say what a build is."""
    return [model for model in project.models if model.materialized == "table" and model.name not in BOOKKEEPING]


def table_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> Counter[tuple[Any, ...]]:
    """Every row of a table, its columns by name."""
    columns = sorted(row[0] for row in connection.execute(f"describe {relation}").fetchall())
    return Counter(connection.execute(f"select {', '.join(columns)} from {relation}").fetchall())


def differences(
    project: CompiledProject, incremental: duckdb.DuckDBPyConnection, full: duckdb.DuckDBPyConnection
) -> list[str]:
    """The rows that one database has more than the other."""
    found = []
    for model in built_tables(project):
        built, expected = table_rows(incremental, model.relation), table_rows(full, model.relation)
        found += [f"{model.name} has {row}" for row in (built - expected).elements()]
        found += [f"{model.name} lacks {row}" for row in (expected - built).elements()]
    return found


def differences_of_file(project: CompiledProject, database: Path, company: Company) -> list[str]:
    """What the tables of a database file have other than a full build of a company's raw tables."""
    with project.connect() as full, duckdb.connect(str(database), read_only=True) as incremental:
        load_raw(full, company.raw())
        project.build(full)
        return differences(project, incremental, full)


def load_company(database: Path, company: Company) -> None:
    """Put a company's raw tables into a database file."""
    with duckdb.connect(str(database)) as connection:
        load_raw(connection, company.raw())


def state_of(database: Path) -> dict[str, Any]:
    """What the last build has noted about itself."""
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute("from ledger_state.build")
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def run_until(text: str, times: int, *arguments: str, database: Path, variables: dict[str, Any]) -> str:
    """Kill a dbt process as soon as it has printed `text` so many times; returns what it had printed."""
    printed = []
    command, environment = dbt_command(*arguments, database=database, variables=variables)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            printed.append(line)
            times -= text in line
            if times == 0:
                process.kill()
                break
    assert times == 0, "".join(printed)
    return "".join(printed)


@dataclass(frozen=True)
class Built:
    """A complete build by dbt in a database file, of a company, with vars."""

    project: CompiledProject
    database: Path
    company: Company
    variables: dict[str, Any]

    def copied_to(self, directory: Path) -> Built:
        """The same in another directory."""
        shutil.copytree(self.database.parent, directory, dirs_exist_ok=True)
        return Built(self.project, directory / self.database.name, self.company.copy(), self.variables)


def company_of_seed(seed: int, variables: dict[str, Any]) -> Company:
    """A company that has what the vars make a difference for."""
    only_invoices = variables.get("mrr_basis") == "invoices"
    rng = random.Random(seed)
    return Company.of_seed(
        seed,
        rng.choice((3, 6, 10, 14)),
        rng.choice((6, 14, 26)),
        recurring_lines=only_invoices,
        subscriptions=not only_invoices or seed % 2 == 0,
        late_business=seed % 3 != 0,
        corrections=seed % 4 != 0,
    )


def first_build(directory: Path, variables: dict[str, Any]) -> Built:
    """The first build of a company, in an empty database file."""
    project = compile_project(directory, **variables)
    built = Built(project, directory / "ledger.duckdb", company_of_seed(4, variables), {**OWN_TABLES, **variables})
    with duckdb.connect(str(built.database)) as connection:
        project.load_seeds(connection)
    load_company(built.database, built.company)
    result = run_dbt("run", database=built.database, variables=built.variables)
    assert result.exit_code == 0, result.output
    assert "Full refresh" not in result.output
    assert state_of(built.database)["is_full_refresh"]
    return built


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A complete first build with every var at its default."""
    return first_build(tmp_path_factory.mktemp("first"), {})


def test_an_unchanged_build_writes_no_table(built: Built, tmp_path: Path) -> None:
    """Tables that were emptied behind dbt's back stay empty: nobody fills them again."""
    copy = built.copied_to(tmp_path)
    nodes = read_manifest(copy.database)["nodes"].values()
    tables = [node["relation_name"] for node in nodes if node["config"]["materialized"] == "incremental"]
    with duckdb.connect(str(copy.database)) as connection:
        for table in tables:
            connection.execute(f"delete from {table}")
    result = run_dbt("run", database=copy.database, variables=copy.variables)
    assert result.exit_code == 0, result.output
    assert state_of(copy.database)["nothing_changed"]
    with duckdb.connect(str(copy.database), read_only=True) as connection:
        assert not [table for table in tables if connection.execute(f"from {table} limit 1").fetchall()]


def test_an_invoice_issued_at_another_time_changes_its_customer(tmp_path: Path) -> None:
    """Credits take their turns by it; and so does whether it is issued at all. When it is due changes nobody."""
    project = compile_project(tmp_path, mrr_basis="invoices")
    tables = small_company()
    tables["invoice_line_items"][0]["line_type"] = "recurring"
    (invoice,) = tables["invoices"]
    tables["invoices"].append({**invoice, "invoice_id": "in-2"})
    fingerprints = []
    for change in ({}, {"due_at": datetime(2024, 7, 30)}, {"issued_at": datetime(2024, 6, 30, 11)}, {"status": "void"}):
        invoice |= change
        with project.connect() as connection:
            load_raw(connection, tables)
            project.build(connection)
            fingerprints.append(
                dict(
                    connection.execute(
                        "select customer_id, fingerprint from intermediate.int_changed_customers"
                    ).fetchall()
                )
            )
    assert [now["ann"] != fingerprints[0]["ann"] for now in fingerprints] == [False, False, True, True]
    assert {now["bob"] for now in fingerprints} == {fingerprints[0]["bob"]}


# ---------------------------------------------------------------------------------------------------------------------
# Killed runs, changed vars and changed rules, by dbt itself


def test_a_killed_run_loses_nothing(built: Built, tmp_path: Path) -> None:
    """Months are taken away, the run that follows them is killed late, and they come back."""
    copy = built.copied_to(tmp_path)
    before = copy.company.copy()
    copy.company.go_to(add_months(before.today.date(), -2))
    load_company(copy.database, copy.company)
    run_until("OK created sql incremental", 45, "run", database=copy.database, variables=copy.variables)
    load_company(copy.database, before)
    assert state_of(copy.database)["least_month_date"] < state_of(copy.database)["last_month_date"]
    result = run_dbt("run", database=copy.database, variables=copy.variables)
    assert result.exit_code == 0, result.output
    assert not state_of(copy.database)["is_full_refresh"]
    assert not differences_of_file(copy.project, copy.database, before)[:5]


def test_a_changed_var_forces_a_full_refresh(
    built: Built, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It says which var, is right, and is made again if it does not come to its end."""
    copy = built.copied_to(tmp_path)
    changed = SETTINGS["policies_of_parents"]
    variables = {**copy.variables, **changed}
    printed = run_until("START sql", 30, "run", database=copy.database, variables=variables)
    assert "Full refresh: since the last build, var " in printed
    for name, value in changed.items():
        assert f"var {name} was " in printed
        assert f" and is {value}" in printed
    printed = run_until("START sql", 50, "run", database=copy.database, variables=copy.variables)
    assert "Full refresh: the last one did not build every model" in printed
    result = run_dbt("run", database=copy.database, variables=variables)
    assert result.exit_code == 0, result.output
    project = compile_project(tmp_path_factory.mktemp("changed"), **changed)
    assert not differences_of_file(project, copy.database, copy.company)[:5]


def test_a_changed_rule_forces_a_full_refresh(built: Built, tmp_path: Path) -> None:
    """As if the last build had been made by other models or macros."""
    copy = built.copied_to(tmp_path)
    with duckdb.connect(str(copy.database)) as connection:
        connection.execute("update ledger_state.build set rules = 'others'")
    printed = run_until("START sql", 1, "run", database=copy.database, variables=copy.variables)
    assert "Full refresh: the models or macros are not those of the last build" in printed


# ---------------------------------------------------------------------------------------------------------------------
# Models of a user's own, with nothing said of how they are built

OWN_FILES = {
    "models/intermediate/own/int_customers_ranked.sql": """
        select customer_id, rank() over (order by sum(closing_mrr) desc, customer_id) as mrr_rank
        from {{ ref('int_customer_balances') }}
        group by customer_id
    """,
    "models/intermediate/own/int_segments.sql": """
        select segment, count(*) as customers from {{ ref('stg_billing__customers') }} group by segment
    """,
    "models/intermediate/own/int_shares.sql": """
        {{ config(materialized='view') }}
        select customer_id, closing_mrr, sum(closing_mrr) over () as mrr_of_all
        from {{ ref('int_customer_balances') }}
    """,
    # asks for it, and so says that it depends on its own customer's rows alone; not all that it reads knows customers
    "models/intermediate/own/int_names.sql": """
        {{ config(incremental_strategy='changed_customers') }}
        {{ comes_after('int_changed_customers') }}
        select customers.customer_id, customers.customer_name, segments.segment
        from {{ ref('int_own_names') }} as customers
        left join {{ ref('int_segments') }} as segments on customers.segment = segments.segment
    """,
    "models/intermediate/own/int_own_names.sql": """
        select customer_id, customer_name, segment from {{ ref('stg_billing__customers') }}
    """,
    "models/intermediate/own/int_largest_shares.sql": """
        {{ config(incremental_strategy='changed_customers') }}
        {{ comes_after('int_changed_customers') }}
        select customer_id, max(closing_mrr) as largest_mrr, count(mrr_of_all) as balances
        from {{ ref('int_shares') }}
        group by customer_id
    """,
    "models/intermediate/own/int_targets.sql": """
        select month_date, target from {{ ref('own_targets') }}
    """,
    "models/marts/own/customers_by_rank.sql": """
        {{ config(contract={'enforced': false}) }}
        select mrr_rank, customer_id from {{ ref('int_customers_ranked') }}
    """,
    "seeds/own/own_targets.csv": "month_date,target\n2024-01-01,100\n",
}


def tables_of(database: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """The rows of every table of the ledger."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
            " and table_schema in ('intermediate', 'marts')"
        ).fetchall()
        return {name: table_rows(connection, name) for (name,) in names if name.split(".")[1] not in BOOKKEEPING}


@pytest.mark.prove
def test_models_of_a_users_own_equal_a_full_refresh(tmp_path: Path) -> None:
    """Whole tables, whatever they hold: ranks, no customer, what a model that is replaced by customer reads, a seed."""
    project, database = project_with(tmp_path / "project", OWN_FILES), tmp_path / "ledger.duckdb"
    company = company_of_seed(4, {})

    def build(*arguments: str) -> dict[str, Counter[tuple[Any, ...]]]:
        everything = ("build", "--resource-type", "seed", "--resource-type", "model", *arguments)
        result = run_dbt(*everything, database=database, variables=OWN_TABLES, project_dir=project)
        assert result.exit_code == 0, result.output
        return tables_of(database)

    load_company(database, company)
    first = build()
    changed = sorted(customer for customer, _ in first["intermediate.int_customers_ranked"])[:3]
    subscriptions = {row["subscription_id"] for row in company.rows["subscriptions"] if row["customer_id"] in changed}
    for row in company.rows["subscription_item_versions"]:
        if row["subscription_id"] in subscriptions and row["unit_amount"] is not None:
            row["unit_amount"] *= 1000
    for row in company.rows["customers"]:
        if row["customer_id"] in changed:
            row["customer_name"] = "Another name"
    load_company(database, company)
    incremental = build()
    assert not state_of(database)["is_full_refresh"]
    assert incremental["intermediate.int_customers_ranked"] != first["intermediate.int_customers_ranked"]
    assert incremental == build("--full-refresh")

    (project / "seeds/own/own_targets.csv").write_text("month_date,target\n2024-01-01,200\n")
    assert [target for _, target in build()["intermediate.int_targets"]] == [200]
    assert not state_of(database)["is_full_refresh"]


# ---------------------------------------------------------------------------------------------------------------------
# Random walks on what dbt executes


@pytest.fixture(scope="module", params=WALKED)
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Harvest, Harvest]:
    """A build, and the SQL of two runs on it: of one in which one customer changes, and of one that looks for its end.

    The first shows that other customers are left as they are: rows of theirs that are taken away do not come back.
    """
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "defaults":
        built = request.getfixturevalue("built").copied_to(directory)
    else:
        built = first_build(directory, SETTINGS[request.param])
    database, company = built.database, built.company
    nodes = [node for node in read_manifest(database)["nodes"].values() if node["resource_type"] == "model"]
    by_customer = [
        node["relation_name"]
        for node in nodes
        if node["config"]["materialized"] == "incremental"
        and node["config"]["incremental_strategy"] == "changed_customers"
    ]
    with duckdb.connect(str(database)) as connection:
        (changed, left) = connection.execute(
            "select min(customer_id), max(customer_id) from intermediate.int_customer_balances"
        ).fetchone()
        ends = connection.execute("select last_month_date from intermediate.int_ledger_bounds").fetchone()
        for table in by_customer:
            connection.execute(f"delete from {table} where customer_id in (?, ?)", [changed, left])
        for row in company.rows["customers"]:
            if row["customer_id"] == changed:
                row["customer_name"] = "Another name"
        load_raw(connection, company.raw())
    result = run_dbt("run", database=database, variables=built.variables)
    assert result.exit_code == 0, result.output
    assert not state_of(database)["is_full_refresh"]
    still = Harvest.of_last_run(database, ends)
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = {
            customer: sum(
                connection.execute(f"select count(*) from {table} where customer_id = ?", [customer]).fetchone()[0]
                for table in by_customer
            )
            for customer in (changed, left)
        }
    assert rows[changed]
    assert not rows[left]
    # a run of a few models does not know whether the ledger's end has moved, and looks
    growing = [node["name"] for node in nodes if node["config"]["meta"].get("grows_by")]
    result = run_dbt("run", "--select", *growing, database=database, variables=built.variables)
    assert result.exit_code == 0, result.output
    return built, still, Harvest.of_last_run(database, ends)


class Walk:
    """A company that is edited again and again, an incremental database that follows, and a full one to compare."""

    def __init__(self, walked: tuple[Built, Harvest, Harvest], seed: int) -> None:
        built, still, moved = walked
        self.rng = random.Random(seed)
        self.company = company_of_seed(seed, built.variables)
        self.earlier = [self.company.copy()]
        self.project = built.project
        self.contract = [test for test in built.project.tests if all(model.startswith("stg_") for model in test.models)]
        self.replayed = ReplayedDbt(built.project, built.database, still, moved)
        self.incremental = self.replayed.connection
        self.full = built.project.connect()
        self.log: list[str] = []
        for connection in (self.incremental, self.full):
            connection.execute("set threads = 1")

    def close(self) -> None:
        """Let go of both databases."""
        self.incremental.close()
        self.full.close()

    def edited(self) -> Company:
        """The company after no edit, one or several, which may be that its tables of some builds ago are restored."""
        company = self.company.copy()
        edits = [company.edit() for _ in range(self.rng.choice((0, 1, 1, 1, 2, 3, 8)))]
        if self.rng.random() < 0.12:
            company = self.rng.choice(self.earlier[-4:]).copy()
            edits = ["tables are restored"]
        self.log.append("; ".join(edits) or "no edit")
        return company

    def edit(self, *, needs_full_build: bool) -> bool:
        """Edit the company, and build it in full; false if a dozen attempts were all against the input contract."""
        for _ in range(12):
            company = self.edited()
            load_raw(self.full, company.raw())
            try:
                self.project.build_staging(self.full)
                is_valid = not any(fetch_rows(self.full, test.sql) for test in self.contract)
                if is_valid and needs_full_build:
                    self.project.build(self.full)
            except duckdb.Error:
                is_valid = False
            if is_valid:
                self.company = company
                self.earlier.append(company.copy())
                load_raw(self.incremental, company.raw())
                return True
            self.log.pop()
        return False

    def step(self) -> list[str]:
        """Edit, and run: to the end, or not; returns what a run to its end leaves that a full build does not."""
        how = self.rng.choices(("whole", "killed", "partial", "full refresh killed"), (69, 22, 6, 3))[0]
        order = self.replayed.order(self.rng)
        if not self.edit(needs_full_build=how == "whole"):
            return []
        self.log[-1] += f" ({how})"
        if how == "whole":
            self.replayed.run(order)
            return differences(self.project, self.incremental, self.full)
        some = [name for name in order if self.rng.random() < 0.2]
        first = order[: self.rng.randint(0, len(order))]
        # what raises an error in the middle, the next edit may repair
        with suppress(duckdb.Error):
            self.replayed.run(
                some if how == "partial" else first, is_whole=False, full_refresh=how == "full refresh killed"
            )
        return []


@pytest.mark.longer
@pytest.mark.parametrize("number", range(WALKS))
def test_after_any_steps_a_build_equals_a_full_refresh(walked: tuple[Built, Harvest, Harvest], number: int) -> None:
    """Edits of every kind, killed and partial runs, and full refreshes that were killed, in any order of the models."""
    walk = Walk(walked, number)
    try:
        for _ in range(STEPS):
            assert not walk.step()[:5], walk.log
    finally:
        walk.close()
