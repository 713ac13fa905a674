"""Render the published marts as one HTML file that needs no network and no server, to be read, printed and forwarded.

The same publication gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import altair
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from cohort_ledger.report.charts import begins_at_zero, make_charts
from cohort_ledger.report.data import Report
from cohort_ledger.report.format import Formats, words
from cohort_ledger.report.headline import make_cards
from cohort_ledger.report.how import make_queries
from cohort_ledger.report.tables import make_tables

ASSETS = Path(__file__).parent / "assets"


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
