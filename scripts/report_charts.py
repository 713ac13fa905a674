"""The charts of the report as Vega-Lite specifications, each with the table that says the same.

Colours are variables of the page's style sheet, so that a chart follows light, dark and print by itself. Numbers in a
chart are texts that Babel has formatted; floats only say where to draw. Nothing has a generated name: the same rows
give the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

import altair as alt
from report_data import (
    MOVEMENTS,
    Band,
    BridgeMonth,
    CohortAge,
    Concentration,
    Driver,
    Durability,
    Rate,
    Scorecard,
)
from report_format import Formats, words

Spec = dict[str, Any]
Point = dict[str, Any]

INK, MUTED, RULE, PAPER = "var(--ink)", "var(--muted)", "var(--rule)", "var(--paper)"
NET, GROSS, GAP, TARGET = "var(--net)", "var(--gross)", "var(--gap)", "var(--target)"
GAIN, LOSS, BALANCE, BOUGHT = "var(--gain)", "var(--loss)", "var(--balance)", "var(--bought)"
MARGIN = {"left": 0, "right": 8, "top": 4, "bottom": 4}
MONTH_LABELS = 6
SHOWN_MONTHS = 12
SHOWN_COHORTS = 24
# upper bounds of the colours of a cohort's cell, from the worst to the best
COHORT_STEPS = (Decimal("0.7"), Decimal("0.8"), Decimal("0.9"), Decimal("1"), Decimal("1.1"))

CONFIG: Spec = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        **{"labelColor": MUTED, "labelFontSize": 12, "title": None, "gridColor": RULE, "domainColor": RULE},
        **{"ticks": False, "labelPadding": 6, "domain": False, "labelLimit": 150},
    },
    "text": {"fill": INK, "fontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """A specification; its legend of colour and word; and its data in words, the first column naming the row."""

    name: str
    spec: Spec
    headings: tuple[str, ...]
    rows: list[tuple[str | None, ...]]
    legend: tuple[tuple[str, str], ...] = field(default=())


def made(chart: alt.Chart | alt.LayerChart, **properties: Any) -> Spec:
    """The specification of a chart as wide as its place on the page, without its schema's address."""
    chart = chart.properties(width="container", autosize={"type": "fit-x", "contains": "padding"}, **properties)
    with alt.data_transformers.enable("default", max_rows=None, consolidate_datasets=False):
        spec = chart.to_dict()
    del spec["$schema"]
    return {**spec, "config": CONFIG}


def data(points: Iterable[Point]) -> alt.InlineData:
    """Points as data of a chart; exact numbers become floats, which only say where to draw."""
    return alt.InlineData([{k: float(v) if isinstance(v, Decimal) else v for k, v in p.items()} for p in points])


def ticks(low: Decimal | float, high: Decimal | float, count: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`."""
    low, high = float(low), float(high)
    if low == high:
        high = low + 1
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(position * step, 10) for position in range(first, last + 1)]


def labelled(values: Sequence[float], labels: Sequence[str], **options: Any) -> alt.Axis:
    """An axis with these labels at these values."""
    expression = f"{json.dumps(list(labels))}[indexof({json.dumps(list(values))}, datum.value)]"
    return alt.Axis(values=list(values), labelExpr=expression, **options)


def money_axis(values: Sequence[float], formats: Formats) -> alt.Axis:
    """An axis of amounts, which are round, so that no label says less than its tick."""
    return labelled(values, [formats.compact_money(Decimal(str(value)), 4) for value in values], grid=True)


def ratio_axis(values: Sequence[float], formats: Formats) -> alt.Axis:
    """An axis of percentages."""
    return labelled(values, [formats.percent(Decimal(str(value)), 0) for value in values], grid=True)


def scale(values: Sequence[float]) -> alt.Scale:
    """A scale from the first to the last tick."""
    return alt.Scale(domain=[values[0], values[-1]], nice=False, zero=False)


def months_axis(labels: Sequence[str], **options: Any) -> alt.X:
    """Months in the order of the data, a few of them named: the last one always."""
    every = max(1, math.ceil(len(labels) / MONTH_LABELS))
    named = [label for position, label in enumerate(reversed(labels)) if position % every == 0]
    axis = alt.Axis(values=named, labelAngle=0, labelOverlap="greedy", grid=False)
    return alt.X("month:N", sort=None, scale=alt.Scale(domain=list(labels), **options), axis=axis)


def categories(field_name: str, **options: Any) -> alt.Y:
    """Names in the order of the data, one below the other."""
    return alt.Y(f"{field_name}:N", sort=None, axis=alt.Axis(grid=False, labelColor=INK, **options))


def used(pairs: Sequence[tuple[str, str]], points: Sequence[Point]) -> tuple[tuple[str, str], ...]:
    """The colours and words that stand for at least one point."""
    kinds = {point["kind"] for point in points}
    return tuple(pair for pair in pairs if pair[1] in kinds)


def colours(pairs: Sequence[tuple[str, str]]) -> alt.Color:
    """A colour for each word; the page writes the legend."""
    ordered = alt.Scale(domain=[word for _, word in pairs], range=[colour for colour, _ in pairs])
    return alt.Color("kind:N", scale=ordered, legend=None)


def bridge_chart(month: BridgeMonth, formats: Formats) -> Chart:
    """The last month's MRR from opening to closing, one bar below the other."""
    parts = ["opening", *(part for part in MOVEMENTS if month.amount(part)), "closing"]
    points, level, rows = [], Decimal(0), []
    for part in parts:
        amount = month.amount(part)
        is_balance = part in ("opening", "closing")
        before, level = (Decimal(0), amount) if is_balance else (level, level + amount)
        kind = "balance" if is_balance else "gain" if amount > 0 else "loss"
        text = formats.compact_money(amount)
        points.append(
            {
                **{"part": part, "low": min(before, level), "high": max(before, level), "kind": kind},
                "text": text if amount <= 0 or is_balance else f"+{text}",
            }
        )
    for part in ("opening", *MOVEMENTS, "closing"):
        customers = month.customers(part)
        rows.append((part, formats.money(month.amount(part)), None if customers is None else formats.number(customers)))
    movement_levels = [point[end] for point in points for end in ("low", "high") if point["kind"] != "balance"]
    levels = [*movement_levels, month.opening_mrr, month.closing_mrr]
    span = max(levels) - min(levels)
    # small movements of a large balance are drawn from a later start, which the caption says
    start = min(levels) - span / 2 if 0 < 2 * span < min(levels) else Decimal(0)
    axis_ticks = ticks(start, max(levels), 4)
    for point in points:
        point["low"] = max(Decimal(str(axis_ticks[0])), point["low"])
    pairs = used(((BALANCE, "balance"), (GAIN, "gain"), (LOSS, "loss")), points)
    base = alt.Chart(data(points)).encode(y=categories("part"))
    amounts = alt.X("low:Q", scale=scale(axis_ticks), axis=money_axis(axis_ticks, formats))
    bars = base.mark_bar(height=18).encode(x=amounts, x2="high:Q", color=colours(pairs))
    texts = base.mark_text(align="left", dx=6).encode(x="high:Q", text="text:N")
    spec = made(bars + texts, height=30 * len(points), padding={**MARGIN, "right": 76})
    return Chart("bridge", spec, ("", "MRR", "Customers"), rows, pairs)


def begins_at_zero(chart: Chart) -> bool:
    """Whether the amounts of a bridge are drawn from zero."""
    return chart.spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == 0


def movements_chart(months: Sequence[BridgeMonth], formats: Formats) -> Chart:
    """Gains above and losses below zero, month by month."""
    months = months[-SHOWN_MONTHS:]
    parts = [part for part in MOVEMENTS if any(month.amount(part) for month in months)]
    labels = [formats.short_month(month.month_date) for month in months]
    points = [
        {
            **{"month": label, "kind": part, "amount": month.amount(part), "order": order},
            "text": formats.money(month.amount(part)),
        }
        for label, month in zip(labels, months, strict=True)
        for order, part in enumerate(parts)
        if month.amount(part)
    ]
    gains = [sum(max(month.amount(part), Decimal(0)) for part in parts) for month in months]
    losses = [sum(min(month.amount(part), Decimal(0)) for part in parts) for month in months]
    axis_ticks = ticks(min(losses), max(gains))
    pairs = tuple((f"var(--{part})", part) for part in parts)
    bars = (
        alt.Chart(data(points))
        .mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            x=months_axis(labels, paddingInner=0.25),
            y=alt.Y("amount:Q", scale=scale(axis_ticks), axis=money_axis(axis_ticks, formats), stack="zero"),
            color=colours(pairs),
            order="order:Q",
            tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOOLTIP],
        )
    )
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=MUTED).encode(y="zero:Q")
    rows = [
        (formats.month(month.month_date), *(formats.money(month.amount(part)) for part in parts))
        for month in reversed(months)
    ]
    return Chart("movements", made(bars + zero, height=260), ("Month", *parts), rows, pairs)


TOOLTIP = (("month", "Month"), ("kind", "What"), ("text", "Value"))


def retention_chart(scorecards: Sequence[Scorecard], bands: Sequence[Band], formats: Formats) -> Chart:
    """NRR and GRR of twelve months to each month, the gap between them, the bands of NRR behind, and the target."""
    first = next(position for position, row in enumerate(scorecards) if row.nrr is not None)
    scorecards = scorecards[first:]
    labels = [formats.short_month(row.month_date) for row in scorecards]
    points = [
        {"month": label, "nrr": row.nrr, "grr": row.grr, "target": row.target_nrr_from}
        for label, row in zip(labels, scorecards, strict=True)
    ]
    known = [value for row in scorecards for value in (row.nrr, row.grr) if value is not None]
    known += [row.target_nrr_from for row in scorecards]
    axis_ticks = ticks(min(known), max(known))
    low, high = Decimal(str(axis_ticks[0])), Decimal(str(axis_ticks[-1]))
    stripes = []
    for position, band in enumerate(bands):
        bottom, top = max(band.from_ratio or low, low), min(band.to_ratio or high, high)
        if bottom < top:
            text = formats.band(band.name).replace(" to ", "-").replace(" or more", "+")
            stripes.append(
                {"bottom": bottom, "top": top, "middle": (bottom + top) / 2, "fill": position % 2, "text": text}
            )
    y = alt.Y("nrr:Q", scale=scale(axis_ticks), axis=ratio_axis(axis_ticks, formats))
    shades = alt.Scale(domain=[0, 1], range=["var(--band-a)", "var(--band-b)"])
    behind = (
        alt.Chart(data(stripes))
        .mark_rect()
        .encode(
            y=alt.Y("bottom:Q", scale=scale(axis_ticks)),
            y2="top:Q",
            fill=alt.Fill("fill:N", scale=shades, legend=None),
        )
    )
    names = (
        alt.Chart(data(stripes))
        .mark_text(align="left", dx=6, fill=MUTED, fontSize=10)
        .encode(x=alt.value("width"), y="middle:Q", text="text:N")
    )
    base = alt.Chart(data(points)).encode(x=months_axis(labels))
    gap = base.mark_area(fill=GAP, fillOpacity=0.28).encode(y=y, y2="grr:Q")
    target = base.mark_line(stroke=TARGET, strokeDash=[2, 4], strokeWidth=2, interpolate="step").encode(y="target:Q")
    net = base.mark_line(stroke=NET, strokeWidth=2.5, point={"fill": NET, "size": 30}).encode(y=y)
    gross = base.mark_line(stroke=GROSS, strokeWidth=2.5, point={"fill": GROSS, "size": 30, "shape": "square"}).encode(
        y="grr:Q"
    )
    rows = [
        (
            formats.month(row.month_date),
            *(None if value is None else formats.percent(value) for value in (row.nrr, row.grr)),
            row.nrr_band and formats.band(row.nrr_band),
            row.grr_band and formats.band(row.grr_band),
            formats.percent(row.target_nrr_from),
        )
        for row in reversed(scorecards)
    ]
    return Chart(
        "retention",
        made(behind + names + gap + target + gross + net, height=320),
        ("Twelve months to", "NRR", "GRR", "Band of NRR", "Band of GRR", "Target from"),
        rows,
        ((NET, "NRR"), (GROSS, "GRR"), (GAP, "gap: expansion"), (TARGET, "target of NRR")),
    )


def rates_chart(name: str, rates: Sequence[Rate], formats: Formats) -> Chart:
    """From GRR to NRR of each row, as a line between two points."""
    rates = [rate for rate in rates if rate.nrr is not None]
    points = [
        {
            **{"name": f"⚠ {rate.name}" if rate.is_fragile else rate.name, "nrr": rate.nrr, "grr": rate.grr},
            **{"net": formats.percent(rate.nrr, 0), "gross": formats.percent(rate.grr, 0)},
        }
        for rate in rates
    ]
    known = [value for rate in rates for value in (rate.nrr, rate.grr)] + [Decimal(1)]
    margin = (max(known) - min(known)) / 8
    axis_ticks = ticks(min(known) - margin, max(known) + margin, 4)
    x = alt.X("grr:Q", scale=scale(axis_ticks), axis=ratio_axis(axis_ticks, formats))
    base = alt.Chart(data(points)).encode(y=categories("name"))
    one = alt.Chart(data([{"one": 1}])).mark_rule(color=MUTED).encode(x=alt.X("one:Q", scale=scale(axis_ticks)))
    lines = base.mark_rule(stroke=GAP, strokeWidth=5, strokeOpacity=0.5).encode(x=x, x2="nrr:Q")
    gross = base.mark_point(filled=True, fill=GROSS, shape="square", size=90, opacity=1).encode(x=x)
    net = base.mark_point(filled=True, fill=NET, shape="circle", size=90, opacity=1).encode(x="nrr:Q")
    gross_texts = base.mark_text(align="right", dx=-9).encode(x=x, text="gross:N")
    net_texts = base.mark_text(align="left", dx=9).encode(x="nrr:Q", text="net:N")
    spec = made(
        one + lines + gross + net + gross_texts + net_texts, height=34 * len(points), padding={**MARGIN, "right": 36}
    )
    return Chart(name, spec, (), [], ((GROSS, "GRR"), (NET, "NRR"), (GAP, "gap: expansion")))


def drivers_chart(drivers: Sequence[Driver], formats: Formats) -> Chart:
    """What each driver gained, the part of it that a price has bought, and what it lost."""
    points = [
        {"driver": words(row.driver), "kind": kind, "amount": amount, "order": order, "text": formats.money(amount)}
        for row in drivers
        for order, (kind, amount) in enumerate(
            (
                ("gained", row.gained_mrr - row.manufactured_mrr),
                ("gained, manufactured", row.manufactured_mrr),
                ("lost", row.lost_mrr),
            )
        )
        if amount
    ]
    pairs = used(((GAIN, "gained"), (BOUGHT, "gained, manufactured"), (LOSS, "lost")), points)
    axis_ticks = ticks(min(row.lost_mrr for row in drivers), max(row.gained_mrr for row in drivers))
    bars = (
        alt.Chart(data(points))
        .mark_bar(height=18)
        .encode(
            y=categories("driver"),
            x=alt.X("amount:Q", scale=scale(axis_ticks), axis=money_axis(axis_ticks, formats), stack="zero"),
            color=colours(pairs),
            order="order:Q",
            tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in (("driver", "Driver"), *TOOLTIP[1:])],
        )
    )
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=MUTED).encode(x="zero:Q")
    return Chart("drivers", made(bars + zero, height=32 * len(drivers)), (), [], pairs)


def concentration_chart(months: Sequence[Concentration], formats: Formats) -> Chart:
    """Which share of a month's expansion the largest one and the largest tenth bring."""
    months = months[-SHOWN_MONTHS:]
    labels = [formats.short_month(month.month_date) for month in months]
    points = [
        {"month": label, "one": month.top_1_share, "tenth": month.top_decile_share}
        for label, month in zip(labels, months, strict=True)
    ]
    axis_ticks = ticks(0, 1)
    y = alt.Y("tenth:Q", scale=scale(axis_ticks), axis=ratio_axis(axis_ticks, formats))
    base = alt.Chart(data(points)).encode(x=months_axis(labels))
    tenth = base.mark_line(stroke=NET, strokeWidth=2.5, point={"fill": NET, "size": 40}).encode(y=y)
    one = base.mark_line(stroke=GROSS, strokeWidth=2.5, point={"fill": GROSS, "size": 40, "shape": "square"}).encode(
        y="one:Q"
    )
    shares = ("top_1_share", "top_10_share", "top_decile_share")
    rows = [
        (
            formats.month(month.month_date),
            formats.money(month.expansion_mrr),
            f"{formats.number(month.expanding_customers)} of {formats.number(month.opening_customers)}",
            *(None if getattr(month, s) is None else formats.percent(getattr(month, s)) for s in shares),
            {True: "yes", False: "no", None: None}[month.is_concentrated],
        )
        for month in reversed(months)
    ]
    headings = ("Month", "Expansion", "Expanding customers", "Largest one", "Largest ten", "Largest tenth")
    return Chart(
        "concentration",
        made(tenth + one, height=220),
        (*headings, "Concentrated"),
        rows,
        ((NET, "largest tenth of expanding customers"), (GROSS, "largest one")),
    )


def durability_chart(durability: Durability, formats: Formats) -> Chart:
    """Expansion, what of it was above the earlier peak, and what of that is still held later."""
    bars = (
        ("expansion", durability.expansion_mrr, BALANCE),
        ("above peak", durability.above_peak_mrr, GAIN),
        ("held after 3 months", durability.held_after_3_months_mrr, GAIN),
        ("held after 6 months", durability.held_after_6_months_mrr, GAIN),
        ("held after 12 months", durability.held_after_12_months_mrr, GAIN),
    )
    points = [
        {"what": what, "amount": amount, "text": formats.compact_money(amount), "kind": colour}
        for what, amount, colour in bars
    ]
    axis_ticks = ticks(0, max(amount for _, amount, _ in bars), 4)
    fill = alt.Color("kind:N", scale=alt.Scale(domain=[BALANCE, GAIN], range=[BALANCE, GAIN]), legend=None)
    base = alt.Chart(data(points)).encode(y=categories("what"))
    x = alt.X("amount:Q", scale=scale(axis_ticks), axis=money_axis(axis_ticks, formats))
    spec = made(
        base.mark_bar(height=18).encode(x=x, color=fill)
        + base.mark_text(align="left", dx=6).encode(x=x, text="text:N"),
        height=30 * len(points),
        padding={**MARGIN, "right": 76},
    )
    return Chart("durability", spec, ("", "MRR"), [(what, formats.money(amount)) for what, amount, _ in bars])


def cohorts_chart(cells: Sequence[CohortAge], measure: str, formats: Formats) -> Chart:
    """What the latest cohorts pay at some ages, as a share of what they paid in their first month."""
    cohorts = sorted({cell.cohort_month_date for cell in cells})[-SHOWN_COHORTS:]
    of_these = [cell for cell in cells if cell.cohort_month_date in cohorts]
    oldest = max(cell.months_since for cell in of_these)
    every = 3 if oldest >= 6 else 1
    ages = range(every, oldest + 1, every)
    shown = {(cell.cohort_month_date, cell.months_since): cell for cell in of_these if cell.months_since in ages}
    points = []
    for (cohort, age), cell in shown.items():
        ratio = getattr(cell, measure)
        step = sum(ratio >= bound for bound in COHORT_STEPS)
        points.append(
            {"cohort": formats.short_month(cohort), "age": str(age), "step": step, "text": formats.percent(ratio, 0)}
        )
    steps = list(range(len(COHORT_STEPS) + 1))
    fill = alt.Scale(domain=steps, range=[f"var(--cohort-{step})" for step in steps])
    ink = alt.Scale(domain=steps, range=[f"var(--cohort-ink-{step})" for step in steps])
    base = alt.Chart(data(points)).encode(
        x=alt.X(
            "age:N",
            sort=None,
            scale=alt.Scale(domain=[str(age) for age in ages], paddingInner=0.04),
            axis=alt.Axis(orient="top", labelAngle=0, grid=False),
        ),
        y=alt.Y("cohort:N", sort=None, scale=alt.Scale(paddingInner=0.06), axis=alt.Axis(grid=False)),
    )
    cells_drawn = base.mark_rect().encode(fill=alt.Fill("step:N", scale=fill, legend=None))
    texts_drawn = base.mark_text(fontSize=11).encode(text="text:N", fill=alt.Fill("step:N", scale=ink, legend=None))
    spec = made((cells_drawn + texts_drawn).resolve_scale(fill="independent"), height=22 * len(cohorts))
    customers = {cell.cohort_month_date: cell.cohort_customers for cell in of_these}
    rows = [
        (
            formats.month(cohort),
            formats.number(customers[cohort]),
            *(
                formats.percent(getattr(shown[cohort, age], measure)) if (cohort, age) in shown else None
                for age in ages
            ),
        )
        for cohort in reversed(cohorts)
    ]
    bounds = [formats.percent(bound, 0) for bound in COHORT_STEPS]
    texts = [f"below {bounds[0]}", *(f"{low} to {high}" for low, high in pairwise(bounds))]
    # of the opening, no more than all can be retained
    texts = [*texts[:-1], bounds[-2]] if measure == "grr" else [*texts, f"{bounds[-1]} or more"]
    legend = tuple((f"var(--cohort-{step})", text) for step, text in enumerate(texts))
    headings = ("First paid month", "Customers", *(f"{age} months" for age in ages))
    return Chart(f"cohorts-{measure}", spec, headings, rows, legend)
