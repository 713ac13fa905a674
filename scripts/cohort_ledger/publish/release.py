"""Publish what is built, go back by one, and list what is kept.

A publication never changes once it is there, and the link to the current one is replaced in one step: a reader has
either the old publication or the new one, and keeps the one that it has open.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import duckdb

from cohort_ledger.errors import LedgerError
from cohort_ledger.hashes import rows_and_digest
from cohort_ledger.project import database_path, read_project
from cohort_ledger.publish.files import write_parquet, write_warehouse
from cohort_ledger.publish.marts import Mart, read_marts
from cohort_ledger.publish.place import (
    DIRECTORY,
    INCOMING,
    MANIFEST,
    READ_ONLY_FILE,
    WAREHOUSE,
    current,
    numbered,
    point_to,
    prune,
    sync,
)
from cohort_ledger.sql import identifier
from cohort_ledger.warehouse import connect

Json = dict[str, Any]


def contents(warehouse: Path, marts: list[Mart]) -> dict[str, Json]:
    """Rows of every published table, and a digest of them that does not depend on their order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = {mart.name: rows_and_digest(connection, f"marts.{identifier(mart.name)}") for mart in marts}
    return {name: {"rows": count, "digest": digest} for name, (count, digest) in found.items()}


def code_version(manifest: Json) -> Json:
    """The project's version, and a hash of every model, seed, test and macro that the manifest holds."""
    parts = [f"{node['unique_id']} {node['checksum']['checksum']}" for node in manifest["nodes"].values()]
    parts += [f"{name} {macro['macro_sql']}" for name, macro in manifest["macros"].items()]
    return {
        "version": read_project()["version"],
        "sha256": hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest(),
    }


def ledger_dates() -> Json:
    """What the working database says of the ledger's end."""
    query = "select as_of_date, constant_fx_date, last_month_date from intermediate.int_ledger_bounds"
    with connect() as connection:
        row = connection.execute(query).fetchone()
    return dict(zip(("as_of_date", "constant_fx_date", "last_month_date"), map(str, row), strict=True))


def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        raise LedgerError("there is no earlier publication to roll back to")
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
