"""The raw tables of the published contract, and files that hold them: how each is read, column by column.

No value is rounded, cut or shifted: text must read as the project's own tests want it, and a Parquet column of a type
that may hold something else is read as text.
"""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import yaml

from cohort_ledger.errors import LedgerError, first_line
from cohort_ledger.project import PROJECT_DIR
from cohort_ledger.sql import identifier, literal

CONTRACT = PROJECT_DIR / "models/staging/billing/_billing__sources.yml"
SUFFIXES = (".csv", ".csv.gz", ".parquet")

# what text must look like, as in tests/generic/values_parse.sql
PATTERNS = {
    "integer": r"^ *[+-]?[0-9]{1,18}([.]0*)? *$",
    "decimal(18,4)": r"^ *[+-]?[0-9]{1,14}([.][0-9]{0,4}0*)? *$",
    "decimal(18,8)": r"^ *[+-]?[0-9]{1,10}([.][0-9]{0,8}0*)? *$",
    "boolean": r"^ *([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[TtFf]|0|1) *$",
    "timestamp": (
        r"^ *[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?)?(Z|[+-]00(:?00)?)? *$"
    ),
    "date": r"^ *[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]*)?(Z|[+-]00(:?00)?)? *$",
}
WANTED = {
    "integer": "not a whole number of at most 18 digits",
    "decimal(18,4)": "not a number with at most 14 digits before the point and 4 after it",
    "decimal(18,8)": "not a number with at most 10 digits before the point and 8 after it",
    "boolean": "not true or false",
    "timestamp": "not a timestamp in UTC, such as 2024-03-31 12:00:00",
    "date": "not a date, such as 2024-03-31",
}

# how files begin that are not UTF-8; those of UTF-32 begin like those of UTF-16
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

SMALL_INTEGERS = "TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT|UINTEGER"
WHOLE = rf"{SMALL_INTEGERS}|BIGINT|UBIGINT|U?HUGEINT"
# types of Parquet columns that hold nothing else than the contract's, and those whose every value is checked as text
SAME_TYPES = {
    "string": "VARCHAR",
    "integer": rf"BIGINT|{SMALL_INTEGERS}",
    "decimal(18,4)": r"DECIMAL\(18,4\)",
    "decimal(18,8)": r"DECIMAL\(18,8\)",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "TIMESTAMP|DATE",
}
TEXT_TYPES = {
    "string": rf"ENUM.*|UUID|{WHOLE}",
    "integer": rf"VARCHAR|DOUBLE|DECIMAL.*|{WHOLE}",
    "decimal(18,4)": rf"VARCHAR|DOUBLE|DECIMAL.*|{WHOLE}",
    "decimal(18,8)": rf"VARCHAR|DOUBLE|DECIMAL.*|{WHOLE}",
    "boolean": rf"VARCHAR|{WHOLE}",
    "timestamp": "VARCHAR|DATE|TIMESTAMP.*",
    "date": "VARCHAR|TIMESTAMP.*",
}


class LoadError(LedgerError):
    """What stops a load, in words for the user."""


@dataclass(frozen=True)
class Column:
    """A column of the contract."""

    name: str
    data_type: str
    is_required: bool
    is_code: bool

    @property
    def sql_type(self) -> str:
        """What DuckDB calls the type."""
        return {"string": "VARCHAR", "integer": "BIGINT"}.get(self.data_type, self.data_type.upper())


@dataclass(frozen=True)
class RawTable:
    """A table of the contract."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_optional: bool = False
    required_by_basis: str | None = None

    def may_be_absent(self, basis: str) -> bool:
        """Whether a ledger whose fixed MRR comes from there (`mrr_basis`) does without it."""
        return self.is_optional or self.required_by_basis not in (None, basis)


@dataclass(frozen=True)
class FileColumn:
    """A column of the contract as it stands in a file: its place from 1 on, and the SQL that reads it."""

    column: Column
    position: int
    sql: str
    is_typed: bool

    @property
    def text(self) -> str:
        """SQL of the value as text."""
        return self.sql if self.is_typed else f"cast({self.sql} as varchar)"

    @property
    def value(self) -> str:
        """SQL of the value with the contract's type, null where it does not have it."""
        if self.column.data_type == "date" and not self.is_typed:
            return f"cast(try_cast({self.text} as timestamp) as date)"
        return f"try_cast({self.text} as {self.column.sql_type})"

    @property
    def checks(self) -> list[tuple[str, str]]:
        """What can be wrong with a value: a condition, never null, and its description."""
        found = []
        pattern = PATTERNS.get(self.column.data_type)
        if pattern and not self.is_typed:
            is_wrong = f"not regexp_matches({self.text}, {literal(pattern)}) or {self.value} is null"
            found.append((f"({self.sql} is not null and ({is_wrong}))", WANTED[self.column.data_type]))
        if self.column.is_required:
            is_blank = f"{self.text} like ' %' and trim({self.text}) = ''" if pattern is None else "false"
            found.append((f"({self.sql} is null or ({is_blank}))", "missing"))
        return found


@dataclass(frozen=True)
class Source:
    """A file, the table it fills, and how to read it: `rows` is the SQL of its columns, in the order of its rows."""

    path: Path
    table: RawTable
    columns: tuple[FileColumn, ...]
    header: tuple[str, ...]
    rows: str
    is_trimmed: bool = False

    @property
    def is_csv(self) -> bool:
        """Whether rows have lines and may be malformed."""
        return not is_parquet(self.path)

    @property
    def staged(self) -> str:
        """The checked rows, in the engine's memory; `rowid` counts the file's well-formed rows from 0."""
        return identifier(f"staged_{self.table.name}")

    @property
    def notes(self) -> list[str]:
        """What a reader of the file would not expect of its table."""
        known, found = {column.name for column in self.table.columns}, {name.lower() for name in self.header}
        notes = []
        if left_out := [name for name in self.header if name.lower() not in known]:
            notes.append(f"left out, as the contract does not know them: {', '.join(left_out)}")
        if absent := [column.name for column in self.table.columns if column.name not in found]:
            notes.append(f"null, as the file does not have them: {', '.join(absent)}")
        if self.is_trimmed:
            notes.append("read without blanks around names and values, as its header has some")
        return notes


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; line 0 is the file as a whole, position 0 the line as a whole."""

    file: str
    line: int
    position: int
    column: str
    text: str
    value: str | None = None

    def place(self) -> tuple[str, int, int, str, str]:
        """What problems are sorted by."""
        return self.file, self.line, self.position, self.column, self.text

    def __str__(self) -> str:
        """As compilers print it: file:line: column: problem 'value'."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        shown = "" if self.value is None else f" {self.value[:200]!r}"
        return ": ".join(part for part in (place, self.column, self.text) if part) + shown


@dataclass(frozen=True)
class Problems:
    """The first problems, and how many there are altogether."""

    first: list[Problem]
    count: int


def to_utf_8(encoding: str) -> str:
    """What to do with text in another encoding."""
    return (
        f'save the file as UTF-8 (in Excel: "CSV UTF-8"), or convert it, for example with iconv -f {encoding} -t UTF-8'
    )


def read_contract() -> dict[str, RawTable]:
    """The raw tables by name."""
    tables = {}
    for table in yaml.safe_load(CONTRACT.read_text())["sources"][0]["tables"]:
        columns = []
        for column in table["columns"]:
            meta = column.get("config", {}).get("meta", {})
            is_required, is_code = not meta.get("is_nullable", False), meta.get("is_code", False)
            columns.append(Column(column["name"], column["data_type"], is_required, is_code))
        meta = table["config"]["meta"]
        tables[table["name"]] = RawTable(
            table["name"],
            tuple(columns),
            key=tuple(meta["key"]),
            is_optional=meta.get("is_optional", False),
            required_by_basis=meta.get("required_by_basis"),
        )
    return tables


def find_files(directory: Path, tables: dict[str, RawTable]) -> dict[str, list[Path]]:
    """The files of each table, in any case, and what looks like a table's file and is none under names with a slash."""
    found: dict[str, list[Path]] = {}
    for path in sorted(directory.iterdir()):
        name = path.name.lower()
        stem, _, rest = name.partition(".")
        if not name.startswith(".") and (stem in tables or name.endswith(SUFFIXES)):
            is_table = stem in tables and f".{rest}" in SUFFIXES and path.is_file()
            found.setdefault(stem if is_table else f"/{path.name}", []).append(path)
    return found


def other_files(directory: Path, tables: dict[str, RawTable]) -> list[Path]:
    """What does not look like a table's file, such as a README; hidden files are the system's."""
    looked_at = {path for paths in find_files(directory, tables).values() for path in paths}
    return [path for path in sorted(directory.iterdir()) if path not in looked_at and not path.name.startswith(".")]


def misplaced_files(found: dict[str, list[Path]], tables: dict[str, RawTable]) -> list[Problem]:
    """Files that are no table's, and tables with more than one."""
    problems = []
    for name, paths in found.items():
        if name not in tables:
            problems.append(Problem(str(paths[0]), 0, 0, "", f"not the file of a raw table ({', '.join(SUFFIXES)})"))
        problems += [
            Problem(str(path), 0, 0, "", f"a second file of {name}, beside {paths[0].name}") for path in paths[1:]
        ]
    return problems


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its name; all others are CSV."""
    return path.suffix.lower() == ".parquet"


def open_file(path: Path, mode: str, **how: Any) -> IO[Any]:
    """A CSV file, unzipped."""
    opener: Callable[..., IO[Any]] = gzip.open if path.suffix.lower() == ".gz" else open
    return opener(path, mode, **how)


def open_text(path: Path, encoding: str) -> IO[str]:
    """A CSV file as text with its line ends as they are; bytes that are no text become surrogates."""
    return open_file(path, "rt", encoding=encoding, errors="surrogateescape", newline="")


def check_encoding(path: Path) -> None:
    """Refuse text of several bytes a letter, in which no column would be found."""
    with open_file(path, "rb") as file:
        start = file.read(100)
    marked = next((encoding for mark, encoding in BYTE_ORDER_MARKS if start.startswith(mark)), None)
    if marked or b"\0" in start:
        encoding = marked or ("UTF-16LE" if start[0] else "UTF-16BE")
        raise LoadError(f"not UTF-8 but {encoding}: {to_utf_8(encoding)}")


def csv_header(path: Path) -> tuple[str, ...]:
    """The names in the first line, with the blanks around them."""
    try:
        check_encoding(path)
        with open_text(path, "utf-8-sig") as file:
            header = next(csv.reader(file, strict=True), [])
        "".join(header).encode()
    except UnicodeEncodeError as error:
        raise LoadError(f"the header is not UTF-8: {to_utf_8('WINDOWS-1252')}") from error
    except (csv.Error, OSError, EOFError) as error:
        raise LoadError(f"the header cannot be read: {error}") from error
    if not any(header):
        raise LoadError("no header in the first line")
    names = [name.strip().lower() for name in header]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise LoadError(f"columns that are there twice: {', '.join(twice)}")
    return tuple(header)


def csv_rows(path: Path, width: int, on_malformed: str) -> str:
    """SQL that reads a CSV file as text columns c1, c2, ..."""
    columns = ", ".join(f"c{position}: 'varchar'" for position in range(1, width + 1))
    return (
        f"read_csv({literal(glob.escape(str(path)))}, columns = {{{columns}}}, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = '', {on_malformed})"
    )


def csv_source(path: Path, table: RawTable) -> Source:
    """How to read a CSV file; malformed rows go to a table of their own.

    Who writes a blank after the commas of the header does so after all others, and means it to be a part of nothing.
    """
    written = csv_header(path)
    header = tuple(name.strip() for name in written)
    positions = {name.lower(): position for position, name in enumerate(header, 1)}
    value = "nullif(trim(c{0}), '')" if header != written else "c{0}"
    columns = tuple(
        FileColumn(
            column, positions[column.name], value.format(positions[column.name]), is_typed=column.data_type == "string"
        )
        for column in table.columns
        if column.name in positions
    )
    rejects = f"store_rejects = true, rejects_table = 'rejects_{table.name}', rejects_scan = 'scan_{table.name}'"
    rows = csv_rows(path, len(header), rejects)
    return Source(path, table, columns, header, rows, is_trimmed=header != written)


def parquet_source(connection: duckdb.DuckDBPyConnection, path: Path, table: RawTable) -> tuple[Source, list[Problem]]:
    """How to read a Parquet file, and its columns of types that cannot be what the contract says."""
    rows = f"read_parquet({literal(glob.escape(str(path)))})"
    described = connection.execute(f"describe from {rows}").fetchall()
    places = {row[0].lower(): (position, row[0], row[1]) for position, row in enumerate(described, 1)}
    columns, problems = [], []
    for column in table.columns:
        if column.name not in places:
            continue
        position, name, file_type = places[column.name]
        is_typed = bool(re.fullmatch(SAME_TYPES[column.data_type], file_type))
        if is_typed or re.fullmatch(TEXT_TYPES[column.data_type], file_type):
            columns.append(FileColumn(column, position, identifier(name), is_typed))
        else:
            text = f"a column of type {file_type} cannot be read exactly as {column.data_type}"
            problems.append(Problem(str(path), 0, position, column.name, text))
    return Source(path, table, tuple(columns), tuple(row[0] for row in described), rows), problems


def missing_columns(source: Source) -> list[Problem]:
    """Columns that the contract requires and the file lacks."""
    names = {name.lower() for name in source.header}
    missing = [column.name for column in source.table.columns if column.name not in names and column.is_required]
    if missing and source.is_csv and len(source.header) == 1:
        return [Problem(str(source.path), 0, 0, "", f"only one column, {source.header[0]!r}: separate them by commas")]
    return [Problem(str(source.path), 0, 0, name, "the column is missing") for name in missing]


def read_files(
    connection: duckdb.DuckDBPyConnection, files: dict[str, list[Path]], tables: dict[str, RawTable]
) -> tuple[list[Source], list[Problem]]:
    """How to read each file, and what is wrong with their columns."""
    sources, problems = [], []
    for name, (path, *_) in files.items():
        if name not in tables:
            continue
        try:
            if is_parquet(path):
                source, found = parquet_source(connection, path, tables[name])
            else:
                source, found = csv_source(path, tables[name]), []
        except (LoadError, duckdb.Error) as error:
            problems.append(Problem(str(path), 0, 0, "", first_line(error)))
        else:
            sources.append(source)
            problems += [*found, *missing_columns(source)]
    return sources, problems
