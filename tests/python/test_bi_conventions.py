"""What BI tools rely on: names that say what a column holds, labels and formats, and a key of one column."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_project import PROJECT_DIR, read_manifest, run_dbt
from hypothesis import given
from hypothesis import strategies as st

ABBREVIATIONS = {"MRR", "ARR", "NRR", "GRR", "FX", "ID", "(UTC)"}
AMOUNT, QUOTIENT, COUNT, YEAR = "#,##0.00", "0.00", "#,##0", "0"
SHARE, DATE, INSTANT = "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
FORMATS = {
    "string": {None},
    "boolean": {None},
    "date": {DATE},
    "timestamp": {INSTANT},
    "decimal(18,4)": {AMOUNT},
    "decimal(18,6)": {SHARE, QUOTIENT},
    "bigint": {COUNT},
    "integer": {COUNT, YEAR},
}
# how the names of a type end or begin
NAMES = {
    "date": r".*_date",
    "timestamp": r".*_at",
    "boolean": r"(is|has)_.*",
    "decimal(18,4)": r".*_mrr|.*_arr|mrr|amount|(customer_)?mrr_(before|after|change)|peak_mrr_before",
    "decimal(18,6)": r".*_rate|.*_ratio|.*_share|.*_retention|.*_lift|(target_)?[ng]rr(_from|_to)?"
    r"|(.*_)?share_(of_growth|of_comparison|after_contraction|held_after_\d+_months|expanded_\d+_months)",
}
# text of a grain that can only be one of a list, and so holds neither | nor %
CLOSED_LISTS = {"period_type", "dimension", "driver", "item_type", "source_table", "reason"}
INLINE = (
    "select {{ surrogate_key(['first_text', 'a_date', 'second_text', 'a_number'], "
    "free_text=['first_text', 'second_text']) }} as row_key from (select ?::varchar as first_text, ?::date as a_date, "
    "?::varchar as second_text, ?::bigint as a_number)"
)


@dataclass(frozen=True)
class Mart:
    """A mart of the manifest, and the columns of its grain."""

    name: str
    columns: list[dict[str, Any]]
    grain: list[str]
    raw_code: str

    @property
    def key(self) -> str:
        """The last column, which is the surrogate key of a mart that has one."""
        return self.columns[-1]["name"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo that `make build` builds."""
    copy = tmp_path_factory.mktemp("bi") / "cohort_ledger.duckdb"
    shutil.copy(PROJECT_DIR / copy.name, copy)
    return copy


@pytest.fixture(scope="module")
def key_query(database: Path) -> str:
    """The macro compiled over two texts, a date and a number, each a parameter."""
    result = run_dbt("--quiet", "compile", "--inline", INLINE, database=database)
    assert result.exit_code == 0, result.output
    return result.output[result.output.index("select") :]


@pytest.fixture(scope="module")
def marts(database: Path, key_query: str) -> list[Mart]:
    """Every mart, as the manifest describes it."""
    nodes = read_manifest(database)["nodes"]
    grains = {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "has_unique_grain"
    }
    found = [
        Mart(node["name"], list(node["columns"].values()), grains[unique_id], node["raw_code"])
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    assert len(found) > 10
    return found


@pytest.fixture(scope="module")
def demo(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy, to read."""
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def columns_of(marts: list[Mart]) -> list[tuple[str, dict[str, Any]]]:
    """Every column with its full name."""
    return [(f"{mart.name}.{column['name']}", column) for mart in marts for column in mart.columns]


def escaped(column: str) -> str:
    """SQL of a value as a key writes it, whatever its type."""
    return f"replace(replace({column}::varchar, '%', '%25'), '|', '%7C')"


def test_every_column_has_a_label_of_its_own_in_plain_words(marts: list[Mart]) -> None:
    """Sentence case, no two alike in a mart, and a column is called the same in every mart that has it."""
    labels: dict[str, str] = {}
    for name, column in columns_of(marts):
        label = column["meta"]["dimension"]["label"]
        assert label[0].isupper() and "_" not in label, name
        assert all(word.islower() or word.isdigit() or word in ABBREVIATIONS for word in label.split()[1:]), name
        assert labels.setdefault(column["name"], label) == label, name
    for mart in marts:
        in_mart = [labels[column["name"]] for column in mart.columns]
        assert len(set(in_mart)) == len(in_mart), mart.name


def test_every_number_and_date_has_a_format_that_fits_its_type(marts: list[Mart]) -> None:
    """Codes as spreadsheets write them; dates are ISO."""
    for name, column in columns_of(marts):
        assert column["meta"]["dimension"].get("format") in FORMATS[column["data_type"]], name
    years = [name for name, column in columns_of(marts) if column["meta"]["dimension"].get("format") == YEAR]
    assert years == [name for name, _ in columns_of(marts) if name.endswith("_year")]


def test_names_say_what_type_a_column_has(marts: list[Mart]) -> None:
    """And no other type has a name like that."""
    for name, column in columns_of(marts):
        for data_type, pattern in NAMES.items():
            matches = re.fullmatch(pattern, column["name"]) is not None
            assert matches == (column["data_type"] == data_type), (name, data_type)


def test_every_mart_has_one_column_that_names_a_row(marts: list[Mart]) -> None:
    """A grain of one column, or a surrogate key at the end, never null."""
    for mart in marts:
        has_key = mart.key.endswith("_key") and mart.key != "example_key"
        assert has_key == (len(mart.grain) > 1), mart.name
        required = {
            column["name"]
            for column in mart.columns
            if "not_null" in {constraint["type"] for constraint in column["constraints"]}
        }
        assert required >= {*mart.grain, *([mart.key] if has_key else [])}, mart.name


def test_free_text_in_a_key_is_escaped(marts: list[Mart]) -> None:
    """Every text of a grain that is not from a closed list."""
    for mart in marts:
        if len(mart.grain) > 1:
            free_text = re.findall(r"free_text=\[(.*?)\]", mart.raw_code, re.DOTALL)
            names = set(re.findall(r"(\w+)'", free_text[0])) if free_text else set()
            texts = {column["name"] for column in mart.columns if column["data_type"] == "string"}
            assert names == texts.intersection(mart.grain) - CLOSED_LISTS, mart.name


def test_keys_are_the_values_of_the_grain_in_its_order(marts: list[Mart], demo: duckdb.DuckDBPyConnection) -> None:
    """In every row of the demo; and none is there twice."""
    for mart in marts:
        if len(mart.grain) > 1:
            key = " || '|' || ".join(escaped(column) for column in mart.grain)
            rows, keys, same = demo.execute(
                f"select count(*), count(distinct {mart.key}), count(*) filter ({mart.key} = {key}) "
                f"from marts.{mart.name}"
            ).fetchone()
            assert rows > 0, mart.name
            assert rows == keys == same, mart.name


TEXTS = st.text(st.sampled_from("ab|%257C "), max_size=6) | st.text(max_size=4)


@given(TEXTS, st.dates(min_value=date(1000, 1, 1)), TEXTS, st.integers(-999, 10**12))
def test_a_key_can_be_taken_apart_again(key_query: str, first: str, day: date, second: str, number: int) -> None:
    """So that two different rows never have the same one, whatever the text holds."""
    first, second = first.replace("\0", ""), second.replace("\0", "")
    [(key,)] = duckdb.execute(key_query, [first, day, second, number]).fetchall()
    parts = [part.replace("%7C", "|").replace("%25", "%") for part in key.split("|")]
    assert parts == [first, day.isoformat(), second, str(number)]


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a|b", "c"), ("a", "b|c")), (("a%7Cb", ""), ("a|b", "")), (("a", ""), ("", "a")), (("%25", ""), ("%", ""))],
)
def test_texts_that_read_alike_have_different_keys(
    key_query: str, one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Without the escape they would not."""
    one_key, other_key = (
        duckdb.execute(key_query, [first, date(2024, 3, 1), second, 1]).fetchall() for first, second in (one, other)
    )
    assert one_key != other_key
