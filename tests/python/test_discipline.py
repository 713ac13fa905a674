"""The discipline tests can fail: each is seen to turn red on a ledger corrupted for it, and mutants of the models die.

`WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_discipline.py` writes docs/discipline.md from what this run has seen;
a run without it holds the page to that.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import compile_project
from dbt_project import PROJECT_DIR, CompiledProject, read_manifest, run_dbt
from discipline.bench import NO_FLOATS, NO_WALL_CLOCK, WALL_CLOCK, Bench, Compiled, kill_all, open_edge_bench
from discipline.corruptions import CORRUPTIONS, Corruption
from discipline.mutants import MUTANTS, POLICIES, Mutant
from discipline.page import discipline_page

PAGE = PROJECT_DIR / "docs/discipline.md"

# what the best public projects fell into; each is re-enacted by a corruption or a mutant
TRAPS = (
    "Size before zero in the CASE",
    "A truncated window in an incremental run",
    "A bridge that does not chain",
    "A spine with a hard-coded start",
    "A spine that ends at the last `end_date`",
    "Fan-out",
    "Wrong grain",
    "Intervals mapped to zero",
    "Amortising by payment",
    "Only the largest coupon",
    "Status carried, never used",
    "Tax inside MRR",
    "`current_date` in models",
    "Float money",
    "Back-projecting the present",
    '"Ever a customer" by start date',
    "Today's segment on yesterday's cohort",
    "Survivors only",
    "Lazy NRR",
)

CHANGES = {path.stem for path in (PROJECT_DIR / "models/intermediate/changes").glob("*.sql")}

OWN_TABLES: dict[str, Any] = {
    "customer_grain": "parent",
    "reporting_timezone": "America/New_York",
    "constant_fx_date": "2021-06-30",
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The only dbt processes of this module."""
    edge = tmp_path_factory.mktemp("edge") / "edge.duckdb"
    sets_of_vars = {"own_tables": OWN_TABLES, **POLICIES}
    directories = {name: tmp_path_factory.mktemp(name) for name in sets_of_vars}

    def compile_edge_cases() -> None:
        for command in ("seed", "compile"):
            result = run_dbt(command, database=edge, variables={"demo_data": "edge_cases"})
            assert result.exit_code == 0, result.output

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compile_edge_cases)]
        for name, variables in sets_of_vars.items():
            jobs.append(pool.submit(compile_project, directories[name], **variables))
        for job in jobs:
            job.result()
    compiled = {name: directory / "ledger.duckdb" for name, directory in directories.items()}
    return Compiled(edge, (compiled["own_tables"], OWN_TABLES), {name: compiled[name] for name in POLICIES})


@pytest.fixture(scope="module")
def bench(databases: Compiled) -> Bench:
    """The edge cases, built."""
    return open_edge_bench(databases.edge)


@pytest.fixture(scope="module")
def corruptions(bench: Bench) -> tuple[Corruption, ...]:
    """The corruptions that were thought of, and for every other grain test the one that doubles a row of its table."""
    thought_of = {name for corruption in CORRUPTIONS for name in corruption.kills}
    tables = {
        model.name: ".".join(model.relation.replace('"', "").split(".")[1:])
        for model in bench.project.models
        if not model.name.startswith("stg_")
    }
    doubled = [
        Corruption(
            f"A row of {model} is there twice",
            (name,),
            (f"insert into {tables[model]} from {tables[model]} limit 1",),
        )
        for name, model in sorted(bench.grain_tests.items())
        if model in tables and name not in thought_of
    ]
    return (*CORRUPTIONS, *doubled)


@pytest.fixture(scope="module")
def red_tests(bench: Bench, corruptions: tuple[Corruption, ...]) -> dict[str, set[str]]:
    """The discipline tests that each corruption turns red."""
    return {corruption.name: bench.corrupt(corruption) & set(bench.discipline) for corruption in corruptions}


@pytest.fixture(scope="module")
def killers(databases: Compiled) -> dict[str, tuple[str, ...]]:
    """Where and by what each mutant was killed."""
    return kill_all(databases)


def test_nothing_fails_before_anything_is_corrupted(bench: Bench) -> None:
    """Not on the edge cases, nor does a column hold floats or a model read the wall clock."""
    assert not bench.failing(set(bench.parents))
    assert not bench.float_columns(), NO_FLOATS
    assert not [model.name for model in bench.project.models if WALL_CLOCK.search(model.sql)], NO_WALL_CLOCK


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_corruption_turns_its_own_tests_red(corruption: Corruption, red_tests: dict[str, set[str]]) -> None:
    """All of those that the corruption was made for."""
    assert set(corruption.kills) <= red_tests[corruption.name]


def test_every_discipline_test_has_a_corruption_that_it_catches(
    bench: Bench, corruptions: tuple[Corruption, ...], red_tests: dict[str, set[str]]
) -> None:
    """By name, not by the way: a new discipline test needs a corruption of its own."""
    assert not set(bench.discipline) - {name for corruption in corruptions for name in corruption.kills}
    assert not set(bench.discipline) - set().union(*red_tests.values())
    assert not [name for name, test in bench.discipline.items() if not test.says], (
        "a discipline test without a sentence"
    )


def test_every_trap_is_re_enacted_and_caught_by_a_discipline_test(
    bench: Bench, red_tests: dict[str, set[str]], killers: dict[str, tuple[str, ...]]
) -> None:
    """Expected rows know only the data that they were worked out for."""
    ours = {*bench.discipline, NO_FLOATS, NO_WALL_CLOCK}
    caught = {corruption.trap for corruption in CORRUPTIONS if red_tests[corruption.name]}
    for mutant in MUTANTS:
        if mutant.trap:
            assert ours & set(killers[mutant.label]), f"no discipline test notices: {mutant.label}"
            caught.add(mutant.trap)
    assert caught - {None} == set(TRAPS)


def test_every_fragment_of_a_mutant_is_in_its_model(databases: Compiled, bench: Bench) -> None:
    """A model has changed and its mutants with it: write the fragment as it is compiled now."""
    projects = {policies: CompiledProject(read_manifest(database)) for policies, database in databases.policies.items()}
    models = {
        policies: {model.name: model.sql for model in project.models}
        for policies, project in {None: bench.project, **projects}.items()
    }
    assert len({mutant.label for mutant in MUTANTS}) == len(MUTANTS)
    found = {mutant: models[mutant.under].get(mutant.model, "").count(mutant.old) for mutant in MUTANTS}
    assert not [
        f"{mutant.label}: the fragment {mutant.old!r} occurs {times} times"
        for mutant, times in found.items()
        if times != 1
    ]


def test_every_model_of_the_ledger_has_mutants(bench: Bench) -> None:
    """All but staging, which only renames and casts, and what only an incremental build needs: it has its own test."""
    models = {model.name for model in bench.project.models if not model.name.startswith("stg_")}
    assert models - CHANGES == {mutant.model for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.label)
def test_a_mutant_is_killed(mutant: Mutant, killers: dict[str, tuple[str, ...]]) -> None:
    """By a data test, on the edge cases or on random data, or by the Python reference; an equivalent one by nothing."""
    _, *found = killers[mutant.label]
    assert bool(found) == (mutant.equivalent is None)


def test_the_page_says_what_this_run_has_seen(
    databases: Compiled,
    bench: Bench,
    corruptions: tuple[Corruption, ...],
    red_tests: dict[str, set[str]],
    killers: dict[str, tuple[str, ...]],
) -> None:
    """WRITE_DISCIPLINE_PAGE=1 writes it."""
    macros = read_manifest(databases.edge)["macros"].values()
    generics = {
        re.sub("^test_", "", macro["name"]): macro["description"].split("\n")[0]
        for macro in macros
        if macro["original_file_path"].startswith("tests/generic/")
    }
    page = discipline_page(generics, bench.discipline, corruptions, red_tests, MUTANTS, killers)
    if os.environ.get("WRITE_DISCIPLINE_PAGE"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_discipline.py"
