"""dbt processes that are measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from cohort_ledger import dbt
from cohort_ledger.benchmark.data import CONSTANT_FX_DATE
from cohort_ledger.errors import LedgerError
from cohort_ledger.project import PROJECT_DIR

VARS = {"demo_data": False, "constant_fx_date": CONSTANT_FX_DATE}
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of what the system counts memory in


@dataclass(frozen=True)
class DbtRun:
    """One dbt process: seconds on the clock, of processors, and in which a model was being built; peak bytes."""

    wall: float
    processor: float
    in_models: float
    peak: int
    models: dict[str, float]


@dataclass(frozen=True)
class CompiledModel:
    """A model's SQL with all names resolved, what it makes, and what it reads."""

    unique_id: str
    name: str
    relation: str
    kind: str
    sql: str
    parents: list[str]


@dataclass(frozen=True)
class Workspace:
    """Where one size is measured: a DuckDB file, and what dbt leaves beside it."""

    folder: Path
    memory_limit: str

    @property
    def database(self) -> Path:
        """The file that dbt builds into."""
        return self.folder / "ledger.duckdb"

    @property
    def target(self) -> Path:
        """Where dbt puts what it knows of a run."""
        return self.folder / "target"

    def compiled(self) -> list[CompiledModel]:
        """All models as the last dbt process compiled them."""
        nodes = json.loads((self.target / "manifest.json").read_text())["nodes"]
        return [
            CompiledModel(
                unique_id,
                node["name"],
                node["relation_name"],
                "view" if node["config"]["materialized"] == "view" else "table",
                node["compiled_code"],
                node["depends_on"]["nodes"],
            )
            for unique_id, node in nodes.items()
            if node["resource_type"] == "model"
        ]


class DbtError(LedgerError):
    """A dbt process that failed, with what it said."""


def seconds_covered(spans: list[tuple[float, float]]) -> float:
    """The seconds that lie in at least one of the spans."""
    covered, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        covered += max(end - max(begin, until), 0)
        until = max(until, end)
    return covered


def execution_spans(results: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """When each model was being built, as dbt has timed it."""
    return [
        tuple(datetime.fromisoformat(timing[key]).timestamp() for key in ("started_at", "completed_at"))
        for result in results
        for timing in result["timing"]
        if timing["name"] == "execute"
    ]


def run_dbt(workspace: Workspace, *arguments: str) -> DbtRun:
    """One dbt process, measured."""
    command = dbt.command("--no-use-colors", *arguments, variables=json.dumps(VARS), target=workspace.target)
    environment = dbt.environment(workspace.database, COHORT_LEDGER_MEMORY_LIMIT=workspace.memory_limit)
    log, results = workspace.folder / "dbt.log", workspace.target / "run_results.json"
    results.unlink(missing_ok=True)
    with log.open("w") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise DbtError(f"dbt {' '.join(arguments)} failed:\n{log.read_text()}")
    built = json.loads(results.read_text())["results"] if results.exists() else []
    models = {result["unique_id"].split(".")[-1]: result["execution_time"] for result in built}
    return DbtRun(
        wall,
        usage.ru_utime + usage.ru_stime,
        seconds_covered(execution_spans(built)),
        usage.ru_maxrss * RSS_UNIT,
        models,
    )


def start_up(workspace: Workspace, repeats: int) -> float:
    """Seconds that dbt takes to find out that it has nothing to run, the project being parsed; the median."""
    return median(run_dbt(workspace, "run", "--select", "tag:none").wall for _ in range(repeats))
