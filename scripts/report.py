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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import altair
import duckdb
import report_charts as charts
import vl_convert
from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from publish import publications_dir
from report_data import MOVEMENTS, Rate, Report, ReportError, read_report
from report_format import Formats, words
from warehouse import PROJECT_DIR

ASSETS = Path(__file__).parent / "report_assets"
OUTPUT = PROJECT_DIR / "cohort_ledger_report.html"
NOT_YET = "there are no twelve months yet, or nobody paid at their start"


@dataclass(frozen=True)
class Card:
    """A headline number with how it changed and what that means; without a value, why there is none."""

    term: str
    value: str | None
    changes: tuple[str, ...]
    verdict: str = ""
    is_warning: bool = False
    missing: str = NOT_YET


def rate_at(rates: Sequence[Rate], month: date) -> Rate | None:
    """The trailing twelve months that end with a month."""
    last_day = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return next((rate for rate in rates if rate.period_end_date == last_day), None)


def changes(values: Sequence[Any], write: Callable[[Any], str]) -> tuple[str, ...]:
    """How the last of monthly values differs from the one before and from the one twelve months before."""
    spans = ((1, "in a month"), (12, "in 12 months"))
    return tuple(
        f"{write(values[-1] - values[-1 - months])} {span}"
        for months, span in spans
        if len(values) > months and values[-1] is not None and values[-1 - months] is not None
    )


def make_cards(report: Report, formats: Formats) -> list[Card]:
    """The headline."""
    month, scorecard = report.months[-1], report.scorecards[-1]
    rates = [rate_at(report.totals, row.month_date) for row in report.months]

    def ratio_card(term: str, column: str, verdict: str = "", is_warning: bool = False) -> Card:
        ratios = [None if rate is None else getattr(rate, column) for rate in rates]
        value = None if ratios[-1] is None else formats.percent(ratios[-1])
        return Card(term, value, changes(ratios, formats.points), verdict, is_warning)

    net_verdict = ""
    if scorecard.nrr_band is not None:
        ends = (scorecard.target_nrr_from, scorecard.target_nrr_to)
        target = " to ".join(formats.percent(end, 0) for end in ends if end is not None)
        needed = scorecard.expansion_needed_mrr
        short = f"{formats.whole_money(needed)} of MRR short" if needed else "reached"
        net_verdict = f"Band {formats.band(scorecard.nrr_band)}; target {target}: {short}"
    gross_verdict = "" if scorecard.grr_band is None else f"Band {formats.band(scorecard.grr_band)}"
    gap_verdict = {True: "Fragile: expansion hides losses", False: "Not fragile", None: ""}[scorecard.is_fragile]
    return [
        Card(
            "MRR",
            formats.whole_money(month.closing_mrr),
            changes([row.closing_mrr for row in report.months], formats.change),
        ),
        Card(
            "ARR",
            formats.whole_money(month.closing_arr),
            changes([row.closing_arr for row in report.months], formats.change),
            f"Stage {scorecard.arr_stage}",
        ),
        ratio_card("NRR, 12 months", "nrr", net_verdict, bool(scorecard.expansion_needed_mrr)),
        ratio_card("GRR, 12 months", "grr", gross_verdict),
        ratio_card("Gap, NRR less GRR", "expansion_rate", gap_verdict, bool(scorecard.is_fragile)),
        ratio_card("Logo retention, 12 months", "logo_retention"),
        Card(
            "Customers",
            formats.number(month.closing_customers),
            changes([row.closing_customers for row in report.months], formats.signed),
            "Fewer than a month before" if scorecard.has_fewer_customers else "Not fewer than a month before",
            scorecard.has_fewer_customers,
        ),
        Card(
            "Quick ratio, month",
            None if month.quick_ratio is None else formats.number(month.quick_ratio),
            changes([row.quick_ratio for row in report.months], formats.signed),
            "Net negative churn" if month.is_net_negative_churn else "No net negative churn",
            missing="nothing was lost in the month",
        ),
    ]


def make_charts(report: Report, formats: Formats) -> dict[str, charts.Chart]:
    """The charts that the data allow, by name."""
    made = [charts.bridge_chart(report.months[-1], formats)]
    if any(month.amount(part) for month in report.months[-charts.SHOWN_MONTHS :] for part in MOVEMENTS):
        made.append(charts.movements_chart(report.months, formats))
    if any(row.nrr is not None for row in report.scorecards):
        made.append(charts.retention_chart(report.scorecards, report.bands, formats))
    made += [
        charts.rates_chart(name, rates, formats)
        for name, rates in (("segments", report.segments), ("products", report.products))
        if rates
    ]
    if report.drivers:
        made.append(charts.drivers_chart(report.drivers, formats))
    if any(month.expansion_mrr for month in report.concentration):
        made.append(charts.concentration_chart(report.concentration, formats))
    if report.durability is not None:
        made.append(charts.durability_chart(report.durability, formats))
    if any(cell.months_since for cell in report.cohorts):
        made += [charts.cohorts_chart(report.cohorts, measure, formats) for measure in ("nrr", "grr")]
    return {chart.name: chart for chart in made}


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
        "change": formats.change,
        "percent": formats.percent,
        "number": formats.number,
        "month": formats.month,
        "day": formats.day,
        "band": formats.band,
        "words": words,
        "markdown": markdown,
        "json_in_html": json_in_html,
    }
    drawn = make_charts(report, formats) if report.months else {}
    drawing, style = script() if drawn else "", (ASSETS / "report.css").read_text()
    return environment.get_template("report.html").render(
        report=report,
        publication=report.publication,
        month=report.months[-1] if report.months else None,
        scorecard=report.scorecards[-1] if report.months else None,
        cards=make_cards(report, formats) if report.months else [],
        charts=drawn,
        bridge_begins_at_zero=bool(drawn) and charts.begins_at_zero(drawn["bridge"]),
        before=Formats(formats.locale, report.restatements.currency) if report.restatements else None,
        total=rate_at(report.totals, report.months[-1].month_date) if report.months else None,
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
    parser.add_argument("--mask-names", action="store_true", help="a number in place of each customer's name")
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
