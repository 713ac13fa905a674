"""The Python door: the marts of a publication as rows and as pandas data frames.

    from cohort_ledger import open_publication

    with open_publication() as publication:
        rates = publication.retention(period="ttm", by="segment")

In every frame amounts are in the publication's currency and ratios are fractions of 1. Both are exact, as `Decimal`,
or float64 with `exact=False`. Columns of months (`month_date`, `cohort_month_date`, …) are pandas Periods of a month;
other dates, such as the first and last day of a period, are datetime64: fiscal quarters and trailing twelve months are
no Periods of pandas. Text that is no key, name or label (segment, movement_type, driver, dimension, …) is a category.
Counts are int64 and flags bool; where one is missing, Int64 and boolean.

Every problem is a LedgerError, one sentence that says what is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb

from cohort_ledger.errors import LedgerError, first_line, in_one_line
from cohort_ledger.project import publications_dir
from cohort_ledger.publish.place import MANIFEST, WAREHOUSE, current, numbered
from cohort_ledger.sql import Row, dictionaries, identifier
from cohort_ledger.warehouse import connect

if TYPE_CHECKING:
    import pandas as pd

RowType = TypeVar("RowType")

# what an analyst calls a period, and the period_type that it is in the marts
PERIODS = {"month": "month", "quarter": "quarter", "year": "year", "ttm": "trailing_12_months"}
# what a triangle can show, and the column of acquisition_cohort_retention that holds it
MEASURES = {
    "nrr": "nrr",
    "grr": "grr",
    "logo": "logo_retention",
    "mrr": "mrr",
    "retained_mrr": "retained_mrr",
    "customers": "active_customers",
}
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
# what drivers can be cut by, and the column that holds it
CUTS_OF_DRIVERS = {"month": "month_date", "product": "product_id"}
# categories that are not listed by the alphabet
ORDERS = {"movement_type": MOVEMENTS, "period_type": tuple(PERIODS.values())}
NO_CATEGORY = ("_id", "_key", "_name", "_label", "verdict")


class Marts:
    """The marts of a DuckDB database, open to be read: as rows, and as data frames where pandas is installed.

    The connection is read-only, its time zone is UTC, and marts are found with and without their schema `marts`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set schema = 'marts'")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Frames that were read stay."""
        self.connection.close()

    @property
    def marts(self) -> dict[str, str]:
        """Names of the marts, with what a row of each is."""
        query = "from duckdb_tables() select table_name, coalesce(comment, '') where schema_name = 'marts' order by 1"
        return {name: " ".join(said.split()) for name, said in self._execute(query).fetchall()}

    def columns(self, mart: str) -> set[str]:
        """Columns of a mart; none where there is no such mart."""
        query = "select column_name from information_schema.columns where table_schema = 'marts' and table_name = ?"
        return {name for (name,) in self._execute(query, [mart]).fetchall()}

    def read(self, row_type: type[RowType], source: str, values: Sequence[Any] = ()) -> list[RowType]:
        """Rows of `source`, a query from its `from` on, as objects whose fields are its columns."""
        names = ", ".join(field.name for field in fields(row_type))
        return [row_type(*row) for row in self._execute(f"select {names} {source}", values).fetchall()]

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """Rows of a query as dictionaries, exact."""
        return dictionaries(self._execute(query, values, is_own=False))

    def driver_rows(self, since: object = None, until: object = None, by: str | None = None) -> list[Row]:
        """What `drivers` puts into a frame, as dictionaries."""
        return dictionaries(self._execute(*self._drivers(since, until, by)))

    def mart(self, name: str, *, exact: bool = True) -> pd.DataFrame:
        """Any mart as it is, such as `mrr_waterfall`; `marts` lists them."""
        chosen = one_of("mart", name, self.marts)
        return self._frame(f"from marts.{identifier(chosen)}", exact=exact)

    def bridge(self, since: object = None, until: object = None, *, exact: bool = True) -> pd.DataFrame:
        """The bridge from opening to closing MRR, one row per month, which is the index. Source: `mrr_waterfall`.

        `since` and `until` are the first and last month: '2024-03', '2024', a date, or a pandas Period.
        """
        query = "from marts.mrr_waterfall where month_date between ? and ? order by month_date"
        return self._frame(query, months(since, until), exact=exact).set_index("month_date")

    def retention(
        self,
        period: str = "ttm",
        by: str | None = None,
        since: object = None,
        until: object = None,
        *,
        exact: bool = True,
    ) -> pd.DataFrame:
        """NRR, GRR, logo retention and the amounts that they are made of: one row per period and value of `by`.

        `period` is 'month', 'quarter', 'year' or 'ttm', the twelve months that end with each month. `by` cuts the
        cohort by what its customers were at the start ('segment', 'plan', …), in a column of that name, or by
        'product'; without it, a row is of all customers. `since` and `until` bound the month that ends a period.
        Source: `retention_rates`; by product, `product_retention_rates`.
        """
        period_type = PERIODS[one_of("period", period, PERIODS)]
        if by == "product":
            value, key, rest = "product_id", "product_retention_rate_key", "product_retention_rates where true"
        else:
            value, key, rest = "dimension_value", "retention_rate_key", "retention_rates where dimension = $4"
            query = "select distinct dimension from marts.retention_rates where dimension != 'total' order by dimension"
            cuts = [dimension for (dimension,) in self._execute(query).fetchall()]
            if by is not None and cuts:
                one_of("cut", by, [*cuts, "product"])
        first = ["period_start_date", "period_end_date", "period_label"]
        if by is not None:
            first.append(value if by == "product" else f"{value} as {identifier(by)}")
        left_out = ["period_type", *first[:3], value, key, *(["dimension"] if by != "product" else [])]
        query = f"""
            select {", ".join(first)}, * exclude ({", ".join(left_out)})
            from marts.{rest} and period_type = $1 and date_trunc('month', period_end_date) between $2 and $3
            order by period_start_date, {value}
        """
        values = [period_type, *months(since, until), *([] if by == "product" else [by or "total"])]
        return self._frame(query, values, exact=exact, categories={by} if by else set())

    def cohorts(
        self, measure: str = "nrr", since: object = None, until: object = None, *, exact: bool = True
    ) -> pd.DataFrame:
        """The retention triangle: one row per month of acquisition, one column per age in months, 0 the month itself.

        `measure` is 'nrr', 'grr' or 'logo', against the month of acquisition, or 'mrr', 'retained_mrr' or 'customers',
        what the cohort still pays, what of its first MRR is left, and how many pay. A cell that no cohort has reached
        yet is missing. `since` and `until` bound the month of acquisition. Source: `acquisition_cohort_retention`.
        """
        column = MEASURES[one_of("measure", measure, MEASURES)]
        query = f"""
            select cohort_month_date, months_since, {column}
            from marts.acquisition_cohort_retention where cohort_month_date between ? and ?
        """
        cells = self._frame(query, months(since, until), exact=exact)
        triangle = cells.pivot(index="cohort_month_date", columns="months_since", values=column)
        return triangle.astype("Int64") if column == "active_customers" else triangle

    def movements(
        self,
        movement_type: str | Sequence[str] | None = None,
        since: object = None,
        until: object = None,
        *,
        exact: bool = True,
    ) -> pd.DataFrame:
        """Who moved MRR: one row per customer and month with a movement. Source: `fct_mrr_movements`.

        `movement_type` is one or several of new, reactivation, expansion, contraction and churn; without it, all.
        """
        asked = MOVEMENTS if movement_type is None else movement_type
        chosen = [one_of("movement", name, MOVEMENTS) for name in ([asked] if isinstance(asked, str) else asked)]
        query = """
            from marts.fct_mrr_movements
            where movement_type in (select unnest($1::varchar[])) and month_date between $2 and $3
            order by month_date, customer_id
        """
        return self._frame(query, [chosen, *months(since, until)], exact=exact)

    def drivers(
        self, since: object = None, until: object = None, by: str | None = None, *, exact: bool = True
    ) -> pd.DataFrame:
        """Why customers who stayed pay more or less: one row per driver, what was gained and lost by it.

        Of the twelve months to `until`, or from `since` on; without `until`, to the last month. `by` is 'month' or
        'product', for one row per driver and that. Source: sums of `fct_mrr_movement_drivers`.
        """
        return self._frame(*self._drivers(since, until, by), exact=exact)

    def sql(self, query: str, *, exact: bool = True) -> pd.DataFrame:
        """The result of a query on the marts, whose columns become what columns of that name are in a mart."""
        return self._frame(query, exact=exact, is_own=False)

    def _drivers(self, since: object, until: object, by: str | None) -> tuple[str, list[Any]]:
        """The query of `drivers`, and its values."""
        cut = f"{CUTS_OF_DRIVERS[one_of('cut of drivers', by, CUTS_OF_DRIVERS)]}, " if by is not None else ""
        first, last = months(since, until)
        if until is None:
            (last,) = self._execute("select max(month_date) from marts.mrr_waterfall").fetchone()
        if since is None and last is not None:
            first = date(last.year, last.month - 11, 1) if last.month == 12 else date(last.year - 1, last.month + 1, 1)
        query = f"""
            select {cut}driver,
                sum(greatest(mrr_change, 0)) as gained_mrr, sum(least(mrr_change, 0)) as lost_mrr,
                sum(mrr_change) as mrr_change, sum(manufactured_mrr) as manufactured_mrr
            from marts.fct_mrr_movement_drivers
            where month_date between ? and ?
            group by {cut}driver
            order by {cut}sum(fct_mrr_movement_drivers.mrr_change) desc, driver
        """
        return query, [first, last]

    def _execute(self, query: str, values: Sequence[Any] = (), *, is_own: bool = True) -> duckdb.DuckDBPyConnection:
        """The cursor of a query; one of our own fails only where the marts are not those of this version."""
        try:
            cursor = self.connection.execute(query, list(values))
        except duckdb.ConnectionException as error:
            raise LedgerError("it has been closed: open it again") from error
        except duckdb.Error as error:
            if is_own and isinstance(error, duckdb.BinderException | duckdb.CatalogException):
                said = f"another version of the project made this publication, publish again: {first_line(error)}"
                raise LedgerError(said) from error
            raise LedgerError(in_one_line(error)) from error
        if cursor is None or cursor.description is None:
            raise LedgerError("the query is empty: write one such as 'from mrr_waterfall'")
        return cursor

    def _frame(
        self,
        query: str,
        values: Sequence[Any] = (),
        *,
        exact: bool,
        is_own: bool = True,
        categories: set[str] | frozenset[str] = frozenset(),
    ) -> pd.DataFrame:
        """The result of a query, each column as its type and name say."""
        pandas = import_pandas()
        text = """
            select distinct column_name from information_schema.columns
            where table_schema = 'marts' and data_type = 'VARCHAR'
        """
        known = {name for (name,) in self._execute(text).fetchall() if not name.endswith(NO_CATEGORY)} | categories
        cursor = self._execute(query, values, is_own=is_own)
        described = [(name, str(kind)) for name, kind, *_ in cursor.description]
        found = cursor.fetchall()
        columns = list(zip(*found, strict=True)) if found else [()] * len(described)
        made = [
            series(pandas, name, kind, list(column), name in known, exact)
            for (name, kind), column in zip(described, columns, strict=True)
        ]
        return pandas.concat(made, axis="columns")


class Publication(Marts):
    """A publication, open to be read: its marts, and what its manifest says of it.

    `as_of_date` is the day to which it counts, `variables` are the vars that it was made with, by name, and
    `code_version` and `code_sha256` say which models made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name: str = path.name
        try:
            manifest = json.loads((path / MANIFEST).read_text())
        except (OSError, ValueError) as error:
            raise LedgerError(f"publication {path} cannot be read ({error}): publish again") from error
        self.as_of_date = date.fromisoformat(manifest["as_of_date"])
        self.variables: dict[str, Any] = manifest["vars"]
        self.code_version: str = manifest["code"]["version"]
        self.code_sha256: str = manifest["code"]["sha256"]
        self._size = len(manifest.get("tables", ()))
        try:
            super().__init__(duckdb.connect(str(path / WAREHOUSE), read_only=True))
        except duckdb.Error as error:
            raise LedgerError(f"publication {path} cannot be opened: {first_line(error)}") from error

    def __repr__(self) -> str:
        return f"<Publication {self.name}: as of {self.as_of_date}, in {self.currency}, {self._size} marts>"

    @property
    def currency(self) -> str:
        """Currency of every amount."""
        return self.variables["reporting_currency"].strip().upper()


def open_publication(directory: str | Path | None = None, name: str | None = None) -> Publication:
    """A publication, read-only: the one of this name, such as '000003', or the current one.

    `directory` is where publications are: by default COHORT_LEDGER_PUBLICATIONS_DIR, or `publications` in the project.
    Close it, or use it in a `with` statement. LedgerError where there is none.
    """
    place = publications_dir() if directory is None else Path(directory)
    if name is None:
        path = current(place)
        if path is None:
            raise LedgerError(f"nothing has been published in {place} yet: run `make report` or `make publish`")
        return Publication(path)
    if place / name not in numbered(place):
        kept = ", ".join(path.name for path in numbered(place)) or "none"
        raise LedgerError(f"there is no publication {name} in {place}: kept are {kept}")
    return Publication(place / name)


def open_working_database() -> Marts:
    """The marts that were built last, published or not, read-only. LedgerError where there are none."""
    return Marts(connect())


def one_of(kind: str, value: object, allowed: Iterable[str]) -> str:
    """A value that is allowed, or a LedgerError that says which are."""
    names = list(allowed)
    if value in names:
        return str(value)
    plural = f"{kind}s" if " of " not in kind else kind.replace(" of ", "s of ", 1)
    raise LedgerError(f"there is no {kind} {value!r}: {plural} are {', '.join(names)}")


def month_of(value: Any, *, is_last: bool) -> date:
    """The first day of a month, however it is said; of a year or a quarter, its first or its last month."""
    try:
        if isinstance(value, str):
            text = f"{value}-{'12' if is_last else '01'}" if len(value) == len("2024") else value
            value = date.fromisoformat(f"{text}-01" if len(text) == len("2024-03") else text)
        # a pandas Period
        value = getattr(value, "end_time" if is_last else "start_time", value)
        return date(value.year, value.month, 1)
    except (AttributeError, TypeError, ValueError):
        raise LedgerError(f"{value!r} is no month: write '2024-03', '2024', a date or a pandas Period") from None


def months(since: object, until: object) -> list[date]:
    """The first and the last month, without bounds where there is none."""
    first = date.min if since is None else month_of(since, is_last=False)
    last = date.max if until is None else month_of(until, is_last=True)
    if first > last:
        raise LedgerError(f"there is no month since {first:%Y-%m} and until {last:%Y-%m}: turn the two around")
    return [first, last]


def import_pandas() -> Any:
    """pandas, which only frames need."""
    try:
        import pandas
    except ImportError as error:
        raise LedgerError(
            "data frames need pandas, which is not installed: `.venv/bin/pip install pandas`, or read `.rows(query)`"
        ) from error
    return pandas


def series(pandas: Any, name: str, kind: str, values: list[Any], is_category: bool, exact: bool) -> pd.Series:
    """A column of a frame, from its name, its type in the database and its values."""
    has_gaps = any(value is None for value in values)
    if kind.startswith("DECIMAL"):
        if exact:
            return pandas.Series(values, name=name, dtype="object")
        return pandas.Series([None if value is None else float(value) for value in values], name=name, dtype="float64")
    if kind == "DATE" and (name == "month_date" or name.endswith("_month_date")):
        found = [None if value is None else pandas.Period(value, freq="M") for value in values]
        return pandas.Series(found, name=name, dtype="period[M]")
    if kind in ("DATE", "TIMESTAMP"):
        return pandas.Series(values, name=name, dtype="datetime64[us]")
    if kind == "VARCHAR" and is_category:
        present = {value for value in values if value is not None}
        order = ORDERS.get(name, ())
        categories = [value for value in order if value in present] + sorted(present - set(order))
        return pandas.Series(pandas.Categorical(values, categories=categories), name=name)
    if kind.endswith(("INT", "INTEGER")) and all(value is None or abs(value) < 2**63 for value in values):
        return pandas.Series(values, name=name, dtype="Int64" if has_gaps else "int64")
    dtypes = {
        "BOOLEAN": "boolean" if has_gaps else "bool",
        "DOUBLE": "float64",
        "FLOAT": "float64",
        "VARCHAR": "string",
    }
    return pandas.Series(values, name=name, dtype=dtypes.get(kind, "object"))
