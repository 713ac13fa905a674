"""The one way in which dbt is started: a process of its own, with this project, this Python and one database.

It gives back its memory and its lock on the database when it ends, can be killed, and can be measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cohort_ledger.project import PROJECT_DIR, database_path

# where dbt writes everything that it does, run after run
LOG = PROJECT_DIR / "logs/dbt.log"


def command(*arguments: str, variables: str = "{}", target: Path | None = None) -> list[str]:
    """Words that start dbt; with a `target` of its own it leaves what it knows there, and no log elsewhere."""
    words = [str(Path(sys.executable).parent / "dbt"), *arguments, "--vars", variables]
    words += ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    return [*words, "--target-path", str(target), "--log-level-file", "none"] if target else words


def environment(database: Path | None = None, **more: str) -> dict[str, str]:
    """What dbt is told beside its arguments: which database, as it runs in the project's folder."""
    path = (database or database_path()).absolute()
    return {**os.environ, "COHORT_LEDGER_DUCKDB_PATH": str(path), **more}


@contextmanager
def started(*arguments: str, variables: str = "{}", target: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A dbt process whose lines are to be read; it is killed with whatever goes wrong here."""
    words = command(*arguments, variables=variables, target=target)
    with subprocess.Popen(words, cwd=PROJECT_DIR, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def run_quietly(*arguments: str, variables: str = "{}", target: Path | None = None) -> tuple[int, str]:
    """A dbt process from begin to end: its exit code, and what it said."""
    with started("--quiet", *arguments, variables=variables, target=target) as process:
        said, _ = process.communicate()
    return process.returncode, said
