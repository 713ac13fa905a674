"""`cohort-ledger check`."""

from __future__ import annotations

import typer

from cohort_ledger.options import Vars


def check(variables: Vars = "{}") -> None:
    """Say whether this machine and this configuration work: Python, database, raw tables, vars.

    Changes nothing. Exit code 1 if a build would not work.
    """
    from rich.console import Console

    from cohort_ledger.check.check import MARKS, findings

    console, is_well = Console(markup=False, highlight=False), True
    for finding in findings(variables):
        mark, style = MARKS[finding.kind]
        console.print(mark, finding.text, style=style, soft_wrap=True)
        is_well = is_well and finding.kind != "bad"
    if not is_well:
        raise typer.Exit(1)
