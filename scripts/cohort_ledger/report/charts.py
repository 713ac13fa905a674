"""The charts of the report: one function a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import altair as alt

from cohort_ledger.report.data import Report
from cohort_ledger.report.drawing import (
    INK,
    MARGIN,
    MUTED,
    PAPER,
    Chart,
    categories,
    colours,
    count_axis,
    data,
    made,
    money_axis,
    months_axis,
    ratio_axis,
    scale,
    ticks,
    used,
)
from cohort_ledger.report.expansion import Concentration, Driver, Durability
from cohort_ledger.report.format import Formats, words
from cohort_ledger.report.ledger import MOVEMENTS, BridgeMonth
from cohort_ledger.report.retention import Band, Churn, Rate, Scorecard
from cohort_ledger.report.tables import SHOWN_MONTHS, held_amounts

NET, GROSS, GAP, TARGET = "var(--net)", "var(--gross)", "var(--gap)", "var(--target)"
GAIN, LOSS, BALANCE, BOUGHT = "var(--gain)", "var(--loss)", "var(--balance)", "var(--bought)"
RETENTION_HEIGHT = 320
# a band of fewer pixels has no room for its name
BAND_PIXELS = 14
# what a part of gross MRR churn is called
CHURN_WORDS = {
    "contraction": "contraction",
    "voluntary": "voluntary churn",
    "payment_failed": "payment-failed churn",
    "other": "other churn",
}
TOOLTIP = (("month", "Month"), ("kind", "What"), ("text", "Value"))


def tooltip(*fields: tuple[str, str]) -> list[alt.Tooltip]:
    """What a pointer shows."""
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in fields]


def balance_chart(
    name: str,
    months: Sequence[BridgeMonth],
    value_of: Callable[[BridgeMonth], Decimal | int | None],
    formats: Formats,
    *,
    write: Callable[[Any], str],
    axis_of: Callable[[Sequence[float], Formats], alt.Axis],
    smallest: float = 0,
    yearly: bool = False,
) -> Chart:
    """What there is at the end of each month, from zero, the last in words; `yearly`, twelve times it on the right."""
    points = [
        {"month": formats.short_month(month.month_date), "value": value, "text": write(value)}
        for month in months
        if (value := value_of(month)) is not None
    ]
    axis_ticks = ticks(0, max(point["value"] for point in points), 4, smallest)
    labels = [formats.short_month(month.month_date) for month in months]
    y = alt.Y("value:Q", scale=scale(axis_ticks), axis=axis_of(axis_ticks, formats))
    base = alt.Chart(data(points)).encode(x=months_axis(labels), y=y)
    area = base.mark_area(fill=NET, fillOpacity=0.14, line={"stroke": NET, "strokeWidth": 2.5})
    pointed_at = base.mark_point(size=300, opacity=0).encode(tooltip=tooltip(TOOLTIP[0], TOOLTIP[2]))
    last = alt.Chart(data(points[-1:])).encode(x=months_axis(labels), y=y)
    dot = last.mark_point(filled=True, fill=NET, size=50, opacity=1)
    text = last.mark_text(align="right", dy=-12, dx=4, fontWeight="bold").encode(text="text:N")
    chart = area + pointed_at + dot + text
    if yearly:
        twelvefold = [12 * value for value in axis_ticks]
        right = money_axis(twelvefold, formats)
        right.orient, right.grid = "right", False
        years = alt.Chart(data([{"month": labels[-1], "value": 12 * points[-1]["value"]}])).encode(
            x=months_axis(labels), y=alt.Y("value:Q", scale=scale(twelvefold), axis=right)
        )
        chart = alt.layer(chart, years.mark_point(opacity=0)).resolve_scale(y="independent")
    return Chart(name, made(chart, height=220))


def growth_charts(months: Sequence[BridgeMonth], formats: Formats) -> list[Chart]:
    """MRR with ARR, customers, and ARPA, over the whole ledger."""
    charts = [
        balance_chart(
            "growth",
            months,
            lambda month: month.closing_mrr,
            formats,
            write=formats.compact_money,
            axis_of=money_axis,
            yearly=True,
        ),
        balance_chart(
            "customers",
            months,
            lambda month: month.closing_customers,
            formats,
            write=formats.number,
            axis_of=count_axis,
            smallest=1,
        ),
    ]
    if any(month.arpa is not None for month in months):
        charts.append(
            balance_chart(
                "arpa", months, lambda month: month.arpa, formats, write=formats.compact_money, axis_of=money_axis
            )
        )
    return charts


def bridge_chart(month: BridgeMonth, formats: Formats) -> Chart:
    """The last month's MRR from opening to closing, one bar below the other."""
    parts = ["opening", *(part for part in MOVEMENTS if month.amount(part)), "closing"]
    points, level = [], Decimal(0)
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
    return Chart("bridge", spec, pairs)


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
            tooltip=tooltip(*TOOLTIP),
        )
    )
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=MUTED).encode(y="zero:Q")
    return Chart("movements", made(bars + zero, height=260), pairs)


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
            has_room = (top - bottom) / (high - low) * RETENTION_HEIGHT >= BAND_PIXELS
            stripes.append(
                {
                    **{"bottom": bottom, "top": top, "middle": (bottom + top) / 2, "fill": position % 2},
                    **{"band": text, "text": text if has_room else ""},
                }
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
    return Chart(
        "retention",
        made(behind + names + gap + target + gross + net, height=RETENTION_HEIGHT),
        ((NET, "NRR"), (GROSS, "GRR"), (GAP, "gap: expansion"), (TARGET, "target of NRR")),
    )


def churn_chart(name: str, periods: Sequence[Churn], formats: Formats) -> Chart:
    """Gross MRR churn by what it is made of, as bars, and logo churn as a line."""
    labels = [formats.short_month(period.period_end_date) for period in periods]
    points = [
        {
            **{"month": label, "kind": CHURN_WORDS[part], "share": share, "order": order},
            "text": formats.percent(share),
        }
        for label, period in zip(labels, periods, strict=True)
        for order, (part, share) in enumerate(period.mrr_shares.items())
        if share
    ]
    logos = [
        {"month": label, "kind": "logo churn", "share": period.logo_churn, "text": formats.percent(period.logo_churn)}
        for label, period in zip(labels, periods, strict=True)
    ]
    axis_ticks = ticks(0, max(max(period.gross_mrr_churn, period.logo_churn) for period in periods))
    pairs = tuple((f"var(--{part.replace('_', '-')}-churn)", word) for part, word in CHURN_WORDS.items())
    months = months_axis(labels, paddingInner=0.25)
    y = alt.Y("share:Q", scale=scale(axis_ticks), axis=ratio_axis(axis_ticks, formats), stack="zero")
    bars = (
        alt.Chart(data(points))
        .mark_bar()
        .encode(x=months, y=y, color=colours(pairs), order="order:Q", tooltip=tooltip(*TOOLTIP))
    )
    line = (
        alt.Chart(data(logos))
        .mark_line(stroke=INK, strokeWidth=1.5, point={"fill": INK, "size": 22})
        .encode(x=months, y=alt.Y("share:Q", scale=scale(axis_ticks)), tooltip=tooltip(*TOOLTIP))
    )
    return Chart(name, made(bars + line, height=240), (*used(pairs, points), (INK, "logo churn")))


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
    return Chart(name, spec, ((GROSS, "GRR"), (NET, "NRR"), (GAP, "gap: expansion")))


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
            tooltip=tooltip(("driver", "Driver"), *TOOLTIP[1:]),
        )
    )
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=MUTED).encode(x="zero:Q")
    return Chart("drivers", made(bars + zero, height=32 * len(drivers)), pairs)


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
    return Chart(
        "concentration",
        made(tenth + one, height=220),
        ((NET, "largest tenth of expanding customers"), (GROSS, "largest one")),
    )


def durability_chart(durability: Durability, formats: Formats) -> Chart:
    """Expansion, what of it was above the earlier peak, and what of that is still held later."""
    amounts = held_amounts(durability)
    points = [
        {
            **{"what": what, "amount": amount, "text": formats.compact_money(amount)},
            "kind": GAIN if position else BALANCE,
        }
        for position, (what, amount) in enumerate(amounts.items())
    ]
    axis_ticks = ticks(0, max(amounts.values()), 4)
    fill = alt.Color("kind:N", scale=alt.Scale(domain=[BALANCE, GAIN], range=[BALANCE, GAIN]), legend=None)
    base = alt.Chart(data(points)).encode(y=categories("what"))
    x = alt.X("amount:Q", scale=scale(axis_ticks), axis=money_axis(axis_ticks, formats))
    spec = made(
        base.mark_bar(height=18).encode(x=x, color=fill)
        + base.mark_text(align="left", dx=6).encode(x=x, text="text:N"),
        height=30 * len(points),
        padding={**MARGIN, "right": 76},
    )
    return Chart("durability", spec)


def make_charts(report: Report, formats: Formats) -> dict[str, Chart]:
    """The charts that the data allow, by name."""
    if not report.months:
        return {}
    drawn = [*growth_charts(report.months, formats), bridge_chart(report.month, formats)]
    if any(month.amount(part) for month in report.months[-SHOWN_MONTHS:] for part in MOVEMENTS):
        drawn.append(movements_chart(report.months, formats))
    if any(row.nrr is not None for row in report.scorecards):
        drawn.append(retention_chart(report.scorecards, report.bands, formats))
    drawn += [
        churn_chart(name, periods, formats)
        for name, periods in (("churn-year", report.churn_of_years), ("churn-month", report.churn_of_months))
        if periods
    ]
    drawn += [rates_chart(cut.dimension, cut.rates, formats) for cut in report.cuts]
    if report.products:
        drawn.append(rates_chart("products", report.products, formats))
    if report.drivers:
        drawn.append(drivers_chart(report.drivers, formats))
    if any(month.expansion_mrr for month in report.concentration):
        drawn.append(concentration_chart(report.concentration, formats))
    if report.durability is not None:
        drawn.append(durability_chart(report.durability, formats))
    return {chart.name: chart for chart in drawn}
