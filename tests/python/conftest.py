"""Builds that many tests share: dbt is slow to start, so each is made once in a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_project import (
    PROJECT_DIR,
    CompiledProject,
    Tables,
    kept_for_tests,
    load_raw,
    manifest_path,
    read_manifest,
    run_dbt,
    run_dbt_process,
)

from cohort_ledger.project import effective_vars
from cohort_ledger.publish.place import only_one
from cohort_ledger.publish.release import release

# `make prove` asks for it: tests that are marked `longer` then try more than they do in `make test`
IS_LONG = bool(os.environ.get("COHORT_LEDGER_LONG_TESTS"))


def compile_project(
    directory: Path, load: Callable[[duckdb.DuckDBPyConnection, Tables], None] = load_raw, **variables: Any
) -> CompiledProject:
    """Compile the project for users' own tables (schema raw) with the types that `load` gives them, once for all."""
    database = directory / "ledger.duckdb"
    variables = {"demo_data": False, **variables}
    with duckdb.connect(str(database)) as connection:
        load(connection, {})
    target = manifest_path(database).parent
    kept = kept_for_tests("compilation", load.__name__, variables)
    if kept.exists():
        shutil.copytree(kept, target)
    else:
        result = run_dbt("compile", database=database, variables=variables)
        assert result.exit_code == 0, result.output
        copy = kept.with_name(f"{kept.name}.{os.getpid()}")
        copy.mkdir()
        for name in ("manifest.json", "semantic_manifest.json"):
            shutil.copy(target / name, copy)
        # another process may have been first, and has the same
        with suppress(OSError):
            copy.rename(kept)
    return CompiledProject(read_manifest(database))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """The project as it is for users' own tables with every var at its default."""
    return compile_project(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="session")
def published_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which the demo that `make build` builds is published, to be read."""
    folder = tmp_path_factory.mktemp("published")
    database, publications = folder / "cohort_ledger.duckdb", folder / "publications"
    shutil.copy(PROJECT_DIR / database.name, database)
    parsed = run_dbt_process("parse", database=database)
    assert parsed.exit_code == 0, parsed.output
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COHORT_LEDGER_DUCKDB_PATH", str(database))
        with only_one(publications):
            release(publications, manifest_path(database).parent, effective_vars("{}"), 5)
    return publications
