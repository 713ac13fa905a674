"""`cohort-ledger publish`, `rollback` and `publications`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cohort_ledger.errors import or_else
from cohort_ledger.options import Vars, Verbose
from cohort_ledger.project import effective_vars, publications_dir


def publish(
    variables: Vars = "{}",
    verbose: Verbose = False,
    keep: Annotated[int, typer.Option(min=1, help="How many publications to keep.")] = 5,
) -> None:
    """Build, run every data test, and only then give readers the new numbers.

    A publication is a read-only DuckDB file with the marts and their documentation, the marts as Parquet, and a
    manifest. If anything fails, readers keep the one that they have.
    """
    from cohort_ledger.publish.audit import audit
    from cohort_ledger.publish.place import only_one
    from cohort_ledger.publish.release import release

    os.umask(0o027)
    directory = publications_dir()
    with or_else("nothing was published"), only_one(directory):
        effective = effective_vars(variables)
        print(release(directory, audit(variables, verbose=verbose), effective, keep))


def rollback() -> None:
    """Give readers the publication before the current one again."""
    from cohort_ledger.publish.place import only_one
    from cohort_ledger.publish.release import roll_back

    os.umask(0o027)
    directory = publications_dir()
    with or_else("nothing was rolled back"), only_one(directory):
        print(roll_back(directory))


def publications() -> None:
    """List the publications that are kept, the current one marked."""
    from cohort_ledger.publish.release import listing

    print(listing(publications_dir()))
