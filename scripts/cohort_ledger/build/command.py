"""`cohort-ledger build`, `headline` and `hashes`."""

from __future__ import annotations

import subprocess
from typing import Annotated

import typer

from cohort_ledger.errors import LedgerError
from cohort_ledger.options import Vars


def build(
    variables: Vars = "{}",
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build every table from nothing instead of what has changed.")
    ] = False,
) -> None:
    """Build the ledger and test the data in it, then say what it says today.

    Without vars this is the demo. dbt's unit tests are left out: they check our SQL, not anybody's data.
    """
    from cohort_ledger import dbt

    arguments = ["build", *dbt.WITHOUT_UNIT_TESTS, *(["--full-refresh"] if full_refresh else [])]
    words = dbt.command(*arguments, variables=variables)
    if subprocess.run(words, cwd=dbt.PROJECT_DIR, env=dbt.environment(), check=False).returncode:
        raise LedgerError("the build failed: see what dbt says above")
    headline()


def headline() -> None:
    """Say what the ledger says today: bridge, retention, drivers, verdict."""
    from cohort_ledger.build.headline import print_headline
    from cohort_ledger.warehouse import connect

    with connect() as connection:
        print_headline(connection)


def hashes() -> None:
    """Print a line for every table that is built: its rows, and a hash that does not depend on their order.

    Two builds of the same input print the same lines.
    """
    from cohort_ledger.hashes import LAYERS, table_hashes
    from cohort_ledger.warehouse import connect

    for (schema, name), (count, digest) in table_hashes(connect(), LAYERS).items():
        print(schema, name, count, digest)
