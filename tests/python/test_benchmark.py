"""The benchmark works, and what it compares is comparable: its states of the raw tables, and its textbook method."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt_project import CLI, CompiledProject, Row, fetch_rows

from cohort_ledger.benchmark import data as benchmark_data
from cohort_ledger.benchmark.queries import DifferenceError, check_same_ledger
from cohort_ledger.benchmark.report import write_section
from cohort_ledger.benchmark.runs import seconds_covered

CUSTOMERS, SEED = 300, 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where generated data are kept."""
    directory = tmp_path_factory.mktemp("benchmark")
    benchmark_data.generate(directory, CUSTOMERS, SEED)
    return directory


@pytest.mark.prove
def test_one_run(folder: Path) -> None:
    """It ends well only if the ledger is the textbook's, and an incremental build leaves what a full refresh does."""
    command = [*CLI, "benchmark", str(CUSTOMERS)]
    command += ["--repeats", "1", "--changes", "backdated", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("|")]
    results = {row[0]: row[-1] for row in rows}
    assert results["(d) every mart equals that of a full refresh after each"] == "yes"
    assert float(results["(a) full build ÷ copy limit"]) > 0
    assert float(results["(b) textbook method ÷ ledger"]) > 0
    assert results["subscriptions / item versions / invoice lines"].count("/") == 2
    assert str(folder) not in done.stdout
    assert "\r" not in done.stdout
    assert [path.name for path in folder.iterdir()] == [f"raw_{CUSTOMERS}_customers_seed_{SEED}"]


def test_a_month_ago_is_a_valid_state_and_gives_the_same_history(compiled: CompiledProject, folder: Path) -> None:
    """No test of the input fails, before and after the changes, and and only the last month is new."""

    files = benchmark_data.generate(folder, CUSTOMERS, SEED)
    last_month = date.fromisoformat(benchmark_data.LAST_MONTH)

    def movements(connection: duckdb.DuckDBPyConnection) -> list[Row]:
        """Of a new build, without the rate of the last month, which the benchmark leaves out by a var."""
        connection.execute(f"delete from raw.exchange_rates where effective_date > '{benchmark_data.CONSTANT_FX_DATE}'")
        compiled.build(connection)
        return fetch_rows(connection, "from marts.fct_mrr_movements order by all")

    with compiled.connect() as connection:
        benchmark_data.load(connection, files, benchmark_data.LAST_MONTH)
        before = movements(connection)
        assert compiled.failing_tests(connection) == {}

        benchmark_data.load(connection, files, None)
        after = movements(connection)
        assert [row for row in after if row["month_date"] < last_month] == before
        assert len(after) > len(before) > 1000

        assert benchmark_data.change_the_past(connection) == 3
        changed = {row["customer_id"] for row in movements(connection) if row not in after}
        assert compiled.failing_tests(connection) == {}
        assert 1 <= len(changed) <= 3


def test_other_rows_of_the_textbook_method_are_noticed() -> None:
    """Same rows in another order pass; another amount does not."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as scratch; use scratch; create schema ledger")
        for name, columns in {
            "movements": "customer_id, month_date, movement_type, opening_mrr, closing_mrr, mrr_change, recovered_mrr, "
            "above_peak_mrr",
            "months": "customer_id, month_date, opening_mrr, closing_mrr, peak_mrr_before, is_first_paid_month",
        }.items():
            mart = {"movements": "fct_mrr_movements", "months": "fct_customer_mrr_months"}[name]
            values = ", ".join(f"i as {column.strip()}" for column in columns.split(","))
            connection.execute(f"create table ledger.{mart} as select {values} from range(9) as numbers(i)")
            connection.execute(f"create table textbook_{name} as from ledger.{mart} order by 1 desc")
        check_same_ledger(connection)
        connection.execute("update textbook_months set closing_mrr = 99 where customer_id = 5")
        with pytest.raises(DifferenceError, match="fct_customer_mrr_months"):
            check_same_ledger(connection)


def test_time_in_which_two_models_were_built_counts_once() -> None:
    assert seconds_covered([(5, 6), (0, 2), (1, 3), (1, 2)]) == 4
    assert seconds_covered([]) == 0


def test_the_newest_section_stands_first(tmp_path: Path) -> None:
    document = tmp_path / "benchmark.md"
    for day in (1, 2):
        write_section(date(2026, 1, day), "make benchmark", f"result {day}", document)
    text = document.read_text()
    assert text.startswith("# Benchmark\n")
    assert text.index("## 2026-01-02") < text.index("result 2") < text.index("## 2026-01-01") < text.index("result 1")
