"""The marts of expansion: where it comes from, whether it lasts, who it hangs on. From the rules alone.

Like the ledger, it is deliberately naive: every row is counted from scratch. Money is `Decimal` with 4 places in the
reporting currency per month, ratios are `Decimal` with 6 places (1 = 100 %), and everything in between is an exact
`Fraction`. The words of a verdict are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from reference.drivers import changes_by_driver
from reference.ledger import (
    ANNUAL_PERIODS,
    AT_CONSTANT_RATES,
    NONE,
    PERIOD_MONTHS,
    ZERO,
    Ledger,
    Row,
    Tables,
    add_months,
    benchmark_band,
    closing_balance,
    closing_instant,
    complete_periods,
    group_rows,
    last_day,
    months_between,
    period_label,
    ratio,
    round_half_away,
    total,
)

HORIZONS = (3, 6, 12)
QUARTILES = {
    "months_to_expand_first_quartile": Fraction(1, 4),
    "median_months_to_expand": Fraction(1, 2),
    "months_to_expand_third_quartile": Fraction(3, 4),
}
CONCENTRATED_TOP_1_SHARE = Decimal("0.50")
CONCENTRATED_TOP_DECILE_SHARE = Decimal("0.80")
# Bands by their lower bound, which belongs to them; the last one has no end.
GRR_BANDS = ((Decimal("0.00"), "below_90"), (Decimal("0.90"), "90_95"), (Decimal("0.95"), "95_plus"))
ARR_STAGES = (
    (Decimal(0), "0-1M"),
    (Decimal(1_000_000), "1-5M"),
    (Decimal(5_000_000), "5-20M"),
    (Decimal(20_000_000), "20M+"),
)
TARGET_NRR = {
    "0-1M": (Decimal("0.900000"), Decimal("1.000000")),
    "1-5M": (Decimal("1.000000"), Decimal("1.100000")),
    "5-20M": (Decimal("1.100000"), Decimal("1.250000")),
    "20M+": (Decimal("1.200000"), None),
}
FUNDING_ROUNDS = (("Series A", Decimal("1.00")), ("Series B", Decimal("1.10")))
READY_GROSS_CHURN_BELOW = Decimal("0.08")
READY_TENURED_CUSTOMERS = 50
TENURE_MONTHS = 3


def build_expansion_marts(ledger: Ledger, marts: Tables) -> Tables:
    """Return the marts of expansion, by name, from the ledger and the marts that exist by then."""
    drivers, movements = marts["fct_mrr_movement_drivers"], marts["fct_mrr_movements"]
    waterfall, rates = marts["mrr_waterfall"], marts["retention_rates"]
    return {
        "product_retention_rates": product_retention_rates(ledger),
        "expansion_durability": expansion_durability(ledger, movements, drivers),
        "expansion_concentration": expansion_concentration(waterfall, movements),
        "time_to_first_expansion": time_to_first_expansion(ledger, movements),
        "contraction_to_churn": contraction_to_churn(ledger, movements, drivers),
        "retention_scorecard": retention_scorecard(ledger, waterfall, rates),
    }


# ---------------------------------------------------------------- products


def product_mrr(ledger: Ledger, customer_id: str, month: date, lag: int) -> dict[str, Decimal]:
    """Return a customer's MRR by product at the end of a month, at the closing rates of `lag` months before."""
    products = group_rows(ledger.valued(customer_id, month, lag), lambda piece: piece.product_id)
    return {product_id: closing_balance(pieces) for product_id, pieces in products.items()}


def product_retention_rates(ledger: Ledger) -> list[Row]:
    """One row per period and product that customers open it with, wherever else they go; money per month."""
    rates = []
    for period_type, start, last in complete_periods(ledger):
        cohorts: dict[str, list[tuple[Decimal, Decimal]]] = {}
        for customer_id in ledger.customer_ids:
            opening = product_mrr(ledger, customer_id, add_months(start, -1), 0)
            closing = product_mrr(ledger, customer_id, last, PERIOD_MONTHS[period_type])
            for product_id, mrr in opening.items():
                if mrr > 0:
                    cohorts.setdefault(product_id, []).append((mrr, closing.get(product_id, ZERO)))
        for product_id, members in cohorts.items():
            rates.append(
                {
                    "period_type": period_type,
                    "period_start_date": start,
                    "period_end_date": last_day(last),
                    "period_label": period_label(period_type, start, last, ledger.settings.fiscal_year_start_month),
                    "product_id": product_id,
                    **product_rates(ledger, members, is_annual=period_type in ANNUAL_PERIODS),
                }
            )
    return rates


def product_rates(ledger: Ledger, members: list[tuple[Decimal, Decimal]], *, is_annual: bool) -> Row:
    """Return what became of a cohort, given as the opening and closing MRR of each of its customers."""
    opening, closing = (total(amounts) for amounts in zip(*members, strict=True))
    retained = total(min(before, after) for before, after in members)
    expansion = total(max(after - before, ZERO) for before, after in members)
    nrr, grr = ratio(closing, opening), ratio(retained, opening)
    return {
        "cohort_customers": len(members),
        "opening_mrr": opening,
        "expansion_mrr": expansion,
        "contraction_mrr": total(before - after for before, after in members if 0 < after < before),
        "churned_mrr": total(before for before, after in members if after == 0),
        "retained_mrr": retained,
        "closing_mrr": closing,
        "nrr": nrr,
        "grr": grr,
        "logo_retention": ratio(sum(after > 0 for _, after in members), len(members)),
        "expansion_rate": ratio(expansion, opening),
        "benchmark_band": benchmark_band(nrr) if is_annual else None,
        "is_fragile": nrr >= 1 and grr < ledger.settings.fragile_grr_threshold if is_annual else None,
    }


# ---------------------------------------------------------------- durability


def cut(amount: Decimal, drivers: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return by driver its share of an amount, in proportion to the drivers' (signed) changes; the shares sum to it.

    The running sums are rounded, in the order given, and a driver's share is what it adds to them.
    """
    whole = Fraction(total(drivers.values()))
    shares = {}
    running, before = ZERO, ZERO
    for driver, change in drivers.items():
        running += change
        up_to_here = round_half_away(Fraction(amount) * Fraction(running) / whole, 4)
        shares[driver] = up_to_here - before
        before = up_to_here
    return shares


def held_after(ledger: Ledger, movement: Row, months: int) -> Decimal | None:
    """Return how much of an expansion above the peak is still there some months later; None if that is to come.

    What the customer pays less by then, at the constant rates, comes off the expansion first.
    """
    customer_id, month = movement["customer_id"], movement["month_date"]
    later = add_months(month, months)
    if later > ledger.last_month:
        return None
    then, now = (ledger.closing(customer_id, at, AT_CONSTANT_RATES) for at in (month, later))
    return max(ZERO, movement["above_peak_mrr"] - max(ZERO, then - now))


def durable_parts(ledger: Ledger, movements: list[Row], drivers: list[Row]) -> Iterator[Row]:
    """Yield one row per expansion and driver of it, with the driver's share of all that is known of the expansion."""
    changes = changes_by_driver(drivers)
    months = group_rows(drivers, lambda row: (row["customer_id"], row["month_date"], row["driver"]))
    for movement in movements:
        if movement["movement_type"] != "expansion":
            continue
        key = movement["customer_id"], movement["month_date"]
        recovered = cut(movement["recovered_mrr"], changes[key])
        held = {months: held_after(ledger, movement, months) for months in HORIZONS}
        held_by = {months: None if mrr is None else cut(mrr, changes[key]) for months, mrr in held.items()}
        for driver, change in changes[key].items():
            yield {
                "month_date": movement["month_date"],
                "driver": driver,
                "expansion_mrr": change,
                "manufactured_mrr": total(row["manufactured_mrr"] for row in months[*key, driver]),
                "recovered_mrr": recovered[driver],
                "above_peak_mrr": change - recovered[driver],
                **{f"held_after_{k}_months_mrr": None if by is None else by[driver] for k, by in held_by.items()},
            }


def expansion_durability(ledger: Ledger, movements: list[Row], drivers: list[Row]) -> list[Row]:
    """One row per month and driver of its expansions: how much is new, and how much of that is held later."""
    durability = []
    months = group_rows(durable_parts(ledger, movements, drivers), lambda row: (row["month_date"], row["driver"]))
    for (month, driver), parts in months.items():
        above_peak = total(row["above_peak_mrr"] for row in parts)
        row: Row = {
            "month_date": month,
            "driver": driver,
            "expanding_customers": len(parts),
            "expansion_mrr": total(part["expansion_mrr"] for part in parts),
            "manufactured_mrr": total(part["manufactured_mrr"] for part in parts),
            "recovered_mrr": total(part["recovered_mrr"] for part in parts),
            "above_peak_mrr": above_peak,
        }
        for k in HORIZONS:
            is_known = add_months(month, k) <= ledger.last_month
            held = total(part[f"held_after_{k}_months_mrr"] for part in parts) if is_known else None
            row[f"held_after_{k}_months_mrr"] = held
            row[f"share_held_after_{k}_months"] = ratio(held, above_peak) if is_known and above_peak > 0 else None
        durability.append(row)
    return durability


# ---------------------------------------------------------------- concentration


def expansion_concentration(waterfall: list[Row], movements: list[Row]) -> list[Row]:
    """One row per month of the waterfall: how few customers its expansion hangs on."""
    expansions = group_rows(
        (row for row in movements if row["movement_type"] == "expansion"), lambda row: row["month_date"]
    )
    concentration = []
    for month in waterfall:
        changes = sorted((row["mrr_change"] for row in expansions[month["month_date"]]), reverse=True)
        whole, decile = total(changes), -(-len(changes) // 10)
        top_1, top_10, top_decile = (ratio(total(changes[:count]), whole) for count in (1, 10, decile))
        concentration.append(
            {
                "month_date": month["month_date"],
                "expanding_customers": len(changes),
                "opening_customers": month["opening_customers"],
                "expanding_share": ratio(len(changes), month["opening_customers"]),
                "expansion_mrr": whole,
                "top_1_share": top_1,
                "top_10_share": top_10,
                "top_decile_customers": decile,
                "top_decile_share": top_decile,
                "is_concentrated": top_1 >= CONCENTRATED_TOP_1_SHARE or top_decile >= CONCENTRATED_TOP_DECILE_SHARE
                if changes
                else None,
            }
        )
    return concentration


# ---------------------------------------------------------------- time to the first expansion


@dataclass(frozen=True)
class Wait:
    """How long a customer was seen without an expansion, in whole months; `expanded` if one ended it.

    `known_months` is how long it could be seen: from its first paid month to the ledger's last one.
    """

    months: int
    expanded: bool
    known_months: int


def wait_of(ledger: Ledger, first: date, expansions: list[date]) -> Wait:
    """Return a customer's wait from its first paid month; without an expansion it lasts to the ledger's last month.

    That also goes for a customer who has left: it has not expanded.
    """
    known = months_between(first, ledger.last_month)
    if not expansions:
        return Wait(known, False, known)
    return Wait(months_between(first, min(expansions)), True, known)


def share_expanded(waits: list[Wait], months: int) -> Fraction:
    """Return the Kaplan-Meier estimate of the share of customers that expand within some months."""
    waiting = Fraction(1)
    for passed in range(months + 1):
        at_risk = sum(wait.months >= passed for wait in waits)
        if at_risk:
            waiting *= 1 - Fraction(sum(wait.expanded and wait.months == passed for wait in waits), at_risk)
    return 1 - waiting


def time_to_first_expansion(ledger: Ledger, movements: list[Row]) -> list[Row]:
    """One row per dimension and value that a customer who ever paid has; times in whole months."""
    expansions = group_rows(
        (row for row in movements if row["movement_type"] == "expansion"), lambda row: row["customer_id"]
    )
    groups: dict[tuple[str, str], list[Wait]] = {}
    for customer_id in ledger.customer_ids:
        first = ledger.first_paid_month(customer_id)
        if first is None:
            continue
        wait = wait_of(ledger, first, [row["month_date"] for row in expansions[customer_id]])
        version = ledger.version_at(customer_id, closing_instant(first, ledger.settings.reporting_timezone))
        channel = version["acquisition_channel"]
        for key in (
            ("total", "all"),
            ("acquisition_cohort", f"{first:%Y-%m}"),
            ("acquisition_channel", NONE if channel is None else channel),
        ):
            groups.setdefault(key, []).append(wait)
    return [
        {"dimension": dimension, "dimension_value": value, **expansion_curve(waits)}
        for (dimension, value), waits in groups.items()
    ]


def expansion_curve(waits: list[Wait]) -> Row:
    """Return how many of a group's customers have expanded when, for those who have not the chance is still open."""
    expanded, known = sum(wait.expanded for wait in waits), max(wait.known_months for wait in waits)
    row: Row = {
        "customers": len(waits),
        "expanded_customers": expanded,
        "censored_customers": len(waits) - expanded,
    }
    for k in HORIZONS:
        row[f"share_expanded_{k}_months"] = round_half_away(share_expanded(waits, k), 6) if known >= k else None
    times = sorted({wait.months for wait in waits if wait.expanded})
    curve = {months: share_expanded(waits, months) for months in times}
    for name, share in QUARTILES.items():
        row[name] = next((months for months in times if curve[months] >= share), None)
    return row


# ---------------------------------------------------------------- from contraction to churn


def contraction_to_churn(ledger: Ledger, movements: list[Row], drivers: list[Row]) -> list[Row]:
    """One row per horizon and leading driver of a contraction (`all`: of any): how often churn follows, and without."""
    paid = [(customer_id, month) for (customer_id, month), balance in ledger.balances.items() if balance > 0]
    if not paid:
        return []
    kinds = {(row["customer_id"], row["month_date"]): row["movement_type"] for row in movements}
    changes = changes_by_driver(drivers)
    leading = {key: leading_driver(changes[key]) for key, kind in kinds.items() if kind == "contraction"}
    quiet = [key for key in paid if kinds.get(key) != "contraction"]

    risks = []
    for driver in ("all", *sorted(set(leading.values()))):
        contractions = [key for key, name in leading.items() if driver in ("all", name)]
        for horizon in HORIZONS:
            cases, churned = count_churned(ledger, kinds, contractions, horizon)
            others, churned_others = count_churned(ledger, kinds, quiet, horizon)
            risks.append(
                {
                    "driver": driver,
                    "horizon_months": horizon,
                    "contractions": cases,
                    "churned_after_contraction": churned,
                    "churn_share_after_contraction": ratio(churned, cases),
                    "comparison_customer_months": others,
                    "churned_comparison_customer_months": churned_others,
                    "churn_share_of_comparison": ratio(churned_others, others),
                    "churn_lift": ratio(churned * others, cases * churned_others),
                }
            )
    return risks


def leading_driver(changes: dict[str, Decimal]) -> str:
    """Return the driver that took the most away, the first by name of several."""
    return min(changes, key=lambda driver: (changes[driver], driver))


def count_churned(
    ledger: Ledger, kinds: dict[tuple[str, date], str], customer_months: list[tuple[str, date]], horizon: int
) -> tuple[int, int]:
    """Count customer-months whose next `horizon` months are all in the ledger, and those of them with a churn then."""
    known = [(name, month) for name, month in customer_months if add_months(month, horizon) <= ledger.last_month]
    churned = [
        (name, month)
        for name, month in known
        if any(kinds.get((name, add_months(month, later))) == "churn" for later in range(1, horizon + 1))
    ]
    return len(known), len(churned)


# ---------------------------------------------------------------- the scorecard


def band_of(value: Decimal, bands: Iterable[tuple[Decimal, str]]) -> str:
    """Return the name of the band with the highest lower bound at or below a value."""
    return max((floor, name) for floor, name in bands if floor <= value)[1]


def retention_scorecard(ledger: Ledger, waterfall: list[Row], rates: list[Row]) -> list[Row]:
    """One row per month of the waterfall: retention over the twelve months to it, held against the benchmarks."""
    trailing = {
        row["period_end_date"]: row
        for row in rates
        if (row["period_type"], row["dimension"]) == ("trailing_12_months", "total")
    }
    tenured = count_tenured(ledger)
    return [
        scorecard_row(row, trailing.get(last_day(row["month_date"])), tenured[row["month_date"]]) for row in waterfall
    ]


def count_tenured(ledger: Ledger) -> Counter[date]:
    """Count by month the customers that close it above 0 and first paid at least some months before."""
    return Counter(
        month
        for (customer_id, month), balance in ledger.balances.items()
        if balance > 0 and months_between(ledger.first_paid_month(customer_id), month) >= TENURE_MONTHS
    )


def scorecard_row(month: Row, trailing: Row | None, tenured: int) -> Row:
    """Return one month's scorecard from its bridge and the cohort of the twelve months to it, if there is one."""
    stage = band_of(month["closing_arr"], ARR_STAGES)
    target, target_to = TARGET_NRR[stage]
    has_fewer = month["closing_customers"] < month["opening_customers"]
    row: Row = {
        "month_date": month["month_date"],
        "closing_arr": month["closing_arr"],
        "arr_stage": stage,
        "target_nrr_from": target,
        "target_nrr_to": target_to,
        "nrr": None,
        "grr": None,
        "is_fragile": None,
        "nrr_band": None,
        "grr_band": None,
        "quick_ratio": month["quick_ratio"],
        "expansion_share_of_growth": month["expansion_share_of_growth"],
        "is_net_negative_churn": month["is_net_negative_churn"],
        "net_mrr_churn_rate": ratio(
            -(month["expansion_mrr"] + month["contraction_mrr"] + month["churn_mrr"]), month["opening_mrr"]
        ),
        "has_fewer_customers": has_fewer,
        "is_net_negative_churn_with_fewer_customers": month["is_net_negative_churn"] and has_fewer,
        "target_expansion_rate": None,
        "expansion_needed_mrr": None,
        "gross_mrr_churn_rate": None,
        "tenured_customers": tenured,
        "is_ready_to_invest_in_expansion": None,
        "highest_funding_round_met": None,
    }
    if trailing is not None:
        nrr, grr = trailing["nrr"], trailing["grr"]
        needed = Fraction(target) * Fraction(trailing["opening_mrr"]) - Fraction(trailing["closing_mrr"])
        met = [(at_least, name) for name, at_least in FUNDING_ROUNDS if at_least <= nrr]
        row |= {
            "nrr": nrr,
            "grr": grr,
            "is_fragile": trailing["is_fragile"],
            "nrr_band": benchmark_band(nrr),
            "grr_band": band_of(grr, GRR_BANDS),
            "target_expansion_rate": max(round_half_away(Fraction(0), 6), target - grr),
            "expansion_needed_mrr": round_half_away(max(Fraction(0), needed), 4),
            "gross_mrr_churn_rate": 1 - grr,
            "is_ready_to_invest_in_expansion": 1 - grr < READY_GROSS_CHURN_BELOW and tenured >= READY_TENURED_CUSTOMERS,
            "highest_funding_round_met": max(met)[1] if met else None,
        }
    return row
