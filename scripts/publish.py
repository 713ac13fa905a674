"""Write, audit, publish: build the ledger, run every data test, and only then give readers the new numbers.

    python scripts/publish.py [--vars '{demo_data: false}'] [--keep 5] [--debug]
    python scripts/publish.py --rollback
    python scripts/publish.py --list

A publication is a directory `000001`, `000002`, … in `publications` (or COHORT_LEDGER_PUBLICATIONS_DIR) that never
changes once it is there: the marts with their documentation in one DuckDB file, the marts as Parquet, and a manifest.
The link `current` names the one to read, and is replaced in one step, so that a reader has either the old publication
or the new one, and keeps the one that it has open.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from warehouse import PROJECT_DIR, connect, database_path

CURRENT = "current"
INCOMING = ".incoming"
LOCK = ".lock"
WAREHOUSE = "cohort_ledger.duckdb"
MANIFEST = "manifest.json"
STORAGE = "v1.2.0"  # of the oldest DuckDB that can read it: BI tools bring an engine of their own
READ_ONLY_FILE, DIRECTORY = 0o440, 0o750

Json = dict[str, Any]


class PublicationError(RuntimeError):
    """Why nothing was published, in words for the reader."""


@dataclass(frozen=True)
class Column:
    """A documented column of a mart, and how a tool is to show it: its label, and a format as spreadsheets write it.

    `personal` says whose name it holds, `personal_if` in which rows. A key that holds it as its last part says so with
    `ends_with`, the column that it comes from.
    """

    name: str
    description: str
    label: str
    format: str | None
    personal: str | None
    personal_if: str | None
    ends_with: str | None


@dataclass(frozen=True)
class Mart:
    """A mart as dbt's manifest documents it."""

    name: str
    description: str
    columns: tuple[Column, ...]


def publications_dir() -> Path:
    """Where publications are, relative to the working directory if it comes from the environment."""
    return Path(os.environ.get("COHORT_LEDGER_PUBLICATIONS_DIR") or PROJECT_DIR / "publications")


def numbered(directory: Path) -> list[Path]:
    """The complete publications, oldest first."""
    return sorted(path for path in directory.glob("[0-9]*") if path.name.isdigit())


def current(directory: Path) -> Path | None:
    """The publication that readers are given, if there is one."""
    link = directory / CURRENT
    return directory / os.readlink(link) if link.is_symlink() else None


@contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Hold the directory for one process; the operating system lets go when it ends, however it ends.

    What this process leaves unfinished goes, and so does what one that was killed has left.
    """
    directory.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublicationError(
                f"another publication is being made in {directory}: wait until it has ended"
            ) from None
        clear_unfinished(directory)
        try:
            yield
        finally:
            clear_unfinished(directory)


def clear_unfinished(directory: Path) -> None:
    """Remove what is no publication yet, or none any more."""
    for path in directory.glob(f"{INCOMING}*"):
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)


def in_one_line(message: object) -> str:
    """What a message says first, without the code and the macros that it came from."""
    lines = []
    for line in str(message).strip().splitlines():
        if not line.strip() or line.lstrip().startswith(("LINE ", "> in ", "> called by ")):
            break
        lines.append(line.strip())
    return " ".join(lines)


# ---------------------------------------------------------------------------------------------------------------------
# Write and audit


def read_mapping(text: str, where: str) -> Json:
    """Names and values in YAML, its dates as text."""
    try:
        values = yaml.safe_load(text) or {}
        if not isinstance(values, dict):
            raise ValueError(f"'{values}' gives no name a value")
    except (yaml.YAMLError, ValueError) as error:
        raise PublicationError(
            f"{where} cannot be read ({in_one_line(error)}): write it as '{{demo_data: false, as_of_date: 2024-12-31}}'"
        ) from error
    return json.loads(json.dumps(values, default=str))


def effective_vars(given: str) -> Json:
    """The vars of the project, with those that were given on top."""
    project = read_mapping((PROJECT_DIR / "dbt_project.yml").read_text(), "dbt_project.yml")
    # under the project's name they go before the others, as for dbt
    own = project["vars"].pop(project["name"], {})
    return {**project["vars"], **own, **read_mapping(given, "--vars")}


def artefacts_dir() -> Path:
    """Where dbt leaves what it knows of a build: beside the working database, which only one process can write to."""
    return database_path().with_suffix(".artefacts").absolute()


def build(given_vars: str) -> Path:
    """One dbt build with every data test, into the working database; returns where its artefacts are.

    Unit tests check our SQL and not this data. The tests of the input come first by themselves: whatever is not staging
    waits for them.
    """
    if database_path().exists():
        try:
            duckdb.connect(str(database_path())).close()
        except duckdb.Error as error:
            raise PublicationError(
                f"the working database cannot be opened for writing: close what else has it open ({in_one_line(error)})"
            ) from error
    target = artefacts_dir()
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "unit_test"]
    command += ["--vars", given_vars, "--target-path", str(target), "--log-level-file", "none"]
    environment = {**os.environ, "COHORT_LEDGER_DUCKDB_PATH": str(database_path().absolute())}
    printed = []
    with subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE, text=True) as dbt:
        try:
            for line in dbt.stdout:
                print(line, end="", flush=True)
                printed.append(line)
        except BaseException:
            dbt.kill()
            raise
    if dbt.returncode != 0:
        raise PublicationError("\n  ".join(["the build failed its audit", *failures(results, "".join(printed))]))
    return target


def failures(results: Path, printed: str) -> list[str]:
    """A line for everything that failed in a build: tests with the table of the failing rows, others with the error."""
    if not results.exists():
        _, is_said, error = printed.rpartition("Encountered an error:\n")
        return [f"dbt stopped before it built anything: {in_one_line(error) if is_said else 'see its message above'}"]
    lines = []
    for result in json.loads(results.read_text())["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        if result["status"] == "fail":
            lines.append(f"{kind} {name} failed: its failing rows are in {result['relation_name']}")
        elif result["status"] == "error":
            # the first line says where, and in many words
            where, _, error = result["message"].partition("\n")
            lines.append(f"{kind} {name}: {in_one_line(error or where)}")
    return lines or ["dbt ended with an error: see its message above"]


# ---------------------------------------------------------------------------------------------------------------------
# What is published


def read_marts(manifest: Json) -> list[Mart]:
    """The marts of a manifest, by name."""
    marts = [
        Mart(node["name"], node["description"], tuple(map(read_column, node["columns"].values())))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    undocumented = [mart.name for mart in marts if not mart.columns]
    if undocumented:
        raise PublicationError(
            f"no column of {', '.join(undocumented)} is in its YAML, and only what is documented is published: list "
            "its columns, or keep it out of models/marts"
        )
    return sorted(marts, key=lambda mart: mart.name)


def read_column(column: Json) -> Column:
    """A column of a manifest; one of a user's own mart may have no label."""
    meta = column["meta"]
    dimension = meta.get("dimension", {})
    return Column(
        column["name"],
        column["description"],
        dimension.get("label") or column["name"].replace("_", " ").capitalize(),
        dimension.get("format"),
        meta.get("personal"),
        meta.get("personal_if"),
        meta.get("ends_with"),
    )


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def selected(mart: Mart, policy: str) -> str:
    """The query that reads a mart with its personal columns shown, masked or dropped."""
    columns, kept_rows = [], "true"
    for column in mart.columns:
        name = quoted(column.name)
        if column.personal is None or policy == "shown":
            columns.append(name)
        elif policy == "masked":
            value = quoted(column.ends_with or column.name)
            masked = f"(select alias from aliases where kind = {literal(column.personal)} and value = {value})"
            if column.ends_with:
                masked = f"regexp_replace({name}, '[^|]*$', '') || {masked}"
            condition = column.personal_if or "true"
            columns.append(f"case when {condition} then coalesce({masked}, {name}) else {name} end as {name}")
        elif column.personal_if is not None:
            columns.append(name)
            kept_rows = f"not coalesce({column.personal_if}, false)"
    return f"select {', '.join(columns)} from working.marts.{quoted(mart.name)} where {kept_rows}"


def make_aliases(connection: duckdb.DuckDBPyConnection, marts: list[Mart]) -> None:
    """A temporary table of what every personal value reads as where it is masked: its kind and a number.

    Numbers follow the values' hashes, so that they do not give away the order of the names. What stands for no value
    stays.
    """
    values = " union ".join(
        f"select {literal(column.personal)} as kind, {quoted(column.name)} as value "
        f"from working.marts.{quoted(mart.name)} where {column.personal_if or 'true'}"
        for mart in marts
        for column in mart.columns
        if column.personal and not column.ends_with
    )
    connection.execute(
        "create temporary table aliases as "
        "select kind, value, kind || ' ' || row_number() over (partition by kind order by md5(value), value) as alias "
        f"from ({values or 'select null as kind, null as value where false'}) "
        "where value is not null and value != '(none)'"
    )


def write_warehouse(path: Path, working: Path, marts: list[Mart], policy: str) -> None:
    """The DuckDB file: the marts, commented, and their documentation as tables. No raw data, no view, no path."""
    with duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(working))} as working (read_only)")
        connection.execute("create schema marts; create schema docs")
        make_aliases(connection, marts)
        connection.execute("create table docs.models (model varchar, description varchar)")
        connection.execute(
            "create table docs.columns (model varchar, position integer, column_name varchar, data_type varchar, "
            "description varchar, label varchar, format varchar)"
        )
        for mart in marts:
            name = f"marts.{quoted(mart.name)}"
            connection.execute(f"create table {name} as {selected(mart, policy)} order by all")
            connection.execute(f"comment on table {name} is {literal(mart.description)}")
            connection.execute("insert into docs.models values (?, ?)", [mart.name, mart.description])
            types = {row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()}
            for position, column in enumerate((column for column in mart.columns if column.name in types), start=1):
                connection.execute(f"comment on column {name}.{quoted(column.name)} is {literal(column.description)}")
                connection.execute(
                    "insert into docs.columns values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        *(mart.name, position, column.name, types[column.name]),
                        *(column.description, column.label, column.format),
                    ],
                )
        connection.execute("detach working")


def write_parquet(directory: Path, warehouse: Path, marts: list[Mart]) -> None:
    """Every mart as one Parquet file."""
    directory.mkdir(mode=DIRECTORY)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for mart in marts:
            path = directory / f"{mart.name}.parquet"
            connection.execute(
                f"copy (from marts.{quoted(mart.name)} order by all) to {literal(str(path))} "
                "(format parquet, compression zstd)"
            )


def contents(warehouse: Path, marts: list[Mart]) -> dict[str, Json]:
    """Rows of every published table, and a digest of them that does not depend on their order."""
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for mart in marts:
            count, digest = connection.execute(
                "select count(*), coalesce(sum(md5_number_lower(published::varchar)::hugeint), 0)::varchar "
                f"from marts.{quoted(mart.name)} as published"
            ).fetchone()
            found[mart.name] = {"rows": count, "digest": digest}
    return found


def code_version(manifest: Json) -> Json:
    """The project's version, and a hash of every model, seed, test and macro that the manifest holds."""
    parts = [f"{node['unique_id']} {node['checksum']['checksum']}" for node in manifest["nodes"].values()]
    parts += [f"{name} {macro['macro_sql']}" for name, macro in manifest["macros"].items()]
    version = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())["version"]
    return {"version": version, "sha256": hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()}


def ledger_dates() -> Json:
    """What the working database says of the ledger's end."""
    query = "select as_of_date, constant_fx_date, last_month_date from intermediate.int_ledger_bounds"
    with connect() as connection:
        row = connection.execute(query).fetchone()
    return dict(zip(("as_of_date", "constant_fx_date", "last_month_date"), map(str, row), strict=True))


# ---------------------------------------------------------------------------------------------------------------------
# Publish


def sync(path: Path) -> None:
    """Have the operating system write a file or directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def point_to(directory: Path, publication: Path) -> None:
    """Make a publication the current one, in one step."""
    link = directory / f"{INCOMING}-link"
    link.unlink(missing_ok=True)
    link.symlink_to(publication.name)
    os.replace(link, directory / CURRENT)
    sync(directory)


def prune(directory: Path, keep: int) -> None:
    """Remove the oldest publications but `keep`, never the current one. Who has one open keeps it."""
    for path in numbered(directory)[:-keep]:
        if path != current(directory):
            leaving = directory / f"{INCOMING}-{path.name}"
            os.replace(path, leaving)
            shutil.rmtree(leaving)


def release(directory: Path, artefacts: Path, variables: Json, keep: int) -> str:
    """Publish what the working database holds; returns what was done, in words."""
    manifest = json.loads((artefacts / "manifest.json").read_text())
    marts = read_marts(manifest)
    incoming = directory / f"{INCOMING}-publication"
    incoming.mkdir(mode=DIRECTORY)
    warehouse = incoming / WAREHOUSE
    write_warehouse(warehouse, database_path(), marts, variables["personal_data"])
    write_parquet(incoming / "parquet", warehouse, marts)
    tables = contents(warehouse, marts)
    files = sorted(path for path in incoming.rglob("*") if path.is_file())
    summary = {
        **ledger_dates(),
        "code": code_version(manifest),
        "vars": variables,
        "documentation": hashlib.sha256(repr(marts).encode()).hexdigest(),
        "tables": tables,
        "files": {str(path.relative_to(incoming)): {"sha256": file_hash(path)} for path in files},
    }
    before = current(directory)
    if before is not None and (before / MANIFEST).exists():
        published = json.loads((before / MANIFEST).read_text())
        parts = ("code", "vars", "documentation", "tables", "last_month_date")
        if all(published.get(part) == summary[part] for part in parts):
            return f"nothing has changed since publication {before.name}"
    (incoming / MANIFEST).write_text(json.dumps(summary, indent=2) + "\n")
    for path in (*files, incoming / MANIFEST):
        path.chmod(READ_ONLY_FILE)
        sync(path)
    sync(incoming / "parquet")
    sync(incoming)
    last = numbered(directory)
    publication = directory / f"{int(last[-1].name) + 1 if last else 1:06d}"
    os.replace(incoming, publication)
    point_to(directory, publication)
    done = f"published {publication.name}: {len(tables)} marts to {summary['last_month_date']}"
    try:
        prune(directory, keep)
    except OSError as error:
        done += f"; an old publication could not be removed ({error})"
    return done


def roll_back(directory: Path) -> str:
    """Make the publication before the current one the current one again."""
    now = current(directory)
    earlier = [path for path in numbered(directory) if now is not None and path.name < now.name]
    if not earlier:
        raise PublicationError("there is no earlier publication to roll back to")
    point_to(directory, earlier[-1])
    return f"rolled back from publication {now.name} to {earlier[-1].name}"


def listing(directory: Path) -> str:
    """The publications that are kept, the current one marked."""
    lines = []
    for path in numbered(directory):
        summary = json.loads((path / MANIFEST).read_text())
        mark = "*" if path == current(directory) else " "
        lines.append(f"{mark} {path.name}  as of {summary['as_of_date']}  code {summary['code']['sha256'][:12]}")
    return "\n".join(lines) or "nothing has been published yet"


def unexpected(error: Exception) -> str:
    """An error that nobody has foreseen, in one line."""
    said = f"{type(error).__name__}: {in_one_line(error)}"
    return f"{said}; mend that and run it again, with --debug to see where it came from"


def main() -> None:
    """Publish, roll back or list; say in one message why not, where it cannot be done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--vars", default="{}", help="dbt vars, as for dbt build")
    parser.add_argument("--debug", action="store_true", help="show where in the code an error came from")
    parser.add_argument("--keep", type=int, default=5, help="publications to keep (5)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--rollback", action="store_true", help="make the publication before the current one current")
    action.add_argument("--list", action="store_true", help="list the publications that are kept")
    arguments = parser.parse_args()
    if arguments.keep < 1:
        parser.error("--keep must be 1 or more")
    directory = publications_dir()
    os.umask(0o027)
    try:
        if arguments.list:
            print(listing(directory))
            return
        with only_one(directory):
            if arguments.rollback:
                print(roll_back(directory))
            else:
                variables = effective_vars(arguments.vars)
                artefacts = build(arguments.vars)
                print(release(directory, artefacts, variables, arguments.keep))
    except KeyboardInterrupt:
        sys.exit("nothing was published: it was interrupted")
    except Exception as error:
        if arguments.debug:
            raise
        expected = isinstance(error, PublicationError)
        sys.exit(f"nothing was published: {error if expected else unexpected(error)}")


if __name__ == "__main__":
    main()
