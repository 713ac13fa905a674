"""The command line: `cohort-ledger` and its commands.

Exit codes: 0, done; 1, not done, with one sentence on standard error that says why; 2, the command line cannot be read.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from cohort_ledger.benchmark.command import benchmark
from cohort_ledger.build.command import build, hashes, headline
from cohort_ledger.check.command import check
from cohort_ledger.docs.command import docs
from cohort_ledger.errors import LedgerError, in_words
from cohort_ledger.generate.command import generate
from cohort_ledger.load.command import load
from cohort_ledger.publish.command import publications, publish, rollback
from cohort_ledger.query.command import query
from cohort_ledger.report.command import report

EPILOG = (
    "Exit codes: 0, done; 1, not done, and a sentence on standard error says why; 2, the command line cannot be read. "
    "COHORT_LEDGER_DUCKDB_PATH names the working database, COHORT_LEDGER_PUBLICATIONS_DIR the folder of publications. "
    "NO_COLOR=1 writes without colours."
)
PANELS = {
    "The ledger": (check, load, build, headline, query),
    "Its readers": (publish, publications, rollback, report),
    "The project": (hashes, generate, benchmark),
}

app = typer.Typer(
    name="cohort-ledger",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.add_typer(docs, rich_help_panel="The project")


def say_version(is_asked: bool) -> None:
    """The version, and no more."""
    if is_asked:
        typer.echo(f"cohort-ledger {version('cohort-ledger')}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def cohort_ledger(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=say_version, is_eager=True)
    ] = False,
) -> None:
    """Recurring revenue from raw subscription and invoice tables: load, build, publish, report, query."""


def main() -> None:
    """Run a command; an error is a sentence, and a traceback with --debug, which may stand anywhere."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, prog_name="cohort-ledger")
    except Exception as error:
        if len(arguments) < len(sys.argv) - 1:
            raise
        prefix = "" if isinstance(error, LedgerError) and error.is_whole else "error: "
        sys.exit(f"{prefix}{in_words(error)}")
