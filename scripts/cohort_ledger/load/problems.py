"""What is wrong with the rows of raw files, with the line of each; see files.py for how they are read.

A file is read fast first. Only if anything in it looks wrong is it read again, to list every problem with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path

import duckdb

from cohort_ledger.errors import first_line
from cohort_ledger.load.files import Problem, Problems, Source, csv_rows, open_text, to_utf_8
from cohort_ledger.sql import identifier, literal, scalar

MALFORMED = {
    "UNQUOTED VALUE": "a quoted value that does not end, or goes on after its end; later lines were not checked",
    "INVALID ENCODING": "not UTF-8",
}
QUOTED_FIELD = re.compile(r'(?:^|,) *"(?:[^"]|"")*+("?)')


def load_file(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Read a file into memory, with the types of the contract and a mark on rows with problems."""
    values = [f"{column.value} as {identifier(column.column.name)}" for column in source.columns]
    conditions = [condition for column in source.columns for condition, _ in column.checks]
    connection.execute(
        f"create table {source.staged} as "
        f"select {', '.join([*values, ' or '.join(conditions) or 'false'])} as has_problem from {source.rows}"
    )


def key_columns(source: Source, prefix: str = "") -> list[str]:
    """SQL of the key as it is compared, if the file has all of it: codes are read without regard to case."""
    codes = {column.column.name: column.column.is_code for column in source.columns}
    if not codes.keys() >= set(source.table.key):
        return []
    return [
        f"upper(trim({prefix}{identifier(name)}))" if codes[name] else f"{prefix}{identifier(name)}"
        for name in source.table.key
    ]


def is_suspect(connection: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Whether any row may have a problem, found fast; keys are compared by hash, so that it may also be none."""
    if source.is_csv and scalar(connection, f"select count(*) from {identifier('rejects_' + source.table.name)}"):
        return True
    if scalar(connection, f"select count(*) from {source.staged} where has_problem"):
        return True
    key = key_columns(source)
    hashes = f"select count(*) - count(distinct hash({', '.join(key)})) from {source.staged}"
    return bool(key) and scalar(connection, hashes) > 0


def create_problem_table(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """List every bad value and every key that was there before, by row: the file is read again for the text."""
    rows = csv_rows(source.path, len(source.header), "ignore_errors = true") if source.is_csv else source.rows
    connection.execute(f"create table text_rows as from {rows}")
    connection.execute(
        "create table found_problems "
        "(row_number bigint, position integer, column_name text, problem text, shown text, earlier_row bigint)"
    )
    for column in source.columns:
        for condition, text in column.checks:
            connection.execute(
                f"insert into found_problems select rowid, {column.position}, {literal(column.column.name)}, "
                f"{literal(text)}, cast({column.sql} as varchar), null from text_rows where {condition}"
            )
    if key := key_columns(source):
        position = min(column.position for column in source.columns if column.column.name in source.table.key)
        connection.execute(
            f"insert into found_problems select rowid, {position}, {literal(', '.join(source.table.key))}, "
            f"'the same key as in line', concat_ws(', ', {', '.join(key)}), "
            f"min(rowid) over (partition by {', '.join(key)}) as earlier_row from {source.staged} "
            f"where {' and '.join(f'{column} is not null' for column in key)} qualify rowid > earlier_row"
        )
    connection.execute("drop table text_rows")


def create_malformed_table(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """List the rows that are no CSV, by their byte; after a broken quote nobody knows where a row begins.

    The engine counts bytes from 1, and lets rows start at the line feed of the line before where lines end in CR LF.
    """
    rejects = identifier(f"rejects_{source.table.name}")
    connection.execute(
        f"""
        create table malformed_rows as
        select line_byte_position - 1 + strlen(csv_line) - strlen(ltrim(csv_line, chr(10) || chr(13))) as byte,
            error_type::varchar as kind, min(column_idx) as lowest,
            max(column_idx) as highest, min(error_message) as message
        from {rejects}
        where line_byte_position <= coalesce(
            (select min(line_byte_position) from {rejects} where error_type = 'UNQUOTED VALUE'), line_byte_position
        )
        group by byte, kind
        """
    )
    broken = scalar(connection, "select max(byte) from malformed_rows where kind = 'UNQUOTED VALUE'")
    if broken is not None:
        starts = sum(1 for _ in takewhile(lambda start: start[0] < broken, row_starts(source.path)))
        malformed = scalar(connection, f"select count(distinct byte) from malformed_rows where byte < {broken}")
        connection.execute(f"delete from found_problems where row_number >= {starts - malformed}")


def malformed_problem(source: Source, kind: str, lowest: int, highest: int, message: str) -> tuple[int, str, str]:
    """Position, column and words for what the engine says about a malformed row."""
    width = len(source.header)
    if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
        return 0, "", f"{lowest if kind == 'MISSING COLUMNS' else highest} fields where the header has {width}"
    if kind not in MALFORMED:
        return 0, "", message.strip().split("\n")[0]
    if lowest <= width:
        return lowest, source.header[lowest - 1], MALFORMED[kind]
    return 0, "", MALFORMED[kind]


def malformed_rows(connection: duckdb.DuckDBPyConnection, source: Source, limit: int) -> dict[int, list[tuple]]:
    """What is wrong with the first malformed rows, by their byte; of all that are not UTF-8 the first one tells."""
    found: dict[int, list[tuple]] = {}
    later = scalar(connection, "select count(*) - 1 from malformed_rows where kind = 'INVALID ENCODING'")
    is_told = False
    rows = connection.execute("from malformed_rows order by byte, kind")
    while (row := rows.fetchone()) and len(found) < limit:
        problems = found.setdefault(row[0], [])
        is_encoding = row[1] == "INVALID ENCODING"
        if is_encoding and is_told:
            continue
        position, column, text = malformed_problem(source, *row[1:])
        if is_encoding:
            is_told = True
            others = f", like {later} later line{'s' if later > 1 else ''}" if later else ""
            text = f"{text}{others}: {to_utf_8('WINDOWS-1252')}"
        problems.append((position, column, text))
    return found


def csv_lines(path: Path) -> Iterator[tuple[int, int, str, bool, bool]]:
    """Each line of a CSV file: its byte, number and text, and whether it begins and ends within a quoted value."""
    byte, is_quoted = 0, False
    with open_text(path, "latin-1") as file:
        for number, line in enumerate(file, 1):
            was_quoted = is_quoted
            if '"' in line:
                is_quoted = "" in QUOTED_FIELD.findall(f'"{line}' if was_quoted else line)
            yield byte, number, line, was_quoted, is_quoted
            byte += len(line)


def row_starts(path: Path) -> Iterator[tuple[int, int]]:
    """Byte and line at which each row of a CSV file starts, after the header; empty lines are no rows."""
    starts = (
        (byte, number) for byte, number, line, was_quoted, _ in csv_lines(path) if not was_quoted and line.strip("\r\n")
    )
    return islice(starts, 1, None)


def mixed_line_ends(path: Path) -> str | None:
    """Where the line ends stop being the same, which the engine cannot read."""
    ends: set[str] = set()
    for _, number, line, _, is_quoted in csv_lines(path):
        end = line[len(line.rstrip("\r\n")) :]
        ends |= {end[-2:]} if end and not is_quoted else set()
        if len(ends) > 1:
            return f"line {number} ends differently from those before (CR LF against LF)"
    return None


def line_numbers(
    source: Source, rows: set[int], malformed: set[int], is_cut: bool
) -> tuple[dict[int, int], dict[int, int]]:
    """Lines of well-formed rows by their number, and of malformed rows by their byte, up to the last asked for."""
    if not source.is_csv:
        return {row: row + 1 for row in rows}, {}
    lines: dict[int, int] = {}
    malformed_lines: dict[int, int] = {}
    row = 0
    for byte, line in row_starts(source.path):
        if len(malformed_lines) == len(malformed) and (is_cut or len(lines) == len(rows)):
            break
        if byte in malformed:
            malformed_lines[byte] = line
        else:
            if row in rows:
                lines[row] = line
            row += 1
    return lines, malformed_lines


def list_problems(connection: duckdb.DuckDBPyConnection, source: Source, limit: int) -> Problems:
    """The first problems of a file's rows, with their lines."""
    create_problem_table(connection, source)
    count, malformed = 0, {}
    if source.is_csv:
        create_malformed_table(connection, source)
        told_once = "case kind when 'INVALID ENCODING' then -1 else byte end"
        count = scalar(connection, f"select count(distinct ({told_once}, kind)) from malformed_rows")
        malformed = malformed_rows(connection, source, limit)
        connection.execute("drop table malformed_rows")
    count += scalar(connection, "select count(*) from found_problems")
    found = connection.execute(f"from found_problems order by row_number, position, problem limit {limit}").fetchall()
    connection.execute("drop table found_problems")
    rows = {row[0] for row in found} | {row[5] for row in found if row[5] is not None}
    lines, malformed_lines = line_numbers(source, rows, set(malformed), is_cut=len(malformed) == limit)
    file, problems = str(source.path), []
    for row, position, column, text, value, earlier in found:
        if row in lines:
            text = text if earlier is None else f"{text} {lines[earlier]}:"
            problems.append(Problem(file, lines[row], position, column, text, value))
    for byte, line in malformed_lines.items():
        problems += [Problem(file, line, *parts) for parts in malformed[byte]]
    return Problems(sorted(problems, key=Problem.place)[:limit], count)


def check_file(connection: duckdb.DuckDBPyConnection, source: Source, limit: int) -> Problems:
    """Read one file into memory and say what is wrong with it."""
    try:
        load_file(connection, source)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        text = mixed_line_ends(source.path) if source.is_csv else None
        return Problems([Problem(str(source.path), 0, 0, "", text or first_line(error))], 1)
    return list_problems(connection, source, limit) if is_suspect(connection, source) else Problems([], 0)
