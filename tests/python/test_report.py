"""The report, opened in a browser: what is drawn and written is what the marts say, and nothing else happens.

A publication of the demo that `make build` builds; states that the demo is not in are made by changing a copy of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from babel import Locale
from dbt_project import CLI, PROJECT_DIR, Row, fetch_rows
from playwright.sync_api import Browser, Page, sync_playwright

from cohort_ledger.docs.screenshot import chromium_options
from cohort_ledger.errors import LedgerError
from cohort_ledger.publish.place import MANIFEST, WAREHOUSE
from cohort_ledger.report import page as report
from cohort_ledger.report.data import read_report
from cohort_ledger.report.format import Formats
from cohort_ledger.report.headline import NOT_YET
from cohort_ledger.report.ledger import BRIDGE_PARTS, MOVEMENTS
from cohort_ledger.sql import literal

DASH = "\u2013"
PHONE = {"width": 390, "height": 844}
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror="alert(2)">', "</script><script>alert(3)</script><!--")


@dataclass(frozen=True)
class Published:
    """A directory with one publication, or more."""

    directory: Path

    def rows(self, query: str) -> list[Row]:
        """Rows of a query on the current publication."""
        with duckdb.connect(str(self.directory / "current" / WAREHOUSE), read_only=True) as connection:
            return fetch_rows(connection, query)

    def row(self, query: str) -> Row:
        """The one row of a query."""
        (row,) = self.rows(query)
        return row

    def changed(self, directory: Path, *statements: str, keep_this: bool = False, **variables: Any) -> Published:
        """A copy whose publication has been changed by these statements and vars, as one after this one if told."""
        target = directory / "publications"
        name = "000002" if keep_this else "000001"
        if keep_this:
            shutil.copytree(self.directory / "000001", target / "000001")
        shutil.copytree(self.directory / "000001", target / name)
        for path in (target / name).rglob("*"):
            path.chmod(0o750)
        with duckdb.connect(str(target / name / WAREHOUSE)) as connection:
            for statement in statements:
                connection.execute(statement)
        manifest = target / name / MANIFEST
        content = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**content, "vars": {**content["vars"], **variables}}))
        (target / "current").symlink_to(name)
        return Published(target)

    def render(self, locale: str = "en_US", *, mask_names: bool = False) -> Path:
        """The report of the current publication, as a file."""
        content = read_report(self.directory, mask_names=mask_names)
        page = report.render(content, Formats(Locale.parse(locale), content.publication.currency))
        path = self.directory.parent / f"report_{locale}_{mask_names}.html"
        report.write(page, path)
        return path


@pytest.fixture(scope="module")
def demo(published_demo: Path) -> Published:
    """The demo, published."""
    return Published(published_demo)


@pytest.fixture(scope="module")
def demo_page(demo: Published) -> Path:
    """Its report."""
    return demo.render()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which `make chromium` installs."""
    try:
        options = chromium_options()
    except FileNotFoundError as error:
        pytest.fail(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, **options: Any) -> Iterator[Page]:
    """The page in a browser that is offline; it must ask for nothing, say nothing, and draw all its charts."""
    context = browser.new_context(offline=True, **{"viewport": {"width": 1200, "height": 900}, **options})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    if page.locator("[data-chart]").count():
        page.wait_for_selector("html[data-charts=drawn]")
    yield page
    context.close()
    assert said == []
    assert asked == [path.as_uri()]


@pytest.fixture(scope="module")
def drawn(browser: Browser, demo_page: Path) -> Iterator[Page]:
    """The demo's report, open, for tests that only look."""
    with opened(browser, demo_page) as page:
        yield page


def money(amount: Decimal) -> str:
    """An amount in dollars, as en_US writes it."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def percent(ratio: Decimal) -> str:
    """A ratio, as en_US writes it."""
    return f"{ratio * 100:.2f}%"


# the text of an element without its links to how it is made
TEXT = """const text = element => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(".how").forEach(link => link.remove());
    return copy.textContent.trim();
};"""


def cells(page: Page, selector: str) -> list[list[str]]:
    """The texts of a table's body."""
    script = f"rows => {{ {TEXT} return rows.map(row => [...row.cells].map(text)); }}"
    return page.locator(f"{selector} tbody tr").evaluate_all(script)


def cards(page: Page) -> dict[str, list[str]]:
    """What stands on each card, by its term."""
    script = f"""all => {{ {TEXT} return all.map(card => [card.querySelector("h3").textContent,
        [...card.querySelectorAll("p")].map(text)]); }}"""
    return dict(page.locator(".cards li").evaluate_all(script))


def marks(page: Page, chart: str, kind: str) -> list[dict[str, Any]]:
    """The data of a chart's marks that are drawn with a size."""
    script = """paths => paths.filter(path => {
            const box = path.getBoundingClientRect();
            return box.width > 0 && box.height > 0 && getComputedStyle(path).visibility === "visible";
        }).map(path => path.__data__.datum)"""
    return page.locator(f"[data-chart={chart}] .mark-{kind}.role-mark path").evaluate_all(script)


def assert_accessible(page: Page) -> None:
    """No rule of axe is violated."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


# ---------------------------------------------------------------------------------------------------------------------
# What is drawn and written is what the marts say

LAST = "month_date = (select max(month_date) from marts.mrr_waterfall)"
TRAILING = """period_type = 'trailing_12_months'
    and period_end_date = (select last_day(max(month_date)) from marts.mrr_waterfall)"""
LAST_TWELVE = "month_date > (select max(month_date) - interval 12 month from marts.mrr_waterfall)"


def test_the_headline_is_that_of_the_marts(drawn: Page, demo: Published) -> None:
    """Values, changes and verdicts of the cards."""
    months = demo.rows("from marts.mrr_waterfall order by month_date desc limit 13")
    rates = demo.rows(
        "from marts.retention_rates where dimension = 'total' and period_type = 'trailing_12_months' "
        "order by period_end_date desc limit 13"
    )
    scorecard = demo.row(f"from marts.retention_scorecard where {LAST}")
    found = cards(drawn)
    assert found["MRR"][0] == f"${months[0]['closing_mrr']:,.0f}"
    assert found["ARR"][0] == f"${months[0]['closing_arr']:,.0f}"
    assert found["Customers"][0] == str(months[0]["closing_customers"])
    assert found["Quick ratio, month"][0] == f"{months[0]['quick_ratio']:.2f}"
    terms = {"NRR, 12 months": "nrr", "GRR, 12 months": "grr", "Gap, NRR less GRR": "expansion_rate"}
    for term, column in {**terms, "Logo retention, 12 months": "logo_retention"}.items():
        value, in_a_month, in_a_year = found[term][:3]
        assert value == percent(rates[0][column])
        assert in_a_month == f"{(rates[0][column] - rates[1][column]) * 100:+.2f} pts in a month"
        assert in_a_year == f"{(rates[0][column] - rates[12][column]) * 100:+.2f} pts in 12 months"
    change = months[0]["closing_mrr"] - months[12]["closing_mrr"]
    assert found["MRR"][2] == f"+${change:,.0f} in 12 months"
    needed = f"${scorecard['expansion_needed_mrr']:,.0f}"
    assert found["NRR, 12 months"][3] == f"⚠ Band 100% to 110%; target 110% to 125%: {needed} of MRR short"
    assert found["GRR, 12 months"][3] == "Band 90% to 95%"
    assert found["Customers"][3] == "⚠ Fewer than a month before"
    assert drawn.locator(".verdict").text_content() == scorecard["verdict"]
    assert f"{months[0]['month_date']:%B %Y}" in drawn.locator("h1").text_content()


def test_the_bridge_is_that_of_the_marts(drawn: Page, demo: Published) -> None:
    """Its bars from level to level, its table, and the movements of twelve months."""
    month = demo.row(f"from marts.mrr_waterfall where {LAST}")
    table = dict((row[0], row[1:]) for row in cells(drawn, "#table-bridge"))
    assert list(table) == list(BRIDGE_PARTS)
    for part in BRIDGE_PARTS:
        customers = (
            str(month[f"{part}_customers"]) if part != "fx" else f"{DASH}not available: exchange rates move no customer"
        )
        assert table[part] == [money(month[f"{part}_mrr"]), customers]
    bars = {bar["part"]: bar for bar in marks(drawn, "bridge", "rect")}
    moved = [part for part in MOVEMENTS if month[f"{part}_mrr"]]
    assert list(bars) == ["opening", *moved, "closing"]
    for part in moved:
        assert bars[part]["high"] - bars[part]["low"] == pytest.approx(float(abs(month[f"{part}_mrr"])))
    assert bars["opening"]["high"] == pytest.approx(float(month["opening_mrr"]))
    assert bars["closing"]["high"] == pytest.approx(float(month["closing_mrr"]))
    months = demo.rows(f"from marts.mrr_waterfall where {LAST_TWELVE} order by month_date")
    expected = sorted(float(month[f"{part}_mrr"]) for month in months for part in MOVEMENTS if month[f"{part}_mrr"])
    assert sorted(bar["amount"] for bar in marks(drawn, "movements", "rect")) == pytest.approx(expected)


def test_nrr_and_grr_are_drawn_for_every_month_before_their_bands(drawn: Page, demo: Published) -> None:
    """Points, lines, the gap between them, and the bands that the axis shows."""
    months = demo.rows("from marts.retention_scorecard where nrr is not null order by month_date")
    points = marks(drawn, "retention", "symbol")
    assert len(points) == 2 * len(months)
    for column in ("nrr", "grr"):
        drawn_values = sorted(point[column] for point in points)
        assert drawn_values == pytest.approx(sorted(float(month[column]) for month in months for _ in (1, 2)))
    assert len(marks(drawn, "retention", "line")) == 3
    assert len(marks(drawn, "retention", "area")) == 1
    bands = {band["band"]: (band["bottom"], band["top"]) for band in marks(drawn, "retention", "rect")}
    assert bands["100%-110%"] == (1.0, 1.1)
    assert len(bands) == len({month["nrr_band"] for month in months} | {"below_90"})
    table = cells(drawn, "#table-retention")
    assert [row[1:3] for row in table] == [[percent(m["nrr"]), percent(m["grr"])] for m in reversed(months)]


def chosen(page: Page, choice: str, option: str) -> None:
    """Choose a part of the page, as one does with a pointer."""
    page.locator(f"input[name={choice}][value={option}]").check()


def assert_side_by_side(page: Page, chart: str, rates: list[Row]) -> None:
    """A table and a chart of rates, the fragile ones marked in words and with a sign, not by colour alone."""
    for row, rate in zip(cells(page, f"#table-{chart}"), rates, strict=False):
        ratios = [percent(rate[column]) for column in ("nrr", "grr", "expansion_rate", "logo_retention")]
        assert row[:7] == [rate["name"], str(rate["cohort_customers"]), money(rate["opening_mrr"]), *ratios]
        assert row[8] == ("⚠ fragile" if rate["is_fragile"] else "no")
    points = marks(page, chart, "symbol")
    assert len(points) == 2 * len(rates)
    names = {f"⚠ {rate['name']}" if rate["is_fragile"] else rate["name"] for rate in rates}
    assert {point["name"] for point in points} == names


CUTS = ("segment", "plan", "country", "acquisition_channel", "csm_owner")


@pytest.mark.parametrize("dimension", CUTS)
def test_a_cohort_is_cut_by_what_is_chosen(browser: Browser, demo: Published, demo_page: Path, dimension: str) -> None:
    """Its values side by side, the largest first, and all customers below; the segment unless another is chosen."""
    rates = demo.rows(
        "select *, dimension_value as name from marts.retention_rates "
        f"where dimension = '{dimension}' and {TRAILING} order by opening_mrr desc, name"
    )
    total = demo.row(f"from marts.retention_rates where dimension = 'total' and {TRAILING}")
    with opened(browser, demo_page) as page:
        if dimension != "segment":
            chosen(page, "cut", dimension)
        assert [cut for cut in CUTS if page.locator(f"#table-{cut}").is_visible()] == [dimension]
        assert_side_by_side(page, dimension, rates)
        table = cells(page, f"#table-{dimension}")
        assert table[len(rates) :] == [["total", *table[-1][1:]]]
        assert table[-1][1:4] == [str(total["cohort_customers"]), money(total["opening_mrr"]), percent(total["nrr"])]
        chart = page.locator(f"[data-chart={dimension}]")
        assert chart.locator("svg").bounding_box()["width"] == pytest.approx(chart.bounding_box()["width"], abs=2)


def test_products_stand_side_by_side(drawn: Page, demo: Published) -> None:
    """Within each of them."""
    rates = demo.rows(
        "select *, product_name as name from marts.product_retention_rates "
        f"join marts.dim_products using (product_id) where {TRAILING} order by opening_mrr desc"
    )
    assert any(rate["is_fragile"] for rate in rates)
    assert_side_by_side(drawn, "products", rates)
    assert len(cells(drawn, "#table-products")) == len(rates)


def test_mrr_arr_customers_and_arpa_are_drawn_for_every_month(drawn: Page, demo: Published) -> None:
    """As the waterfall has them; ARPA is their quotient, and ARR is twelve times the axis of MRR."""
    months = demo.rows("from marts.mrr_waterfall order by month_date desc")
    names = [f"{month['month_date']:%B %Y}" for month in months]
    arpa = [month["closing_mrr"] / month["closing_customers"] for month in months]
    assert cells(drawn, "#table-growth") == [
        [name, money(month["closing_mrr"]), money(month["closing_arr"])]
        for name, month in zip(names, months, strict=True)
    ]
    assert cells(drawn, "#table-customers") == [
        [name, str(month["closing_customers"])] for name, month in zip(names, months, strict=True)
    ]
    assert [row[2] for row in cells(drawn, "#table-arpa")] == [money(value) for value in arpa]
    for chart, values in {
        "growth": [month["closing_mrr"] for month in months],
        "customers": [month["closing_customers"] for month in months],
        "arpa": arpa,
    }.items():
        points = [point["value"] for point in marks(drawn, chart, "symbol")]
        assert points[: len(months)] == pytest.approx([float(value) for value in reversed(values)])
        assert points[len(months)] == points[len(months) - 1]
        assert len(marks(drawn, chart, "area")) == 1
    labels = drawn.locator("[data-chart=growth] .role-axis-label text").all_text_contents()
    left = [label for label in labels if label.startswith("$") and label.endswith("K")]
    right = [label for label in labels if label.startswith("$") and label.endswith("M")]
    thousands, millions = ([float(label[1:-1]) for label in axis] for axis in (left, right))
    assert millions == pytest.approx([12 * value / 1000 for value in thousands])


@pytest.mark.parametrize(
    ("option", "period_type", "latest"), [("year", "trailing_12_months", 999), ("month", "month", 24)]
)
def test_churn_is_shown_with_its_reasons(
    browser: Browser, demo: Published, demo_page: Path, option: str, period_type: str, latest: int
) -> None:
    """Of MRR and of customers, found again in the cohorts themselves."""
    periods = demo.rows(
        f"""
        select period_end_date, sum(opening_mrr) as opening, count(*) as customers,
            sum(contraction_mrr) as contraction,
            {
            ", ".join(
                f"coalesce(sum(churned_mrr) filter (churn_reason in ({reasons})), 0) as {name}_mrr, "
                f"count(*) filter (churn_reason in ({reasons})) as {name}"
                for name, reasons in {
                    "voluntary": "'voluntary'",
                    "failed": "'payment_failed'",
                    "other": "'other', 'unknown'",
                }.items()
            )
        }
        from marts.fct_cohort_snapshots where period_type = '{period_type}'
        group by period_end_date order by period_end_date desc limit {latest}
        """
    )
    assert len(periods) in (24, 36)
    assert all(any(period[f"{reason}_mrr"] for period in periods) for reason in ("voluntary", "failed", "other"))
    with opened(browser, demo_page) as page:
        chosen(page, "churn", option)
        table = cells(page, f"#table-churn-{option}")
        assert [row[0] for row in table] == [f"{period['period_end_date']:%B %Y}" for period in periods]
        for row, period in zip(table, periods, strict=True):
            lost = [period["contraction"], *(period[f"{reason}_mrr"] for reason in ("voluntary", "failed", "other"))]
            left = [period[reason] for reason in ("voluntary", "failed", "other")]
            expected = [
                *(amount / period["opening"] for amount in (sum(lost), *lost)),
                *(Decimal(count) / period["customers"] for count in (sum(left), *left)),
            ]
            found = [Decimal(cell.rstrip("%")) / 100 for cell in row[1:]]
            # rates as published are rounded to six decimals before they are written with four
            assert found == pytest.approx(expected, abs=Decimal("0.0000506"))
        bars = marks(page, f"churn-{option}", "rect")
        expected = sum(Decimal(row[1].rstrip("%")) for row in table) / 100
        assert sum(bar["share"] for bar in bars) == pytest.approx(float(expected), abs=0.0001 * len(table))
        points = marks(page, f"churn-{option}", "symbol")
        assert [point["text"] for point in reversed(points)] == [row[6] for row in table]


def test_drivers_durability_and_concentration_are_those_of_the_marts(drawn: Page, demo: Published) -> None:
    """Sums of amounts, and shares as published."""
    drivers = demo.rows(
        f"""
        select driver, sum(greatest(mrr_change, 0)) as gained, sum(manufactured_mrr) as manufactured,
            sum(least(mrr_change, 0)) as lost, sum(mrr_change) as change
        from marts.fct_mrr_movement_drivers where {LAST_TWELVE} group by driver order by gained desc
        """
    )
    expected = [[row["driver"].replace("_", " "), *map(money, list(row.values())[1:])] for row in drivers]
    assert cells(drawn, "#table-drivers") == expected
    bars = marks(drawn, "drivers", "rect")
    assert sum(bar["amount"] for bar in bars) == pytest.approx(float(sum(row["change"] for row in drivers)))
    bought = sum(bar["amount"] for bar in bars if bar["kind"] == "gained, manufactured")
    assert bought == pytest.approx(float(sum(row["manufactured"] for row in drivers)))

    months = demo.rows(f"from marts.expansion_concentration where {LAST_TWELVE} order by month_date desc")
    table = cells(drawn, "#table-concentration")
    shares = ("top_1_share", "top_10_share", "top_decile_share")
    assert [row[3:6] for row in table] == [[percent(month[share]) for share in shares] for month in months]
    assert [row[6] for row in table] == ["yes" if month["is_concentrated"] else "no" for month in months]
    assert len(marks(drawn, "concentration", "symbol")) == 2 * len(months)

    held = demo.row(
        """
        select sum(expansion_mrr) as expansion, sum(above_peak_mrr) as above, sum(held_after_3_months_mrr) as three,
            sum(held_after_6_months_mrr) as six, sum(held_after_12_months_mrr) as twelve
        from marts.expansion_durability
        where month_date in (
            select month_date from marts.expansion_durability where held_after_12_months_mrr is not null
            group by all order by month_date desc limit 12
        )
        """
    )
    bars = marks(drawn, "durability", "rect")
    assert [bar["amount"] for bar in bars] == pytest.approx([float(amount) for amount in held.values()])


LATEST_COHORTS = """cohort_month_date in (
    select distinct cohort_month_date from marts.acquisition_cohort_retention
    order by cohort_month_date desc limit 24
)"""


def heat_map(page: Page, measure: str) -> tuple[list[list[str]], list[str]]:
    """The rows of a triangle without the ages that they have not seen, and its ages."""
    ages = page.locator(f"#table-cohorts-{measure} thead th").all_text_contents()[3:]
    return [[cell for cell in row if cell] for row in cells(page, f"#table-cohorts-{measure}")], ages


@pytest.mark.parametrize(("measure", "amount"), [("nrr", "mrr"), ("grr", "retained_mrr")])
def test_a_cohort_has_its_size_its_mrr_and_a_cell_for_every_month(
    drawn: Page, demo: Published, measure: str, amount: str
) -> None:
    """The latest twenty-four cohorts; the total weighs them by what they paid at first."""
    cohorts = demo.rows(
        f"""
        select cohort_month_date, cohort_customers, initial_mrr,
            list(round(100 * {measure})::int order by months_since) filter (months_since > 0) as ratios
        from marts.acquisition_cohort_retention where {LATEST_COHORTS} group by all order by cohort_month_date
        """
    )
    totals = demo.rows(
        f"""
        select months_since as age, round(100 * sum({amount}) / sum(initial_mrr))::int as ratio
        from marts.acquisition_cohort_retention where {LATEST_COHORTS} and months_since > 0
        group by all order by all
        """
    )
    rows, ages = heat_map(drawn, measure)
    assert len(cohorts) == 24 and len(totals) > 20
    assert ages == [str(total["age"]) for total in totals] == [str(age) for age in range(1, len(totals) + 1)]
    assert rows[:-1] == [
        [
            f"{cohort['cohort_month_date']:%b %y}",
            str(cohort["cohort_customers"]),
            f"${cohort['initial_mrr']:,.0f}",
            *map(str, cohort["ratios"] or []),
        ]
        for cohort in cohorts
    ]
    customers, initial = (sum(cohort[name] for cohort in cohorts) for name in ("cohort_customers", "initial_mrr"))
    assert rows[-1] == ["total", str(customers), f"${initial:,.0f}", *(str(total["ratio"]) for total in totals)]
    colours = drawn.locator(f"#table-cohorts-{measure} td[class^=step-]").evaluate_all(
        "all => all.map(cell => [+cell.textContent, getComputedStyle(cell).backgroundColor])"
    )
    steps = {colour: [ratio for ratio, other in colours if other == colour] for _, colour in colours}
    spans = sorted((min(ratios), max(ratios)) for ratios in steps.values())
    assert len(spans) > 3 and all(before[1] <= after[0] for before, after in pairwise(spans))


def test_cohorts_that_are_years_apart_are_shown_in_steps_that_are_stated(
    browser: Browser, demo: Published, tmp_path: Path
) -> None:
    """A triangle of more months than a screen has room for."""
    sparse = demo.changed(
        tmp_path,
        "delete from marts.acquisition_cohort_retention where cohort_month_date > date '2022-06-01'",
    )
    with opened(browser, sparse.render()) as page:
        _, ages = heat_map(page, "nrr")
        assert ages == [str(age) for age in range(3, 48, 3)]
        assert "Each column is 3 more months later" in page.locator("#cohorts").text_content()


@pytest.mark.parametrize(("table", "months"), [("month", 1), ("quarter", 3)])
def test_top_movers_are_the_largest_changes(drawn: Page, demo: Published, table: str, months: int) -> None:
    """Of the last month and of the last three, by name."""
    movers = demo.rows(
        f"""
        select customer_name as name, sum(mrr_change) as change
        from marts.fct_mrr_movements join marts.dim_customers using (customer_id)
        where month_date > (select max(month_date) - interval {months} month from marts.mrr_waterfall)
        group by all order by abs(change) desc limit 10
        """
    )
    found = [(row[0], row[1].lstrip("+")) for row in cells(drawn, f"#table-movers-{table}")]
    assert found == [(mover["name"], money(mover["change"])) for mover in movers]


def test_what_is_not_in_mrr_is_listed_and_terms_are_defined_as_published(drawn: Page, demo: Published) -> None:
    """Every row of mrr_exclusions, and the text of the documentation."""
    exclusions = demo.rows("from marts.mrr_exclusions order by source_table, reason")
    assert [row[:3] for row in cells(drawn, "#table-exclusions")] == [
        [row["source_table"].replace("_", " "), row["reason"].replace("_", " "), f"{row['row_count']:,}"]
        for row in exclusions
    ]
    text = "select description from docs.columns where model = 'retention_rates' and column_name = 'grr'"
    published = " ".join(demo.row(text)["description"].split())
    definitions = " ".join(drawn.locator("#definitions").text_content().split())
    assert published in definitions
    assert "The bridge ties: in each of 48 months" in drawn.locator("#ties").text_content()


# ---------------------------------------------------------------------------------------------------------------------
# Names


def renamed(names: Sequence[str]) -> list[str]:
    """Statements that give the customers who moved most in the last month these names."""
    return [
        f"""
        update marts.dim_customers set customer_name = {literal(name)} where customer_id = (
            select customer_id from marts.fct_mrr_movements where {LAST}
            order by abs(mrr_change) desc offset {position} limit 1
        )
        """
        for position, name in enumerate(names)
    ]


def test_a_name_that_is_markup_is_shown_and_does_nothing(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """Names of customers, segments, products and documentation; a dialog or an error would fail `opened`."""
    hostile = demo.changed(
        tmp_path,
        *renamed(HOSTILE),
        f"update marts.retention_rates set dimension_value = {literal(HOSTILE[2])} where dimension = 'segment' "
        "and dimension_value = 'SMB'",
        f"update marts.retention_rates set dimension_value = {literal(HOSTILE[1])} where dimension = 'country' "
        "and dimension_value = 'DE'",
        f"update docs.columns set description = {literal(HOSTILE[0])} where column_name = 'nrr'",
    )
    with opened(browser, hostile.render()) as page:
        assert [row[0] for row in cells(page, "#table-movers-month")][:3] == list(HOSTILE)
        assert HOSTILE[2] in [row[0] for row in cells(page, "#table-segment")]
        assert HOSTILE[2] in [point["name"] for point in marks(page, "segment", "symbol")]
        assert HOSTILE[1] in [row[0] for row in cells(page, "#table-country")]
        assert HOSTILE[0] in page.locator("#definitions").text_content()
        assert page.locator("img").count() == 0


def test_masked_names_are_nowhere_in_the_file(browser: Browser, demo: Published, drawn: Page, tmp_path: Path) -> None:
    """A number in place of each, the same wherever the customer stands."""
    path = demo.render(mask_names=True)
    content = path.read_text()
    for row in demo.rows("select customer_id, customer_name, csm_owner from marts.dim_customers"):
        for name in filter(None, row.values()):
            assert name not in content
    with opened(browser, path) as page:
        assert "Names are masked" in page.locator("header").text_content()
        chosen(page, "cut", "csm_owner")
        owners = [row[0] for row in cells(page, "#table-csm_owner")[:-1]]
        assert owners == [*(f"Owner {number}" for number in range(1, len(owners))), "(none)"]
        for table in ("month", "quarter"):
            masked = [row[0] for row in cells(page, f"#table-movers-{table}")]
            assert all(re.fullmatch(r"Customer \d+", name) for name in masked)
            shown = [row[0] for row in cells(drawn, f"#table-movers-{table}")]
            aliases = dict(zip(shown, masked, strict=True))
            if table == "month":
                of_month = aliases
        both = set(of_month) & set(aliases)
        assert both and all(of_month[name] == aliases[name] for name in both)


def test_a_publication_without_names_stays_without(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """Where personal data was dropped, customers have their keys."""
    dropped = demo.changed(
        tmp_path, "alter table marts.dim_customers drop column customer_name", personal_data="dropped"
    )
    with opened(browser, dropped.render()) as page:
        assert "Names are masked" in page.locator("header").text_content()
        assert all(row[0].startswith("cus_") for row in cells(page, "#table-movers-month"))


# ---------------------------------------------------------------------------------------------------------------------
# States that the demo is not in

EMPTIED = [
    f"delete from marts.{mart}"
    for mart in (
        *("acquisition_cohort_retention", "contraction_to_churn", "expansion_concentration", "expansion_durability"),
        *("fct_mrr_movement_drivers", "fct_mrr_movements", "mrr_waterfall", "product_retention_rates"),
        *("retention_rates", "retention_scorecard", "time_to_first_expansion"),
    )
]


def until(month: str) -> list[str]:
    """Statements that end the ledger with a month."""
    by_month = ("expansion_concentration", "expansion_durability", "fct_mrr_movement_drivers", "fct_mrr_movements")
    return [
        *(
            f"delete from marts.{mart} where month_date > date '{month}'"
            for mart in (*by_month, "mrr_waterfall", "retention_scorecard")
        ),
        *(
            f"delete from marts.{mart} where period_end_date > last_day(date '{month}')"
            for mart in ("retention_rates", "product_retention_rates")
        ),
        "delete from marts.acquisition_cohort_retention "
        f"where cohort_month_date + to_months(months_since) > date '{month}'",
        "update marts.expansion_durability set held_after_12_months_mrr = null",
    ]


def test_an_empty_ledger_says_so_and_draws_nothing(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """And is as accessible as a full one."""
    empty = demo.changed(tmp_path, *EMPTIED, "delete from marts.mrr_exclusions", "delete from marts.dim_customers")
    path = empty.render()
    with opened(browser, path) as page:
        assert page.locator("main").text_content().strip().startswith("The ledger is empty: no customer has paid")
        assert page.locator("[data-chart], svg, .cards").count() == 0
        assert_accessible(page)
    assert path.stat().st_size < 50_000


@pytest.mark.parametrize(("month", "has_nrr"), [("2022-01-01", False), ("2022-12-01", False), ("2023-01-01", True)])
def test_a_young_ledger_has_no_nrr_before_its_thirteenth_month(
    browser: Browser, demo: Published, tmp_path: Path, month: str, has_nrr: bool
) -> None:
    """Which is said, and read out."""
    young = demo.changed(tmp_path, *until(month))
    with opened(browser, young.render()) as page:
        (nrr,) = young.rows("select nrr from marts.retention_scorecard order by month_date desc limit 1")
        assert (nrr["nrr"] is not None) == has_nrr
        expected = percent(nrr["nrr"]) if has_nrr else f"{DASH}not available: {NOT_YET}"
        assert cards(page)["NRR, 12 months"][0] == expected
        assert page.locator("[data-chart=retention]").count() == has_nrr
        assert page.locator("#table-cohorts-nrr").count() == (month != "2022-01-01")
        assert page.locator("[data-chart=churn-month]").count() == (month != "2022-01-01")
        assert page.locator("[data-chart=churn-year]").count() == has_nrr
        assert "undefined" not in page.locator("body").inner_text()
        assert "None" not in page.locator("body").inner_text()
        assert_accessible(page)


def test_one_customer_who_only_stays_is_reported(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """No movement in the last twelve months, no driver, no quick ratio, one segment, one cohort."""
    last = "(select max(month_date) from marts.mrr_waterfall)"
    alone = demo.changed(
        tmp_path,
        f"""delete from marts.retention_rates
            where not (dimension in ('total', 'segment') and ({TRAILING} or period_type = 'month'))""",
        "delete from marts.retention_rates where dimension = 'segment' and dimension_value != 'SMB'",
        "update marts.retention_rates set nrr = 1, grr = 1, expansion_rate = 0, logo_retention = 1",
        "update marts.retention_scorecard set nrr = case when nrr is not null then 1 end, "
        "grr = case when nrr is not null then 1 end",
        "update marts.mrr_waterfall set opening_mrr = 100, closing_mrr = 100, quick_ratio = null, "
        + ", ".join(f"{part}_mrr = 0" for part in MOVEMENTS),
        "delete from marts.fct_mrr_movements",
        "delete from marts.fct_mrr_movement_drivers",
        "delete from marts.expansion_durability",
        "update marts.expansion_concentration set expansion_mrr = 0, top_1_share = null, top_decile_share = null",
        f"delete from marts.acquisition_cohort_retention where cohort_month_date < {last} - interval 12 month "
        f"or cohort_month_date > {last} - interval 11 month",
    )
    with opened(browser, alone.render()) as page:
        assert cards(page)["Quick ratio, month"][0] == f"{DASH}not available: nothing was lost in the month"
        charts = page.locator("[data-chart]").evaluate_all("all => all.map(place => place.dataset.chart)")
        assert charts == [
            *("growth", "customers", "arpa", "bridge", "retention", "segment", "products", "churn-year", "churn-month")
        ]
        assert len(marks(page, "bridge", "rect")) == 2
        assert len(marks(page, "segment", "symbol")) == 2
        assert page.locator("input[name=cut]").count() == 0
        (cohort, total), _ = heat_map(page, "nrr")
        assert cohort[1:] == total[1:]
        assert "No customer who stayed has paid more or less" in page.locator("#expansion").text_content()
        assert "No customer's MRR moved" in page.locator("#movers").text_content()


def test_a_bridge_that_does_not_tie_is_no_report(demo: Published, tmp_path: Path) -> None:
    """A cent is enough."""
    broken = demo.changed(
        tmp_path,
        "update marts.mrr_waterfall set new_mrr = new_mrr + 0.01 where month_date = '2024-03-01'",
    )
    with pytest.raises(LedgerError, match="the bridge of 2024-03 does not tie"):
        broken.render()


def test_months_that_do_not_chain_are_no_report(demo: Published, tmp_path: Path) -> None:
    """A month opens with what the one before closed with."""
    broken = demo.changed(
        tmp_path,
        "update marts.mrr_waterfall set opening_mrr = opening_mrr + 5, new_mrr = new_mrr - 5 "
        "where month_date = '2024-03-01'",
    )
    with pytest.raises(LedgerError, match="2024-03 does not open with what the month before closed with"):
        broken.render()


def test_restated_months_stand_with_both_values(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """And the settings that changed; a month that only the later publication has is not restated."""
    restated = demo.changed(
        tmp_path,
        "update marts.mrr_waterfall set new_mrr = new_mrr + 7, expansion_mrr = expansion_mrr - 7 "
        "where month_date = '2024-03-01'",
        keep_this=True,
        usage_policy="excluded",
    )
    month = restated.row("from marts.mrr_waterfall where month_date = '2024-03-01'")
    with opened(browser, restated.render()) as page:
        assert cells(page, "#table-restatements") == [
            ["March 2024", "new", money(month["new_mrr"] - 7), money(month["new_mrr"])],
            ["March 2024", "expansion", money(month["expansion_mrr"] + 7), money(month["expansion_mrr"])],
        ]
        assert "differ from those of publication 000001: usage_policy." in page.locator("#ties").text_content()


def test_what_was_not_restated_is_said_and_what_cannot_be_is_not(
    browser: Browser, demo: Published, drawn: Page, tmp_path: Path
) -> None:
    """With an earlier publication of the same numbers, and without any."""
    later = demo.changed(tmp_path, keep_this=True)
    with opened(browser, later.render()) as page:
        assert "None: every month that publication 000001" in page.locator("#ties").text_content()
    assert "Restatements" not in drawn.locator("#ties").text_content()


def test_contracted_and_billed_mrr_are_reconciled_where_they_are_published(
    browser: Browser, demo: Published, drawn: Page, tmp_path: Path
) -> None:
    """The latest month that has differences, the largest first; without such a mart there is no such section."""
    reconciled = demo.changed(
        tmp_path,
        """
        create table marts.mrr_reconciliation as
        select month_date, customer_id, closing_mrr as contracted_mrr,
            cast(closing_mrr - position as decimal(18, 4)) as billed_mrr,
            cast(position as decimal(18, 4)) as difference, 'not_yet_billed' as explanation
        from (
            select *, row_number() over (partition by month_date order by customer_id) - 3 as position
            from marts.fct_customer_mrr_months
        )
        where month_date <= date '2025-11-01' and position <= 12
        """,
        "insert into marts.mrr_reconciliation select date '2025-12-01', 'cus_000001', 5, 5, 0, null",
    )
    largest = reconciled.rows(
        """
        select customer_name as name, contracted_mrr, billed_mrr, difference
        from marts.mrr_reconciliation join marts.dim_customers using (customer_id)
        where month_date = date '2025-11-01' and difference != 0 order by abs(difference) desc, customer_id limit 10
        """
    )
    with opened(browser, reconciled.render()) as page:
        assert cells(page, "#table-reconciliation") == [
            [row["name"], *map(money, list(row.values())[1:]), "not yet billed"] for row in largest
        ]
        said = page.locator("#ties").text_content()
        assert "In November 2025, 14 customers differ, by $75.00 in sum. The ten largest:" in said
    assert "billed" not in drawn.locator("#ties h3").all_text_contents()
    assert drawn.locator("#table-reconciliation").count() == 0


def test_amounts_follow_the_currency_and_the_locale(browser: Browser, demo: Published, tmp_path: Path) -> None:
    """On cards, in tables and on the axes of charts."""
    euros = demo.changed(tmp_path, reporting_currency="eur")
    month = euros.row(f"from marts.mrr_waterfall where {LAST}")
    with opened(browser, euros.render("de_DE")) as page:
        swapped = f"{month['closing_mrr']:,.0f}".replace(",", ".")
        assert cards(page)["MRR"][0] == f"{swapped}\xa0€"
        assert "Amounts in EUR" in page.locator("header").text_content()
        labels = page.locator("[data-chart=movements] .role-axis-label text").all_text_contents()
        assert "0\xa0€" in labels
        assert "$" not in page.locator("body").inner_text()


# ---------------------------------------------------------------------------------------------------------------------
# For every reader


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_light_and_dark(browser: Browser, demo_page: Path, scheme: str) -> None:
    """With all tables of charts open."""
    with opened(browser, demo_page, color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        assert_accessible(page)


def colours(page: Page) -> list[str]:
    """Of the paper, of the words, and of a bar."""
    script = """() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
        getComputedStyle(document.querySelector("[data-chart=bridge] .mark-rect.role-mark path")).fill]"""
    return page.evaluate(script)


def test_pages_and_charts_follow_light_and_dark_and_the_button_swaps_them(browser: Browser, demo_page: Path) -> None:
    """Each colour is another one, and the button brings that of the other."""
    with opened(browser, demo_page, color_scheme="light") as page:
        light = colours(page)
        page.get_by_role("button", name="Light or dark").click()
        swapped = colours(page)
    with opened(browser, demo_page, color_scheme="dark") as page:
        dark = colours(page)
    assert swapped == dark
    assert all(one != other for one, other in zip(light, dark, strict=True))


def test_a_pointer_on_a_bar_shows_what_it_is(browser: Browser, demo: Published, demo_page: Path) -> None:
    """The exact amount; the table has it for everybody else."""
    churn = demo.row(f"select churn_mrr from marts.mrr_waterfall where {LAST}")["churn_mrr"]
    with opened(browser, demo_page) as page:
        bars = page.locator("[data-chart=movements] .mark-rect.role-mark path")
        kinds = bars.evaluate_all(
            "paths => paths.map(path => `${path.__data__.datum.month} ${path.__data__.datum.kind}`)"
        )
        bars.nth(kinds.index("Dec 25 churn")).hover()
        tooltip = page.locator("#vg-tooltip-element.visible")
        tooltip.wait_for()
        assert money(churn) in tooltip.text_content()


OVERLAPS = """texts => {
    const boxes = texts.filter(text => text.textContent && getComputedStyle(text).opacity > 0)
        .map(text => [text.textContent, text.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map(([other]) => [one, other]));
}"""

# numbers that stand beyond the edges of the screen, or are cut; ages of a triangle scroll beside its amounts
UNSEEN = """all => all.filter(cell => cell.checkVisibility({visibilityProperty: true})
    && !(cell.closest(".heat") && cell.cellIndex > 2)).filter(cell => {
        const box = cell.getBoundingClientRect();
        return box.left < 0 || box.right > innerWidth || cell.scrollWidth > cell.clientWidth;
    }).map(cell => cell.textContent)"""


@pytest.mark.parametrize("width", [390, 360])
def test_no_number_is_off_the_screen_of_a_phone(browser: Browser, demo: Published, tmp_path: Path, width: int) -> None:
    """In every table and on every card, whatever is chosen and also in a long currency; nothing widens the page."""
    francs = demo.changed(tmp_path, reporting_currency="CHF")
    with opened(browser, francs.render(), viewport={"width": width, "height": 844}) as page:
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        for choice, option in [*(("cut", cut) for cut in CUTS), ("churn", "month"), ("churn", "year")]:
            chosen(page, choice, option)
            assert page.locator("main .number, .cards .value").evaluate_all(UNSEEN) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(".stacked td:visible").count() > 300
        wide = """charts => charts.filter(chart => chart.getBoundingClientRect().right > innerWidth)
            .map(chart => chart.closest("[data-chart]").dataset.chart)"""
        assert page.locator("svg.marks").evaluate_all(wide) == []
        for chart in ("growth", "customers", "arpa", "movements", "retention", "churn-year", "concentration"):
            texts = page.locator(f"[data-chart={chart}] .role-axis-label text")
            shown = "texts => texts.filter(text => getComputedStyle(text).opacity > 0).map(text => text.textContent)"
            assert "Dec 25" in texts.evaluate_all(shown)
            assert texts.evaluate_all(OVERLAPS) == []


def test_a_row_that_is_a_block_on_a_phone_stays_a_row_for_every_reader(browser: Browser, demo_page: Path) -> None:
    """With its headings, which also stand in its cells."""
    with opened(browser, demo_page, viewport=PHONE) as page:
        table = page.locator("#table-movers-month")
        assert table.get_by_role("row").count() == 11
        assert table.get_by_role("columnheader").all_text_contents()[:2] == ["Customer", "Change"]
        assert table.get_by_role("rowheader").count() == 10
        label = "cell => getComputedStyle(cell, '::before').content"
        assert table.get_by_role("cell").first.evaluate(label) == '"Change"'


def test_a_keyboard_skips_to_the_content_and_scrolls_what_is_wide(browser: Browser, demo_page: Path) -> None:
    """The first stop skips the sections; every region that scrolls is a later one, and the arrow keys move it."""
    with opened(browser, demo_page, viewport=PHONE) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        box = page.locator(".skip").bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        regions = page.locator(".scroll").evaluate_all(
            """all => all.filter(region => region.checkVisibility({visibilityProperty: true})
                && region.scrollWidth > region.clientWidth).map(region => region.ariaLabel)"""
        )
        assert len(regions) == 2
        reached = []
        for _ in range(page.locator("a, button, summary, input, pre, .scroll").count()):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.ariaLabel"))
            if reached[-1] == regions[0]:
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                page.keyboard.press("ArrowRight")
                page.wait_for_timeout(500)
                assert page.evaluate("document.activeElement.scrollLeft") > 0
                # the cohort that a row is of stays
                assert page.locator("#table-cohorts-nrr tbody th").first.bounding_box()["x"] == 16
        assert set(regions) <= set(reached)
        # Chromium stops at them without being told, other browsers do not
        assert page.locator(".scroll:not([tabindex='0'])").count() == 0


def test_a_keyboard_chooses_the_cut(browser: Browser, demo_page: Path) -> None:
    """Arrow keys move the choice, which is seen; what is not chosen is no stop."""
    with opened(browser, demo_page) as page:
        page.locator("input[name=cut][value=segment]").focus()
        for cut in (*CUTS[1:], CUTS[0], CUTS[1]):
            page.keyboard.press("ArrowRight")
            assert page.evaluate("document.activeElement.value") == cut
            assert [other for other in CUTS if page.locator(f"#table-{other}").is_visible()] == [cut]
        outline = "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
        assert page.evaluate(outline) == "solid"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.ariaLabel") == "Plans, twelve months to December 2025"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.ariaLabel") == "Products, twelve months to December 2025"


def test_a_cut_is_chosen_without_scripts_too(browser: Browser, demo_page: Path) -> None:
    """The style sheet does it."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo_page.as_uri())
    assert page.locator("#table-segment").is_visible()
    chosen(page, "cut", "country")
    assert page.locator("#table-country").is_visible()
    assert not page.locator("#table-segment").is_visible()
    context.close()


def test_a_dimension_that_nobody_has_is_no_cut_and_one_of_many_values_shows_the_largest(
    browser: Browser, demo: Published, tmp_path: Path
) -> None:
    """The caption says of how many."""
    changed = demo.changed(
        tmp_path,
        "update marts.retention_rates set dimension_value = '(none)' where dimension = 'acquisition_channel'",
        "delete from marts.retention_rates where dimension = 'csm_owner'",
        f"""
        insert into marts.retention_rates by name
        select rates.* replace ('P' || number as dimension_value, opening_mrr - number as opening_mrr)
        from marts.retention_rates as rates, range(40) as numbers (number)
        where dimension = 'plan' and dimension_value = 'Workspace Team' and {TRAILING}
        """,
    )
    with opened(browser, changed.render()) as page:
        options = page.locator("input[name=cut]").evaluate_all("all => all.map(input => input.value)")
        assert options == ["segment", "plan", "country"]
        chosen(page, "cut", "plan")
        assert len(cells(page, "#table-plan")) == 20 + 1
        assert "the 20 of 48 with the largest opening MRR" in page.locator("#caption-plan").text_content()
        assert len(marks(page, "plan", "symbol")) == 40


@pytest.mark.parametrize("nrr", ["0.3", "0.89", "0.9996", "1.01", "2.4", "4", "9"])
def test_labels_never_overprint_whatever_the_nrr(browser: Browser, demo: Published, tmp_path: Path, nrr: str) -> None:
    """Names of bands and labels of the axis, of which each says what its tick is."""
    changed = demo.changed(
        tmp_path, f"update marts.retention_scorecard set nrr = {nrr}, grr = least({nrr}, 0.999) where {LAST}"
    )
    path = changed.render()
    for viewport in (PHONE, {"width": 1200, "height": 900}):
        with opened(browser, path, viewport=viewport) as page:
            assert page.locator("[data-chart=retention] text").evaluate_all(OVERLAPS) == []
            labels = page.locator("[data-chart=retention] .role-axis-label text").all_text_contents()
            ratios = [float(label.rstrip("%").replace(",", "")) for label in labels if label.endswith("%")]
            assert len(ratios) > 3
            assert len({round(after - before, 6) for before, after in pairwise(ratios)}) == 1


def test_headings_are_in_order_and_every_chart_is_described(drawn: Page) -> None:
    """No level is skipped; a chart has a name, a caption in words and a table."""
    levels = drawn.locator("h1, h2, h3, h4").evaluate_all("all => all.map(heading => +heading.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    figures = drawn.locator("figure")
    assert figures.count() == drawn.locator("[data-chart]").count() == 17
    for figure in figures.all():
        chart = figure.locator("[role=img]")
        assert chart.locator("svg.marks").count() == 1
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert figure.locator(f"#{chart.get_attribute(attribute)}").text_content().strip()
        assert figure.locator("table caption").count() == 1
        assert figure.locator("tbody tr").count() > 0


def test_print_is_on_white_without_what_only_works_on_a_screen(browser: Browser, demo_page: Path) -> None:
    """Every chart fits the page and is not cut, also when the screen is dark; of a choice, what is chosen."""
    with opened(browser, demo_page, color_scheme="dark") as page:
        chosen(page, "cut", "country")
        document = page.pdf(format="A4")
        pages = len(re.findall(rb"/Type\s*/Page\b", document))
        assert document.startswith(b"%PDF")
        assert 5 <= pages <= 14
        page.emulate_media(media="print", color_scheme="dark")
        # the width between the margins of A4
        page.set_viewport_size({"width": 688, "height": 1000})
        assert colours(page)[0] == "rgb(255, 255, 255)"
        for screen_only in ("nav", "button", "fieldset", ".how", "#how"):
            assert not page.locator(screen_only).first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 688
        charts = page.get_by_role("img").all()
        assert len(charts) == 17 - 5
        for chart in charts:
            box = chart.locator("svg.marks").bounding_box()
            assert box["width"] > 200 and box["x"] + box["width"] <= 688
            assert chart.evaluate("chart => getComputedStyle(chart).breakInside") == "avoid"
        assert [cut for cut in CUTS if page.locator(f"#table-{cut}").is_visible()] == ["country"]


# ---------------------------------------------------------------------------------------------------------------------
# How the numbers are made

WRITTEN = {
    **dict.fromkeys(("mrr", "arr", "mrr-short-of-target"), lambda value: f"${Decimal(value):,.0f}"),
    **dict.fromkeys(("customers",), str),
    "arpa": lambda value: money(Decimal(value)),
    "quick-ratio": lambda value: f"{value:.2f}",
}
PERCENTAGES = {
    *("nrr", "grr", "gap", "logo-retention"),
    *("gross-mrr-churn", "logo-churn", "voluntary-churn", "payment-failed-churn"),
}


def written(how: str, value: Any) -> str:
    """A value of a query as the page writes that number; what DuckDB divides is a float of six decimals."""
    value = Decimal(repr(value)) if isinstance(value, float) else value
    return percent(value) if how in PERCENTAGES else WRITTEN[how](value)


def answers(page: Page, published: Published) -> dict[str, Row]:
    """For every number that the page says how it makes, the row of its query that it stands in, by its columns."""
    found = {}
    script = """all => all.map(item => [
        item.id.slice(4),
        [...item.querySelectorAll("code")].map(code => code.textContent),
        document.getElementById(`sql-${item.closest("ul").dataset.of}`).textContent,
    ])"""
    for how, names, sql in page.locator("#how li").evaluate_all(script):
        rows = published.rows(sql.rstrip(";"))
        is_movement = how.startswith("bridge-") and how[7:] in names
        row = next(row for row in rows if row["movement"] == how[7:]) if is_movement else rows[0]
        assert not is_movement or row["customer_id"] == "all customers"
        found[how] = {name: row[name] for name in (names[:-1] if is_movement else names)}
    return found


# somebody bought a book of business in the last month, and exchange rates moved
BOUGHT_AND_MOVED = [
    f"update marts.fct_mrr_movements set is_acquired = true where movement_type = 'new' and {LAST}",
    f"update marts.fct_customer_mrr_months set closing_mrr = closing_mrr + 5, fx_mrr = 5 where {LAST} "
    f"and customer_id = (select min(customer_id) from marts.fct_customer_mrr_months where {LAST} and closing_mrr > 0)",
    "update marts.mrr_waterfall set acquired_mrr = new_mrr, new_mrr = 0, acquired_customers = new_customers, "
    "new_customers = 0, fx_mrr = 5, closing_mrr = closing_mrr + 5, closing_arr = closing_arr + 60, "
    f"quick_ratio = expansion_mrr / -(contraction_mrr + churn_mrr) where {LAST}",
]


@pytest.mark.parametrize(
    "statements", [[], until("2022-01-01"), until("2023-05-01"), BOUGHT_AND_MOVED], ids=["now", "first", "2023", "fx"]
)
def test_every_number_that_people_quote_leads_to_a_query_that_gives_it(
    browser: Browser, demo: Published, tmp_path: Path, statements: list[str]
) -> None:
    """Headline, bridge, ARPA and churn: the query on the page, run on the published file, gives the number shown."""
    published = demo.changed(tmp_path, *statements)
    with opened(browser, published.render()) as page:
        found = answers(page, published)
        links = page.locator("a.how").evaluate_all("all => all.map(link => link.hash.slice(5))")
        assert sorted(links) == sorted(found)
        shown = dict(
            page.locator("[data-number]").evaluate_all("all => all.map(e => [e.dataset.number, e.textContent.trim()])")
        )
        bridge = {f"bridge-{row[0]}": row[1:] for row in cells(page, "#table-bridge")}
        for how, values in found.items():
            if how in bridge:
                amount, *customers = values.values()
                assert bridge[how][0] == money(amount)
                assert customers == [] or bridge[how][1] == str(customers[0])
            else:
                (value,) = values.values()
                assert shown[how] == written(how, value)
        without = {how for how, text in shown.items() if how not in found}
        assert all(shown[how].startswith(DASH) for how in without)
        assert all(bridge[how][0] == money(Decimal(0)) for how in bridge.keys() - found.keys())
        if statements == BOUGHT_AND_MOVED:
            assert {"bridge-acquired", "bridge-fx"} <= found.keys()


def test_a_query_with_another_months_date_gives_that_month(drawn: Page, demo: Published) -> None:
    """So that the changes on the cards are differences of two."""
    terms = {
        "nrr": "NRR, 12 months",
        "logo_retention": "Logo retention, 12 months",
        "mrr": "MRR",
        "customers": "Customers",
    }
    sources = {"nrr": "cohort", "logo_retention": "cohort", "mrr": "balances", "customers": "balances"}
    for column, query in sources.items():
        sql = drawn.locator(f"#sql-{query}").text_content().rstrip(";")
        assert "2025-12" in sql
        now, month_ago, year_ago = (
            demo.rows(sql.replace("2025-12-01", month).replace("2025-12-31", end))[0][column]
            for month, end in (("2025-12-01", "2025-12-31"), ("2025-11-01", "2025-11-30"), ("2024-12-01", "2024-12-31"))
        )
        changes = cards(drawn)[terms[column]][1:3]
        for change, before, span in zip(changes, (month_ago, year_ago), ("in a month", "in 12 months"), strict=True):
            difference = now - before
            text = f"{difference * 100:+.2f} pts" if query == "cohort" else f"{difference:+,.0f}"
            assert change.replace("$", "") == f"{text} {span}"


@pytest.mark.parametrize("query", ["balances", "movements", "cohort"])
def test_the_rows_of_a_query_sum_to_its_first_one(drawn: Page, demo: Published, query: str) -> None:
    """Of amounts and of customers."""
    first, *others = demo.rows(drawn.locator(f"#sql-{query}").text_content().rstrip(";"))
    of_customers = [row for row in others if row["customer_id"] != "all customers"]
    assert len(of_customers) > 50
    for column in first.keys() & {"mrr", "opening_mrr", "churned_mrr", "customers"}:
        assert sum(row[column] for row in of_customers) == first[column]


def test_a_query_is_copied_by_a_button(browser: Browser, demo_page: Path) -> None:
    """Whole, and selected where the clipboard is out of reach."""
    with opened(browser, demo_page) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator("button[data-copies=sql-cohort]").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("#sql-cohort").text_content()
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        page.locator("button[data-copies=sql-movements]").click()
        page.get_by_role("button", name="Selected: copy it now").wait_for()
        assert page.evaluate("getSelection().toString()").strip() == page.locator("#sql-movements").text_content()


def test_a_link_to_how_a_number_is_made_leads_there(browser: Browser, demo_page: Path) -> None:
    """To a line that stands out, above its query."""
    with opened(browser, demo_page) as page:
        page.get_by_role("link", name="how NRR, 12 months is made").click()
        line = page.locator("#how-nrr")
        assert page.evaluate("document.querySelector(':target').id") == "how-nrr"
        assert line.evaluate("line => getComputedStyle(line).outlineStyle") == "solid"
        assert 0 <= line.bounding_box()["y"] < page.locator("#sql-cohort").bounding_box()["y"]


def test_lines_without_quantities_are_said_where_drivers_are(
    browser: Browser, demo: Published, drawn: Page, tmp_path: Path
) -> None:
    """As dim_products counts them; in a publication from before it did, nothing is said."""
    assert "without a quantity" not in drawn.locator("#expansion").text_content()
    billed = demo.changed(
        tmp_path / "billed",
        "update marts.dim_products set lines_without_quantity = 1204 where product_name = 'Workspace'",
        "update marts.dim_products set lines_without_quantity = 7 where product_name = 'Insights'",
    )
    with opened(browser, billed.render()) as page:
        assert page.locator("#expansion .note").text_content() == (
            "Invoice lines without a quantity: 1,204 of Workspace, 7 of Insights. "
            "Nobody knows their seats: what changes on them shows as price or tier."
        )
    earlier = demo.changed(tmp_path / "earlier", "alter table marts.dim_products drop column lines_without_quantity")
    with opened(browser, earlier.render()) as page:
        assert page.locator("#expansion .note").count() == 0


# ---------------------------------------------------------------------------------------------------------------------
# The commands


def run(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """One run of the command on the publications in a directory."""
    environment = {**os.environ, "COHORT_LEDGER_PUBLICATIONS_DIR": str(directory), "PYTHONHASHSEED": "7"}
    command = [*CLI, "report", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_same_publication_gives_the_same_bytes(demo: Published, demo_page: Path, tmp_path: Path) -> None:
    """In another process, too; and nothing else is left beside the file."""
    done = run("--output", str(tmp_path / "again.html"), directory=demo.directory)
    assert done.returncode == 0, done.stderr
    assert "publication 000001, as of 2025-12-31" in done.stdout
    assert (tmp_path / "again.html").read_bytes() == demo_page.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.html"]


@pytest.mark.parametrize(
    ("arguments", "has_publication", "message"),
    [
        ((), False, "nothing has been published in"),
        (("--publication", "000009"), True, "there is no publication 000009 in"),
        (("--locale", "xx_YY"), True, "--locale: xx_YY is not known"),
    ],
)
def test_who_gets_no_report_is_told_why(
    demo: Published, tmp_path: Path, arguments: tuple[str, ...], has_publication: bool, message: str
) -> None:
    """In one message, with what there is instead; and no file is written."""
    output = tmp_path / "report.html"
    done = run(*arguments, "--output", str(output), directory=demo.directory if has_publication else tmp_path)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()


def test_a_publication_of_another_version_is_no_report(demo: Published, tmp_path: Path) -> None:
    """It says so, and what it lacks."""
    earlier = demo.changed(tmp_path, "alter table marts.acquisition_cohort_retention drop column retained_mrr")
    done = run("--output", str(tmp_path / "report.html"), directory=earlier.directory)
    assert done.returncode != 0
    assert "another version of the project made this publication, publish again" in done.stderr
    assert "retained_mrr" in done.stderr and "Traceback" not in done.stderr


def dry_run(*arguments: str) -> str:
    """What make would do."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True).stdout


def test_make_report_publishes_first() -> None:
    """With the vars and options that are given."""
    lines = dry_run("report", "VARS={demo_data: false}", "OPTIONS=--mask-names")
    published = lines.index("cohort-ledger publish --vars '{demo_data: false}'")
    assert published < lines.index("cohort-ledger report --mask-names")


def test_make_screenshot_takes_the_picture_that_the_readme_shows(demo_page: Path, tmp_path: Path) -> None:
    """The last command of it, here with the demo's page."""
    last = dry_run("screenshot").splitlines()[-1]
    *command, _, picture = last.split()[1:]
    assert f"]({picture})" in (PROJECT_DIR / "README.md").read_text()
    taken = tmp_path / "report.png"
    subprocess.run([*CLI, *command, demo_page, taken], check=True)
    for path in (taken, PROJECT_DIR / picture):
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20]) == 1200
        assert 20_000 < len(content) < 400_000


def test_without_a_browser_that_can_be_installed_make_says_so(tmp_path: Path) -> None:
    """On a machine without Chromium and without apt-get."""
    (tmp_path / "id").symlink_to(shutil.which("id"))
    done = subprocess.run(
        [shutil.which("make"), "chromium"],
        cwd=PROJECT_DIR,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "there is no chromium on the PATH, and apt-get could not install it" in done.stderr
