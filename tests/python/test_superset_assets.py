"""What Superset is given to import: every mart as published, with the labels and formats of its documentation."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from test_bi_conventions import AMOUNT, COUNT, QUOTIENT, SHARE, YEAR

from cohort_ledger.docs.superset import D3_FORMATS, write_assets

Files = dict[str, Any]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A published file with two marts."""
    path = tmp_path / "cohort_ledger.duckdb"
    rates = [
        *(("period_type", "VARCHAR", None), ("period_end_date", "DATE", "yyyy-mm-dd")),
        *((name, "VARCHAR", None) for name in ("period_label", "dimension", "dimension_value", "benchmark_band")),
        *((name, "DECIMAL(18,4)", "#,##0.00") for name in ("opening_mrr", "retained_mrr", "closing_mrr")),
        *((name, "DECIMAL(18,6)", "0.0%") for name in ("nrr", "grr", "logo_retention")),
        *(("cohort_customers", "BIGINT", "#,##0"), ("is_fragile", "BOOLEAN", None)),
    ]
    customers = [("customer_id", "VARCHAR", None), ("current_mrr", "DECIMAL(18,4)", "#,##0.00")]
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema docs")
        connection.execute(
            "create table docs.columns (model varchar, position integer, column_name varchar, data_type varchar, "
            "description varchar, label varchar, format varchar)"
        )
        for mart, columns in (("retention_rates", rates), ("dim_customers", customers)):
            typed = ", ".join(f"{name} {data_type}" for name, data_type, _ in columns)
            connection.execute(f"create table marts.{mart} ({typed})")
            for position, (name, data_type, code) in enumerate(columns, start=1):
                row = [mart, position, name, data_type, f"What {name} is.", f"Label of {name}", code]
                connection.execute("insert into docs.columns values (?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute(
            "insert into marts.retention_rates (period_type, opening_mrr, retained_mrr, closing_mrr) "
            "values ('year', 100, 80, 110), ('year', 300, 300, 330)"
        )
    return path


@pytest.fixture
def files(warehouse: Path, tmp_path: Path) -> Files:
    """The content of the ZIP file, by name."""
    path = tmp_path / "assets.zip"
    assert write_assets(path, warehouse) == 2
    with zipfile.ZipFile(path) as bundle:
        return {name: yaml.safe_load(bundle.read(name)) for name in bundle.namelist()}


def of_kind(files: Files, kind: str) -> list[Any]:
    """The files of a folder."""
    return [content for name, content in files.items() if name.split("/")[1] == kind]


def test_the_file_is_the_same_for_the_same_publication(warehouse: Path, tmp_path: Path) -> None:
    """To the byte."""
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    write_assets(first, warehouse)
    write_assets(second, warehouse)
    assert first.read_bytes() == second.read_bytes()


def test_the_connection_reads_the_published_file_and_nothing_else(files: Files, warehouse: Path) -> None:
    """By the path that was given, which stays when another publication comes."""
    (database,) = of_kind(files, "databases")
    path, settings = database["sqlalchemy_uri"].removeprefix("duckdb:///").split("?")
    assert path == str(warehouse)
    config = dict(setting.split("=") for setting in settings.split("&"))
    with duckdb.connect(path, config=config) as connection:
        assert connection.execute("select count(*) from marts.retention_rates").fetchone() == (2,)
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from marts.retention_rates")
        with pytest.raises(duckdb.Error, match="disabled"):
            connection.execute(f"from read_text('{__file__}')")


def test_a_link_is_not_followed(warehouse: Path, tmp_path: Path) -> None:
    """It is by the link that the next publication is found."""
    (tmp_path / "current").symlink_to(tmp_path)
    path = tmp_path / "assets.zip"
    write_assets(path, tmp_path / "current" / warehouse.name)
    with zipfile.ZipFile(path) as bundle:
        assert f"/current/{warehouse.name}?" in bundle.read("cohort_ledger/databases/Cohort_Ledger.yaml").decode()


def test_every_mart_is_a_dataset_with_labels(files: Files) -> None:
    """And every file says to which database or dataset it belongs."""
    datasets = {dataset["table_name"]: dataset for dataset in of_kind(files, "datasets")}
    assert set(datasets) == {"retention_rates", "dim_customers"}
    for dataset in datasets.values():
        assert dataset["database_uuid"] == of_kind(files, "databases")[0]["uuid"]
        for column in dataset["columns"]:
            assert column["verbose_name"] == f"Label of {column['column_name']}"
            assert column["is_dttm"] == (column["type"] == "DATE")
    assert datasets["retention_rates"]["main_dttm_col"] == "period_end_date"
    assert datasets["dim_customers"]["main_dttm_col"] is None
    assert {chart["dataset_uuid"] for chart in of_kind(files, "charts")} == {datasets["retention_rates"]["uuid"]}


def test_metrics_are_rates_of_sums(files: Files, warehouse: Path) -> None:
    """Of two cohorts together, and not the mean of their rates; only where there are cohorts."""
    datasets = {dataset["table_name"]: dataset for dataset in of_kind(files, "datasets")}
    assert datasets["dim_customers"]["metrics"] == []
    metrics = {metric["metric_name"]: metric for metric in datasets["retention_rates"]["metrics"]}
    assert {metric["d3format"] for metric in metrics.values()} == {".1%"}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        query = f"select {metrics['nrr']['expression']}, {metrics['grr']['expression']} from marts.retention_rates"
        assert connection.execute(query).fetchone() == pytest.approx((1.1, 0.95))


def test_the_dashboard_shows_the_charts(files: Files) -> None:
    """Each in a row of the grid; the formats of the table are those of the documentation."""
    (dashboard,) = of_kind(files, "dashboards")
    charts = of_kind(files, "charts")
    position = dashboard["position"]
    rows = [position[row] for row in position["GRID_ID"]["children"]]
    assert [position[row["children"][0]]["meta"]["uuid"] for row in rows] == [chart["uuid"] for chart in charts]
    table = next(chart["params"] for chart in charts if chart["viz_type"] == "table")
    formats = {name: config["d3NumberFormat"] for name, config in table["column_config"].items()}
    assert formats == {
        **{"cohort_customers": ",d", "opening_mrr": ",.2f", "closing_mrr": ",.2f"},
        **{"nrr": ".1%", "grr": ".1%", "logo_retention": ".1%"},
    }
    for chart in charts:
        compared = {part["subject"]: part["comparator"] for part in chart["params"]["adhoc_filters"]}
        assert set(compared) == {"period_type", "dimension"}


def test_every_number_format_of_the_marts_has_one_of_d3() -> None:
    """Those that test_bi_conventions.py allows."""
    assert set(D3_FORMATS) == {AMOUNT, COUNT, QUOTIENT, SHARE, YEAR}
