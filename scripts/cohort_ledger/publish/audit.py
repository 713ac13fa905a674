"""Build the ledger with every data test, and say in words what failed."""

from __future__ import annotations

import json
from pathlib import Path

from cohort_ledger.build.build import build
from cohort_ledger.errors import LedgerError, in_one_line
from cohort_ledger.project import artefacts_dir, database_path
from cohort_ledger.warehouse import unwritable


def audit(given_vars: str, *, verbose: bool = False) -> Path:
    """One dbt build with every data test, into the working database; returns where its artefacts are.

    The tests of the input come first by themselves: whatever is not staging waits for them.
    """
    if problem := unwritable(database_path()):
        raise LedgerError(problem)
    target = artefacts_dir()
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    built = build(given_vars, target=target, verbose=verbose)
    if built.exit_code:
        raise LedgerError("\n  ".join(["the build failed its audit", *failures(results, built.said)]))
    return target


def failures(results: Path, printed: str) -> list[str]:
    """A line for everything that failed in a build: tests with the table of the failing rows, others with the error."""
    if not results.exists():
        _, is_said, error = printed.rpartition("Encountered an error:\n")
        return [f"dbt stopped before it built anything: {in_one_line(error) if is_said else 'see its message above'}"]
    lines = []
    for result in json.loads(results.read_text())["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        if result["status"] == "fail":
            lines.append(f"{kind} {name} failed: its failing rows are in {result['relation_name']}")
        elif result["status"] == "error":
            # the first line says where, and in many words
            where, _, error = result["message"].partition("\n")
            lines.append(f"{kind} {name}: {in_one_line(error or where)}")
    return lines or ["dbt ended with an error: see its message above"]
