"""Mutants on trial: each is built on small ledgers in memory until one of them shows a row that a test holds wrong."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
from credit_examples import all_tables as credit_examples
from dbt_project import CompiledModel, CompiledProject, Tables, load_raw, read_manifest
from reference.ledger import Settings, build_marts
from test_against_reference import reference_settings

from discipline.data import edge_raw, nasty_raw, rare_company, rare_company_for_policies, with_every_column
from discipline.operators import Mutant, Statement, mutants_of

SURVIVORS = Path(__file__).with_name("survivors.toml")
SPREAD_OVER = 2
SECONDS = 20
RANDOM_SEEDS = (13, 16)
# as many as a run of some minutes can try; MUTANTS_PER_MODEL says another number, and 0 tries all
PER_MODEL = int(os.environ.get("MUTANTS_PER_MODEL", "20")) or None

# vars that every mutant is tried with, and two sets of them that together run every policy
DEFAULTS, OWN_TABLES = "default vars", "parents in New York"
SUBSCRIPTIONS, INVOICES = "policies of subscriptions", "policies of invoices"
VARIABLES: dict[str, dict[str, Any]] = {
    DEFAULTS: {},
    OWN_TABLES: {
        "customer_grain": "parent",
        "reporting_timezone": "America/New_York",
        "constant_fx_date": "2021-06-30",
    },
    SUBSCRIPTIONS: {
        "late_renewal_grace_days": 15,
        "reactivation_window_months": 2,
        "paused_as": "active",
        "delinquent_after_days": 30,
        "discount_policy": "all",
        "churn_recognised_at": "cancel_request",
        "fx_policy": "historical",
        "fiscal_year_start_month": 4,
        "customer_grain": "parent",
    },
    INVOICES: {
        "mrr_basis": "invoices",
        "late_renewal_grace_days": 15,
        "discount_policy": "none",
        "usage_policy": "excluded",
    },
}

EDGE_CASES, RARE_COMPANY, CREDITS = "edge cases", "rare company", "credits"
RANDOM_DATA = tuple(f"random data {seed}" for seed in RANDOM_SEEDS)
# what is tried under each set of vars, the cheapest first
DATA = {
    DEFAULTS: (EDGE_CASES,),
    OWN_TABLES: (RARE_COMPANY, *RANDOM_DATA),
    SUBSCRIPTIONS: (EDGE_CASES, RARE_COMPANY, *RANDOM_DATA),
    INVOICES: (CREDITS, EDGE_CASES, RARE_COMPANY, *RANDOM_DATA),
}

REFERENCE = "the Python reference"
AN_ERROR = "an error"
# what only an incremental build reads: test_incremental.py holds it
UNTRIED = ("models/staging/", "models/intermediate/changes/")


class InvalidMutantError(Exception):
    """SQL that no database would take, and so nobody could have written it."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: where it was noticed and by what; nothing where it lives on, or was not tried."""

    model: str
    key: str
    where: str | None = None
    by: tuple[str, ...] = ()
    is_valid: bool = True
    is_tried: bool = True
    # of its own model, on any data
    changes_rows: bool = False

    @property
    def operator(self) -> str:
        """The rule that made it."""
        return self.key.partition(":")[0]

    @property
    def survives(self) -> bool:
        """Whether nobody noticed it, though everybody could."""
        return self.is_tried and self.is_valid and not self.by


@dataclass(frozen=True)
class Reason:
    """Why some mutants survive, each by its model and key; a gap is one that a test should notice and none does."""

    says: str
    mutants: tuple[tuple[str, str], ...]

    @property
    def is_gap(self) -> bool:
        """Whether nothing excuses them."""
        return self.says.startswith("GAP:")


def read_survivors() -> list[Reason]:
    """The list of survivors."""
    return [
        Reason(entry["says"], tuple((model, key) for model, keys in entry["mutants"].items() for key in keys))
        for entry in tomllib.loads(SURVIVORS.read_text())["reasons"]
    ]


class Ledger:
    """One project built on one set of raw tables, and the rows of every model."""

    def __init__(self, variables: str, data: str, database: Path, raw: Tables, held: dict[str, str]) -> None:
        """`held` are the marts that the reference holds, and their columns."""
        self.name = f"{data}, {variables}"
        self.raw = raw
        self.settings = reference_settings(VARIABLES[variables])
        manifest = read_manifest(database)
        self.project = CompiledProject(manifest)
        self.models = {model.name: model for model in self.project.models}
        self.parents = {
            node["name"]: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        }
        self.connection = self.project.connect()
        self.connection.execute("set threads = 1")
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute("set memory_limit = '2GB'")
        self.connection.execute("set temp_directory = ''")
        if variables == DEFAULTS:
            self.load_seeded(database)
        else:
            load_raw(self.connection, raw)
        self.has_changed = False
        self.cost: dict[str, float] = {}
        for model in self.project.models:
            started = time.perf_counter()
            self.build(model, model.sql)
            self.cost[model.name] = time.perf_counter() - started
        self.held = held
        self.rows = {name: self.rows_of(name) for name in self.models}
        if data == CREDITS:
            # test_credit_examples.py holds these as well
            self.held = {**held, "mrr_exclusions": "*"}
        self.held_rows = {name: self.rows_of(name, columns) for name, columns in self.held.items()}

    def load_seeded(self, database: Path) -> None:
        """Copy the tables that dbt has seeded: the edge cases and their expected rows."""
        self.connection.execute(f"attach '{database}' as seeded (read_only)")
        self.connection.execute("create schema edge_cases")
        for (table,) in self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'seeded' and schema_name = 'edge_cases'"
        ).fetchall():
            self.connection.execute(f"create table edge_cases.{table} as from seeded.edge_cases.{table}")
        self.connection.execute("detach seeded")

    def build(self, model: CompiledModel, sql: str) -> None:
        """Build one model with the SQL given."""
        self.connection.execute(f"create or replace {model.materialized} {model.relation} as {sql}")

    def rows_of(self, name: str, columns: str = "*") -> tuple[int, int]:
        """How many rows a model has, and a sum of their hashes, in any order."""
        found = self.connection.execute(
            f"select count(*), sum(hash(rows)) from (select {columns} from {self.models[name].relation}) as rows"
        ).fetchone()
        assert found
        return found

    def check(self) -> None:
        """Before anything is changed, the marts are those of the reference and no data test fails."""
        for name, rows in build_marts(self.raw, self.settings).items():
            built = self.connection.execute(f"select {self.held[name]} from marts.{name}").fetchall()
            expected = [tuple(map(str, row.values())) for row in rows]
            assert Counter(tuple(map(str, row)) for row in built) == Counter(expected), f"{name}, {self.name}"
        assert not self.failing(set(self.models)), self.name

    def check_the_parser(self) -> None:
        """Every model gives the same rows as the parser writes it."""
        for name, model in self.models.items():
            if not name.startswith("stg_"):
                assert not self.notice(name, Statement(model.sql).sql()), f"{name} as the parser writes it, {self.name}"

    def failing(self, changed: set[str]) -> tuple[str, ...]:
        """The data tests on changed models that fail."""
        return tuple(
            sorted(
                test.name
                for test in self.project.tests
                if test.models & changed and self.connection.execute(f"select 1 from ({test.sql}\n) limit 1").fetchone()
            )
        )

    @cache  # noqa: B019
    def downstream(self, name: str) -> tuple[str, ...]:
        """What is built from a model, so ordered that a mart which the reference holds comes as early as it can."""
        reached = {name}
        for model in self.project.models:
            if self.parents[model.name] & reached:
                reached.add(model.name)
        above = {
            mart: [other for other in self.models if other in reached and other in self.above(mart)] for mart in reached
        }
        by_cost = sorted(reached & set(self.held), key=lambda mart: sum(self.cost[other] for other in above[mart]))
        rest = [other for other in self.models if other in reached]
        ordered = dict.fromkeys(other for mart in by_cost for other in above[mart])
        return tuple(other for other in dict.fromkeys((*ordered, *rest)) if other != name)

    @cache  # noqa: B019
    def above(self, name: str) -> frozenset[str]:
        """A model and all that it is built from."""
        return frozenset({name}).union(*(self.above(parent) for parent in self.parents[name] & set(self.models)))

    def notice(self, name: str, sql: str) -> tuple[str, ...]:
        """Who notices that a model is built with other SQL: an error, the reference, data tests, or nobody.

        The ledger is whole again when this returns.
        """
        self.has_changed = False
        timer = threading.Timer(SECONDS, self.connection.interrupt)
        timer.start()
        self.connection.execute("begin")
        try:
            try:
                self.build(self.models[name], sql)
            except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
                raise InvalidMutantError(str(error)) from error
            self.has_changed = self.rows_of(name) != self.rows[name]
            if not self.has_changed:
                return ()
            changed = {name}
            if self.reference_notices(name):
                return (REFERENCE,)
            for other in self.downstream(name):
                if self.parents[other] & changed:
                    self.build(self.models[other], self.models[other].sql)
                    if self.rows_of(other) != self.rows[other]:
                        changed.add(other)
                        if self.reference_notices(other):
                            return (REFERENCE,)
            return self.failing(changed)
        except duckdb.Error:
            return (AN_ERROR,)
        finally:
            timer.cancel()
            self.connection.execute("rollback")

    def reference_notices(self, name: str) -> bool:
        """Whether a mart has other rows than the reference."""
        return name in self.held and self.rows_of(name, self.held[name]) != self.held_rows[name]


class Court:
    """The ledgers that mutants are tried on, each built when it is first asked for."""

    def __init__(self, databases: dict[str, Path]) -> None:
        self.databases = databases
        self.ledgers: dict[tuple[str, str], Ledger] = {}
        self.manifests = {variables: read_manifest(database) for variables, database in databases.items()}

    @cached_property
    def variants(self) -> dict[str, dict[str, list[str]]]:
        """Per model its different SQL, and the sets of vars that compile to it."""
        found: dict[str, dict[str, list[str]]] = {}
        for variables, manifest in self.manifests.items():
            for node in manifest["nodes"].values():
                if node["resource_type"] == "model" and not node["original_file_path"].startswith(UNTRIED):
                    found.setdefault(node["name"], {}).setdefault(node["compiled_code"], []).append(variables)
        return found

    @cached_property
    def held(self) -> dict[str, str]:
        """The marts that the reference holds, and their columns."""
        return {
            name: ", ".join(rows[0]) for name, rows in build_marts(self.raw(DEFAULTS, EDGE_CASES), Settings()).items()
        }

    def ledger(self, variables: str, data: str) -> Ledger:
        """One ledger."""
        if (variables, data) not in self.ledgers:
            raw = self.raw(variables, data)
            self.ledgers[variables, data] = Ledger(variables, data, self.databases[variables], raw, self.held)
        return self.ledgers[variables, data]

    def raw(self, variables: str, name: str) -> Tables:
        """Raw tables by their name."""
        if name == EDGE_CASES:
            return edge_raw(self.databases[DEFAULTS])
        if name == RARE_COMPANY:
            return rare_company() if variables == OWN_TABLES else rare_company_for_policies()
        if name == CREDITS:
            return with_every_column(credit_examples())
        return nasty_raw(int(name.split()[-1]), VARIABLES[variables])

    def mutants(self, model: str) -> dict[str, list[tuple[Mutant, list[str]]]]:
        """A model's mutants by their keys, each as it is under each set of vars."""
        found: dict[str, list[tuple[Mutant, list[str]]]] = {}
        for sql, sets_of_vars in self.variants[model].items():
            for mutant in mutants_of(model, sql):
                found.setdefault(mutant.key, []).append((mutant, sets_of_vars))
        return found

    def judge(self, model: str) -> list[Verdict]:
        """What becomes of every mutant of a model.

        Which of them are tried is for a hash to say, so that a change of the model leaves the others as they are.
        """
        mutants = self.mutants(model)
        tried = set(sorted(mutants, key=lambda key: hashlib.sha256(key.encode()).digest())[:PER_MODEL])
        return [
            self.try_one(model, key, versions) if key in tried else Verdict(model, key, is_tried=False)
            for key, versions in mutants.items()
        ]

    def try_one(self, model: str, key: str, versions: list[tuple[Mutant, list[str]]]) -> Verdict:
        """Under each set of vars that compiles to such a place, until somebody notices."""
        is_valid = changes_rows = False
        for mutant, sets_of_vars in versions:
            for variables in sets_of_vars:
                for data in DATA[variables]:
                    ledger = self.ledger(variables, data)
                    try:
                        by = ledger.notice(model, mutant.sql)
                        changes_rows |= ledger.has_changed
                    except InvalidMutantError:
                        break
                    is_valid = True
                    if by:
                        return Verdict(model, key, ledger.name, by)
        return Verdict(model, key, is_valid=is_valid, changes_rows=changes_rows)


COURT: Court | None = None


def open_court(databases: dict[str, Path]) -> None:
    """Each process has its own."""
    global COURT
    COURT = Court(databases)


def check(ledger: tuple[str, str]) -> None:
    """Check one ledger; and the parser on the first one of each set of vars."""
    assert COURT
    variables, data = ledger
    COURT.ledger(variables, data).check()
    if data == DATA[variables][0]:
        COURT.ledger(variables, data).check_the_parser()


def judge(model: str) -> list[Verdict]:
    """Judge the mutants of one model."""
    assert COURT
    return COURT.judge(model)


def judge_all(databases: dict[str, Path]) -> list[Verdict]:
    """Every mutant of every model, tried in parallel, the longest models first."""
    variants = Court(databases).variants
    models = sorted(variants, key=lambda model: (-max(map(len, variants[model])), model))
    with ProcessPoolExecutor(
        SPREAD_OVER, multiprocessing.get_context("spawn"), initializer=open_court, initargs=(databases,)
    ) as pool:
        list(pool.map(check, [(variables, data) for variables, names in DATA.items() for data in names]))
        return [verdict for verdicts in pool.map(judge, models) for verdict in verdicts]
