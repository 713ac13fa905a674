"""`cohort-ledger docs` and what is below it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohort_ledger.options import Vars
from cohort_ledger.project import publications_dir
from cohort_ledger.publish.place import CURRENT, WAREHOUSE

docs = typer.Typer(name="docs")


@docs.callback(invoke_without_command=True)
def page(context: typer.Context, variables: Vars = "{}") -> None:
    """Document every model and column, lineage and readers in one file, or draw and write what is listed below.

    The file opens without a server or a network, and holds no row of data.
    """
    if context.invoked_subcommand is None:
        from cohort_ledger.docs.page import write_page

        print(f"{write_page(variables).name}: open it in a browser")


@docs.command()
def diagrams() -> None:
    """Draw the diagrams in docs/architecture.md again, of the project as it is now."""
    from cohort_ledger.docs.diagrams import write_diagrams

    write_diagrams()


@docs.command(name="vars")
def list_vars() -> None:
    """Write docs/vars.md and the defaults in dbt_project.yml again, from macros/declared_vars.sql."""
    from cohort_ledger.docs.vars import write_vars

    write_vars()


@docs.command()
def walkthrough() -> None:
    """Write docs/how_the_numbers_are_made.md again: one customer of the built demo, from invoice lines to NRR."""
    from cohort_ledger.docs.walkthrough import write_walkthrough

    write_walkthrough()


@docs.command()
def screenshot(
    page: Annotated[Path, typer.Argument(metavar="HTML", exists=True, dir_okay=False, help="A report.")],
    picture: Annotated[Path, typer.Argument(metavar="PNG", dir_okay=False, help="The file to write.")],
) -> None:
    """Take a picture of the top of a report, in Chromium."""
    from cohort_ledger.docs.screenshot import take

    take(page, picture)


@docs.command()
def superset(
    path: Annotated[Path, typer.Argument(metavar="ZIP", dir_okay=False, help="The file to write.")],
    warehouse: Annotated[
        Path | None,
        typer.Option(help="A published DuckDB file.", show_default="that of the current publication"),
    ] = None,
) -> None:
    """Write what Apache Superset imports: the published marts with their labels, and a dashboard."""
    from cohort_ledger.docs.superset import write_assets

    warehouse = warehouse or publications_dir() / CURRENT / WAREHOUSE
    if not warehouse.exists():
        raise typer.BadParameter(f"there is no {warehouse}: publish first", param_hint="--warehouse")
    count = write_assets(path, warehouse)
    print(f"{path}: {count} marts; superset import-dashboards --path {path} --username admin")
