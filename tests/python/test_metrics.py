"""The metrics are the marts: MetricFlow's answers against the tables that people read."""

from __future__ import annotations

import csv
import itertools
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from conftest import compile_project
from dbt_project import PROJECT_DIR, CompiledProject, Row, fetch_rows, load_raw, read_manifest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from reference.generate import random_raw
from small_company import small_company

# columns of mrr_waterfall that have another name as a metric
BALANCES = {"closing_mrr": "mrr", "closing_arr": "arr", "closing_customers": "customers"}
BRIDGE = (
    *("opening_mrr", "new_mrr", "acquired_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr"),
    *("fx_mrr", "closing_mrr", "closing_arr", "opening_customers", "new_customers", "acquired_customers"),
    *("reactivation_customers", "churn_customers", "closing_customers", "quick_ratio"),
)
PERIOD_TYPES = {"trailing_12_months": "", "month": "monthly_", "quarter": "quarterly_", "year": "annual_"}
RATES = ("nrr", "grr", "logo_retention", "expansion_rate")
# columns of retention_rates that are Σ over a cohort
COHORT_SUMS = {
    "opening_mrr": "cohort_opening_mrr",
    "closing_mrr": "cohort_closing_mrr",
    "retained_mrr": "cohort_retained_mrr",
    "expansion_mrr": "cohort_expansion_mrr",
    "cohort_customers": "cohort_customers",
}
DIMENSIONS = (
    *("segment", "country", "acquisition_channel", "csm_owner", "acquisition_year", "mrr_band", "plan"),
    *("billing_interval", "pricing_model"),
)
COHORT_COLUMNS = COHORT_SUMS | {rate: rate for rate in RATES}
BY_MONTH = "from marts.mrr_waterfall order by month_date"


def exact(printed: str) -> Decimal | None:
    """A number that `mf` has printed: it holds them in floating point, which gives our decimals back as they were."""
    return Decimal(printed) if printed else None


def rounded(ratio: float | Decimal | None) -> Decimal | None:
    """A ratio as the marts hold it; MetricFlow divides in floating point."""
    return None if ratio is None else Decimal(str(ratio)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Metrics:
    """MetricFlow on a database: the SQL that it makes of a question, and the rows, with decimals as decimals."""

    engine: MetricFlowEngine
    connection: duckdb.DuckDBPyConnection

    @classmethod
    def of(cls, semantic_manifest: Path, connection: duckdb.DuckDBPyConnection) -> Metrics:
        """The metrics in a `semantic_manifest.json`; the engine only writes SQL, for which it needs no client."""
        manifest = parse_manifest_from_dbt_generated_manifest(semantic_manifest.read_text())
        dialect = SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())
        return cls(MetricFlowEngine(SemanticManifestLookup(manifest), dialect), connection)

    def ask(self, metrics: Sequence[str], group_by: Sequence[str] = (), where: str | None = None) -> list[Row]:
        """What `mf query` would be asked."""
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(group_by) or None,
            where_constraints=[where] if where else None,
        )
        sql = self.engine.explain(request).sql_statement.without_descriptions.sql
        return fetch_rows(self.connection, sql)


@dataclass(frozen=True)
class Demo:
    """A copy of the demo that `make build` builds, and beside it the project as dbt has compiled it."""

    database: Path

    @property
    def artefacts(self) -> Path:
        """Where dbt has left them: as good as a project for `mf`, which looks for them in `target`."""
        return self.database.parent / f"{self.database.stem}_dbt"

    def mf(self, *arguments: str) -> str:
        """One `mf` process; returns what it printed."""
        environment = {
            **os.environ,
            "COHORT_LEDGER_DUCKDB_PATH": str(self.database),
            "DBT_PROJECT_DIR": str(self.artefacts),
            "DBT_PROFILES_DIR": str(PROJECT_DIR),
            # it looks for a newer version, and remembers the answer in the temporary directory
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "",
            "TMPDIR": str(self.artefacts),
        }
        command = [str(Path(sys.executable).parent / "mf"), *arguments]
        done = subprocess.run(command, cwd=self.artefacts, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, *arguments: str) -> list[dict[str, str]]:
        """The rows of one `mf query`, as text; a null is an empty one."""
        path = self.artefacts / "answer.csv"
        self.mf("query", *arguments, "--csv", str(path), "--quiet")
        with path.open() as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[CompiledProject, Path]:
    """The only dbt process of this module, and where it wrote: what a metric is does not depend on the vars.

    With historical exchange rates and a fiscal year from April on.
    """
    directory = tmp_path_factory.mktemp("metrics")
    return compile_project(directory, fx_policy="historical", fiscal_year_start_month=4), directory


@pytest.fixture(scope="module")
def semantic_manifest(project: tuple[CompiledProject, Path]) -> Path:
    """What MetricFlow knows of the project."""
    return project[1] / "ledger_dbt/target/semantic_manifest.json"


@pytest.fixture(scope="module")
def demo(project: tuple[CompiledProject, Path]) -> Demo:
    """A copy of the demo in the place of the database that the project was compiled for."""
    found = Demo(project[1] / "ledger.duckdb")
    shutil.copy(PROJECT_DIR / "cohort_ledger.duckdb", found.database)
    shutil.copy(PROJECT_DIR / "dbt_project.yml", found.artefacts)
    return found


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Another copy, to read: `mf` opens its own to write, so nobody else may have that one open."""
    copy = shutil.copy(PROJECT_DIR / "cohort_ledger.duckdb", tmp_path_factory.mktemp("marts") / "ledger.duckdb")
    with duckdb.connect(copy, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def answers(demo: Demo) -> dict[str, list[dict[str, str]]]:
    """The rows of every saved query of the project, by `mf query`."""
    names = sorted(query["name"] for query in read_manifest(demo.database)["saved_queries"].values())
    return {name: demo.query("--saved-query", name) for name in names}


@pytest.fixture(scope="module")
def metrics(semantic_manifest: Path, marts: duckdb.DuckDBPyConnection) -> Metrics:
    """Of the demo, without a process for every question."""
    return Metrics.of(semantic_manifest, marts)


@pytest.fixture(scope="module")
def metrics_at_moving_rates(project: tuple[CompiledProject, Path], semantic_manifest: Path) -> Iterator[Metrics]:
    """Of a random company with several currencies."""
    with project[0].connect() as connection:
        load_raw(connection, random_raw(random.Random(8), customers=40, months=40, corrections=True))
        project[0].build(connection)
        yield Metrics.of(semantic_manifest, connection)


@pytest.fixture(scope="module")
def definitions(demo: Demo) -> dict[str, Row]:
    """The metrics of the manifest, by name."""
    return {metric["name"]: metric for metric in read_manifest(demo.database)["metrics"].values()}


def check_bridge(metrics: Metrics) -> None:
    """Every month and column of the bridge, to the last digit."""
    found = metrics.ask([BALANCES.get(column, column) for column in BRIDGE], ["metric_time__month"])
    found.sort(key=lambda row: row["metric_time__month"])
    expected = fetch_rows(metrics.connection, BY_MONTH)
    assert expected
    assert [row["metric_time__month"].date() for row in found] == [row["month_date"] for row in expected]
    for answer, month in zip(found, expected, strict=True):
        for column in BRIDGE:
            value = answer[BALANCES.get(column, column)]
            assert (rounded(value) if column == "quick_ratio" else value) == month[column], (month, column)


def check_retention(metrics: Metrics, dimension: str) -> None:
    """Every sum and rate of every cohort, for each period type: no cohort is missing, and none is there too many."""
    group_by = [] if dimension == "total" else [f"cohort__{dimension}"]
    for period_type, prefix in PERIOD_TYPES.items():
        answer = metrics.ask([prefix + name for name in COHORT_COLUMNS.values()], ["metric_time__month", *group_by])
        found = {
            (row["metric_time__month"].date(), *(str(row[column]) for column in group_by)): {
                column: rounded(row[prefix + name]) if column in RATES else row[prefix + name]
                for column, name in COHORT_COLUMNS.items()
            }
            for row in answer
        }
        rates = fetch_rows(
            metrics.connection,
            f"from marts.retention_rates where period_type = '{period_type}' and dimension = '{dimension}'",
        )
        assert rates
        assert found == {
            (row["period_end_date"].replace(day=1), *([row["dimension_value"]] if group_by else [])): {
                column: row[column] for column in COHORT_COLUMNS
            }
            for row in rates
        }


# What there is --------------------------------------------------------------------------------------------------------


def test_every_metric_says_what_it_is(definitions: dict[str, Row]) -> None:
    """Those that a board asks for are there, and each has a label, a description, a format and an owner."""
    movements = {"new_mrr", "acquired_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr"}
    retention = {prefix + rate for prefix in PERIOD_TYPES.values() for rate in RATES}
    assert {"mrr", "arr", "customers", "arpa", "quick_ratio", "net_new_mrr", *movements, *retention} <= set(definitions)
    for name, metric in definitions.items():
        assert metric["label"] and len(metric["description"]) > 20, name
        assert metric["config"]["meta"]["format"] in ("#,##0.00", "0.0%", "0.00", "#,##0"), name
        assert metric["config"]["group"] == "finance", name


def test_no_metric_sums_cohorts_of_several_lengths(definitions: dict[str, Row]) -> None:
    """Whatever is measured on cohorts reads one period type, the one of its name."""
    on_cohorts = {
        name: metric
        for name, metric in definitions.items()
        if metric["type"] == "simple" and metric["type_params"]["measure"]["name"].startswith("cohort_")
    }
    assert on_cohorts
    for name, metric in on_cohorts.items():
        period_type = next(kind for kind, prefix in PERIOD_TYPES.items() if name.startswith(f"{prefix}cohort_"))
        (condition,) = metric["filter"]["where_filters"]
        assert condition["where_sql_template"] == f"{{{{ Dimension('cohort__period_type') }}}} = '{period_type}'", name


def test_the_configuration_is_valid(demo: Demo) -> None:
    """By MetricFlow's own checks, which try every semantic model, dimension and metric on the database."""
    printed = demo.mf("validate-configs", "--show-all")
    assert "Successfully validated metrics against data warehouse (ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in printed


# By `mf query` --------------------------------------------------------------------------------------------------------


def test_the_board_pack_has_an_answer_on_every_page(answers: dict[str, list[dict[str, str]]]) -> None:
    """All five."""
    pages = ["drivers", "mrr_bridge", "mrr_by_segment", "retention", "retention_by_segment"]
    assert list(answers) == [f"board_{page}" for page in pages]
    assert all(answers.values())


def test_the_bridge_of_the_board_is_the_waterfall(
    answers: dict[str, list[dict[str, str]]], marts: duckdb.DuckDBPyConnection
) -> None:
    """Every month and column, to the last digit; ARPA is MRR ÷ customers."""
    waterfall = fetch_rows(marts, BY_MONTH)
    months = [row["metric_time__month"] for row in answers["board_mrr_bridge"]]
    assert months == [f"{row['month_date']} 00:00:00" for row in waterfall]
    for answer, month in zip(answers["board_mrr_bridge"], waterfall, strict=True):
        for column in BRIDGE:
            value = exact(answer[BALANCES.get(column, column)])
            assert (rounded(value) if column == "quick_ratio" else value) == month[column], (month, column)
        assert rounded(exact(answer["arpa"])) == rounded(month["closing_mrr"] / month["closing_customers"])


def test_the_retention_of_the_board_is_that_of_the_trailing_twelve_months(
    answers: dict[str, list[dict[str, str]]], marts: duckdb.DuckDBPyConnection
) -> None:
    """In every month in total, and in the last one by segment."""
    trailing = "from marts.retention_rates where period_type = 'trailing_12_months'"
    total = fetch_rows(marts, f"{trailing} and dimension = 'total' order by period_end_date")
    latest = f"period_end_date = '{total[-1]['period_end_date']}'"
    segments = fetch_rows(marts, f"{trailing} and dimension = 'segment' and {latest} order by dimension_value")
    months = [row["metric_time__month"] for row in answers["board_retention"]]
    assert months == [f"{row['period_end_date'].replace(day=1)} 00:00:00" for row in total]
    by_segment = answers["board_retention_by_segment"]
    assert [row["cohort__segment"] for row in by_segment] == [row["dimension_value"] for row in segments]
    for answer, row in zip([*answers["board_retention"], *by_segment], [*total, *segments], strict=True):
        assert {rate: rounded(exact(answer[rate])) for rate in RATES} == {rate: row[rate] for rate in RATES}
        assert exact(answer["cohort_opening_mrr"]) == row["opening_mrr"]
        assert exact(answer["cohort_customers"]) == row["cohort_customers"]


def test_the_mrr_of_the_board_by_segment_is_that_of_today(
    answers: dict[str, list[dict[str, str]]], marts: duckdb.DuckDBPyConnection
) -> None:
    """As the customers have it themselves."""
    expected = marts.execute(
        "select segment, sum(current_mrr), 12 * sum(current_mrr), count_if(is_active) from marts.dim_customers "
        "where is_active group by segment order by segment"
    ).fetchall()
    assert expected == [
        (row["customer__segment"], *(exact(row[name]) for name in ("mrr", "arr", "customers")))
        for row in answers["board_mrr_by_segment"]
    ]


def test_the_drivers_of_the_board_sum_to_the_bridge(
    answers: dict[str, list[dict[str, str]]], marts: duckdb.DuckDBPyConnection
) -> None:
    """By quarter, expansion and contraction."""
    found: dict[str, Decimal] = {}
    for row in answers["board_drivers"]:
        quarter = row["metric_time__quarter"].removesuffix(" 00:00:00")
        found[quarter] = found.get(quarter, Decimal(0)) + Decimal(row["driver_mrr"])
    expected = marts.execute(
        "select date_trunc('quarter', month_date)::date::varchar, sum(expansion_mrr + contraction_mrr) "
        "from marts.mrr_waterfall group by all having sum(expansion_customers + contraction_customers) > 0"
    ).fetchall()
    assert found == dict(expected)


def test_the_commands_of_the_docs_have_an_answer(demo: Demo) -> None:
    """As they are written there; the saved query has been asked already."""
    commands = re.findall(
        r"^\.venv/bin/mf (query --metrics .*)$", (PROJECT_DIR / "docs/metrics.md").read_text(), re.MULTILINE
    )
    assert len(commands) == 2
    for command in commands:
        printed = demo.mf(*shlex.split(command))
        assert "metric_time__" in printed and len(printed.splitlines()) > 12


def test_without_a_time_a_metric_is_that_of_the_last_period(demo: Demo, marts: duckdb.DuckDBPyConnection) -> None:
    """And never what the table of all period types sums to: that is nobody's retention."""
    names = [prefix + rate for prefix in PERIOD_TYPES.values() for rate in RATES]
    (answer,) = demo.query("--metrics", ",".join([*names, "mrr", "customers"]))
    waterfall = fetch_rows(marts, BY_MONTH)[-1]
    assert (exact(answer["mrr"]), exact(answer["customers"])) == (
        waterfall["closing_mrr"],
        waterfall["closing_customers"],
    )
    for period_type, prefix in PERIOD_TYPES.items():
        *_, last = fetch_rows(
            marts,
            f"from marts.retention_rates where period_type = '{period_type}' and dimension = 'total' "
            "order by period_start_date",
        )
        assert {rate: rounded(exact(answer[prefix + rate])) for rate in RATES} == {rate: last[rate] for rate in RATES}
    for rows in ("true", f"period_end_date = '{last['period_end_date']}'"):
        (mixed,) = marts.execute(
            f"select sum(closing_mrr) / sum(opening_mrr) from marts.fct_cohort_snapshots where {rows}"
        ).fetchone()
        assert rounded(mixed) not in {rounded(exact(answer[f"{prefix}nrr"])) for prefix in PERIOD_TYPES.values()}


# The SQL that MetricFlow writes, on every slice -----------------------------------------------------------------------


@pytest.mark.parametrize("dimension", ["total", *DIMENSIONS])
def test_retention_is_that_of_the_rates_on_every_slice(metrics: Metrics, dimension: str) -> None:
    """For each period type."""
    check_retention(metrics, dimension)


@pytest.mark.parametrize("dimension", ["total", *DIMENSIONS])
def test_retention_is_that_of_the_rates_at_moving_exchange_rates(
    metrics_at_moving_rates: Metrics, dimension: str
) -> None:
    """And in fiscal quarters and years."""
    check_retention(metrics_at_moving_rates, dimension)


def test_the_bridge_is_the_waterfall_at_moving_exchange_rates(metrics_at_moving_rates: Metrics) -> None:
    """With what the rates did in its own metric."""
    check_bridge(metrics_at_moving_rates)
    (row,) = metrics_at_moving_rates.ask(["fx_mrr"])
    assert row["fx_mrr"] != 0


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_a_period_opens_with_its_first_month_and_closes_with_its_last(
    metrics: Metrics, metrics_at_moving_rates: Metrics, grain: str
) -> None:
    """Opening + net new + fx = MRR, and the next period opens with what this one closed with."""
    for company in (metrics, metrics_at_moving_rates):
        rows = company.ask(
            ["opening_mrr", "net_new_mrr", "fx_mrr", "mrr", "opening_customers", "customers"], [f"metric_time__{grain}"]
        )
        rows.sort(key=lambda row: row[f"metric_time__{grain}"])
        assert len(rows) > 2
        assert all(row["opening_mrr"] + row["net_new_mrr"] + row["fx_mrr"] == row["mrr"] for row in rows)
        for before, after in itertools.pairwise(rows):
            assert (before["mrr"], before["customers"]) == (after["opening_mrr"], after["opening_customers"])


def test_the_quick_ratio_of_a_year_is_that_of_its_sums(metrics: Metrics) -> None:
    """Not an average of its months'."""
    found = {
        row["metric_time__year"].year: rounded(row["quick_ratio"])
        for row in metrics.ask(["quick_ratio"], ["metric_time__year"])
    }
    expected = metrics.connection.execute(
        "select year(month_date), sum(new_mrr + reactivation_mrr + expansion_mrr) / -sum(contraction_mrr + churn_mrr) "
        "from marts.mrr_waterfall group by all"
    ).fetchall()
    assert found == {year: rounded(ratio) for year, ratio in expected}


def test_churn_by_reason_is_that_of_the_waterfall(metrics: Metrics) -> None:
    """In total over all months."""
    found = {
        row["movement__churn_reason"]: (row["churn_mrr"], row["churn_customers"])
        for row in metrics.ask(["churn_mrr", "churn_customers"], ["movement__churn_reason"])
    }
    for reason in ("voluntary", "payment_failed"):
        assert (
            found[reason]
            == metrics.connection.execute(
                f"select sum({reason}_churn_mrr), sum({reason}_churn_customers) from marts.mrr_waterfall"
            ).fetchone()
        )


def test_a_filter_gives_what_its_slice_has(metrics: Metrics) -> None:
    """In the last period, without a time."""
    filtered = metrics.ask(["nrr", "grr"], where="{{ Dimension('cohort__segment') }} = 'SMB'")
    sliced = {row["cohort__segment"]: row for row in metrics.ask(["nrr", "grr"], ["cohort__segment"])}
    assert filtered == [{rate: sliced["SMB"][rate] for rate in ("nrr", "grr")}]


def test_a_month_without_customers_is_in_the_bridge(
    project: tuple[CompiledProject, Path], semantic_manifest: Path
) -> None:
    """As a month of 0, although no customer has a row for it: one has left and the other is paused."""
    raw = small_company()
    raw["subscriptions"][1]["ended_at"] = datetime(2024, 3, 15)
    raw["subscription_pauses"][0]["resumed_at"] = datetime(2024, 6, 2)
    with project[0].connect() as connection:
        load_raw(connection, raw)
        project[0].build(connection)
        metrics = Metrics.of(semantic_manifest, connection)
        check_bridge(metrics)
        of_may = "month_date = date '2024-05-01'"
        assert not fetch_rows(connection, f"from marts.fct_customer_mrr_months where {of_may}")
        assert fetch_rows(connection, f"from marts.mrr_waterfall where {of_may}")


def test_before_anybody_has_paid_there_is_nothing_to_report(
    project: tuple[CompiledProject, Path], semantic_manifest: Path
) -> None:
    """No month, no cohort, and no error."""
    with project[0].connect() as connection:
        issued = {"invoice_id": "first", "customer_id": "nobody", "status": "paid", "issued_at": datetime(2024, 1, 31)}
        load_raw(connection, {"invoices": [issued]})
        project[0].build(connection)
        metrics = Metrics.of(semantic_manifest, connection)
        assert metrics.ask(["mrr", "churn_mrr", "nrr"], ["metric_time__month"]) == []
        assert metrics.ask(["mrr", "churn_mrr", "nrr"]) == [{"mrr": 0, "churn_mrr": 0, "nrr": None}]
