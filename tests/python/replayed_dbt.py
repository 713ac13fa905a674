"""Incremental dbt runs without dbt's start: the SQL that real runs executed, on any DuckDB connection.

What dbt decides when it compiles (Has the ledger's end moved? Has nothing changed? Is it a full refresh?) is decided
here from the same table, ledger_state.build, and the statements of its hooks are those that dbt logged.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt_project import CompiledProject, read_manifest

STATE = "ledger_state.build"
TEMPORARY = re.compile(r'"\w+__dbt_tmp\d+"')
LOG_LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d+ \[", re.MULTILINE)


@dataclass(frozen=True)
class IncrementalSql:
    """What an incremental run executes for a model: its rows, and the statements that put them into its table."""

    rows: str
    merge: str


@dataclass
class Harvest:
    """The SQL of one real run: of its models, and of its hooks."""

    models: dict[str, IncrementalSql] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_last_run(cls, database: Path, dates: tuple[Any, ...]) -> Harvest:
        """What the last `run_dbt` on this database left; `dates` are the ends of the ledger that stand in its SQL."""
        artefacts = database.parent / f"{database.stem}_dbt"
        harvest = cls()
        for result in json.loads((artefacts / "target/run_results.json").read_text())["results"]:
            name = result["unique_id"].split(".")[-1]
            files = list((artefacts / "target/run").rglob(f"{name}.sql"))
            if files and result["compiled_code"]:
                merge = TEMPORARY.sub("replayed_rows", files[0].read_text())
                harvest.models[name] = IncrementalSql(*(_open(sql, dates) for sql in (result["compiled_code"], merge)))
        for entry in LOG_LINE.split((artefacts / "logs/dbt.log").read_text()):
            for hook, text in {
                "begin": "was_complete = is_complete",
                "int_input_digest": "nothing_changed = coalesce(",
                "int_ledger_bounds": "ledger_end_has_moved = coalesce(",
                "end": "is_complete = true",
            }.items():
                if text in entry and "*/" in entry:
                    harvest.hooks[hook] = entry.split("*/", 1)[1]
        return harvest


def _open(sql: str, dates: tuple[Any, ...]) -> str:
    for day in dates:
        sql = sql.replace(f"cast('{day}' as date)", "cast('{last_month_date}' as date)")
    return sql


class ReplayedDbt:
    """One database, and runs of dbt on it."""

    def __init__(self, project: CompiledProject, database: Path, still: Harvest, moved: Harvest) -> None:
        self.project = project
        self.still = still
        self.moved = moved
        nodes = read_manifest(database)["nodes"]
        names = {model.name for model in project.models}
        self.parents = {
            node["name"]: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]} & names
            for node in nodes.values()
            if node["resource_type"] == "model"
        }
        self.incremental = {
            node["name"]
            for node in nodes.values()
            if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        }
        self.connection = project.connect()
        self.connection.execute("create schema ledger_state")

    def order(self, rng: random.Random) -> list[str]:
        """The models in any order in which each follows what it reads."""
        left = {name: set(parents) for name, parents in self.parents.items()}
        order = []
        while left:
            name = rng.choice(sorted(name for name, parents in left.items() if not parents))
            order.append(name)
            del left[name]
            for parents in left.values():
                parents.discard(name)
        return order

    def state(self) -> dict[str, Any]:
        """The row of ledger_state.build."""
        cursor = self.connection.execute(f"from {STATE}")
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))

    def run(self, order: list[str], *, full_refresh: bool = False, is_whole: bool = True) -> None:
        """Run models in this order; a run that is not whole ends without dbt's last word."""
        execute = self.connection.execute
        if not execute("select 1 from information_schema.tables where table_schema = 'ledger_state'").fetchall():
            execute(
                f"create table {STATE} (rules varchar, vars varchar, last_month_date date, least_month_date date,"
                " input_digest hugeint, is_complete boolean, was_complete boolean, is_full_refresh boolean,"
                " nothing_changed boolean, ledger_end_has_moved boolean)"
            )
            execute(f"insert into {STATE} (is_complete) values (false)")
        last = self.state()
        full_refresh = full_refresh or not last["rules"] or (last["is_full_refresh"] and not last["is_complete"])
        execute(re.sub(r"is_full_refresh = \w+", f"is_full_refresh = {full_refresh}", self.still.hooks["begin"]))
        for name in order:
            self._build(name, full_refresh)
        if is_whole:
            for statement in self.still.hooks["end"].split(";"):
                execute(statement)

    def _build(self, name: str, full_refresh: bool) -> None:
        model = self.project.model(name)
        execute = self.connection.execute
        if name not in self.incremental or full_refresh or not self._exists(model.relation):
            execute(f"create or replace {model.materialized} {model.relation} as {model.sql}")
            if name in self.still.hooks:
                execute(self.still.hooks[name])
            return
        state = self.state()
        if state["nothing_changed"]:
            return
        sql = (self.moved if state["ledger_end_has_moved"] else self.still).models.get(name, self.still.models[name])
        least = "select least(build.least_month_date, bounds.last_month_date) from ledger_state.build as build"
        (day,) = execute(f"{least} cross join intermediate.int_ledger_bounds as bounds").fetchone()
        execute("begin")
        try:
            execute("create or replace temp table replayed_rows as " + sql.rows.replace("{last_month_date}", str(day)))
            execute(sql.merge.replace("{last_month_date}", str(day)))
            execute("commit")
        except duckdb.Error:
            execute("rollback")
            raise

    def _exists(self, relation: str) -> bool:
        schema, table = relation.replace('"', "").split(".")[-2:]
        found = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
        return bool(self.connection.execute(found, [schema, table]).fetchall())
