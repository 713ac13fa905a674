"""The Python door: data frames hold what the marts hold, in the types of an analyst, and errors say what to do.

A publication of the demo that `make build` builds. The notebook in docs/ is executed on it, cell by cell.
"""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from dbt_project import PROJECT_DIR

from cohort_ledger import LedgerError, open_publication
from cohort_ledger.publication import PERIODS, Publication, open_working_database
from cohort_ledger.publish.place import MANIFEST, WAREHOUSE

NOTEBOOK = PROJECT_DIR / "docs/notebook.ipynb"
CATEGORIES = {
    "acquisition_channel",
    "arr_stage",
    "benchmark_band",
    "billing_interval",
    "churn_reason",
    "country",
    "csm_owner",
    "dimension",
    "dimension_value",
    "driver",
    "grr_band",
    "highest_funding_round_met",
    "item_type",
    "movement_type",
    "mrr_band",
    "nrr_band",
    "period_type",
    "plan",
    "pricing_model",
    "reason",
    "segment",
    "source_table",
}
MONTHS = {"month_date", "cohort_month_date", "first_paid_month_date"}


@pytest.fixture(scope="module")
def directory(published_demo: Path) -> Path:
    """Where the demo is published."""
    return published_demo


@pytest.fixture(scope="module")
def publication(directory: Path) -> Iterator[Publication]:
    """The demo, open."""
    with open_publication(directory) as opened:
        yield opened


@pytest.fixture(scope="module")
def marts(directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same file, read without the door."""
    with duckdb.connect(str(directory / "current" / WAREHOUSE), read_only=True) as connection:
        yield connection


def plain(value: Any) -> Any:
    """A value of a frame as the engine gives it."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, pd.Period):
        return value.start_time.date()
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def rows_of(frame: pd.DataFrame, *, index: bool = False) -> list[tuple[Any, ...]]:
    """The rows of a frame, as the engine gives them."""
    found = frame.reset_index() if index else frame
    columns = [[plain(value) for value in found[name]] for name in found]
    return list(zip(*columns, strict=True))


def rows_in(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query; a date that is no month is an instant in a frame."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [
        tuple(
            datetime(value.year, value.month, value.day) if type(value) is date and name not in MONTHS else value
            for name, value in zip(names, row, strict=True)
        )
        for row in cursor.fetchall()
    ]


def test_every_mart_is_a_frame_with_its_values(publication: Publication, marts: duckdb.DuckDBPyConnection) -> None:
    """To the last digit, in the order in which they are published, and nothing is left out."""
    published = marts.execute("select model, description from docs.models order by model").fetchall()
    assert publication.marts == {name: " ".join(description.split()) for name, description in published}
    assert len(published) > 10
    for name in publication.marts:
        frame = publication.mart(name)
        assert list(frame) == [row[0] for row in marts.execute(f"describe marts.{name}").fetchall()]
        assert rows_of(frame) == rows_in(marts, f"from marts.{name}"), name


def test_types_are_those_of_an_analyst(publication: Publication) -> None:
    """Decimals as they are, months as periods, other dates as dates, attributes as categories, keys as text."""
    seen: dict[str, set[str]] = {"category": set(), "period[M]": set()}
    for name in publication.marts:
        frame = publication.mart(name)
        types = dict(
            publication.connection.execute(f"select column_name, column_type from (describe {name})").fetchall()
        )
        for column, dtype in frame.dtypes.astype(str).items():
            seen.setdefault(dtype, set()).add(column)
            if types[column].startswith("DECIMAL"):
                assert dtype == "object"
                assert {type(value) for value in frame[column]} <= {Decimal, type(None)}
            elif types[column] in ("BIGINT", "INTEGER"):
                assert dtype == ("Int64" if frame[column].isna().any() else "int64")
            elif types[column] == "BOOLEAN":
                assert dtype == ("boolean" if frame[column].isna().any() else "bool")
    assert seen["category"] == CATEGORIES
    assert seen["period[M]"] == MONTHS
    assert seen["datetime64[us]"] == {"period_start_date", "period_end_date", "changed_at"}
    assert all(name.endswith(("_id", "_key", "_name", "_label")) or name == "verdict" for name in seen["string"])


def test_types_do_not_depend_on_rows(publication: Publication) -> None:
    """Nothing but whether a number or flag is missing changes them."""
    for name in publication.marts:
        empty = publication.sql(f"from {name} where false").dtypes.astype(str).str.lower()
        full = publication.mart(name).dtypes.astype(str).str.lower()
        assert (empty.replace("boolean", "bool") == full.replace("boolean", "bool")).all()


def test_decimals_become_floats_on_request(publication: Publication) -> None:
    """Each the float that is nearest."""
    exact, floats = publication.bridge(), publication.bridge(exact=False)
    assert floats["closing_mrr"].dtype == "float64"
    assert list(floats["closing_mrr"]) == [float(value) for value in exact["closing_mrr"]]
    assert publication.cohorts(exact=False).dtypes.eq("float64").all()
    assert isinstance(publication.sql("select 1.10 as amount")["amount"][0], Decimal)
    assert publication.sql("select 1.10 as amount", exact=False)["amount"][0] == 1.1


def test_sums_of_a_frame_are_exact(publication: Publication) -> None:
    """The bridge ties in pandas, and missing ratios are passed over."""
    bridge = publication.bridge()
    parts = ["opening_mrr", "new_mrr", "acquired_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr"]
    assert (bridge[[*parts, "churn_mrr", "fx_mrr"]].sum(axis="columns") == bridge["closing_mrr"]).all()
    assert (bridge["closing_mrr"].shift().dropna() == bridge["opening_mrr"].iloc[1:]).all()
    assert bridge["quick_ratio"].isna().any()
    assert isinstance(bridge["quick_ratio"].sum(), Decimal)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2024-03", "2024-12"),
        ("2024-03-01", "2024-12-31"),
        (date(2024, 3, 9), datetime(2024, 12, 1)),
        (pd.Period("2024-03", "M"), pd.Timestamp("2024-12-31")),
        ("2024-03", "2024"),
        ("2024-03", pd.Period("2024Q4", "Q")),
    ],
)
def test_the_bridge_has_a_row_per_month_between_the_bounds(
    publication: Publication, marts: duckdb.DuckDBPyConnection, since: object, until: object
) -> None:
    """Bounds are said in any way, and both are in it."""
    bridge = publication.bridge(since, until)
    assert bridge.index.equals(pd.period_range("2024-03", "2024-12", freq="M", name="month_date"))
    query = "from marts.mrr_waterfall where month_date between '2024-03-01' and '2024-12-01' order by month_date"
    assert rows_of(bridge, index=True) == rows_in(marts, query)


def test_bounds_may_be_years_and_quarters(publication: Publication) -> None:
    """From their first month, to their last; and either bound may be left out."""
    bridge = publication.bridge("2023", "2023")
    assert [str(month) for month in bridge.index[[0, -1]]] == ["2023-01", "2023-12"]
    assert str(publication.bridge(since=pd.Period("2024Q2", "Q")).index[0]) == "2024-04"
    assert len(publication.bridge(until="2022-03")) == 3
    assert publication.bridge(since="2100-01").empty


@pytest.mark.parametrize("period", PERIODS)
def test_retention_is_that_of_the_mart(publication: Publication, marts: duckdb.DuckDBPyConnection, period: str) -> None:
    """Of all customers, and by segment in a column of that name."""
    columns = (
        "period_start_date, period_end_date, period_label, {} cohort_customers, opening_mrr, closing_mrr, nrr, grr"
    )
    source = f"from marts.retention_rates where period_type = '{PERIODS[period]}' and dimension ="
    for by, value, dimension in ((None, "", "total"), ("segment", "dimension_value as segment,", "segment")):
        frame = publication.retention(period, by)
        assert frame["period_start_date"].is_monotonic_increasing and len(frame) > 2
        assert not {"period_type", "dimension", "dimension_value", "retention_rate_key"} & set(frame)
        names = [name.strip() for name in columns.format(f"{by}," if by else "").replace(",", " ").split()]
        query = f"select {columns.format(value)} {source} '{dimension}' order by period_start_date, dimension_value"
        assert rows_of(frame[names]) == rows_in(marts, query)
    assert frame["segment"].dtype == "category"


def test_retention_can_be_cut_by_everything_that_the_mart_is_cut_by(
    publication: Publication, marts: duckdb.DuckDBPyConnection
) -> None:
    """And by product, which is another mart."""
    query = """
        select dimension, count(*) from marts.retention_rates
        where period_type = 'trailing_12_months' and dimension != 'total' group by dimension
    """
    for by, rows in marts.execute(query).fetchall():
        frame = publication.retention(by=by)
        assert frame[by].dtype == "category"
        assert len(frame) == rows
    products = publication.retention("quarter", by="product")
    query = (
        "select period_start_date, product_id, nrr, is_fragile from marts.product_retention_rates "
        "where period_type = 'quarter' order by all"
    )
    assert rows_of(products[["period_start_date", "product_id", "nrr", "is_fragile"]]) == rows_in(marts, query)


def test_retention_is_bounded_by_the_month_that_ends_a_period(publication: Publication) -> None:
    """The twelve months to December are of December."""
    assert list(publication.retention(since="2025-12")["period_label"]) == ["TTM 2025-12"]
    assert list(publication.retention("year", since="2024", until="2024")["period_label"]) == ["2024"]
    assert list(publication.retention("quarter", until="2022-08")["period_label"]) == ["2022-Q2"]


@pytest.mark.parametrize(
    ("measure", "column"),
    [("nrr", "nrr"), ("grr", "grr"), ("logo", "logo_retention"), ("mrr", "mrr"), ("customers", "active_customers")],
)
def test_cohorts_are_a_triangle(
    publication: Publication, marts: duckdb.DuckDBPyConnection, measure: str, column: str
) -> None:
    """A row per month of acquisition, a column per age, and nothing where the ledger has not been yet."""
    triangle = publication.cohorts(measure)
    assert triangle.index.dtype == "period[M]" and list(triangle.columns) == list(range(triangle.shape[1]))
    cells = {
        (month.start_time.date(), age): plain(value)
        for month, row in triangle.iterrows()
        for age, value in row.items()
        if plain(value) is not None
    }
    query = f"select cohort_month_date, months_since, {column} from marts.acquisition_cohort_retention"
    assert cells == {(month, age): value for month, age, value in marts.execute(query).fetchall()}
    assert len(cells) < triangle.size
    assert len(publication.cohorts(measure, since="2025-06", until="2025-07")) == 2


def test_movements_are_those_of_the_types_asked_for(publication: Publication, marts: duckdb.DuckDBPyConnection) -> None:
    """One, several or all, in the order of the bridge."""
    everything = publication.movements()
    assert list(everything["movement_type"].cat.categories) == [
        "new",
        "reactivation",
        "expansion",
        "contraction",
        "churn",
    ]
    ordered = "order by month_date, customer_id"
    assert rows_of(everything) == rows_in(marts, f"from marts.fct_mrr_movements {ordered}")
    churn = publication.movements("churn", since="2025")
    of_churn = "movement_type = 'churn' and month_date >= '2025-01-01'"
    assert rows_of(churn) == rows_in(marts, f"from marts.fct_mrr_movements where {of_churn} {ordered}")
    assert set(publication.movements(["new", "churn"])["movement_type"]) == {"new", "churn"}


def test_drivers_sum_what_each_did_in_twelve_months(publication: Publication, marts: duckdb.DuckDBPyConnection) -> None:
    """To the last month, or to another; by month and by product they sum to the same."""
    query = """
        select driver, sum(case when mrr_change > 0 then mrr_change else 0 end),
            sum(case when mrr_change < 0 then mrr_change else 0 end), sum(mrr_change) as change, sum(manufactured_mrr)
        from marts.fct_mrr_movement_drivers where month_date between '{}' and '{}'
        group by driver order by change desc, driver
    """
    drivers = publication.drivers()
    assert rows_of(drivers) == rows_in(marts, query.format("2025-01-01", "2025-12-01"))
    assert rows_of(publication.drivers(until="2025-03")) == rows_in(marts, query.format("2024-04-01", "2025-03-01"))
    assert rows_of(publication.drivers("2024", "2024")) == rows_in(marts, query.format("2024-01-01", "2024-12-01"))
    of_two_months = rows_in(marts, query.format("2025-11-01", "2025-12-01"))
    assert rows_of(publication.drivers(since="2025-11")) == of_two_months
    assert publication.driver_rows() == drivers.to_dict("records")
    for by, column in (("month", "month_date"), ("product", "product_id")):
        cut = publication.drivers(by=by)
        assert not cut.duplicated([column, "driver"]).any()
        sums = cut.groupby("driver", observed=True)["mrr_change"].sum()
        assert sums.to_dict() == drivers.set_index("driver")["mrr_change"].to_dict()


def test_a_query_finds_marts_with_and_without_their_schema(publication: Publication) -> None:
    """Its columns become what they are in a mart; what no mart has stays as it is."""
    frame = publication.sql(
        "select month_date, sum(new_customers) as customers, 'a' as note from mrr_waterfall group by 1"
    )
    assert frame.dtypes.astype(str).to_dict() == {"month_date": "period[M]", "customers": "int64", "note": "string"}
    assert len(publication.sql("from marts.mrr_waterfall")) == len(frame)
    assert publication.sql("select segment from dim_customers")["segment"].dtype == "category"
    assert not publication.sql("from docs.columns").empty


def test_a_publication_says_what_it_is(publication: Publication, directory: Path) -> None:
    """Its number, date, currency and vars, as the manifest has them."""
    manifest = json.loads((directory / "current" / MANIFEST).read_text())
    assert publication.as_of_date == date(2025, 12, 31)
    assert publication.currency == "USD"
    assert publication.variables == manifest["vars"]
    assert publication.code_sha256 == manifest["code"]["sha256"]
    marts = len(publication.marts)
    assert repr(publication) == f"<Publication 000001: as of 2025-12-31, in USD, {marts} marts>"


def test_the_current_publication_is_opened_unless_another_is_named(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where COHORT_LEDGER_PUBLICATIONS_DIR says."""
    monkeypatch.setenv("COHORT_LEDGER_PUBLICATIONS_DIR", str(directory))
    for opened in (open_publication(), open_publication(str(directory)), open_publication(name="000001")):
        with opened as publication:
            assert publication.path == directory / "000001"


def test_the_working_database_is_read_through_the_same_door(publication: Publication) -> None:
    """Needs the demo that `make build` builds: the publication is of it."""
    with open_working_database() as marts:
        pd.testing.assert_frame_equal(marts.bridge(), publication.bridge())
        assert set(marts.marts) == set(publication.marts)


REFUSED: list[tuple[Callable[[Publication], object], str]] = [
    (
        lambda door: door.mart("mrr"),
        "there is no mart 'mrr': marts are acquisition_cohort_retention, contraction_to_churn",
    ),
    (lambda door: door.retention("weekly"), "there is no period 'weekly': periods are month, quarter, year, ttm"),
    (lambda door: door.retention(by="size"), "there is no cut 'size': cuts are acquisition_channel, "),
    (lambda door: door.cohorts("arr"), "there is no measure 'arr': measures are nrr, grr, logo, mrr, retained_mrr"),
    (lambda door: door.movements("upsell"), "there is no movement 'upsell': movements are new, reactivation"),
    (lambda door: door.movements(["new", "upsell"]), "there is no movement 'upsell'"),
    (lambda door: door.drivers(by="week"), "there is no cut of drivers 'week': cuts of drivers are month, product"),
    (lambda door: door.bridge("March"), "'March' is no month: write '2024-03', '2024', a date or a pandas Period"),
    (lambda door: door.bridge(until=3), "3 is no month"),
    (lambda door: door.bridge("2025-03", "2024-02"), "there is no month since 2025-03 and until 2024-02"),
    (lambda door: door.sql("select mrr from mrr_waterfall"), 'Referenced column "mrr" not found'),
    (lambda door: door.rows("select mrr from mrr_waterfall"), 'Referenced column "mrr" not found'),
    (lambda door: door.sql(" "), "the query is empty"),
    (lambda door: door.sql("drop table mrr_waterfall"), "read-only"),
]


@pytest.mark.parametrize(("asked", "message"), REFUSED)
def test_what_is_refused_is_told_in_a_sentence(
    publication: Publication, asked: Callable[[Publication], object], message: str
) -> None:
    """That says what is allowed, and the publication stays usable."""
    with pytest.raises(LedgerError) as refused:
        asked(publication)
    assert message in str(refused.value) and "\n" not in str(refused.value)
    assert not publication.bridge().empty


def test_who_finds_no_publication_is_told_why(directory: Path, tmp_path: Path) -> None:
    """None at all, none of that name, one that is not whole, one of another version, and one that was closed."""
    with pytest.raises(LedgerError, match=r"nothing has been published in .* yet: run `make report` or `make publish`"):
        open_publication(tmp_path)
    with pytest.raises(LedgerError, match=r"there is no publication 000009 in .*: kept are 000001"):
        open_publication(directory, "000009")
    shutil.copytree(directory / "000001", tmp_path / "000001")
    for path in (tmp_path / "000001").rglob("*"):
        path.chmod(0o750)
    with duckdb.connect(str(tmp_path / "000001" / WAREHOUSE)) as connection:
        connection.execute("alter table marts.retention_rates drop column dimension")
    with (
        open_publication(tmp_path, "000001") as publication,
        pytest.raises(LedgerError, match="another version of the project made this publication, publish again"),
    ):
        publication.retention()
    with pytest.raises(LedgerError, match="it has been closed: open it again"):
        publication.bridge()
    (tmp_path / "000001" / WAREHOUSE).write_text("no database")
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_publication(tmp_path, "000001")
    (tmp_path / "000001" / MANIFEST).unlink()
    with pytest.raises(LedgerError, match="cannot be read"):
        open_publication(tmp_path, "000001")


def test_rows_need_no_pandas_and_frames_say_so(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has none is told what to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert publication.rows("select count(*) as months from mrr_waterfall") == [{"months": 48}]
    assert len(publication.driver_rows()) == 6
    for frame in (publication.bridge, publication.retention, publication.cohorts, publication.drivers):
        with pytest.raises(LedgerError, match=r"data frames need pandas, which is not installed: .*pip install pandas"):
            frame()


def test_the_package_is_imported_without_what_the_door_needs() -> None:
    """The command line starts without it, and so does the import of the package."""
    program = "import sys, cohort_ledger, cohort_ledger.cli; print({'pandas', 'duckdb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def outputs_of(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """What a cell prints, and the value of its last line, as Jupyter keeps them."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(True)}
        if hasattr(value, "_repr_html_"):
            data = {"text/html": value._repr_html_().splitlines(True), **data}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def test_the_notebook_shows_what_it_computes(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WRITE_NOTEBOOK=1 writes its outputs; its cells are written by hand."""
    monkeypatch.setenv("COHORT_LEDGER_PUBLICATIONS_DIR", str(directory))
    notebook = json.loads(NOTEBOOK.read_text())
    names: dict[str, Any] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    # as they are in Jupyter
    with pd.option_context("display.max_columns", 20, "display.max_rows", 60, "display.width", 80):
        for count, cell in enumerate(cells, start=1):
            cell["outputs"] = outputs_of("".join(cell["source"]), names, count)
            cell["execution_count"] = count
    written = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("WRITE_NOTEBOOK"):
        NOTEBOOK.write_text(written)
    assert NOTEBOOK.read_text() == written, "run WRITE_NOTEBOOK=1 pytest tests/python/test_publication.py"
