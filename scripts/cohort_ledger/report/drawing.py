"""How charts of the report are drawn: what every Vega-Lite specification of it shares.

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
from typing import Any

import altair as alt

from cohort_ledger.report.format import Formats

Spec = dict[str, Any]
Point = dict[str, Any]

INK, MUTED, RULE, PAPER = "var(--ink)", "var(--muted)", "var(--rule)", "var(--paper)"
MARGIN = {"left": 0, "right": 8, "top": 4, "bottom": 4}
MONTH_LABELS = 6
# pixels of a drawing that has room for half of them
NARROW = 300

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
    """A specification, and its legend of colour and word."""

    name: str
    spec: Spec
    legend: tuple[tuple[str, str], ...] = field(default=())


def made(chart: alt.Chart | alt.LayerChart, **properties: Any) -> Spec:
    """The specification of a chart as wide as its place on the page, without its schema's address."""
    chart = chart.properties(width="container", autosize={"type": "fit-x", "contains": "padding"}, **properties)
    with alt.data_transformers.enable("default", max_rows=None, consolidate_datasets=False):
        spec = chart.to_dict()
    del spec["$schema"]
    return {**spec, "config": CONFIG}


def data(points: Iterable[Point]) -> alt.InlineData:
    """Points as data of a chart; exact numbers become floats of twelve digits, which only say where to draw."""

    def drawn(value: Any) -> Any:
        return float(f"{value:.12g}") if isinstance(value, Decimal) else value

    return alt.InlineData([{name: drawn(value) for name, value in point.items()} for point in points])


def ticks(low: Decimal | float, high: Decimal | float, count: int = 5, smallest: float = 0) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, at least `smallest` apart."""
    low, high = float(low), float(high)
    if low == high:
        high = low + 1
    rough = max((high - low) / count, smallest)
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
    """An axis of percentages, with as many decimals as say the same as their ticks."""
    ratios = [Decimal(str(value)) for value in values]
    digits = next(digits for digits in range(9) if all(ratio == round(ratio, digits + 2) for ratio in ratios))
    return labelled(values, [formats.percent(ratio, digits) for ratio in ratios], grid=True)


def count_axis(values: Sequence[float], formats: Formats) -> alt.Axis:
    """An axis of whole numbers."""
    return labelled(values, [formats.number(int(value)) for value in values], grid=True)


def scale(values: Sequence[float]) -> alt.Scale:
    """A scale from the first to the last tick."""
    return alt.Scale(domain=[values[0], values[-1]], nice=False, zero=False)


def months_axis(labels: Sequence[str], **options: Any) -> alt.X:
    """Months in the order of the data, a few of them named, fewer where it is narrow: the last one always."""
    every = max(1, math.ceil(len(labels) / MONTH_LABELS))
    named = [label for position, label in enumerate(reversed(labels)) if position % every == 0]
    has_room = f"width > {NARROW} || indexof({json.dumps(named[::2])}, datum.value) >= 0"
    axis = alt.Axis(
        values=named,
        labelExpr=f"{has_room} ? datum.label : ''",
        labelAngle=0,
        labelOverlap="greedy",
        labelPadding=10,
        labelSeparation=8,
        grid=False,
    )
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
