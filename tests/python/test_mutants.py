"""Every model, wrong in every way that a rule can think of, is noticed by a test, or stands on the list of survivors.

`WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_mutants.py` writes docs/mutants.md from what this run has seen. A run
tries some mutants of each model, those that a hash has chosen; MUTANTS_PER_MODEL=0 tries all.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from conftest import compile_project
from dbt_project import PROJECT_DIR, read_manifest, run_dbt
from discipline.page import mutants_page
from discipline.trial import DEFAULTS, UNTRIED, VARIABLES, Verdict, judge_all, read_survivors

pytestmark = pytest.mark.prove

PAGE = PROJECT_DIR / "docs/mutants.md"


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A database per set of vars for which dbt has compiled the project, that of the defaults with the edge cases."""
    databases = {name: tmp_path_factory.mktemp(name.replace(" ", "_")) / "ledger.duckdb" for name in VARIABLES}
    for command in ("seed", "compile"):
        result = run_dbt(command, database=databases[DEFAULTS], variables={"demo_data": "edge_cases"})
        assert result.exit_code == 0, result.output
    for name, variables in VARIABLES.items():
        if name != DEFAULTS:
            compile_project(databases[name].parent, **variables)
    return databases


@pytest.fixture(scope="module")
def verdicts(databases: dict[str, Path]) -> list[Verdict]:
    """What became of every mutant."""
    return judge_all(databases)


def test_every_model_of_the_ledger_has_mutants(databases: dict[str, Path], verdicts: list[Verdict]) -> None:
    """All but those whose folders are excepted."""
    models = {
        node["name"]
        for node in read_manifest(databases[DEFAULTS])["nodes"].values()
        if node["resource_type"] == "model" and not node["original_file_path"].startswith(UNTRIED)
    }
    assert models == {verdict.model for verdict in verdicts if verdict.by}


def test_every_mutant_is_noticed_or_is_on_the_list_of_survivors(verdicts: list[Verdict]) -> None:
    """Write a row of data that shows it, or the reason why no data can."""
    excused = {mutant for reason in read_survivors() for mutant in reason.mutants}
    survivors = {(verdict.model, verdict.key) for verdict in verdicts if verdict.survives}
    assert not sorted(survivors - excused)


def test_nothing_is_on_the_list_of_survivors_that_does_not_survive(verdicts: list[Verdict]) -> None:
    """Remove it: a test notices it by now, or there is no such mutant any more."""
    excused = Counter(mutant for reason in read_survivors() for mutant in reason.mutants)
    might = {(verdict.model, verdict.key) for verdict in verdicts if verdict.survives or not verdict.is_tried}
    assert not sorted(set(excused) - might)
    assert not [mutant for mutant, times in excused.items() if times > 1], "excused twice"


@pytest.mark.skipif("MUTANTS_PER_MODEL" in os.environ, reason="the page shows the run that tries some of them")
def test_the_page_says_what_this_run_has_seen(verdicts: list[Verdict]) -> None:
    """WRITE_DISCIPLINE_PAGE=1 writes it."""
    page = mutants_page(verdicts, read_survivors())
    if os.environ.get("WRITE_DISCIPLINE_PAGE"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_mutants.py"
