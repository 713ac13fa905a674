"""`cohort-ledger report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohort_ledger.errors import or_else
from cohort_ledger.project import PROJECT_DIR, publications_dir

OUTPUT = PROJECT_DIR / "cohort_ledger_report.html"


def report(
    publication: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="One that is kept, such as 000003.", show_default="the current one"),
    ] = None,
    mask_names: Annotated[
        bool, typer.Option("--mask-names", help="A number in place of each name of a customer or owner.")
    ] = False,
    locale: Annotated[str, typer.Option(help="How numbers and dates are written.")] = "en_US",
    output: Annotated[Path, typer.Option(help="The file to write.", show_default=OUTPUT.name)] = OUTPUT,
) -> None:
    """Write what is published as one HTML file that needs no network, to be read, printed and forwarded."""
    from babel import Locale, UnknownLocaleError

    from cohort_ledger.report.data import read_report
    from cohort_ledger.report.format import Formats
    from cohort_ledger.report.page import render, write

    try:
        known = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise typer.BadParameter(
            f"{locale} is not known; one is written like en_US or de_DE", param_hint="--locale"
        ) from None
    with or_else("no report was written"):
        content = read_report(publications_dir(), publication, mask_names=mask_names)
        write(render(content, Formats(known, content.publication.currency)), output)
    print(f"{output}: publication {content.publication.name}, as of {content.publication.as_of_date}")
