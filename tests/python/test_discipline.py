"""The discipline tests can fail: each is seen to turn red on a ledger corrupted for it.

`WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_discipline.py` writes docs/discipline.md from what this run has seen;
a run without it holds the page to that. test_mutants.py changes the models themselves.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from dbt_project import PROJECT_DIR, read_manifest, run_dbt
from discipline.bench import NO_FLOATS, NO_WALL_CLOCK, WALL_CLOCK, Bench, open_edge_bench
from discipline.corruptions import CORRUPTIONS, Corruption
from discipline.page import discipline_page

PAGE = PROJECT_DIR / "docs/discipline.md"

# what the best public projects fell into; each is re-enacted by a corruption
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


@pytest.fixture(scope="module")
def edge_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database for which dbt has seeded and compiled the edge cases."""
    database = tmp_path_factory.mktemp("edge_cases") / "ledger.duckdb"
    for command in ("seed", "compile"):
        result = run_dbt(command, database=database, variables={"demo_data": "edge_cases"})
        assert result.exit_code == 0, result.output
    return database


@pytest.fixture(scope="module")
def bench(edge_cases: Path) -> Bench:
    """The edge cases, built."""
    return open_edge_bench(edge_cases)


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


def test_nothing_fails_before_anything_is_corrupted(bench: Bench) -> None:
    """Not on the edge cases, nor does a column hold floats or a model read the wall clock."""
    assert not bench.failing(set(bench.parents))
    assert not bench.float_columns(), NO_FLOATS
    assert not [model.name for model in bench.project.models if WALL_CLOCK.search(model.sql)], NO_WALL_CLOCK


def test_a_float_and_the_wall_clock_would_be_seen(bench: Bench) -> None:
    """They are looked for in types and in SQL, where no corruption of rows would show them."""
    bench.connection.execute("begin")
    try:
        bench.connection.execute("alter table marts.mrr_waterfall alter column closing_mrr type double")
        assert bench.float_columns() == ["mrr_waterfall.closing_mrr"]
    finally:
        bench.connection.execute("rollback")
    assert WALL_CLOCK.search("coalesce(issued_date, current_date)")


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


def test_every_trap_is_re_enacted_and_caught_by_a_discipline_test(red_tests: dict[str, set[str]]) -> None:
    """Expected rows know only the data that they were worked out for."""
    assert {corruption.trap for corruption in CORRUPTIONS if red_tests[corruption.name]} - {None} == set(TRAPS)


def test_the_page_says_what_this_run_has_seen(
    edge_cases: Path, bench: Bench, corruptions: tuple[Corruption, ...], red_tests: dict[str, set[str]]
) -> None:
    """WRITE_DISCIPLINE_PAGE=1 writes it."""
    macros = read_manifest(edge_cases)["macros"].values()
    generics = {
        re.sub("^test_", "", macro["name"]): macro["description"].split("\n")[0]
        for macro in macros
        if macro["original_file_path"].startswith("tests/generic/")
    }
    page = discipline_page(generics, bench.discipline, corruptions, red_tests)
    if os.environ.get("WRITE_DISCIPLINE_PAGE"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run WRITE_DISCIPLINE_PAGE=1 pytest tests/python/test_discipline.py"
