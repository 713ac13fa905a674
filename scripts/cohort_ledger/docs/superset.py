"""Write what Apache Superset imports: the published file as a database, every mart with its labels, and a dashboard.

Labels, descriptions and formats are those of the publication (`docs.columns`). Everything keeps its identity from one
file to the next, so that `superset import-datasources` brings new labels to the datasets that are there.
"""

from __future__ import annotations

import os
import uuid
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import yaml

from cohort_ledger.sql import rows

Json = dict[str, Any]

VERSION = "1.0.0"
FOLDER = "cohort_ledger"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cohort-ledger.invalid/superset")
# spreadsheet codes as D3 writes them
D3_FORMATS = {"#,##0.00": ",.2f", "0.00": ".2f", "0.0%": ".1%", "#,##0": ",d", "0": "d"}
# rates of cohorts that are added up, and never a mean of rates
RATES = {"nrr": "closing_mrr", "grr": "retained_mrr"}
TABLE = [
    *("period_label", "dimension_value", "cohort_customers", "opening_mrr", "closing_mrr"),
    *("nrr", "grr", "logo_retention", "benchmark_band", "is_fragile"),
]
QUERY = "select model, column_name, data_type, description, label, format from docs.columns order by model, position"


def identifier(name: str) -> str:
    """The same UUID for the same thing in every export."""
    return str(uuid.uuid5(NAMESPACE, name))


def read_columns(warehouse: Path) -> dict[str, list[Json]]:
    """The documented columns of every mart, in their order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        documented = rows(connection, QUERY)
    marts: dict[str, list[Json]] = {}
    for row in documented:
        marts.setdefault(row.pop("model"), []).append(row)
    return marts


def database(warehouse: Path) -> Json:
    """The published file, opened to be read. The path is that of the link, so that the next publication is seen."""
    return {
        "database_name": "Cohort Ledger",
        "sqlalchemy_uri": f"duckdb:///{os.path.abspath(warehouse)}?access_mode=read_only&enable_external_access=false",
        "expose_in_sqllab": True,
        "allow_dml": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": identifier("database"),
        "version": VERSION,
    }


def dataset(mart: str, columns: list[Json]) -> Json:
    """A mart with the labels of its columns, and NRR and GRR as metrics where it holds cohorts."""
    dates = [column["column_name"] for column in columns if column["data_type"] == "DATE"]
    named = {column["column_name"]: column for column in columns}
    metrics = [
        {
            "metric_name": name,
            "verbose_name": named[name]["label"],
            "expression": f"sum({numerator}) / nullif(sum(opening_mrr), 0)",
            "description": named[name]["description"],
            "d3format": D3_FORMATS[named[name]["format"]],
        }
        for name, numerator in RATES.items()
        if {name, numerator, "opening_mrr"} <= named.keys()
    ]
    return {
        "table_name": mart,
        "schema": "marts",
        "main_dttm_col": dates[-1] if dates else None,
        "columns": [
            {
                "column_name": column["column_name"],
                "verbose_name": column["label"],
                "description": column["description"],
                "type": column["data_type"],
                "is_dttm": column["data_type"] in ("DATE", "TIMESTAMP"),
                "groupby": True,
                "filterable": True,
            }
            for column in columns
        ],
        "metrics": metrics,
        "uuid": identifier(mart),
        "database_uuid": identifier("database"),
        "version": VERSION,
    }


def equals(column: str, value: str) -> Json:
    """A filter of a chart."""
    parts = {"subject": column, "operator": "==", "operatorId": "EQUALS", "comparator": value}
    return {"clause": "WHERE", "expressionType": "SIMPLE", **parts}


def charts(columns: list[Json]) -> list[Json]:
    """NRR and GRR of twelve months over time, and the same with what is behind it for every segment."""
    formats = {column["column_name"]: D3_FORMATS.get(column["format"]) for column in columns}
    line = {
        "x_axis": "period_end_date",
        "x_axis_time_format": "%Y-%m",
        "metrics": list(RATES),
        "adhoc_filters": [equals("period_type", "trailing_12_months"), equals("dimension", "total")],
        "y_axis_format": D3_FORMATS["0.0%"],
        "truncateYAxis": True,
        "y_axis_bounds": [None, None],
        "row_limit": 10000,
        "rich_tooltip": True,
        "show_legend": True,
    }
    table = {
        "query_mode": "raw",
        "all_columns": TABLE,
        "column_config": {name: {"d3NumberFormat": formats[name]} for name in TABLE if formats[name]},
        "adhoc_filters": [equals("period_type", "trailing_12_months"), equals("dimension", "segment")],
        "show_cell_bars": False,
        "order_by_cols": ['["period_end_date", false]', '["dimension_value", true]'],
        "row_limit": 1000,
    }
    return [
        {
            "slice_name": name,
            "viz_type": kind,
            "params": {"viz_type": kind, **params},
            "uuid": identifier(name),
            "dataset_uuid": identifier("retention_rates"),
            "version": VERSION,
        }
        for name, kind, params in (
            ("NRR and GRR, trailing twelve months", "echarts_timeseries_line", line),
            ("Retention by segment, trailing twelve months", "table", table),
        )
    ]


def dashboard(drawn: list[Json]) -> Json:
    """The charts, one below the other."""
    position: Json = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "parents": ["ROOT_ID"], "children": []},
    }
    for number, chart in enumerate(drawn, start=1):
        row, item = f"ROW-{number}", f"CHART-{number}"
        meta = {"uuid": chart["uuid"], "sliceName": chart["slice_name"], "chartId": number, "width": 12, "height": 50}
        position["GRID_ID"]["children"].append(row)
        position[row] = {
            **{"id": row, "type": "ROW", "parents": ["ROOT_ID", "GRID_ID"], "children": [item]},
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        position[item] = {
            **{"id": item, "type": "CHART", "parents": ["ROOT_ID", "GRID_ID", row], "children": []},
            "meta": meta,
        }
    return {
        "dashboard_title": "Cohort Ledger: retention",
        "slug": "cohort-ledger-retention",
        "position": position,
        "metadata": {},
        "published": True,
        "uuid": identifier("dashboard"),
        "version": VERSION,
    }


def write_assets(path: Path, warehouse: Path) -> int:
    """Write the ZIP file, the same bytes for the same publication; returns how many marts are in it."""
    marts = read_columns(warehouse)
    drawn = charts(marts["retention_rates"])
    # of no type, so that it can be imported as dashboards and as datasets
    files = {"metadata.yaml": {"version": VERSION}, "databases/Cohort_Ledger.yaml": database(warehouse)}
    files |= {f"datasets/Cohort_Ledger/{mart}.yaml": dataset(mart, columns) for mart, columns in marts.items()}
    files |= {f"charts/{number}.yaml": chart for number, chart in enumerate(drawn, start=1)}
    files["dashboards/retention.yaml"] = dashboard(drawn)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            bundle.writestr(zipfile.ZipInfo(f"{FOLDER}/{name}"), text, zipfile.ZIP_DEFLATED)
    return len(marts)
