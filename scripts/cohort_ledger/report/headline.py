"""The headline numbers of the report, how they changed, and what that means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cohort_ledger.report.data import Report
from cohort_ledger.report.format import Formats
from cohort_ledger.report.retention import rate_at

NOT_YET = "there are no twelve months yet, or nobody paid at their start"


@dataclass(frozen=True)
class Card:
    """A headline number with how it changed and what that means; without a value, why there is none."""

    how: str
    term: str
    value: str | None
    changes: tuple[str, ...]
    verdict: str = ""
    is_warning: bool = False
    # what an NRR is short of its target
    short: str | None = None
    missing: str = NOT_YET


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
    month, scorecard = report.month, report.scorecard
    rates = [rate_at(report.totals, row.month_date) for row in report.months]

    def ratio_card(how: str, term: str, column: str, verdict: str = "", is_warning: bool = False) -> Card:
        ratios = [None if rate is None else getattr(rate, column) for rate in rates]
        value = None if ratios[-1] is None else formats.percent(ratios[-1])
        return Card(how, term, value, changes(ratios, formats.points), verdict, is_warning)

    needed, net_verdict = scorecard.expansion_needed_mrr, ""
    if scorecard.nrr_band is not None:
        ends = (scorecard.target_nrr_from, scorecard.target_nrr_to)
        target = " to ".join(formats.percent(end, 0) for end in ends if end is not None)
        reached = "" if needed else ": reached"
        net_verdict = f"Band {formats.band(scorecard.nrr_band)}; target {target}{reached}"
    gross_verdict = "" if scorecard.grr_band is None else f"Band {formats.band(scorecard.grr_band)}"
    gap_verdict = {True: "Fragile: expansion hides losses", False: "Not fragile", None: ""}[scorecard.is_fragile]
    return [
        Card(
            "mrr",
            "MRR",
            formats.whole_money(month.closing_mrr),
            changes([row.closing_mrr for row in report.months], formats.change),
        ),
        Card(
            "arr",
            "ARR",
            formats.whole_money(month.closing_arr),
            changes([row.closing_arr for row in report.months], formats.change),
            f"Stage {scorecard.arr_stage}",
        ),
        replace(
            ratio_card("nrr", "NRR, 12 months", "nrr", net_verdict, bool(needed)),
            short=formats.whole_money(needed) if needed else None,
        ),
        ratio_card("grr", "GRR, 12 months", "grr", gross_verdict),
        ratio_card("gap", "Gap, NRR less GRR", "expansion_rate", gap_verdict, bool(scorecard.is_fragile)),
        ratio_card("logo-retention", "Logo retention, 12 months", "logo_retention"),
        Card(
            "customers",
            "Customers",
            formats.number(month.closing_customers),
            changes([row.closing_customers for row in report.months], formats.signed),
            "Fewer than a month before" if scorecard.has_fewer_customers else "Not fewer than a month before",
            scorecard.has_fewer_customers,
        ),
        Card(
            "quick-ratio",
            "Quick ratio, month",
            None if month.quick_ratio is None else formats.number(month.quick_ratio),
            changes([row.quick_ratio for row in report.months], formats.signed),
            "Net negative churn" if month.is_net_negative_churn else "No net negative churn",
            missing="nothing was lost in the month",
        ),
    ]
