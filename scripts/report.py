"""Render the published marts as one HTML file that needs no network and no server, to be read, printed and forwarded.

    python scripts/report.py [--publication 000003] [--mask-names] [--locale en_US] [--output FILE]

Reads the current publication (COHORT_LEDGER_PUBLICATIONS_DIR, as for publish.py). The same publication gives the same
bytes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import altair
import duckdb
import vl_convert
from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from publish import publications_dir
from report_charts import begins_at_zero, make_charts
from report_data import Report, read_report
from report_format import Formats, words
from report_headline import make_cards
from report_how import make_queries
from report_publication import ReportError
from report_tables import make_tables
from warehouse import PROJECT_DIR

ASSETS = Path(__file__).parent / "report_assets"
OUTPUT = PROJECT_DIR / "cohort_ledger_report.html"


def json_in_html(value: Any) -> Markup:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def policy(script: str, style: str) -> str:
    """A content security policy that lets this script and this style in, and nothing else."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def script() -> str:
    """Vega, as Altair's specifications need it, and what draws them."""
    version = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    text = "\n".join([vl_convert.javascript_bundle(vl_version=version), (ASSETS / "report.js").read_text()])
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def markdown(text: str) -> Markup:
    """A published description as HTML; whatever is HTML in it stays text. Long names may break after an underscore."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return Markup(html.replace("_", "_<wbr>"))


def render(report: Report, formats: Formats) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": formats.money,
        "percent": formats.percent,
        "number": formats.number,
        "month": formats.month,
        "day": formats.day,
        "words": words,
        "markdown": markdown,
        "json_in_html": json_in_html,
    }
    charts = make_charts(report, formats)
    queries = make_queries(report, formats)
    drawing, style = script() if charts else "", (ASSETS / "report.css").read_text()
    # also what macros read
    environment.globals |= {
        "charts": charts,
        "tables": make_tables(report, formats),
        "hows": {number.how for query in queries for number in query.numbers},
    }
    return environment.get_template("report.html").render(
        report=report,
        publication=report.publication,
        cards=make_cards(report, formats) if report.months else [],
        queries=queries,
        bridge_begins_at_zero=bool(charts) and begins_at_zero(charts["bridge"]),
        script=Markup(drawing),
        style=Markup(style),
        policy=policy(drawing, style),
    )


def write(page: str, output: Path) -> None:
    """The file, whole or not at all."""
    incoming = output.with_name(f".{output.name}.incoming")
    incoming.write_text(page, encoding="utf-8", newline="\n")
    os.replace(incoming, output)


def main() -> None:
    """Write the report, or say in one message why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--publication", help="the number of a publication that is kept (the current one)")
    parser.add_argument(
        "--mask-names", action="store_true", help="a number in place of each name of a customer or owner"
    )
    parser.add_argument("--locale", default="en_US", help="how numbers and dates are written (en_US)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"the file to write ({OUTPUT.name})")
    arguments = parser.parse_args()
    try:
        locale = Locale.parse(arguments.locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        parser.error(f"--locale: {arguments.locale} is not known; one is written like en_US or de_DE")
    try:
        report = read_report(publications_dir(), arguments.publication, mask_names=arguments.mask_names)
        write(render(report, Formats(locale, report.publication.currency)), arguments.output)
    except (ReportError, OSError, duckdb.Error) as error:
        sys.exit(f"no report was written: {error}")
    print(f"{arguments.output}: publication {report.publication.name}, as of {report.publication.as_of_date}")


if __name__ == "__main__":
    main()
