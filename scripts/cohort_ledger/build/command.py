"""`cohort-ledger build`, `headline` and `hashes`."""

from __future__ import annotations

from typing import Annotated

import typer

from cohort_ledger.errors import LedgerError
from cohort_ledger.options import Vars, Verbose
from cohort_ledger.project import database_path


def build(
    variables: Vars = "{}",
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build every table from nothing instead of what has changed.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Build the ledger and test the data in it, then say what it says today.

    Without vars this is the demo. dbt's unit tests are left out: they check our SQL, not anybody's data.
    """
    from cohort_ledger import dbt
    from cohort_ledger.build.build import build as build_all
    from cohort_ledger.warehouse import unwritable

    if problem := unwritable(database_path()):
        raise LedgerError(f"nothing was built: {problem}")
    built = build_all(variables, full_refresh=full_refresh, verbose=verbose)
    if built.exit_code:
        raise LedgerError(f"the build failed: see above, and everything that dbt did in {dbt.LOG}")
    print(f"log: {dbt.LOG}")
    headline()


def headline() -> None:
    """Say what the ledger says today: bridge, retention, drivers, verdict."""
    from cohort_ledger.build.headline import print_headline
    from cohort_ledger.publication import open_working_database

    with open_working_database() as marts:
        print_headline(marts)


def hashes() -> None:
    """Print a line for every table that is built: its rows, and a hash that does not depend on their order.

    Two builds of the same input print the same lines.
    """
    from cohort_ledger.hashes import LAYERS, table_hashes
    from cohort_ledger.warehouse import connect

    for (schema, name), (count, digest) in table_hashes(connect(), LAYERS).items():
        print(schema, name, count, digest)
