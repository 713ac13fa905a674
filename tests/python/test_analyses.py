"""The questions in analyses/ have answers on the demo, and the answers tie to the marts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt_project import PROJECT_DIR, Row, fetch_rows, read_manifest, run_dbt

QUESTIONS = sorted(path.stem for path in (PROJECT_DIR / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo that `make build` builds, with the analyses compiled for it."""
    # its views know it by the name of the file
    copy = tmp_path_factory.mktemp("analyses") / "cohort_ledger.duckdb"
    shutil.copy(PROJECT_DIR / copy.name, copy)
    result = run_dbt("compile", "--select", "resource_type:analysis", database=copy)
    assert result.exit_code == 0, result.output
    return copy


@pytest.fixture(scope="module")
def demo(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy, to read."""
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def answers(demo: duckdb.DuckDBPyConnection, database: Path) -> dict[str, list[Row]]:
    """The rows of every question."""
    nodes = read_manifest(database)["nodes"].values()
    queries = {node["name"]: node["compiled_code"] for node in nodes if node["resource_type"] == "analysis"}
    return {name: fetch_rows(demo, queries[name]) for name in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_an_answer_and_begins_with_the_question(answers: dict[str, list[Row]], question: str) -> None:
    """Rows whose columns are not all null, and a comment that asks."""
    assert answers[question]
    assert all(any(row[column] is not None for row in answers[question]) for column in answers[question][0])
    first_lines = (PROJECT_DIR / f"analyses/{question}.sql").read_text().split("\nwith")[0]
    assert first_lines.startswith("-- ")
    assert "?" in first_lines


def test_there_are_at_least_a_dozen() -> None:
    """What a finance lead asks."""
    assert len(QUESTIONS) >= 12


def test_the_quarters_chain(answers: dict[str, list[Row]]) -> None:
    """The last quarter opens with what the one before closed with."""
    before, last = answers["what_changed_since_last_quarter"]
    assert before["closing_mrr"] == last["opening_mrr"]


def test_years_of_acquisition_sum_to_the_nrr(answers: dict[str, list[Row]]) -> None:
    """Points of NRR sum to its distance from 1, but for the rounding of each."""
    rows = answers["cohorts_that_carry_nrr"]
    assert abs(sum(row["points_of_nrr"] for row in rows) - (rows[0]["nrr_of_all"] - 1)) < Decimal("0.00001")


def test_drivers_sum_to_what_retained_customers_changed(
    answers: dict[str, list[Row]], demo: duckdb.DuckDBPyConnection
) -> None:
    """Of the last twelve months."""
    (changed,) = demo.execute(
        """
        select sum(expansion_mrr + contraction_mrr)
        from (from marts.mrr_waterfall order by month_date desc limit 12)
        """
    ).fetchone()
    assert sum(row["mrr_change"] for row in answers["drivers_that_shrank"]) == changed


def test_movers_are_the_largest(answers: dict[str, list[Row]], demo: duckdb.DuckDBPyConnection) -> None:
    """The first and the last row, over all movements of the last three months."""
    changes = [row["mrr_change"] for row in answers["top_movers"]]
    largest = demo.execute(
        """
        select max(mrr_change), min(mrr_change)
        from marts.fct_mrr_movements
        where month_date > (select max(month_date) - interval 3 month from marts.mrr_waterfall)
        """
    ).fetchone()
    assert (changes[0], changes[-1]) == largest


def test_needed_grr_gives_the_target(answers: dict[str, list[Row]]) -> None:
    """At the same expansion, an NRR of 115 %."""
    assert all(
        row["grr_needed"] + row["expansion_rate"] == Decimal("1.15") for row in answers["grr_needed_for_nrr_115"]
    )


def test_packaging_gaps_are_beyond_their_limits(answers: dict[str, list[Row]]) -> None:
    """Over 1, or under a quarter of what is included."""
    for row in answers["packaging_gaps"]:
        share = row["share_of_limit"]
        if row["gap"] == "customer over the limit":
            assert share > 1
        elif row["gap"] == "customer far under the limit":
            assert share < Decimal("0.25")
