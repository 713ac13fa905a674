"""`cohort-ledger query`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


def query(
    text: Annotated[str, typer.Argument(metavar="MART|SQL", help="A mart, or a query on schema `marts`.")],
    format: Annotated[Format, typer.Option(help="How rows are written.")] = Format.table,
    limit: Annotated[int | None, typer.Option(min=0, help="The first rows only.", show_default="all")] = None,
    publication: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|current", help="Of a publication that is kept.", show_default="the working database"
        ),
    ] = None,
) -> None:
    """Print a mart or the result of a query; amounts with all their digits.

    `cohort-ledger query retention_scorecard --format csv`

    `cohort-ledger query "select month_date, closing_mrr from marts.mrr_waterfall" --limit 12`
    """
    from cohort_ledger.query.query import run, write

    write(run(text, limit, publication), format)
