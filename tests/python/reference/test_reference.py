"""Hand-worked checks of the reference ledger and of the data that it is compared on.

Every expected number is worked out by hand from the rules or vouched for by the source that the test names. Money is
in the reporting currency per month unless said otherwise.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from reference.generate import combine, random_raw
from reference.ledger import (
    AT_CONSTANT_RATES,
    Ledger,
    LedgerError,
    Row,
    Settings,
    Tables,
    billing_term,
    build_marts,
    closing_balance,
    closing_instant,
    round_half_away,
    service_term,
)

JAN_TO_JUN_2024 = Settings(as_of_date=date(2024, 6, 30))
INVOICES = Settings(mrr_basis="invoices", as_of_date=date(2024, 6, 30))


# ---------------------------------------------------------------- building raw tables by hand


def at(text: str | None) -> datetime | None:
    """Read an ISO timestamp (UTC) or date; None stays open."""
    return None if text is None else datetime.fromisoformat(text)


def customer(customer_id: str = "c1", **changed: Any) -> Row:
    """Return a customer row."""
    row = {
        "customer_id": customer_id,
        "parent_customer_id": None,
        "customer_name": customer_id.upper(),
        "segment": "smb",
        "country": "US",
        "acquisition_channel": "ads",
        "csm_owner": None,
        "created_at": at("2020-01-01"),
    }
    return {**row, **changed}


def plan(plan_id: str = "monthly", model: str = "flat", every: str = "month", count: int = 1, **changed: Any) -> Row:
    """Return a plan row, of product `prod` unless said otherwise."""
    row = {
        "plan_id": plan_id,
        "product_id": "prod",
        "plan_name": plan_id,
        "tier_rank": 1,
        "pricing_model": model,
        "billing_interval": every,
        "billing_interval_count": count,
        "currency": "USD",
    }
    return {**row, **changed}


def subscription(subscription_id: str = "s1", start: str = "2024-01-01", end: str | None = None, **changed: Any) -> Row:
    """Return a subscription row of customer c1, without a trial."""
    row = {
        "subscription_id": subscription_id,
        "customer_id": "c1",
        "status": "active" if end is None else "canceled",
        "started_at": at(start),
        "trial_ends_at": None,
        "cancel_requested_at": None,
        "ended_at": at(end),
    }
    return {**row, **changed}


def item(item_id: str = "i1", start: str = "2024-01-01", end: str | None = None, **changed: Any) -> Row:
    """Return an item version of subscription s1: 1 x 100 on the monthly plan."""
    row = {
        "subscription_item_id": item_id,
        "valid_from": at(start),
        "valid_to": at(end),
        "subscription_id": "s1",
        "plan_id": "monthly",
        "quantity": 1,
        "unit_amount": Decimal(100),
        "currency": "USD",
    }
    row.update(changed)
    return {**row, "unit_amount": None if row["unit_amount"] is None else Decimal(str(row["unit_amount"]))}


def discount(discount_id: str, start: str, end: str | None, **changed: Any) -> Row:
    """Return a discount on the whole of subscription s1."""
    row = {
        "discount_id": discount_id,
        "subscription_id": "s1",
        "subscription_item_id": None,
        "duration": "forever",
        "percent_off": None,
        "amount_off": None,
        "starts_at": at(start),
        "ends_at": at(end),
    }
    return {**row, **changed}


def invoice(invoice_id: str = "v1", **changed: Any) -> Row:
    """Return a paid invoice of customer c1."""
    row = {
        "invoice_id": invoice_id,
        "customer_id": "c1",
        "subscription_id": None,
        "status": "paid",
        "issued_at": at("2024-02-01"),
        "due_at": None,
        "paid_at": None,
        "currency": "USD",
    }
    return {**row, **changed}


def line(start: str | None, end: str | None, amount: Any, **changed: Any) -> Row:
    """Return a usage line of invoice v1 on the metered plan."""
    row = {
        "invoice_line_item_id": f"l-{start}-{end}-{amount}",
        "invoice_id": "v1",
        "subscription_id": None,
        "subscription_item_id": None,
        "plan_id": "metered",
        "line_type": "usage",
        "is_proration": False,
        "quantity": None,
        "amount": Decimal(str(amount)),
        "discount_amount": Decimal(0),
        "currency": "USD",
        "service_start": None if start is None else date.fromisoformat(start),
        "service_end": None if end is None else date.fromisoformat(end),
    }
    return {**row, **changed}


PLANS = [
    plan(),
    plan("seats", "per_seat"),
    plan("annual", every="year"),
    plan("metered", "metered", product_id="other"),
]


def world(**tables: list[Row]) -> Tables:
    """Return raw tables: one customer, the usual plans, one subscription from 2024 on, and what is given."""
    return {"customers": [customer()], "plans": PLANS, "subscriptions": [subscription()], **tables}


def money(text: Any) -> Decimal:
    """Return an amount with 4 decimals."""
    return Decimal(str(text)).quantize(Decimal("0.0001"))


def balances(raw: Tables, settings: Settings = JAN_TO_JUN_2024, customer_id: str = "c1") -> dict[str, Decimal]:
    """Return a customer's closing MRR by month (`2024-01`), without the months that close at 0."""
    facts = build_marts(raw, settings)["fct_customer_mrr_months"]
    return {
        f"{row['month_date']:%Y-%m}": row["closing_mrr"]
        for row in facts
        if row["customer_id"] == customer_id and row["closing_mrr"] > 0
    }


def same(value: Any, first: int, last: int) -> dict[str, Decimal]:
    """Return one balance for each of the months first..last of 2024."""
    return {f"2024-{month:02d}": money(value) for month in range(first, last + 1)}


def movements(raw: Tables, settings: Settings = JAN_TO_JUN_2024) -> list[tuple[str, str, Decimal]]:
    """Return (month, movement, change) in order, over all customers."""
    facts = build_marts(raw, settings)["fct_mrr_movements"]
    return sorted((f"{row['month_date']:%Y-%m}", row["movement_type"], row["mrr_change"]) for row in facts)


def prices(*steps: tuple[str, Any], **changed: Any) -> list[Row]:
    """Return the versions of one item that change its price at each (from, unit_amount); None is a hole."""
    ends = [start for start, _ in steps[1:]]
    pairs = zip(steps, [*ends, None], strict=True)
    return [item(start=s, end=e, unit_amount=p, **changed) for (s, p), e in pairs if p is not None]


def cohort(openings_and_closings: list[tuple[Any, Any]]) -> Tables:
    """Return customers who pay the first amount when 2024 opens and the second when it ends."""
    customers, subscriptions, items = [], [], []
    for number, (opening, closing) in enumerate(openings_and_closings):
        customers.append(customer(f"c{number}"))
        subscriptions.append(subscription(f"s{number}", "2023-12-01", customer_id=f"c{number}"))
        steps = [("2023-12-01", opening), ("2024-05-15", closing)]
        items += prices(*steps, item_id=f"i{number}", subscription_id=f"s{number}")
    return {"customers": customers, "plans": PLANS, "subscriptions": subscriptions, "subscription_item_versions": items}


def year_2024(raw: Tables, **settings: Any) -> Row:
    """Return the total retention row of the calendar year 2024."""
    rates = build_marts(raw, Settings(as_of_date=date(2024, 12, 31), **settings))["retention_rates"]
    (row,) = [
        row
        for row in rates
        if (row["period_type"], row["period_start_date"], row["dimension"]) == ("year", date(2024, 1, 1), "total")
    ]
    return row


# ---------------------------------------------------------------- published examples


def test_chartmogul_201244842_an_account_from_new_to_reactivation() -> None:
    """ChartMogul help 201244842: 4 x an annual plan, an add-on and its end, the end of the paid year, a return."""
    raw = world(
        subscriptions=[
            subscription(end="2024-12-15", cancel_requested_at=at("2024-07-10")),
            subscription("s2", "2025-03-02"),
        ],
        subscription_item_versions=[
            item(plan_id="annual", quantity=4, unit_amount=500, start="2023-12-15"),
            item("i2", "2024-02-10", "2024-05-20", quantity=2, unit_amount=30),
            item("i3", "2025-03-02", subscription_id="s2", unit_amount=30),
        ],
    )
    assert movements(raw, Settings(as_of_date=date(2025, 3, 31))) == [
        ("2024-01", "new", money("166.6667")),
        ("2024-02", "expansion", money(60)),
        ("2024-05", "contraction", money(-60)),
        ("2024-12", "churn", money("-166.6667")),
        ("2025-03", "reactivation", money(30)),
    ]


def test_chartmogul_360012519560_prorated_upgrade_is_the_new_price_only() -> None:
    """ChartMogul help 360012519560: 100 then 250 a month; the prorated lines of the change are not MRR."""
    raw = world(
        subscription_item_versions=prices(("2024-01-01", 100), ("2024-02-15", 250)),
        invoices=[invoice()],
        invoice_line_items=[
            line("2024-02-15", "2024-03-01", 125, line_type="recurring", is_proration=True, plan_id="monthly"),
            line("2024-02-15", "2024-03-01", -50, line_type="recurring", is_proration=True, plan_id="monthly"),
        ],
    )
    assert movements(raw) == [("2024-01", "new", money(100)), ("2024-02", "expansion", money(150))]
    assert balances(raw)["2024-02"] == money(250)


def test_chartmogul_prorated_invoices_a_seat_added_mid_month_is_never_25() -> None:
    """ChartMogul docs, prorated invoices: 25 billed for 16-31 March never reads as 25 MRR."""
    raw = world(
        subscription_item_versions=[
            item(plan_id="seats", unit_amount=50, end="2024-03-16"),
            item(plan_id="seats", unit_amount=50, quantity=2, start="2024-03-16"),
        ],
        invoices=[invoice()],
        invoice_line_items=[line("2024-03-16", "2024-03-31", 25, line_type="recurring", is_proration=True)],
    )
    assert balances(raw) == same(50, 1, 2) | same(100, 3, 6)


@pytest.mark.parametrize(
    ("source", "opening_and_closing", "expected"),
    [
        ("ChartMogul 4414075567250", [(10, None), (20, 10), (70, 80)], ("0.90", "0.80")),
        ("Chargebee recurring revenue, 5,000 to 6,000", [(5000, 6000)], ("1.20", "1.00")),
        ("metric guides", [(8000, None), (10000, 5000), (82000, 97000)], ("1.02", "0.87")),
        ("seed articles, 1 Cr", [(1_000_000, None), (1_000_000, 500_000), (8_000_000, 10_500_000)], ("1.10", "0.85")),
    ],
)
def test_published_retention(source: str, opening_and_closing: list[Any], expected: tuple[str, str]) -> None:
    """NRR and GRR that the named source vouches for."""
    row = year_2024(cohort(opening_and_closing))
    assert (row["nrr"], row["grr"]) == (Decimal(expected[0]), Decimal(expected[1])), source


def test_seed_articles_expansion_is_20_points_between_grr_90_and_nrr_110() -> None:
    """Seed articles: GRR 0.90 with NRR 1.10 is an expansion of 20 points of the opening MRR."""
    row = year_2024(cohort([(10, None), (90, 110)]))
    assert (row["grr"], row["nrr"], row["expansion_rate"]) == (Decimal("0.9"), Decimal("1.1"), Decimal("0.2"))
    assert row["is_fragile"] is False


def test_seed_articles_nrr_115_with_grr_75_is_fragile() -> None:
    """Seed articles: growth of the ones who stay hides the loss of the others."""
    row = year_2024(cohort([(25, None), (75, 115)]))
    assert (row["nrr"], row["grr"], row["is_fragile"]) == (Decimal("1.15"), Decimal("0.75"), True)
    assert row["benchmark_band"] == "110_120"


def test_stripe_glossary_100_monthly_and_50_annual_customers_make_12500() -> None:
    """Stripe analytics glossary: 100 x 100 a month and 50 x 600 a year (the page's formula misprints 800)."""
    numbers = range(150)
    raw = {
        "customers": [customer(f"c{n}") for n in numbers],
        "plans": PLANS,
        "subscriptions": [subscription(f"s{n}", customer_id=f"c{n}") for n in numbers],
        "subscription_item_versions": [
            item(f"i{n}", subscription_id=f"s{n}")
            if n < 100
            else item(f"i{n}", subscription_id=f"s{n}", plan_id="annual", unit_amount=600)
            for n in numbers
        ],
    }
    (row,) = build_marts(raw, Settings(as_of_date=date(2024, 1, 31)))["mrr_waterfall"]
    assert (row["closing_mrr"], row["closing_arr"], row["new_customers"]) == (money(12500), money(150000), 150)


def test_stripe_support_1200_a_year_is_100_a_month() -> None:
    """Stripe support, billing analytics."""
    assert balances(world(subscription_item_versions=[item(plan_id="annual", unit_amount=1200)])) == same(100, 1, 6)


def test_stripe_support_two_subscriptions_ending_in_turn_contract_then_churn() -> None:
    """Stripe support, churn in Billing: only the last of two subscriptions takes the customer away."""
    raw = world(
        subscriptions=[subscription(end="2024-03-10"), subscription("s2", end="2024-05-10")],
        subscription_item_versions=[item(), item("i2", subscription_id="s2", unit_amount=40)],
    )
    assert movements(raw) == [
        ("2024-01", "new", money(140)),
        ("2024-03", "contraction", money(-100)),
        ("2024-05", "churn", money(-40)),
    ]


@pytest.mark.parametrize(
    ("source", "versions", "loss"),
    [
        ("Chargebee 251267: 500 to 100", prices(("2024-01-01", 500), ("2024-04-20", 100)), 400),
        ("Chargebee 264186: 100 with an add-on of 50", [item(), item("i2", end="2024-04-20", unit_amount=50)], 50),
        ("Chargebee 264186: 100 to 70", prices(("2024-01-01", 100), ("2024-04-20", 70)), 30),
        ("Recurly 360028027591: 100 to 80", prices(("2024-01-01", 100), ("2024-04-20", 80)), 20),
    ],
)
def test_published_contractions_are_not_churn(source: str, versions: list[Row], loss: int) -> None:
    """A customer who still pays something has contracted."""
    assert movements(world(subscription_item_versions=versions))[1:] == [("2024-04", "contraction", money(-loss))], (
        source
    )


def test_recurly_360027350412_mrr_is_what_holds_on_the_last_day() -> None:
    """Recurly support 360027350412: 100 a month from 29 March to 29 April is March's, not April's."""
    raw = world(subscriptions=[subscription(start="2024-03-29", end="2024-04-29")], subscription_item_versions=[item()])
    assert balances(raw) == same(100, 3, 3)


def test_profitwell_churn_counts_when_the_paid_cycle_ends() -> None:
    """ProfitWell/Paddle help: 10 a month from 15 April, cancelled on 8 June, is churn of 10 on 15 June."""
    window = subscription(start="2024-04-15", end="2024-06-15", cancel_requested_at=at("2024-06-08"))
    raw = world(subscriptions=[window], subscription_item_versions=[item(start="2024-04-15", unit_amount=10)])
    assert movements(raw) == [("2024-04", "new", money(10)), ("2024-06", "churn", money(-10))]


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-02-01", "2024-03-01", same(100, 2, 2)),
        ("2024-02-01", "2024-03-01T00:00:01", same(100, 2, 2)),
        ("2024-01-31T23:59:59", "2024-03-01", same(100, 1, 2)),
        ("2024-02-01", "2024-02-29T23:59:59", {}),
        ("2024-02-29T23:59:59", "2024-03-01", same(100, 2, 2)),
        ("2024-02-29", "2024-02-29", {}),
        ("2024-03-01", "2024-03-01", {}),
        ("2024-02-03", "2024-02-27", {}),
        ("2024-05-31", None, same(100, 5, 6)),
        ("2024-07-01", None, {}),
    ],
)
def test_an_interval_counts_in_the_months_whose_last_instant_it_covers(
    start: str, end: str | None, expected: dict[str, Decimal]
) -> None:
    """What ends at midnight on the first belongs to the month it paid for; what starts then, to the new month."""
    assert balances(world(subscription_item_versions=[item(start=start, end=end)])) == expected


def test_months_end_at_midnight_in_the_reporting_timezone() -> None:
    """05:00 UTC on 1 February is midnight in New York, 04:00 UTC on 1 April too (summer time)."""
    settings = Settings(as_of_date=date(2024, 6, 30), reporting_timezone="America/New_York")
    raw = world(
        subscription_item_versions=[item(start="2024-02-01T05:00:00", end="2024-04-01T04:00:00")],
    )
    assert balances(raw, settings) == same(100, 2, 3)
    assert balances(raw) == same(100, 2, 3)
    early = [item(start="2024-02-01T04:59:59", end="2024-04-01T03:59:59")]
    assert balances(world(subscription_item_versions=early), settings) == same(100, 1, 2)
    india = Settings(as_of_date=date(2024, 6, 30), reporting_timezone="Asia/Kolkata")
    assert balances(world(subscription_item_versions=[item(start="2024-02-29T18:30:00")]), india) == same(100, 3, 6)


def last_waterfall_month(raw: Tables, settings: Settings) -> date:
    """Return the month in which the ledger ends."""
    return build_marts(raw, settings)["mrr_waterfall"][-1]["month_date"]


def test_the_ledger_ends_with_the_last_complete_month() -> None:
    """The last day completes a month; every day of lag asks for one more."""
    raw = world(subscription_item_versions=[item()])
    assert last_waterfall_month(raw, Settings(as_of_date=date(2024, 3, 31))) == date(2024, 3, 1)
    assert last_waterfall_month(raw, Settings(as_of_date=date(2024, 3, 30))) == date(2024, 2, 1)
    assert last_waterfall_month(raw, Settings(as_of_date=date(2024, 4, 4), close_lag_days=5)) == date(2024, 2, 1)
    assert last_waterfall_month(raw, Settings(as_of_date=date(2024, 4, 5), close_lag_days=5)) == date(2024, 3, 1)
    assert last_waterfall_month(raw, Settings(as_of_date=date(2024, 4, 5), close_lag_days=40)) == date(2024, 1, 1)


def test_the_default_as_of_date_is_the_latest_valid_invoice() -> None:
    """Drafts and void invoices do not count; the day is read in the reporting timezone."""
    raw = world(
        subscription_item_versions=[item()],
        invoices=[
            invoice("v1", issued_at=at("2024-03-31T02:00:00"), status="uncollectible"),
            invoice("v2", issued_at=at("2024-05-31"), status="draft"),
            invoice("v3", issued_at=at("2024-06-30"), status="void"),
        ],
    )
    assert last_waterfall_month(raw, Settings()) == date(2024, 3, 1)
    assert last_waterfall_month(raw, Settings(reporting_timezone="America/New_York")) == date(2024, 2, 1)
    with pytest.raises(LedgerError, match="as_of_date"):
        build_marts(world(), Settings())


# ---------------------------------------------------------------- MRR from subscriptions


@pytest.mark.parametrize(
    ("every", "count", "expected"),
    [
        ("day", 1, "3041.6667"),
        ("day", 14, "217.2619"),
        ("day", 30, "101.3889"),
        ("week", 1, "433.3333"),
        ("week", 2, "216.6667"),
        ("month", 1, "100"),
        ("month", 14, "7.1429"),
        ("quarter", 1, "33.3333"),
        ("quarter", 2, "16.6667"),
        ("year", 1, "8.3333"),
        ("year", 3, "2.7778"),
    ],
)
def test_monthly_factor_of_every_interval(every: str, count: int, expected: str) -> None:
    """365/12 days, 52/12 weeks, 3 and 12 months, divided by the count."""
    raw = world(plans=[plan(every=every, count=count)], subscription_item_versions=[item()])
    assert balances(raw)["2024-01"] == money(expected)


def test_a_half_rounds_away_from_zero() -> None:
    """Money to 4 decimals, ratios to 6."""
    assert round_half_away(Fraction(1, 20000), 4) == money("0.0001")
    assert round_half_away(Fraction(-1, 20000), 4) == money("-0.0001")
    assert round_half_away(Fraction(9999, 200_000_000), 4) == money(0)
    assert round_half_away(Fraction(2, 3), 6) == Decimal("0.666667")


def test_trials_carry_no_mrr() -> None:
    """A trial ends in a paying month, one outlives its subscription, one never converted."""
    converted = world(subscriptions=[subscription(trial_ends_at=at("2024-02-14"))], subscription_item_versions=[item()])
    assert balances(converted) == same(100, 2, 6)
    outlives = subscription(end="2024-03-01", trial_ends_at=at("2024-04-01"))
    assert balances(world(subscriptions=[outlives], subscription_item_versions=[item()])) == {}
    never = subscription(status="trialing", trial_ends_at=at("2030-01-01"))
    assert balances(world(subscriptions=[never], subscription_item_versions=[item()])) == {}


def test_pauses_carry_no_mrr_however_they_overlap() -> None:
    """Nested, touching, empty, within a month and open pauses."""
    pauses = [
        ("2024-01-31", "2024-01-31"),
        ("2024-02-02", "2024-02-20"),
        ("2024-02-10", "2024-03-05"),
        ("2024-02-12", "2024-03-01"),
        ("2024-03-05", "2024-04-01"),
        ("2024-06-30T23:59:59", None),
    ]
    rows = [{"subscription_id": "s1", "paused_at": at(start), "resumed_at": at(end)} for start, end in pauses]
    raw = world(subscription_item_versions=[item()], subscription_pauses=rows)
    assert balances(raw) == same(100, 1, 1) | same(100, 4, 5)


def test_an_item_counts_only_within_its_subscription() -> None:
    """Versions that stick out of the subscription are cut to it."""
    window = subscription(start="2024-02-10", end="2024-05-01")
    raw = world(subscriptions=[window], subscription_item_versions=[item(start="2023-01-01")])
    assert balances(raw) == same(100, 2, 4)


def test_same_day_changes_count_the_last_state_only() -> None:
    """Three prices on the last day of January: the one at midnight closes the month."""
    steps = prices(("2024-01-31T08:00:00", 10), ("2024-01-31T12:00:00", 999), ("2024-01-31T23:59:59", 20))
    assert movements(world(subscription_item_versions=steps)) == [("2024-01", "new", money(20))]


def test_metered_items_carry_no_fixed_mrr() -> None:
    """Quantity and price of a metered plan are ignored, set or null."""
    versions = [item(plan_id="metered"), item("i2", plan_id="metered", quantity=None, unit_amount=None)]
    assert balances(world(subscription_item_versions=versions)) == {}


@pytest.mark.parametrize(
    ("discounts", "expected"),
    [
        ([{"percent_off": 10}], same(90, 2, 4)),
        ([{"percent_off": 10}, {"percent_off": 50}], same(45, 2, 4)),
        ([{"percent_off": 10}, {"percent_off": 50}, {"percent_off": Decimal("33.3333")}], same("30.00002", 2, 4)),
        ([{"percent_off": 100}], {}),
        ([{"percent_off": 50, "duration": "once"}], same(100, 2, 4)),
        ([{"percent_off": 50, "duration": "repeating"}], same(50, 2, 4)),
        ([{"percent_off": 50, "subscription_item_id": "elsewhere"}], same(100, 2, 4)),
        ([{"amount_off": 30, "subscription_item_id": "i1"}], same(70, 2, 4)),
        ([{"amount_off": 30, "subscription_item_id": "i1"}, {"percent_off": 50}], same(20, 2, 4)),
        ([{"amount_off": 30, "subscription_item_id": "i1"}] * 2, same(40, 2, 4)),
        ([{"amount_off": 101, "subscription_item_id": "i1"}], {}),
    ],
)
def test_discounts_stack_and_are_floored_at_0(discounts: list[Row], expected: dict[str, Decimal]) -> None:
    """Percents multiply, then amounts come off; February to April, on 100 a month."""
    rows = [discount(f"d{n}", "2024-02-29", "2024-05-01", **given) for n, given in enumerate(discounts)]
    raw = world(subscription_item_versions=[item()], discounts=rows)
    assert balances(raw) == same(100, 1, 1) | expected | same(100, 5, 6)


def test_amount_off_is_per_billing_interval_and_once_for_all_seats() -> None:
    """120 a year off 3 seats x 400 a year leaves 1,080 a year."""
    raw = world(
        subscription_item_versions=[item(plan_id="annual", quantity=3, unit_amount=400)],
        discounts=[discount("d1", "2024-01-01", None, amount_off=120, subscription_item_id="i1")],
    )
    assert balances(raw) == same(90, 1, 6)


def test_an_amount_off_never_eats_into_another_item() -> None:
    """50 off an item of 20 leaves 0 of it, and the whole of the other."""
    raw = world(
        subscription_item_versions=[item(), item("i2", unit_amount=20)],
        discounts=[discount("d1", "2024-01-01", None, amount_off=50, subscription_item_id="i2")],
    )
    assert balances(raw) == same(100, 1, 6)


def test_an_empty_discount_changes_nothing() -> None:
    """A discount that ends as it starts was never in force."""
    raw = world(
        subscription_item_versions=[item()], discounts=[discount("d1", "2024-02-29", "2024-02-29", percent_off=50)]
    )
    assert balances(raw) == same(100, 1, 6)


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("start", "end", "term", "exclusive_end"),
    [
        ("2024-01-01", "2024-02-01", Fraction(1), "2024-02-01"),
        ("2024-01-01", "2024-01-31", Fraction(1), "2024-02-01"),
        ("2024-01-31", "2024-02-29", Fraction(1), "2024-02-29"),
        ("2024-01-31", "2024-02-28", Fraction(1), "2024-02-29"),
        ("2023-01-30", "2023-02-28", Fraction(1), "2023-02-28"),
        ("2024-01-31", "2024-03-30", Fraction(2), "2024-03-31"),
        ("2023-02-01", "2023-02-28", Fraction(1), "2023-03-01"),
        ("2024-01-01", "2025-01-31", Fraction(13), "2025-02-01"),
        ("2024-02-29", "2025-02-28", Fraction(12), "2025-02-28"),
        ("2024-03-02", "2024-03-30", Fraction(336, 365), "2024-03-30"),
        ("2024-03-02", "2024-03-31", Fraction(1), "2024-03-31"),
        ("2024-02-28", "2024-03-30", Fraction(1), "2024-03-30"),
        ("2024-01-01", "2024-01-15", Fraction(168, 365), "2024-01-15"),
        ("2024-03-10", "2025-03-11", Fraction(12), "2025-03-11"),
        ("2024-03-10", "2025-04-12", Fraction(398 * 12, 365), "2025-04-12"),
    ],
)
def test_term_of_a_service_period(start: str, end: str, term: Fraction, exclusive_end: str) -> None:
    """Whole months with either kind of end, else days x 12/365, snapped within 0.06."""
    found = service_term(date.fromisoformat(start), date.fromisoformat(end))
    assert found == (term, date.fromisoformat(exclusive_end))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("2024-02-01", "2024-03-01", 60)], same(60, 2, 2)),
        ([line("2024-02-01", "2024-02-29", 60)], same(60, 2, 2)),
        ([line("2024-01-15", "2024-04-15", 90)], same(30, 1, 3)),
        ([line("2024-01-01", "2025-02-01", 1300)], same(100, 1, 6)),
        ([line("2024-01-01", "2025-02-02", 398)], same("30.4167", 1, 6)),
        ([line("2024-02-10", "2024-02-24", 14)], same(14, 2, 2)),
        ([line("2024-02-20", "2024-03-18", 27)], same(27, 3, 3)),
        ([line("2024-01-20", "2024-02-17", 28)], same("30.4167", 1, 1)),
        ([line("2024-02-20", "2024-03-01", 14)], same(14, 2, 2)),
        ([line("2024-02-20", "2024-03-02", 14)], same(14, 3, 3)),
        ([line("2024-03-01", "2024-03-01", 14)], same(14, 3, 3)),
        ([line("2024-02-10", "2024-02-12", 14), line("2024-02-10", "2024-02-12", 6)], same(20, 2, 2)),
        ([line("2024-02-10", "2024-02-12", 14), line("2024-02-10", "2024-02-12", -6)], same(8, 2, 2)),
        ([line("2024-02-10", "2024-02-12", 14, line_type=kind) for kind in ("recurring", "one_time", "tax")], {}),
        ([line("2024-02-10", "2024-02-12", 14, plan_id=None)], same(14, 2, 2)),
    ],
)
def test_usage_lines_count_at_their_rate_or_as_billed(lines: list[Row], expected: dict[str, Decimal]) -> None:
    """28 days or more at the monthly rate, shorter ones in the month of their last day."""
    assert balances(world(invoices=[invoice()], invoice_line_items=lines)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("draft", {}), ("void", {}), ("open", same(9, 2, 2)), ("uncollectible", same(9, 2, 2))],
)
def test_usage_of_draft_and_void_invoices_is_left_out(status: str, expected: dict[str, Decimal]) -> None:
    """An unpaid bill still bills."""
    raw = world(invoices=[invoice(status=status)], invoice_line_items=[line("2024-02-10", "2024-02-12", 9)])
    assert balances(raw) == expected


def test_a_negative_pool_counts_as_0_and_takes_nothing_from_another() -> None:
    """A credit on usage lowers neither the seats nor another product's usage."""
    raw = world(
        plans=[*PLANS, plan("metered2", "metered", product_id="prod")],
        subscription_item_versions=[item()],
        invoices=[invoice()],
        invoice_line_items=[
            line("2024-02-10", "2024-02-12", -500),
            line("2024-02-10", "2024-02-12", 7, plan_id="metered2"),
        ],
    )
    assert balances(raw)["2024-02"] == money(107)


def test_usage_runs_through_pauses_and_after_the_end() -> None:
    """Pauses, trials and the subscription's end do not touch usage."""
    raw = world(
        subscriptions=[subscription(end="2024-02-01")],
        subscription_item_versions=[item()],
        subscription_pauses=[{"subscription_id": "s1", "paused_at": at("2024-01-01"), "resumed_at": None}],
        invoices=[invoice()],
        invoice_line_items=[line("2024-01-01", "2024-04-01", 30, subscription_id="s1")],
    )
    assert balances(raw) == same(10, 1, 3)


# ---------------------------------------------------------------- MRR from invoice lines


def bill(start: str, end: str, amount: Any, **changed: Any) -> Row:
    """Return a recurring line of invoice v1 on the monthly plan."""
    return line(start, end, amount, **{"line_type": "recurring", "plan_id": "monthly", **changed})


def billed(*lines: Row, **tables: list[Row]) -> Tables:
    """Return raw tables of a user who has nothing but invoices: one customer, the plans, one paid invoice."""
    return {
        "customers": [customer()],
        "plans": PLANS,
        "invoices": [invoice()],
        "invoice_line_items": list(lines),
        **tables,
    }


def month_end_pieces(raw: Tables, month: date = date(2024, 1, 1), settings: Settings = INVOICES) -> list[Any]:
    """Return what customer c1 has in force at a month's end."""
    return Ledger(raw, settings).pieces["c1", month]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([bill("2024-02-01", "2024-03-01", 60)], same(60, 2, 2), id="a month"),
        pytest.param([bill("2024-02-01", "2024-02-29", 60)], same(60, 2, 2), id="a month with an inclusive end"),
        pytest.param(
            [bill("2024-02-01", "2024-02-29", 60), bill("2024-03-01", "2024-04-01", 60)],
            same(60, 2, 3),
            id="inclusive, then exclusive: neither a hole nor a double month",
        ),
        pytest.param(
            [bill("2023-12-31", "2024-01-31", 60), bill("2024-01-31", "2024-02-29", 60)],
            {"2023-12": money(60)} | same(60, 1, 1),
            id="the 31st, clamped: T of February comes after the 29th",
        ),
        pytest.param([bill("2024-01-15", "2025-01-15", 1200)], same(100, 1, 6), id="a year"),
        pytest.param([bill("2024-01-15", "2025-02-15", 1300)], same(100, 1, 6), id="13 months"),
        pytest.param([bill("2024-01-25", "2024-02-08", 14)], same("30.4167", 1, 1), id="14 days at 365/12 a month"),
        pytest.param([bill("2024-01-10", "2024-01-24", 14)], {}, id="14 days that cross no month end"),
        pytest.param([bill("2024-01-10", "2025-02-11", 398)], same("30.4167", 1, 6), id="398 days"),
        pytest.param([bill("2024-01-31", "2024-02-01", 1)], same("30.4167", 1, 1), id="a day before midnight"),
        pytest.param(
            [bill("2024-01-01", "2024-03-01", 200), bill("2024-02-20", "2024-04-20", 240)],
            same(100, 1, 1) | same(220, 2, 2) | same(120, 3, 3),
            id="overlapping periods both count where they overlap",
        ),
        pytest.param(
            [bill("2024-01-01", "2024-04-01", 300), bill("2024-02-01", "2024-03-01", -40)],
            same(100, 1, 1) | same("58.1609", 2, 2) | same(100, 3, 3),
            id="a credit takes its share by days: 29 of 91 for 40 of 300",
        ),
        pytest.param(
            [bill("2024-01-01", "2024-02-01", 50), bill("2024-01-01", "2024-02-01", -80)], {}, id="a net credit is 0"
        ),
        pytest.param([bill("2024-01-01", "2024-02-01", 0)], {}, id="a zero line"),
        pytest.param([bill("2024-01-31", "2024-01-31", 50)], {}, id="an end that is its start"),
        pytest.param([bill("2024-02-01", "2024-01-31", 50)], {}, id="an end before its start"),
        pytest.param(
            [bill("2024-01-01", "2024-02-01", 9, line_type=kind) for kind in ("one_time", "tax")], {}, id="never MRR"
        ),
    ],
)
def test_recurring_lines_count_at_their_rate_over_their_term(lines: list[Row], expected: dict[str, Decimal]) -> None:
    """Amount / term, in every month whose last instant the service period covers."""
    assert balances(billed(*lines), INVOICES) == expected


def test_service_timestamps_are_read_as_calendar_dates() -> None:
    """A minute before midnight, in whatever zone, is the date that is written there."""
    written = bill("2024-02-01", "2024-02-29", 60, service_start=at("2024-02-01T23:30:00"))
    raw = billed({**written, "service_end": at("2024-02-29T23:59:59")})
    settings = Settings(mrr_basis="invoices", as_of_date=date(2024, 6, 30), reporting_timezone="Asia/Kolkata")
    assert balances(raw, INVOICES) == balances(raw, settings) == same(60, 2, 2)
    same_day = {**written, "service_end": at("2024-02-01T23:45:00")}
    assert balances(billed(same_day), INVOICES) == {}


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        ("2024-01-04", "2024-01-31", False),
        ("2024-01-05", "2024-02-01", False),
        ("2024-01-04", "2024-02-01", True),
        ("2023-01-05", "2023-02-01", False),
        ("2023-02-01", "2023-02-28", True),
        ("2024-02-01", "2024-02-28", False),
        ("2023-02-01", "2023-02-27", False),
    ],
)
def test_a_proration_counts_from_28_days_on(start: str, end: str, counts: bool) -> None:
    """27 days never; an inclusive February of 28 days is a whole month of 28 days."""
    raw = billed(bill(start, end, 30, is_proration=True))
    assert bool(balances(raw, INVOICES)) is counts


def test_a_short_line_that_is_no_proration_counts() -> None:
    """A first stub period of 5 days over a month's end is billed as recurring: 5 / (5 x 12/365)."""
    assert balances(billed(bill("2024-01-28", "2024-02-02", 5)), INVOICES) == same("30.4167", 1, 1)


def test_a_mid_term_upgrade_of_an_annual_contract_is_an_expansion() -> None:
    """1,200 a year; from 1 April the unused nine months (-900) come back and 1,800 are billed for them."""
    raw = billed(
        bill("2024-01-01", "2025-01-01", 1200, plan_id="annual"),
        bill("2024-04-01", "2025-01-01", -900, plan_id="annual", is_proration=True),
        bill("2024-04-01", "2025-01-01", 1800, plan_id="annual", is_proration=True),
    )
    assert movements(raw, INVOICES) == [("2024-01", "new", money(100)), ("2024-04", "expansion", money(100))]


def test_an_upgrade_of_27_days_before_the_renewal_shows_when_it_is_billed() -> None:
    """The old price is credited and the new one continues it, however short: the renewal at 2,400 changes nothing."""
    raw = billed(
        bill("2023-04-01", "2024-04-01", 1200, plan_id="annual"),
        bill("2024-03-05", "2024-04-01", -90, plan_id="annual", is_proration=True),
        bill("2024-03-05", "2024-04-01", 180, plan_id="annual", is_proration=True),
        bill("2024-04-01", "2025-04-01", 2400, plan_id="annual"),
    )
    assert movements(raw, INVOICES) == [("2023-04", "new", money(100)), ("2024-03", "expansion", money(100))]
    del raw["invoice_line_items"][1]
    assert movements(raw, INVOICES) == [("2023-04", "new", money(100)), ("2024-04", "expansion", money(100))]


def test_a_swap_by_credit_moves_the_mrr_between_plans_of_a_pool() -> None:
    """The credit empties the old plan, so the new one is the largest."""
    raw = billed(
        bill("2024-01-01", "2025-01-01", 1200, plan_id="annual"),
        bill("2024-04-01", "2025-01-01", -900, plan_id="annual", is_proration=True),
        bill("2024-04-01", "2025-01-01", 1350, plan_id="monthly", is_proration=True),
    )
    ledger = Ledger(raw, INVOICES)
    assert ledger.attributes("c1", date(2024, 4, 1))["plan"] == "annual"
    assert ledger.attributes("c1", date(2024, 5, 1))["plan"] == "monthly"
    assert ledger.closing("c1", date(2024, 4, 1)) == money(150)


def test_a_credit_across_products_never_lowers_another_product() -> None:
    """The credit's own product counts 0 (no charge holds it, so it is a line); the other product stands in full."""
    plans = [*PLANS, plan("elsewhere", product_id="other")]
    raw = billed(
        bill("2024-01-01", "2024-07-01", 600),
        bill("2024-04-01", "2024-08-01", -480),
        bill("2024-04-01", "2024-07-01", 450, plan_id="elsewhere"),
        plans=plans,
    )
    assert balances(raw, INVOICES) == same(100, 1, 3) | same(150, 4, 6)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", {}),
        ("void", {}),
        ("open", same(100, 2, 2)),
        ("paid", same(100, 2, 2)),
        ("uncollectible", same(100, 2, 2)),
    ],
)
def test_recurring_lines_of_draft_and_void_invoices_are_left_out(status: str, expected: dict[str, Decimal]) -> None:
    """A draft was never sent and a void one never owed; a bad debt was owed, and its end is churn, not its default."""
    raw = billed(bill("2024-02-01", "2024-03-01", 100), invoices=[invoice(status=status)])
    assert balances(raw, INVOICES) == expected


def test_a_voided_invoice_that_is_billed_again_counts_once() -> None:
    """Void and reissued, at another price."""
    raw = billed(
        bill("2024-02-01", "2024-03-01", 100, invoice_id="v0"),
        bill("2024-02-01", "2024-03-01", 90),
        invoices=[invoice("v0", status="void"), invoice()],
    )
    assert balances(raw, INVOICES) == same(90, 2, 2)


def test_gross_is_what_was_billed_before_the_discount() -> None:
    """1,080 billed after 120 off, for a year."""
    (piece,) = month_end_pieces(billed(bill("2024-01-01", "2025-01-01", 1080, discount_amount=Decimal(120))))
    assert (piece.gross, piece.mrr) == (money(100), money(90))


@pytest.mark.parametrize(
    ("changed", "product_id", "plan_id", "pool", "quantity"),
    [
        ({"plan_id": None}, "unassigned", "unassigned", "flat", None),
        ({"plan_id": "metered"}, "other", "metered", "flat", None),
        ({"plan_id": "metered", "quantity": 7}, "other", "metered", "flat", 7),
        ({"plan_id": "seats", "quantity": 3}, "prod", "seats", "per_seat", 3),
        ({"plan_id": "seats", "quantity": 0}, "prod", "seats", "per_seat", 0),
        ({"plan_id": "seats"}, "prod", "seats", "per_seat", None),
        ({}, "prod", "monthly", "flat", None),
    ],
)
def test_what_a_recurring_line_belongs_to(
    changed: Row, product_id: str, plan_id: str, pool: str, quantity: int | None
) -> None:
    """Without a plan it is unassigned; on a metered plan it is a base fee; without a quantity that is unknown."""
    (piece,) = month_end_pieces(billed(bill("2024-01-01", "2024-02-01", 30, **changed)))
    assert (piece.product_id, piece.plan_id, piece.pool) == (product_id, plan_id, pool)
    assert (piece.quantity, piece.gross, piece.mrr) == (quantity, money(30), money(30))


def test_a_base_fee_and_usage_on_one_metered_plan_are_two_pools() -> None:
    """A credit on usage leaves the base fee alone; both make the plan's MRR."""
    fee = bill("2024-01-01", "2024-02-01", 30, plan_id="metered")
    assert balances(billed(fee, line("2024-01-01", "2024-02-01", -99)), INVOICES) == same(30, 1, 1)
    both = billed(fee, line("2024-01-01", "2024-02-01", 12))
    found = Ledger(both, INVOICES).attributes("c1", date(2024, 2, 1))
    assert (found["plan"], found["pricing_model"]) == ("metered", "mixed")
    assert balances(both, INVOICES) == same(42, 1, 1)


def test_lines_without_a_plan_have_no_billing_interval() -> None:
    """They are flat, of the plan `unassigned`."""
    found = Ledger(billed(bill("2024-01-01", "2024-02-01", 30, plan_id=None)), INVOICES)
    attributes = found.attributes("c1", date(2024, 2, 1))
    names = ("plan", "billing_interval", "pricing_model", "mrr_band", "acquisition_year")
    assert tuple(attributes[name] for name in names) == ("unassigned", "(none)", "flat", "0+", 2024)


def test_each_line_is_converted_and_rounded_by_itself() -> None:
    """Three lines of 100 EUR a year at 1.1 are 3 x 9.1667; the dollar beside them is not converted."""
    lines = [bill("2024-01-01", "2025-01-01", 100, currency="EUR", invoice_line_item_id=f"l{n}") for n in range(3)]
    raw = billed(*lines, bill("2024-01-01", "2024-02-01", 1), exchange_rates=[rate("2020-01-01", "1.1")])
    assert balances(raw, INVOICES) == same("28.5001", 1, 1) | same("27.5001", 2, 6)


def test_the_basis_decides_which_source_counts() -> None:
    """Subscriptions are ignored under invoices, with their pauses; recurring lines under subscriptions."""
    raw = world(
        subscription_item_versions=[item()],
        subscription_pauses=[{"subscription_id": "s1", "paused_at": at("2024-01-01"), "resumed_at": None}],
        invoices=[invoice()],
        invoice_line_items=[
            bill("2024-02-01", "2024-03-01", 70, subscription_id="s1"),
            line("2024-02-01", "2024-03-01", 5),
        ],
    )
    assert balances(raw, INVOICES) == same(75, 2, 2)
    assert balances(raw) == same(5, 2, 2)
    with pytest.raises(LedgerError, match="mrr_basis"):
        Settings(mrr_basis="receipts")


def test_excluded_customers_stay_out_and_families_roll_up_under_invoices() -> None:
    """A line belongs to its invoice's customer."""
    lines = [bill("2024-02-01", "2024-03-01", 60), bill("2024-03-01", "2024-04-01", 50, invoice_id="v2")]
    raw = billed(
        *lines,
        customers=[customer(parent_customer_id="p"), customer("p")],
        invoices=[invoice(), invoice("v2", customer_id="p")],
    )
    settings = Settings(mrr_basis="invoices", as_of_date=date(2024, 3, 31), customer_grain="parent")
    assert movements(raw, settings) == [("2024-02", "new", money(60)), ("2024-03", "contraction", money(-10))]
    raw["customer_exclusions"] = [{"customer_id": "c1", "reason": "test"}]
    assert movements(raw, settings) == [("2024-03", "new", money(50))]


def test_chartmogul_prorated_invoices_on_invoices_alone() -> None:
    """ChartMogul docs, prorated invoices: the seat of 16 March shows with April's line, never as 25."""
    raw = billed(
        bill("2024-03-01", "2024-04-01", 50, plan_id="seats"),
        bill("2024-03-16", "2024-03-31", 25, plan_id="seats", is_proration=True),
        bill("2024-04-01", "2024-05-01", 100, plan_id="seats", quantity=2),
    )
    assert balances(raw, INVOICES) == same(50, 3, 3) | same(100, 4, 4)


def test_recurly_360027350412_on_invoices_alone() -> None:
    """Recurly support 360027350412: 100 a month from 29 March to 29 April is March's, unless renewed."""
    first, renewal = bill("2024-03-29", "2024-04-29", 100), bill("2024-04-29", "2024-05-29", 100)
    assert balances(billed(first), INVOICES) == same(100, 3, 3)
    assert balances(billed(first, renewal), INVOICES) == same(100, 3, 4)


# ---------------------------------------------------------------- money and customers


def rate(effective_date: str, value: str, currency: str = "EUR") -> Row:
    """Return an exchange rate, to the reporting currency per one unit."""
    return {
        "currency": currency,
        "effective_date": date.fromisoformat(effective_date),
        "rate_to_reporting": Decimal(value),
    }


def test_one_rate_converts_the_whole_history() -> None:
    """The latest rate on or before the day applies to every month; later rates never do."""
    raw = world(
        subscription_item_versions=[item(currency="EUR", unit_amount="33.3333")],
        exchange_rates=[
            rate("2020-01-01", "1.5"),
            rate("2024-06-30", "1.08765432"),
            rate("2024-07-01", "9"),
            rate("2020-01-01", "5", "USD"),
        ],
    )
    assert balances(raw) == same("36.2551", 1, 6)
    older = Settings(as_of_date=date(2024, 6, 30), constant_fx_date=date(2024, 6, 29))
    assert balances(raw, older) == same("50.0000", 1, 6)
    assert balances(
        world(subscription_item_versions=[item()], exchange_rates=[rate("2020-01-01", "5", "USD")])
    ) == same(100, 1, 6)


def test_a_currency_without_a_rate_is_an_error() -> None:
    """A rate that starts later is no rate."""
    raw = world(subscription_item_versions=[item(currency="EUR")], exchange_rates=[rate("2024-07-01", "1.1")])
    with pytest.raises(LedgerError, match="EUR"):
        build_marts(raw, JAN_TO_JUN_2024)


@pytest.mark.parametrize("basis", ["subscriptions", "invoices"])
def test_codes_are_read_without_regard_to_case(basis: str) -> None:
    """`usd` is `USD` and `Paid` is `paid`: the same data give the same marts."""
    shape = {"customers": 25, "months": 20, "recurring_lines": basis == "invoices", "late_business": True}
    plain, mixed = (random_raw(random.Random(4), **shape, mixed_case=mixed_case) for mixed_case in (False, True))
    assert plain != mixed
    currencies = {row["currency"] for row in mixed["invoice_line_items"]}
    assert {"usd", "USD"} <= currencies
    for currency in ("USD", "eur"):
        written = Settings(mrr_basis=basis, reporting_currency=currency)
        meant = Settings(mrr_basis=basis, reporting_currency=currency.upper())
        assert build_marts(mixed, written) == build_marts(plain, meant)


def test_each_item_is_rounded_by_itself() -> None:
    """Three annual items of 100 make 3 x 8.3333, not 25."""
    versions = [item(f"i{n}", plan_id="annual") for n in range(3)]
    assert balances(world(subscription_item_versions=versions)) == same("24.9999", 1, 6)


def family() -> Tables:
    """Return a grandparent g, its child p and grandchild c1, of whom p and c1 pay 100 in turn, p from April."""
    return world(
        customers=[
            customer(parent_customer_id="p", segment="mid"),
            customer("p", parent_customer_id="g"),
            customer("g", segment="enterprise"),
        ],
        subscriptions=[subscription(end="2024-04-01"), subscription("s2", start="2024-04-01", customer_id="p")],
        subscription_item_versions=[item(), item("i2", subscription_id="s2", unit_amount=80)],
    )


def test_parents_roll_up_to_the_top() -> None:
    """At the grain of parents a handover within a family is a contraction, and the top's attributes count."""
    settings = Settings(as_of_date=date(2024, 6, 30), customer_grain="parent")
    marts = build_marts(family(), settings)
    assert [row["customer_id"] for row in marts["dim_customers"]] == ["g"]
    assert movements(family(), settings) == [("2024-01", "new", money(100)), ("2024-04", "contraction", money(-20))]
    assert {row["segment"] for row in marts["fct_cohort_snapshots"]} == {"enterprise"}
    assert [kind for _, kind, _ in movements(family())] == ["new", "churn", "new"]


def test_a_cycle_of_parents_is_an_error() -> None:
    """Two customers cannot own each other."""
    raw = world(customers=[customer(parent_customer_id="p"), customer("p", parent_customer_id="c1")])
    with pytest.raises(LedgerError, match="cycle"):
        build_marts(raw, Settings(as_of_date=date(2024, 6, 30), customer_grain="parent"))


def test_excluded_customers_stay_out_with_their_usage() -> None:
    """Neither a row nor an amount of theirs is left."""
    raw = world(
        customer_exclusions=[{"customer_id": "c1", "reason": "test"}],
        subscription_item_versions=[item()],
        invoices=[invoice()],
        invoice_line_items=[line("2024-02-01", "2024-03-01", 60)],
    )
    assert all(not mart for mart in build_marts(raw, JAN_TO_JUN_2024).values())


def test_customers_without_mrr_are_in_the_dimension_only() -> None:
    """A free plan is not active."""
    marts = build_marts(world(subscription_item_versions=[item(unit_amount=0)]), JAN_TO_JUN_2024)
    (row,) = marts.pop("dim_customers")
    assert (row["first_paid_month_date"], row["current_mrr"], row["is_active"]) == (None, money(0), False)
    assert row["csm_owner"] is None
    assert all(not mart for mart in marts.values())


# ---------------------------------------------------------------- movements


def test_every_movement_with_its_peak_in_one_life() -> None:
    """New 100, down to 40, back to 90, up to 130, out, back with 150, and a month that stands still."""
    steps = prices(
        ("2024-01-05", 100),
        ("2024-02-05", 40),
        ("2024-03-05", 90),
        ("2024-04-05", 130),
        ("2024-05-05", None),
        ("2024-06-05", 150),
    )
    marts = build_marts(world(subscription_item_versions=steps), Settings(as_of_date=date(2024, 7, 31)))
    found = [
        tuple(row[name] for name in ("movement_type", "mrr_change", "recovered_mrr", "above_peak_mrr"))
        for row in marts["fct_mrr_movements"]
    ]
    assert found == [
        ("new", 100, 0, 100),
        ("contraction", -60, 0, 0),
        ("expansion", 50, 50, 0),
        ("expansion", 40, 10, 30),
        ("churn", -130, 0, 0),
        ("reactivation", 150, 130, 20),
    ]
    months = marts["fct_customer_mrr_months"]
    assert [row["peak_mrr_before"] for row in months] == [0, 100, 100, 100, 130, 130, 150]
    assert [row["is_first_paid_month"] for row in months] == [True] + [False] * 6
    assert [(row["opening_mrr"], row["closing_mrr"]) for row in months][-3:] == [(130, 0), (0, 150), (150, 150)]


def test_a_life_within_a_month_does_not_make_a_return() -> None:
    """A first subscription that never crossed a month's end leaves the next one new."""
    versions = [item(start="2024-01-03", end="2024-01-20"), item(start="2024-03-03")]
    assert movements(world(subscription_item_versions=versions)) == [("2024-03", "new", money(100))]


def test_leaving_and_returning_within_a_month_is_no_movement() -> None:
    """Only month ends are compared."""
    versions = [item(end="2024-03-03"), item(start="2024-03-20")]
    assert movements(world(subscription_item_versions=versions)) == [("2024-01", "new", money(100))]


def test_a_swap_of_plans_is_one_movement() -> None:
    """From one product's plan to another's at a higher price: an expansion, never churn and new."""
    versions = [item(end="2024-03-01"), item("i2", "2024-03-01", plan_id="seats", unit_amount=130)]
    assert movements(world(subscription_item_versions=versions))[1:] == [("2024-03", "expansion", money(30))]


def test_waterfall_of_a_month_with_everything() -> None:
    """March: 1 new 10, 1 back with 20, 1 up 50, 1 down 30, 1 gone 40, on an opening of 120 + 100 + 40."""
    lives = {
        "new": prices(("2024-03-05", 10)),
        "back": prices(("2024-01-05", 20), ("2024-02-05", None), ("2024-03-05", 20)),
        "up": prices(("2024-01-05", 120), ("2024-03-05", 170)),
        "down": prices(("2024-01-05", 100), ("2024-03-05", 70)),
        "gone": prices(("2024-01-05", 40), ("2024-03-05", None)),
    }
    raw = world(
        customers=[customer(name) for name in lives],
        subscriptions=[subscription(name, customer_id=name) for name in lives],
        subscription_item_versions=[
            {**row, "subscription_id": name, "subscription_item_id": name}
            for name, versions in lives.items()
            for row in versions
        ],
    )
    waterfall = build_marts(raw, JAN_TO_JUN_2024)["mrr_waterfall"]
    assert [row["month_date"].month for row in waterfall] == [1, 2, 3, 4, 5, 6]
    assert waterfall[2] == {
        "month_date": date(2024, 3, 1),
        "opening_mrr": 260,
        "new_mrr": 10,
        "acquired_mrr": 0,
        "reactivation_mrr": 20,
        "expansion_mrr": 50,
        "contraction_mrr": -30,
        "churn_mrr": -40,
        "voluntary_churn_mrr": 0,
        "payment_failed_churn_mrr": 0,
        "other_churn_mrr": -40,
        "fx_mrr": 0,
        "adjustment_mrr": 0,
        "closing_mrr": 270,
        "closing_arr": 3240,
        "opening_customers": 3,
        "new_customers": 1,
        "acquired_customers": 0,
        "reactivation_customers": 1,
        "expansion_customers": 1,
        "contraction_customers": 1,
        "churn_customers": 1,
        "voluntary_churn_customers": 0,
        "payment_failed_churn_customers": 0,
        "other_churn_customers": 1,
        "closing_customers": 4,
        "quick_ratio": Decimal("1.142857"),
        "expansion_share_of_growth": Decimal("0.625"),
        "is_net_negative_churn": False,
    }
    quiet = waterfall[3]
    assert (quiet["quick_ratio"], quiet["expansion_share_of_growth"]) == (None, None)
    assert quiet["is_net_negative_churn"] is False


# ---------------------------------------------------------------- cohorts


def test_a_cohort_is_fixed_at_its_opening() -> None:
    """Who left and came back counts at the end; who came later does not join; who left stays in the count."""
    raw = cohort([(100, 130), (50, 20), (30, None)])
    raw["customers"] += [customer("late"), customer("back")]
    raw["subscriptions"] += [subscription("late", customer_id="late"), subscription("back", customer_id="back")]
    raw["subscriptions"][-1]["started_at"] = at("2023-12-01")
    raw["subscription_item_versions"] += prices(("2024-02-01", 1000), item_id="late", subscription_id="late")
    steps = [("2023-12-01", 20), ("2024-03-01", None), ("2024-09-01", 25)]
    raw["subscription_item_versions"] += prices(*steps, item_id="back", subscription_id="back")
    row = year_2024(raw)
    expected = {
        "cohort_customers": 4,
        "opening_mrr": 200,
        "closing_mrr": 175,
        "retained_mrr": 140,
        "expansion_mrr": 35,
        "contraction_mrr": 30,
        "churned_mrr": 30,
        "nrr": Decimal("0.875"),
        "grr": Decimal("0.7"),
        "logo_retention": Decimal("0.75"),
        "expansion_rate": Decimal("0.175"),
        "benchmark_band": "below_90",
        "is_fragile": False,
        "period_end_date": date(2024, 12, 31),
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("closing", "band"),
    [
        ("89.9999", "below_90"),
        ("90", "90_100"),
        ("100", "100_110"),
        ("110", "110_120"),
        ("120", "120_130"),
        ("130", "130_plus"),
    ],
)
def test_the_lower_bound_belongs_to_the_band(closing: str, band: str) -> None:
    """NRR exactly on a bound, and just below the first."""
    assert year_2024(cohort([(100, closing)]))["benchmark_band"] == band


def test_periods_are_complete_and_annual_judgements_are_annual() -> None:
    """Paid from December 2023 to November 2024, no period of 12 months opens above 0 and is complete."""
    marts = build_marts(cohort([(100, 130)]), Settings(as_of_date=date(2024, 12, 30)))
    rows = [row for row in marts["retention_rates"] if row["dimension"] == "total"]
    assert Counter(row["period_type"] for row in rows) == {"month": 11, "quarter": 3}
    assert {row["benchmark_band"] for row in rows} == {None} == {row["is_fragile"] for row in rows}
    longer = build_marts(cohort([(100, 130)]), Settings(as_of_date=date(2025, 1, 31)))["retention_rates"]
    trailing = [row for row in longer if (row["period_type"], row["dimension"]) == ("trailing_12_months", "total")]
    assert [(row["period_start_date"], row["period_end_date"]) for row in trailing] == [
        (date(2024, 1, 1), date(2024, 12, 31)),
        (date(2024, 2, 1), date(2025, 1, 31)),
    ]
    assert [row["benchmark_band"] for row in trailing] == ["130_plus", "130_plus"]


def snapshot(raw: Tables, start: date, **settings: Any) -> Row:
    """Return customer c1's snapshot of the month that starts on a day."""
    rows = build_marts(raw, Settings(as_of_date=date(2024, 6, 30), **settings))["fct_cohort_snapshots"]
    (row,) = [row for row in rows if (row["period_type"], row["period_start_date"]) == ("month", start)]
    return row


def version(start: str, end: str | None, segment: str) -> Row:
    """Return a version of customer c1's attributes, without an owner."""
    return {
        "customer_id": "c1",
        "valid_from": at(start),
        "valid_to": at(end),
        "segment": segment,
        "country": "DE",
        "acquisition_channel": "ads",
        "csm_owner": None,
    }


@pytest.mark.parametrize(
    ("start", "segment"),
    [
        (date(2024, 2, 1), "earliest"),
        (date(2024, 3, 1), "in force"),
        (date(2024, 4, 1), "in force"),
        (date(2024, 5, 1), "within a month"),
        (date(2024, 6, 1), "from May on"),
    ],
)
def test_attributes_come_from_the_version_at_the_opening_instant(start: date, segment: str) -> None:
    """In force then, else the latest earlier one, else the earliest; a version that never held is none."""
    raw = world(
        subscription_item_versions=[item()],
        customer_versions=[
            version("2024-02-10", "2024-02-10", "never"),
            version("2024-02-15", "2024-02-20", "earliest"),
            version("2024-02-20", "2024-04-01", "in force"),
            version("2024-04-10", "2024-04-12", "within a month"),
            version("2024-05-01", None, "from May on"),
        ],
    )
    found = snapshot(raw, start)
    assert (found["segment"], found["country"], found["csm_owner"]) == (segment, "DE", "(none)")


def test_attributes_fall_back_to_the_customer() -> None:
    """Without versions, today's attributes count; a null one is a value of its own."""
    raw = world(subscription_item_versions=[item()], customers=[customer(csm_owner="Ana")])
    found = snapshot(raw, date(2024, 2, 1))
    assert (found["segment"], found["csm_owner"]) == ("smb", "Ana")
    rates = build_marts(world(subscription_item_versions=[item()]), JAN_TO_JUN_2024)["retention_rates"]
    assert {row["dimension_value"] for row in rates if row["dimension"] == "csm_owner"} == {"(none)"}
    assert {row["dimension_value"] for row in rates if row["dimension"] == "acquisition_year"} == {"2024"}
    assert len({row["dimension"] for row in rates}) == 10


def test_ledger_attributes_are_those_of_the_opening() -> None:
    """What changes in the month is seen at its end, not in its cohort."""
    raw = world(
        plans=[*PLANS, plan("half-year", every="month", count=6)],
        subscription_item_versions=[
            item(plan_id="half-year", unit_amount=600, end="2024-03-10"),
            item(plan_id="seats", unit_amount=5000, start="2024-03-10"),
        ],
    )
    names = ("plan", "billing_interval", "pricing_model", "mrr_band", "acquisition_year")
    march, april = snapshot(raw, date(2024, 3, 1)), snapshot(raw, date(2024, 4, 1))
    assert tuple(march[name] for name in names) == ("half-year", "6 month", "flat", "100+", 2024)
    assert tuple(april[name] for name in names) == ("seats", "month", "per_seat", "1000+", 2024)
    assert snapshot(raw, date(2024, 3, 1), mrr_band_floors=(0, 101))["mrr_band"] == "0+"


def test_the_plan_is_the_largest_by_id_and_a_tie_goes_to_the_smallest_id() -> None:
    """Two items of 60 on one plan outweigh one of 100; two plans of 100 tie."""
    plans = [*PLANS, plan("b"), plan("a", "per_seat", plan_name="Z")]
    raw = world(
        plans=plans,
        subscription_item_versions=[
            item(),
            item("i2", plan_id="b", unit_amount=60),
            item("i3", plan_id="b", unit_amount=60),
        ],
    )
    assert snapshot(raw, date(2024, 2, 1))["plan"] == "b"
    tie = world(plans=plans, subscription_item_versions=[item("i1", plan_id="b"), item("i2", plan_id="a")])
    found = snapshot(tie, date(2024, 2, 1))
    assert (found["plan"], found["pricing_model"]) == ("Z", "mixed")


def test_usage_without_a_plan_is_unassigned_and_metered() -> None:
    """It has no billing interval of its own."""
    lines = [line("2024-01-01", "2024-03-01", 60, plan_id=None)]
    found = snapshot(world(invoices=[invoice()], invoice_line_items=lines), date(2024, 2, 1))
    assert (found["plan"], found["billing_interval"], found["pricing_model"]) == ("unassigned", "(none)", "metered")


def test_a_plan_in_a_negative_pool_is_not_the_largest() -> None:
    """Usage of 500 with a credit of 600 counts as 0, so the fixed plan stands."""
    raw = world(
        plans=[*PLANS, plan("credit", "metered", product_id="other")],
        subscription_item_versions=[item()],
        invoices=[invoice()],
        invoice_line_items=[
            line("2024-01-10", "2024-01-12", 500),
            line("2024-01-10", "2024-01-12", -600, plan_id="credit"),
        ],
    )
    found = snapshot(raw, date(2024, 2, 1))
    assert (found["plan"], found["pricing_model"], found["opening_mrr"]) == ("monthly", "flat", 100)


def test_acquisition_cohorts_follow_their_first_month() -> None:
    """Two of January: 100 to 150, and 50 with a month away; zeros stay in the triangle."""
    raw = cohort([(100, 150), (50, None)])
    triangle = build_marts(raw, Settings(as_of_date=date(2024, 6, 30)))["acquisition_cohort_retention"]
    assert [row["months_since"] for row in triangle] == list(range(7))
    assert triangle[0]["nrr"] == triangle[0]["grr"] == triangle[0]["logo_retention"] == 1
    assert triangle[-1] == {
        "cohort_month_date": date(2023, 12, 1),
        "months_since": 6,
        "cohort_customers": 2,
        "active_customers": 1,
        "initial_mrr": 150,
        "mrr": 150,
        "retained_mrr": 100,
        "nrr": 1,
        "grr": Decimal("0.666667"),
        "logo_retention": Decimal("0.5"),
    }


def test_an_acquisition_cohort_that_left_keeps_its_zeros() -> None:
    """A triangle runs to the ledger's end."""
    raw = world(subscription_item_versions=[item(end="2024-03-01")])
    triangle = build_marts(raw, JAN_TO_JUN_2024)["acquisition_cohort_retention"]
    assert [row["mrr"] for row in triangle] == [100, 100, 0, 0, 0, 0]
    assert triangle[-1]["logo_retention"] == 0


# ---------------------------------------------------------------- policies


def to_june(**policies: Any) -> Settings:
    """Return settings of a ledger that ends with June 2024."""
    return Settings(as_of_date=date(2024, 6, 30), **policies)


def renewed(first_end: str, second_start: str, **tables: list[Row]) -> Tables:
    """Return two subscriptions of 100 a month, one after the other."""
    return world(
        **{
            "subscriptions": [subscription(end=first_end), subscription("s2", second_start)],
            "subscription_item_versions": [item(), item("i2", second_start, subscription_id="s2")],
            **tables,
        }
    )


@pytest.mark.parametrize(
    ("second_start", "grace", "is_bridged"),
    [
        ("2024-04-05", 0, False),
        ("2024-04-05", 15, False),
        ("2024-04-05", 16, True),
        ("2024-04-05T00:00:01", 16, False),
        ("2024-04-04T23:59:59", 16, True),
        ("2024-04-05", 400, True),
    ],
)
def test_a_late_renewal_is_bridged_within_its_grace(second_start: str, grace: int, is_bridged: bool) -> None:
    """From 20 March to 5 April are 16 days of 24 hours; March closes in the gap."""
    found = balances(renewed("2024-03-20", second_start), to_june(late_renewal_grace_days=grace))
    assert found == (same(100, 1, 6) if is_bridged else same(100, 1, 2) | same(100, 4, 6))


def test_a_bridged_renewal_is_no_movement() -> None:
    """Neither churn nor reactivation; the new price counts from the renewal on."""
    raw = renewed("2024-03-20", "2024-04-05")
    raw["subscription_item_versions"][1]["unit_amount"] = Decimal(130)
    assert movements(raw, to_june(late_renewal_grace_days=16)) == [
        ("2024-01", "new", money(100)),
        ("2024-04", "expansion", money(30)),
    ]


def test_what_ends_with_the_island_is_extended_and_nothing_else() -> None:
    """Of 100, 50 and 30, the 30 ended ten days early; the rest is bridged."""
    raw = renewed("2024-03-20", "2024-04-05")
    raw["subscription_item_versions"] += [
        item("i3", unit_amount=50),
        item("i4", end="2024-03-10", unit_amount=30),
    ]
    found = balances(raw, to_june(late_renewal_grace_days=30))
    assert found == same(180, 1, 2) | same(150, 3, 3) | same(100, 4, 6)


@pytest.mark.parametrize(("unit_amount", "quantity"), [(0, 1), (50, 0)])
def test_a_free_item_holds_an_island(unit_amount: int, quantity: int) -> None:
    """It bridges the gap by itself, at nothing, and what ended before it is not extended."""
    raw = renewed("2024-03-20", "2024-04-05")
    raw["subscriptions"].append(subscription("s3", "2024-03-15", "2024-04-02"))
    free = item("i3", "2024-03-15", subscription_id="s3", unit_amount=unit_amount, quantity=quantity)
    raw["subscription_item_versions"].append(free)
    assert balances(raw, to_june(late_renewal_grace_days=30)) == same(100, 1, 2) | same(100, 4, 6)


def test_an_empty_interval_is_no_island() -> None:
    """An item that ended as it started, in the gap, neither shortens nor splits it."""
    raw = renewed("2024-03-20", "2024-04-05")
    raw["subscription_item_versions"].append(item("i3", "2024-03-25", "2024-03-25", subscription_id="s1"))
    assert balances(raw, to_june(late_renewal_grace_days=16)) == same(100, 1, 6)
    assert balances(raw, to_june(late_renewal_grace_days=15)) == same(100, 1, 2) | same(100, 4, 6)


def test_intervals_that_touch_are_one_island() -> None:
    """The 100 went over into 60 on 20 March, so only the 60, which ended on the 25th, is bridged to 5 April."""
    raw = renewed("2024-03-25", "2024-04-05")
    raw["subscription_item_versions"][0]["valid_to"] = at("2024-03-20")
    raw["subscription_item_versions"].append(item("i3", "2024-03-20", unit_amount=60))
    assert balances(raw, to_june(late_renewal_grace_days=30)) == same(100, 1, 2) | same(60, 3, 3) | same(100, 4, 6)


def test_a_move_to_another_product_does_not_hold_the_old_ones_island() -> None:
    """Per product: the old product is bridged to its renewal, though its item has moved on to another meanwhile."""
    raw = renewed("2024-06-30", "2024-04-05", plans=[*PLANS, plan("elsewhere", product_id="other")])
    raw["subscription_item_versions"][0]["valid_to"] = at("2024-03-20")
    raw["subscription_item_versions"].append(item(start="2024-03-20", plan_id="elsewhere", unit_amount=70))
    assert balances(raw, to_june(late_renewal_grace_days=16))["2024-03"] == 170
    assert balances(raw, to_june(late_renewal_grace_days=15))["2024-03"] == 70


def test_islands_are_of_one_product_and_any_plan() -> None:
    """Another plan of the product renews it, another product does not, nor does another customer."""
    raw = renewed("2024-03-20", "2024-04-05", plans=[*PLANS, plan("elsewhere", product_id="other")])
    raw["subscription_item_versions"][1]["plan_id"] = "seats"
    assert balances(raw, to_june(late_renewal_grace_days=16)) == same(100, 1, 6)
    raw["subscription_item_versions"][1]["plan_id"] = "elsewhere"
    assert balances(raw, to_june(late_renewal_grace_days=16)) == same(100, 1, 2) | same(100, 4, 6)


def test_a_family_renews_as_one_customer_at_the_grain_of_parents() -> None:
    """The child's subscription ends, the parent's starts 16 days later."""
    raw = renewed("2024-03-20", "2024-04-05", customers=[customer(parent_customer_id="p"), customer("p")])
    raw["subscriptions"][1]["customer_id"] = "p"
    policies = {"late_renewal_grace_days": 16}
    assert balances(raw, to_june(**policies, customer_grain="parent"), "p") == same(100, 1, 6)
    assert balances(raw, to_june(**policies)) == same(100, 1, 2)


def test_a_chain_of_late_renewals_is_bridged_gap_by_gap() -> None:
    """Each gap of 10 days is within the grace, however many there are; the one of 11 is not."""
    spans = [("2024-01-01", "2024-01-25"), ("2024-02-04", "2024-02-25"), ("2024-03-06", "2024-03-25")]
    spans += [("2024-04-05", "2024-05-31")]
    raw = world(subscription_item_versions=[item(f"i{n}", start, end) for n, (start, end) in enumerate(spans)])
    assert balances(raw, to_june(late_renewal_grace_days=10)) == same(100, 1, 2) | same(100, 4, 4)
    assert balances(raw, to_june(late_renewal_grace_days=11)) == same(100, 1, 4)


def test_pauses_are_not_bridged_and_cut_what_is() -> None:
    """A pause is not a gap between renewals, and a paused subscription stays paused in the grace."""
    pauses = [{"subscription_id": "s1", "paused_at": at("2024-03-25"), "resumed_at": at("2024-04-02")}]
    paused = world(subscription_item_versions=[item()], subscription_pauses=pauses)
    assert balances(paused, to_june(late_renewal_grace_days=30)) == same(100, 1, 2) | same(100, 4, 6)
    both = renewed("2024-03-20", "2024-04-05", subscription_pauses=pauses)
    assert balances(both, to_june(late_renewal_grace_days=30)) == same(100, 1, 2) | same(100, 4, 6)


def test_discounts_keep_their_own_dates_in_the_grace() -> None:
    """Half off until 20 March: the bridged days of March are at the full price."""
    raw = renewed("2024-03-20", "2024-04-05", discounts=[discount("d1", "2024-01-01", "2024-03-20", percent_off=50)])
    assert balances(raw, to_june(late_renewal_grace_days=16)) == same(50, 1, 2) | same(100, 3, 6)


def test_a_trial_before_the_renewal_is_part_of_the_gap() -> None:
    """The renewal is paid for from 5 April on."""
    raw = renewed("2024-03-20", "2024-03-22")
    raw["subscriptions"][1]["trial_ends_at"] = at("2024-04-05")
    assert balances(raw, to_june(late_renewal_grace_days=15)) == same(100, 1, 2) | same(100, 4, 6)
    assert balances(raw, to_june(late_renewal_grace_days=16)) == same(100, 1, 6)


def test_a_gap_still_open_at_the_as_of_date_is_not_bridged() -> None:
    """A renewal at the midnight that ends 31 March is not known on that day; a day later it is."""
    raw = renewed("2024-03-20", "2024-04-01")
    march, april = (
        Settings(as_of_date=day, late_renewal_grace_days=30) for day in (date(2024, 3, 31), date(2024, 4, 1))
    )
    assert balances(raw, march) == same(100, 1, 2)
    assert balances(raw, april) == same(100, 1, 3)
    lagged = Settings(as_of_date=date(2024, 4, 4), close_lag_days=4, late_renewal_grace_days=30)
    late = renewed("2024-03-20", "2024-04-04T12:00:00")
    assert balances(late, lagged) == same(100, 1, 3)
    assert balances(renewed("2024-03-20", "2024-04-05"), lagged) == same(100, 1, 2)
    east = Settings(
        as_of_date=date(2024, 4, 4),
        close_lag_days=4,
        late_renewal_grace_days=30,
        reporting_timezone="Asia/Kolkata",
    )
    assert balances(renewed("2024-03-20", "2024-04-04T18:29:59"), east) == same(100, 1, 3)
    assert balances(renewed("2024-03-20", "2024-04-04T18:30:00"), east) == same(100, 1, 2)


def test_grace_leaves_usage_alone() -> None:
    """Usage neither forms islands nor is extended."""
    lines = [line("2024-01-01", "2024-02-01", 5), line("2024-03-01", "2024-04-01", 7)]
    raw = world(invoices=[invoice()], invoice_line_items=lines)
    assert balances(raw, to_june(late_renewal_grace_days=60)) == same(5, 1, 1) | same(7, 3, 3)


@pytest.mark.parametrize(
    ("second", "grace", "is_bridged"),
    [
        ({}, 17, False),
        ({}, 18, True),
        ({"plan_id": "annual"}, 18, True),
        ({"plan_id": "metered"}, 18, False),
        ({"plan_id": None}, 18, False),
        ({"invoice_id": "v2"}, 18, False),
        ({"invoice_id": "v3"}, 18, True),
    ],
)
def test_grace_under_invoices_bridges_service_periods(second: Row, grace: int, is_bridged: bool) -> None:
    """Billed to 14 February (meant inclusively), then from 4 March: 18 days, over the end of February."""
    raw = billed(
        bill("2024-01-15", "2024-02-14", 100),
        bill("2024-03-04", "2024-04-04", 100, **second),
        invoices=[invoice(), invoice("v2", status="void"), invoice("v3", status="uncollectible")],
    )
    march = {} if second.get("invoice_id") == "v2" else same(100, 3, 3)
    settings = to_june(mrr_basis="invoices", late_renewal_grace_days=grace)
    assert balances(raw, settings) == same(100, 1, 1) | march | (same(100, 2, 2) if is_bridged else {})


def test_grace_under_invoices_extends_what_credits_leave_and_skips_what_does_not_count() -> None:
    """80 = 100 - 20 is what is bridged; a short proration and an empty period in the gap are no islands."""
    raw = billed(
        bill("2024-01-15", "2024-02-15", 100),
        bill("2024-01-15", "2024-02-15", -20),
        bill("2024-02-20", "2024-03-03", 5, is_proration=True),
        bill("2024-02-20", "2024-02-20", 5),
        bill("2024-03-04", "2024-04-04", 100),
    )
    settings = to_june(mrr_basis="invoices", late_renewal_grace_days=18)
    assert balances(raw, settings) == same(80, 1, 2) | same(100, 3, 3)
    assert balances(raw, replace(settings, late_renewal_grace_days=17)) == same(80, 1, 1) | same(100, 3, 3)
    early = replace(settings, as_of_date=date(2024, 3, 3), close_lag_days=3)
    assert balances(raw, early) == same(80, 1, 1)
    assert balances(raw, replace(early, as_of_date=date(2024, 3, 4))) == same(80, 1, 2)


def test_lines_without_a_plan_renew_each_other() -> None:
    """`unassigned` is a product like any other."""
    lines = [bill("2024-01-15", "2024-02-15", 60, plan_id=None), bill("2024-03-04", "2024-04-04", 60, plan_id=None)]
    settings = to_june(mrr_basis="invoices", late_renewal_grace_days=18)
    assert balances(billed(*lines), settings) == same(60, 1, 3)


@pytest.mark.parametrize(
    ("window", "movement", "recovered", "above_peak"),
    [(None, "reactivation", 100, 20), (3, "reactivation", 100, 20), (2, "new", 0, 120), (0, "new", 0, 120)],
)
def test_a_return_after_the_window_is_new(window: int | None, movement: str, recovered: int, above_peak: int) -> None:
    """February, March and April close at 0: an absence of 3 months."""
    steps = prices(("2024-01-05", 100), ("2024-02-05", None), ("2024-05-05", 120), ("2024-06-05", 130))
    marts = build_marts(world(subscription_item_versions=steps), to_june(reactivation_window_months=window))
    names = ("movement_type", "mrr_change", "recovered_mrr", "above_peak_mrr")
    assert [tuple(row[name] for name in names) for row in marts["fct_mrr_movements"]] == [
        ("new", 100, 0, 100),
        ("churn", -100, 0, 0),
        (movement, 120, recovered, above_peak),
        ("expansion", 10, 0, 10),
    ]
    assert [row["is_first_paid_month"] for row in marts["fct_customer_mrr_months"]] == [True, False, False, False]
    assert {row["cohort_month_date"] for row in marts["acquisition_cohort_retention"]} == {date(2024, 1, 1)}
    may = marts["mrr_waterfall"][4]
    assert (may[f"{movement}_mrr"], may[f"{movement}_customers"], may["quick_ratio"]) == (120, 1, None)


def test_the_window_counts_from_the_latest_activity() -> None:
    """Two absences of one month each are two reactivations; the peak stays that of the whole past."""
    steps = prices(
        ("2024-01-05", 100),
        ("2024-02-05", None),
        ("2024-03-05", 40),
        ("2024-04-05", None),
        ("2024-05-05", 60),
        ("2024-06-05", 110),
    )
    found = movements(world(subscription_item_versions=steps), to_june(reactivation_window_months=1))
    assert [kind for _, kind, _ in found] == ["new", "churn", "reactivation", "churn", "reactivation", "expansion"]
    marts = build_marts(world(subscription_item_versions=steps), to_june(reactivation_window_months=0))
    assert marts["fct_mrr_movements"][-2]["movement_type"] == "new"
    assert marts["fct_mrr_movements"][-1]["recovered_mrr"] == 40


def test_an_absence_over_the_turn_of_the_year_is_counted_in_months() -> None:
    """Active in December 2022 and November 2023, so away for 10 months, then for December and January: 2 months."""
    steps = prices(
        ("2022-12-05", 10), ("2023-01-05", None), ("2023-11-05", 10), ("2023-12-05", None), ("2024-02-05", 10)
    )
    raw = world(subscriptions=[subscription(start="2022-12-01")], subscription_item_versions=steps)
    kinds = [[kind for _, kind, _ in movements(raw, to_june(reactivation_window_months=n))][2::2] for n in (1, 2, 10)]
    assert kinds == [["new", "new"], ["new", "reactivation"], ["reactivation", "reactivation"]]


def test_paused_as_active_lets_pauses_count() -> None:
    """Trials still carry nothing."""
    raw = world(
        subscriptions=[subscription(trial_ends_at=at("2024-02-10"))],
        subscription_item_versions=[item()],
        subscription_pauses=[{"subscription_id": "s1", "paused_at": at("2024-03-10"), "resumed_at": at("2024-05-10")}],
    )
    assert balances(raw) == same(100, 2, 2) | same(100, 5, 6)
    assert balances(raw, to_june(paused_as="active")) == same(100, 2, 6)


@pytest.mark.parametrize(
    ("due", "days", "changed", "expected"),
    [
        ("2024-02-10", None, {}, same(100, 1, 6)),
        ("2024-02-10", 30, {}, same(100, 1, 2)),
        ("2024-02-10", 20, {}, same(100, 1, 2)),
        ("2024-02-10", 19, {}, same(100, 1, 1)),
        ("2024-02-29T23:59:59", 0, {}, same(100, 1, 1)),
        ("2024-02-10", 30, {"status": "paid", "paid_at": at("2024-05-05")}, same(100, 1, 2) | same(100, 5, 6)),
        ("2024-02-10", 30, {"status": "paid", "paid_at": at("2024-05-01")}, same(100, 1, 2) | same(100, 5, 6)),
        ("2024-02-10", 30, {"status": "paid", "paid_at": at("2024-05-01T00:00:01")}, same(100, 1, 2) | same(100, 5, 6)),
        ("2024-02-10", 30, {"status": "paid", "paid_at": at("2024-03-11")}, same(100, 1, 6)),
        ("2024-02-10", 30, {"status": "paid", "paid_at": at("2024-01-20")}, same(100, 1, 6)),
        ("2024-02-10", 30, {"status": "paid"}, same(100, 1, 6)),
        ("2024-02-10", 30, {"status": "uncollectible"}, same(100, 1, 2)),
        ("2024-02-10", 30, {"status": "void", "paid_at": at("2024-05-05")}, same(100, 1, 6)),
        ("2024-02-10", 30, {"status": "draft"}, same(100, 1, 6)),
        ("2024-02-10", 30, {"subscription_id": None}, same(100, 1, 6)),
        ("2024-02-10", 200, {}, same(100, 1, 6)),
        (None, 30, {}, same(100, 1, 6)),
    ],
)
def test_an_invoice_long_past_due_stops_its_subscription(
    due: str | None, days: int | None, changed: Row, expected: dict[str, Decimal]
) -> None:
    """From the due date plus the days until it is paid; what was paid late counts as it was."""
    row = invoice(**{"subscription_id": "s1", "status": "open", "due_at": at(due), **changed})
    raw = world(subscription_item_versions=[item()], invoices=[row])
    assert balances(raw, to_june(delinquent_after_days=days)) == expected


def test_a_payment_exactly_at_midnight_belongs_to_the_new_month() -> None:
    """At T of April the invoice paid on 1 May 00:00 was still unpaid, so April is the last month without MRR."""
    row = invoice(subscription_id="s1", due_at=at("2024-02-10"), paid_at=at("2024-05-01"))
    raw = world(subscription_item_versions=[item()], invoices=[row])
    assert "2024-04" not in balances(raw, to_june(delinquent_after_days=30))


def test_delinquency_stops_one_subscription_and_no_usage() -> None:
    """Another subscription of the customer goes on, and what was used is billed."""
    raw = world(
        subscriptions=[subscription(), subscription("s2")],
        subscription_item_versions=[item(), item("i2", subscription_id="s2", unit_amount=40)],
        invoices=[invoice(subscription_id="s1", status="open", due_at=at("2024-02-10"))],
        invoice_line_items=[line("2024-01-01", "2024-07-01", 30, subscription_id="s1")],
    )
    assert balances(raw, to_june(delinquent_after_days=30)) == same(145, 1, 2) | same(45, 3, 6)


def test_delinquency_cuts_what_the_grace_bridged() -> None:
    """Like a pause: the gap is bridged, and the unpaid subscription does not count in it."""
    raw = renewed("2024-03-20", "2024-04-05")
    raw["invoices"] = [invoice(subscription_id="s1", status="open", due_at=at("2024-03-01"))]
    both = to_june(late_renewal_grace_days=16, delinquent_after_days=10)
    assert balances(raw, both) == same(100, 1, 2) | same(100, 4, 6)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("recurring", same(90, 1, 6)),
        ("all", same(45, 1, 1) | same(90, 2, 6)),
        ("none", same(100, 1, 6)),
    ],
)
def test_discount_policies(policy: str, expected: dict[str, Decimal]) -> None:
    """10 % forever, and half off once on the month from 15 January to 15 February."""
    raw = world(
        subscriptions=[subscription(start="2024-01-15")],
        subscription_item_versions=[item(start="2024-01-15")],
        discounts=[
            discount("d1", "2024-01-15", None, percent_off=10),
            discount("d2", "2024-01-15", None, percent_off=50, duration="once"),
        ],
    )
    assert balances(raw, to_june(discount_policy=policy)) == expected


@pytest.mark.parametrize(
    ("coupon", "expected"),
    [
        pytest.param({"start": "2024-02-14"}, same(50, 1, 1) | same(100, 2, 6), id="the whole term, from its start"),
        pytest.param({"start": "2024-02-15"}, same(100, 1, 1) | same(50, 2, 2) | same(100, 3, 6), id="the next term"),
        pytest.param({"start": "2024-01-02"}, same(50, 1, 1) | same(100, 2, 6), id="before the first: the first"),
        pytest.param({"start": "2024-01-02", "end": "2024-01-15"}, same(100, 1, 6), id="expired before the first"),
        pytest.param({"start": "2024-01-02", "end": "2024-01-16"}, same(50, 1, 1) | same(100, 2, 6), id="just in time"),
        pytest.param({"start": "2024-02-20", "end": "2024-02-20"}, same(100, 1, 6), id="never there"),
        pytest.param({"start": "2024-02-20", "end": "2024-02-21"}, same(100, 1, 1) | same(50, 2, 2) | same(100, 3, 6)),
        pytest.param({"start": "2024-02-20", "subscription_item_id": "elsewhere"}, same(100, 1, 6), id="another item"),
        pytest.param(
            {"start": "2024-02-20", "subscription_item_id": "i1", "percent_off": None, "amount_off": 30},
            same(100, 1, 1) | same(70, 2, 2) | same(100, 3, 6),
            id="an amount",
        ),
    ],
)
def test_a_once_coupon_reduces_the_term_it_fell_in(coupon: Row, expected: dict[str, Decimal]) -> None:
    """Monthly terms from the 15th, on which the trial ends."""
    given = {"end": None, "percent_off": 50, "duration": "once", **coupon}
    raw = world(
        subscriptions=[subscription(trial_ends_at=at("2024-01-15"))],
        subscription_item_versions=[item()],
        discounts=[discount("d1", given.pop("start"), given.pop("end"), **given)],
    )
    assert balances(raw, to_june(discount_policy="all")) == expected


def test_a_once_coupon_reduces_a_whole_year_whatever_the_price_does() -> None:
    """Half off a year from 1 February 2023; the price rises in May, the term ends on 1 February 2024."""
    raw = world(
        subscriptions=[subscription(start="2023-02-01")],
        subscription_item_versions=prices(("2023-02-01", 1200), ("2023-05-10", 1800), plan_id="annual"),
        discounts=[discount("d1", "2023-03-03", "2023-03-04", percent_off=50, duration="once")],
    )
    found = balances(raw, Settings(as_of_date=date(2024, 3, 31), discount_policy="all"))
    assert [found[month] for month in ("2023-02", "2023-04", "2023-05", "2024-01", "2024-02")] == [50, 50, 75, 75, 150]


def test_a_once_coupon_ends_with_the_plan_it_was_spent_on() -> None:
    """Spent on a month; the change to a year of 1,200, whose term would hold the coupon too, is at the full price."""
    raw = world(
        subscription_item_versions=[
            item(end="2024-02-10"),
            item(start="2024-02-10", plan_id="annual", unit_amount=1200),
            item("i2", start="2024-02-10", plan_id="annual", unit_amount=240),
        ],
        discounts=[discount("d1", "2024-01-05", None, percent_off=50, duration="once")],
    )
    found = balances(raw, to_june(discount_policy="all"))
    assert found == same(50, 1, 1) | same(120, 2, 6)


@pytest.mark.parametrize(
    ("anchor", "every", "count", "instant", "start", "end"),
    [
        ("2024-01-31T10:00:00", "month", 1, "2024-02-29T09:59:59", "2024-01-31T10:00:00", "2024-02-29T10:00:00"),
        ("2024-01-31T10:00:00", "month", 1, "2024-02-29T10:00:00", "2024-02-29T10:00:00", "2024-03-31T10:00:00"),
        ("2024-01-31", "quarter", 1, "2024-06-15", "2024-04-30", "2024-07-31"),
        ("2024-02-29", "year", 1, "2025-03-01", "2025-02-28", "2026-02-28"),
        ("2024-01-01", "day", 14, "2024-01-29", "2024-01-29", "2024-02-12"),
        ("2024-01-01", "week", 2, "2024-01-28", "2024-01-15", "2024-01-29"),
        ("2024-01-15", "month", 6, "2024-07-14", "2024-01-15", "2024-07-15"),
    ],
)
def test_billing_terms_count_from_their_anchor(
    anchor: str, every: str, count: int, instant: str, start: str, end: str
) -> None:
    """Clamped to the month's end, but always from the anchor, so that the 31st comes back."""
    assert billing_term(at(anchor), plan(every=every, count=count), at(instant)) == (at(start), at(end))


def test_discount_policies_under_invoices() -> None:
    """What was billed is net of every coupon already; without discounts it is the gross."""
    raw = billed(bill("2024-01-01", "2025-01-01", 1080, discount_amount=Decimal(120)))
    for policy, expected in (("recurring", 90), ("all", 90), ("none", 100)):
        assert balances(raw, to_june(mrr_basis="invoices", discount_policy=policy)) == same(expected, 1, 6)


def test_usage_can_be_left_out() -> None:
    """Fixed MRR stays, also a base fee on a metered plan."""
    lines = [line("2024-02-01", "2024-03-01", 60), bill("2024-02-01", "2024-03-01", 9, plan_id="metered")]
    raw = world(subscription_item_versions=[item()], invoices=[invoice()], invoice_line_items=lines)
    assert balances(raw)["2024-02"] == 160
    assert balances(raw, to_june(usage_policy="excluded")) == same(100, 1, 6)
    assert balances(raw, to_june(mrr_basis="invoices", usage_policy="excluded")) == same(9, 2, 2)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"end": "2024-05-20", "cancel_requested_at": at("2024-03-10")}, same(100, 1, 2)),
        ({"end": "2024-05-20", "cancel_requested_at": at("2024-04-01")}, same(100, 1, 3)),
        ({"end": None, "cancel_requested_at": at("2024-03-10")}, same(100, 1, 2)),
        ({"end": "2024-05-20"}, same(100, 1, 4)),
        ({"end": "2024-03-20", "cancel_requested_at": at("2024-05-10")}, same(100, 1, 2)),
        ({"end": "2024-05-20", "cancel_requested_at": at("2024-01-01")}, {}),
        ({"end": "2024-05-20", "cancel_requested_at": at("2024-01-10"), "trial_ends_at": at("2024-01-15")}, {}),
    ],
)
def test_churn_at_the_request(window: Row, expected: dict[str, Decimal]) -> None:
    """The request ends a subscription where it comes before the end, which may not be set yet."""
    raw = world(subscriptions=[subscription(**window)], subscription_item_versions=[item()])
    assert balances(raw, to_june(churn_recognised_at="cancel_request")) == expected


def test_chartmogul_201244842_under_churn_at_the_request() -> None:
    """The annual plan cancelled in July is churn in July under the policy, in December by the rules."""
    raw = world(
        subscriptions=[subscription(start="2023-12-15", end="2024-12-15", cancel_requested_at=at("2024-07-10"))],
        subscription_item_versions=[item(plan_id="annual", quantity=4, unit_amount=500, start="2023-12-15")],
    )
    year_end = Settings(as_of_date=date(2024, 12, 31))
    assert movements(raw, year_end)[1:] == [("2024-12", "churn", money("-166.6667"))]
    asked = replace(year_end, churn_recognised_at="cancel_request")
    assert movements(raw, asked)[1:] == [("2024-07", "churn", money("-166.6667"))]


def test_a_renewal_late_after_the_request_is_bridged() -> None:
    """Asked on 20 March, in force to 1 April, renewed on 5 April: the gap is counted from the request."""
    raw = renewed("2024-04-01", "2024-04-05")
    raw["subscriptions"][0]["cancel_requested_at"] = at("2024-03-20")
    policies = {"churn_recognised_at": "cancel_request"}
    assert balances(raw, to_june(**policies, late_renewal_grace_days=15)) == same(100, 1, 2) | same(100, 4, 6)
    assert balances(raw, to_june(**policies, late_renewal_grace_days=16)) == same(100, 1, 6)


@pytest.mark.parametrize(
    "settings",
    [
        {"late_renewal_grace_days": -1},
        {"reactivation_window_months": -1},
        {"delinquent_after_days": -1},
        {"paused_as": "asleep"},
        {"discount_policy": "some"},
        {"usage_policy": "some"},
        {"churn_recognised_at": "invoice"},
        {"fx_policy": "floating"},
        {"fiscal_year_start_month": 0},
        {"fiscal_year_start_month": 13},
        {"paused_as": "active", "mrr_basis": "invoices"},
        {"delinquent_after_days": 0, "mrr_basis": "invoices"},
        {"churn_recognised_at": "cancel_request", "mrr_basis": "invoices"},
    ],
)
def test_unknown_and_contradictory_policies_are_refused(settings: Row) -> None:
    """The message names the var; a policy on subscriptions says nothing about invoice lines."""
    with pytest.raises(LedgerError, match=next(iter(settings))):
        Settings(**settings)


# ---------------------------------------------------------------- adjustments


def adjustment(amount: Any, month_from: str, month_to: str | None = None, **changed: Any) -> Row:
    """Return an adjustment of customer c1's product `prod`, from a month (`2024-02`) to another."""
    row = {
        "customer_id": "c1",
        "product_id": "prod",
        "reason": "side letter",
        "approved_by": "Ana",
        "amount": Decimal(str(amount)),
        "month_from": date.fromisoformat(f"{month_from}-01"),
        "month_to": None if month_to is None else date.fromisoformat(f"{month_to}-01"),
    }
    return {**row, **changed}


def by_month(rows: list[Row], *names: str) -> dict[str, Any]:
    """Return one column, or several as tuples, of one customer's rows by month."""
    return {
        f"{row['month_date']:%Y-%m}": row[names[0]] if len(names) == 1 else tuple(map(row.get, names)) for row in rows
    }


@pytest.mark.parametrize(
    ("adjustments", "expected"),
    [
        ([adjustment(20, "2024-02", "2024-04")], same(100, 1, 1) | same(120, 2, 3) | same(100, 4, 6)),
        ([adjustment("-30.0001", "2024-02")], same(100, 1, 1) | same("69.9999", 2, 6)),
        ([adjustment(-150, "2024-02", "2024-03")], same(100, 1, 1) | same(100, 3, 6)),
        ([adjustment(0, "2024-02")], same(100, 1, 6)),
        ([adjustment(20, "2024-02", "2024-02")], same(100, 1, 6)),
        (
            [adjustment(20, "2024-02", "2024-05"), adjustment(-5, "2024-03", "2024-04", reason="goodwill")],
            same(100, 1, 1) | same(120, 2, 2) | same(115, 3, 3) | same(120, 4, 4) | same(100, 5, 6),
        ),
        ([adjustment(-150, "2024-01"), adjustment(70, "2024-05", reason="goodwill")], same(20, 5, 6)),
        ([adjustment(7, "2024-06", product_id="other")], same(100, 1, 5) | same(107, 6, 6)),
        ([adjustment(-150, "2024-01", product_id="other")], same(100, 1, 6)),
        ([adjustment(7, "2024-07")], same(100, 1, 6)),
        ([adjustment(7, "2023-12", "2024-01")], {"2023-12": money(7)} | same(100, 1, 6)),
    ],
)
def test_adjustments_change_their_product_and_never_below_0(
    adjustments: list[Row], expected: dict[str, Decimal]
) -> None:
    """From month to month on 100 a month, whatever their sign; a product that falls below 0 takes from no other."""
    assert balances(world(subscription_item_versions=[item()], mrr_adjustments=adjustments)) == expected


def test_adjustments_come_after_the_floors_of_pools_and_are_never_converted() -> None:
    """A pool of -50 counts 0 and leaves the 10 whole; the reporting currency has no rate."""
    raw = world(
        invoices=[invoice(currency="EUR")],
        invoice_line_items=[line("2024-01-01", "2024-07-01", -300, currency="EUR")],
        exchange_rates=[rate("2020-01-01", "2"), rate("2020-01-01", "5", "USD")],
        mrr_adjustments=[adjustment(10, "2024-01", product_id="other")],
    )
    assert balances(raw) == same(10, 1, 6)
    assert (
        by_month(build_marts(raw, JAN_TO_JUN_2024)["fct_customer_mrr_months"], "closing_adjustment_mrr")["2024-01"]
        == 10
    )


def test_a_customer_with_nothing_but_an_adjustment_has_no_plan() -> None:
    """It is new and churns like any other; the ledger begins with it, and nobody knows why it left."""
    raw = world(mrr_adjustments=[adjustment(50, "2023-11", "2024-03")])
    marts = build_marts(raw, JAN_TO_JUN_2024)
    assert by_month(marts["fct_mrr_movements"], "movement_type", "mrr_change", "adjustment_mrr", "churn_reason") == {
        "2023-11": ("new", 50, 50, None),
        "2024-03": ("churn", -50, -50, "unknown"),
    }
    found = snapshot(raw, date(2024, 2, 1))
    assert [found[name] for name in ("plan", "billing_interval", "pricing_model", "mrr_band", "acquisition_year")] == [
        *["(none)"] * 3,
        "0+",
        2023,
    ]
    assert marts["fct_mrr_change_events"] == []


def test_adjustments_take_no_part_in_the_attributes() -> None:
    """500 on top of a plan of 100, and a product adjusted to 0 with its plan still the largest."""
    raw = world(
        subscription_item_versions=[item(), item("i2", plan_id="seats", unit_amount=120)],
        mrr_adjustments=[adjustment(500, "2024-01"), adjustment(-720, "2024-03", reason="goodwill")],
        plans=[*PLANS, plan("small", product_id="other")],
    )
    found = snapshot(raw, date(2024, 2, 1))
    assert (found["plan"], found["pricing_model"], found["opening_mrr"]) == ("seats", "mixed", 720)
    raw["subscription_item_versions"].append(item("i3", plan_id="small", unit_amount=3))
    found = snapshot(raw, date(2024, 4, 1))
    assert (found["plan"], found["pricing_model"], found["opening_mrr"]) == ("seats", "mixed", 3)


def test_an_adjustment_that_takes_everything_is_churn() -> None:
    """Of -150 only the 100 that were there; nothing of it changes after that."""
    raw = world(subscription_item_versions=[item()], mrr_adjustments=[adjustment(-150, "2024-03")])
    marts = build_marts(raw, JAN_TO_JUN_2024)
    assert by_month(marts["fct_mrr_movements"], "movement_type", "adjustment_mrr", "churn_reason")["2024-03"] == (
        "churn",
        -100,
        "unknown",
    )
    assert by_month(marts["fct_customer_mrr_months"], "closing_adjustment_mrr") == {
        "2024-01": 0,
        "2024-02": 0,
        "2024-03": -100,
    }
    assert [row["adjustment_mrr"] for row in marts["mrr_waterfall"]] == [0, 0, -100, 0, 0, 0]


def test_what_offsets_a_change_is_in_the_waterfall_only() -> None:
    """100 to 130 with -30 is no movement; nor is 100 to 120 of a customer who is held at 0."""
    raw = world(
        customers=[customer(), customer("c2")],
        subscriptions=[subscription(), subscription("s2", customer_id="c2")],
        subscription_item_versions=[
            *prices(("2024-01-01", 100), ("2024-03-10", 130)),
            *prices(("2024-01-01", 100), ("2024-05-10", 120), item_id="i2", subscription_id="s2"),
        ],
        mrr_adjustments=[adjustment(-30, "2024-03"), adjustment(-150, "2024-01", customer_id="c2")],
    )
    assert movements(raw) == [("2024-01", "new", money(100))]
    waterfall = build_marts(raw, JAN_TO_JUN_2024)["mrr_waterfall"]
    assert [row["adjustment_mrr"] for row in waterfall] == [-100, 0, -30, 0, -20, 0]


def test_adjustments_roll_up_and_those_of_the_excluded_stay_out() -> None:
    """The child's -30 lowers its parent's product; the other child is a test account."""
    raw = world(
        customers=[customer(parent_customer_id="p"), customer("p"), customer("x", parent_customer_id="p")],
        customer_exclusions=[{"customer_id": "x", "reason": "test"}],
        subscriptions=[subscription(customer_id="p")],
        subscription_item_versions=[item()],
        mrr_adjustments=[adjustment(-30, "2024-01"), adjustment(9, "2023-01", customer_id="x")],
    )
    assert balances(raw, to_june(customer_grain="parent"), "p") == same(70, 1, 6)
    assert balances(raw, customer_id="p") == same(100, 1, 6)
    assert balances(raw) == balances(raw, customer_id="x") == {}


# ---------------------------------------------------------------- acquired customers


@pytest.mark.parametrize(
    ("acquired_at", "timezone", "expected"),
    [
        ("2023-06-01", "UTC", True),
        ("2024-02-29T23:59:59", "UTC", True),
        ("2024-03-01", "UTC", False),
        ("2024-03-01T04:59:59", "America/New_York", True),
        ("2024-03-01T05:00:00", "America/New_York", False),
    ],
)
def test_acquired_is_who_first_pays_in_the_month_of_it_or_later(
    acquired_at: str, timezone: str, expected: bool
) -> None:
    """First paid in February; who was acquired later had come by itself. Acquired MRR is no growth of one's own."""
    raw = world(
        subscription_item_versions=prices(("2024-02-05", 100), ("2024-04-05", None), ("2024-06-05", 40)),
        acquired_customers=[{"customer_id": "c1", "acquired_at": at(acquired_at)}],
    )
    marts = build_marts(raw, to_june(reporting_timezone=timezone, reactivation_window_months=0))
    assert by_month(marts["fct_mrr_movements"], "movement_type", "is_acquired") == {
        "2024-02": ("new", expected),
        "2024-04": ("churn", False),
        "2024-06": ("new", False),
    }
    names = ("new_mrr", "new_customers", "acquired_mrr", "acquired_customers", "expansion_share_of_growth")
    february, june = (tuple(marts["mrr_waterfall"][n][name] for name in names) for n in (0, -1))
    assert february == ((0, 0, 100, 1, None) if expected else (100, 1, 0, 0, 0))
    assert june == (40, 1, 0, 0, 0)


def test_a_family_is_acquired_with_the_earliest_of_its_members() -> None:
    """The child's acquisition counts for its parent, that of a test account for nobody."""
    raw = family()
    raw["customers"].append(customer("x", parent_customer_id="g"))
    raw["customer_exclusions"] = [{"customer_id": "x", "reason": "test"}]
    raw["acquired_customers"] = [
        {"customer_id": "g", "acquired_at": at("2024-05-01")},
        {"customer_id": "x", "acquired_at": at("2023-01-01")},
    ]
    parents = to_june(customer_grain="parent")
    assert [row["is_acquired"] for row in build_marts(raw, parents)["fct_mrr_movements"]] == [False, False]
    raw["acquired_customers"].append({"customer_id": "p", "acquired_at": at("2024-01-31")})
    assert [row["is_acquired"] for row in build_marts(raw, parents)["fct_mrr_movements"]] == [True, False]


# ---------------------------------------------------------------- why customers leave


def reasons(raw: Tables, settings: Settings = JAN_TO_JUN_2024) -> dict[str, str]:
    """Return the reason of each churn by its month."""
    churns = [row for row in build_marts(raw, settings)["fct_mrr_movements"] if row["movement_type"] == "churn"]
    return by_month(churns, "churn_reason")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("2024-03-10", "voluntary"), ("2024-03-20", "payment_failed"), "payment_failed"),
        (("2024-03-20", "voluntary"), ("2024-03-10", "payment_failed"), "voluntary"),
        (("2024-03-20", "other"), ("2024-03-20", "payment_failed"), "other"),
        (("2024-03-20", "voluntary"), ("2024-03-20T00:00:01", None), "unknown"),
        (("2024-02-29", "voluntary"), ("2024-03-20", "payment_failed"), "payment_failed"),
        (("2024-03-01", "voluntary"), ("2024-03-01", None), "voluntary"),
    ],
)
def test_the_latest_end_says_why_a_customer_left(
    first: tuple[str, str], second: tuple[str, str], expected: str
) -> None:
    """Of the subscriptions that ended in the month; a tie goes to the smallest id, and silence is unknown."""
    raw = world(
        subscriptions=[
            subscription(name, end=end, ended_reason=reason) for name, (end, reason) in (("s1", first), ("s2", second))
        ],
        subscription_item_versions=[item(), item("i2", subscription_id="s2")],
    )
    assert reasons(raw) == {"2024-03": expected}


def test_only_what_was_paid_for_and_has_ended_is_a_reason() -> None:
    """A pause, a price of 0 and the end of a free subscription say nothing; nor does an end under a later pause."""
    ended = subscription(end="2024-05-10", ended_reason="voluntary")
    pause = {"subscription_id": "s1", "paused_at": at("2024-03-10"), "resumed_at": None}
    raw = world(subscriptions=[ended], subscription_item_versions=[item()], subscription_pauses=[pause])
    assert reasons(raw) == {"2024-03": "unknown"}
    assert reasons(raw, to_june(paused_as="active")) == {"2024-05": "voluntary"}
    free = world(
        subscriptions=[
            subscription(end="2024-03-10", ended_reason="voluntary"),
            subscription("s2", end="2024-03-20", ended_reason="payment_failed"),
        ],
        subscription_item_versions=[item(), item("i2", subscription_id="s2", unit_amount=0)],
    )
    assert reasons(free) == {"2024-03": "voluntary"}
    dropped = world(subscriptions=[ended], subscription_item_versions=prices(("2024-01-01", 100), ("2024-03-10", 0)))
    assert reasons(dropped) == {"2024-03": "unknown"}


def test_an_end_at_the_request_is_the_end_that_is_recognised() -> None:
    """s1 ends later, but s2 was asked to end later."""
    raw = world(
        subscriptions=[
            subscription(end="2024-05-20", ended_reason="voluntary", cancel_requested_at=at("2024-03-10")),
            subscription("s2", end="2024-05-10", ended_reason="other", cancel_requested_at=at("2024-03-20")),
        ],
        subscription_item_versions=[item(), item("i2", subscription_id="s2")],
    )
    assert reasons(raw) == {"2024-05": "voluntary"}
    assert reasons(raw, to_june(churn_recognised_at="cancel_request")) == {"2024-03": "other"}


@pytest.mark.parametrize(
    ("end", "expected"),
    [("2024-01-20", "voluntary"), ("2024-04-30T23:59:59", "voluntary"), ("2024-05-01", "unknown"), (None, "unknown")],
)
def test_an_invoice_line_ends_for_the_reason_of_its_subscription(end: str | None, expected: str) -> None:
    """The line's period ends with 31 March; its subscription's end counts up to the end of April."""
    window = subscription(end=end, ended_reason="voluntary")
    raw = billed(bill("2024-01-01", "2024-04-01", 300, subscription_id="s1"), subscriptions=[window])
    assert reasons(raw, INVOICES) == {"2024-04": expected}
    raw["invoice_line_items"][0]["subscription_id"] = "nobody's"
    assert reasons(raw, INVOICES) == {"2024-04": "unknown"}


def test_churn_is_split_by_reason_and_a_cohort_by_its_last_churn() -> None:
    """100 leaves in February by itself, comes back, and fails to pay in May; 40 is paused in May."""
    raw = world(
        customers=[customer(), customer("c2")],
        subscriptions=[
            subscription(start="2023-12-01", end="2024-02-10", ended_reason="voluntary"),
            subscription("s2", "2024-03-05", "2024-05-10", ended_reason="payment_failed"),
            subscription("s3", "2023-12-01", customer_id="c2"),
        ],
        subscription_item_versions=[
            item(start="2023-12-01"),
            item("i2", "2024-03-05", subscription_id="s2"),
            item("i3", "2023-12-01", subscription_id="s3", unit_amount=40),
        ],
        subscription_pauses=[{"subscription_id": "s3", "paused_at": at("2024-05-10"), "resumed_at": None}],
    )
    marts = build_marts(raw, Settings(as_of_date=date(2024, 12, 31)))
    names = [
        f"{name}_churn_{measure}"
        for measure in ("mrr", "customers")
        for name in ("voluntary", "payment_failed", "other")
    ]
    assert by_month(marts["mrr_waterfall"], *names)["2024-02"] == (-100, 0, 0, 1, 0, 0)
    assert by_month(marts["mrr_waterfall"], *names)["2024-05"] == (0, -100, -40, 0, 1, 1)
    found = {
        (row["period_label"], row["customer_id"]): row["churn_reason"]
        for row in marts["fct_cohort_snapshots"]
        if row["period_type"] != "month" or row["churned_mrr"] > 0
    }
    assert found == {
        ("2024-02", "c1"): "voluntary",
        ("2024-05", "c1"): "payment_failed",
        ("2024-05", "c2"): "unknown",
        ("2024-Q1", "c1"): None,
        ("2024-Q1", "c2"): None,
        ("2024-Q2", "c1"): "payment_failed",
        ("2024-Q2", "c2"): "unknown",
        ("2024", "c1"): "payment_failed",
        ("2024", "c2"): "unknown",
        ("TTM 2024-12", "c1"): "payment_failed",
        ("TTM 2024-12", "c2"): "unknown",
    }
    year = year_2024(raw)
    assert [year[f"{name}_churned_mrr"] for name in ("voluntary", "payment_failed", "other")] == [0, 100, 40]
    assert (year["voluntary_churn_rate"], year["payment_failed_churn_rate"]) == (0, Decimal("0.714286"))


# ---------------------------------------------------------------- historical exchange rates


HISTORICAL = Settings(as_of_date=date(2024, 6, 30), fx_policy="historical")


def test_historical_rates_show_beside_the_movements() -> None:
    """100 to 200 EUR in March at the rates of each month's last day; only what the customer did is a movement."""
    raw = world(
        subscriptions=[subscription(start="2023-12-01")],
        subscription_item_versions=prices(("2023-12-01", 100), ("2024-03-05", 200), currency="EUR"),
        exchange_rates=[
            rate("2023-01-01", "1"),
            rate("2024-02-15", "1.1"),
            rate("2024-03-31", "1.2"),
            rate("2024-04-01", "1.5"),
            rate("2024-04-30", "1.2"),
        ],
    )
    marts = build_marts(raw, HISTORICAL)
    assert by_month(marts["fct_customer_mrr_months"], "opening_mrr", "closing_mrr", "fx_mrr", "peak_mrr_before") == {
        "2023-12": (0, 100, 0, 0),
        "2024-01": (100, 100, 0, 100),
        "2024-02": (100, 110, 10, 100),
        "2024-03": (110, 240, 20, 110),
        "2024-04": (240, 240, 0, 240),
        "2024-05": (240, 240, 0, 240),
        "2024-06": (240, 240, 0, 240),
    }
    assert by_month(marts["fct_mrr_movements"], "movement_type", "closing_mrr", "mrr_change") == {
        "2023-12": ("new", 100, 100),
        "2024-03": ("expansion", 220, 110),
    }
    assert by_month(marts["mrr_waterfall"], "fx_mrr")["2024-03"] == 20
    (quarter,) = [row for row in marts["fct_cohort_snapshots"] if row["period_label"] == "2024-Q1"]
    assert (quarter["opening_mrr"], quarter["closing_mrr"], quarter["expansion_mrr"]) == (100, 200, 100)
    assert {row["initial_mrr"] for row in marts["acquisition_cohort_retention"]} == {120}
    assert [row["mrr"] for row in marts["acquisition_cohort_retention"]] == [120] * 3 + [240] * 4
    assert [row["customer_mrr_after"] for row in marts["fct_mrr_change_events"]] == [120, 240]


def test_a_year_is_read_at_the_rates_of_its_opening() -> None:
    """100 EUR that fell to half its worth is an NRR of 1."""
    raw = world(
        subscriptions=[subscription(start="2023-12-01")],
        subscription_item_versions=[item(start="2023-12-01", currency="EUR"), item("i2", "2023-12-01")],
        exchange_rates=[rate("2023-12-31", "1"), rate("2024-01-01", "0.5")],
    )
    row = year_2024(raw, fx_policy="historical")
    assert (row["opening_mrr"], row["closing_mrr"], row["nrr"]) == (200, 200, 1)
    assert year_2024(raw)["opening_mrr"] == 150


def test_what_came_back_is_measured_on_the_peak_at_its_own_rates() -> None:
    """The peak of 120 was at 1.2; from 100 to 150 at 1.0, 20 are recovered."""
    raw = world(
        subscription_item_versions=prices(("2024-01-05", 100), ("2024-03-05", 150), currency="EUR"),
        exchange_rates=[rate("2024-01-01", "1.2"), rate("2024-02-29", "1")],
    )
    (row,) = build_marts(raw, HISTORICAL)["fct_mrr_movements"][1:]
    assert (row["mrr_change"], row["recovered_mrr"], row["above_peak_mrr"]) == (50, 20, 30)


def test_a_rate_that_rounds_a_customer_to_0_decides_by_the_months_own() -> None:
    """100 JPY: nothing in January, new in February with the least there is, gone in April at no rate of its opening."""
    raw = world(
        subscription_item_versions=[item(currency="JPY")],
        exchange_rates=[
            rate("2023-01-01", "0.00000001", "JPY"),
            rate("2024-02-10", "0.01", "JPY"),
            rate("2024-04-10", "0.00000001", "JPY"),
        ],
    )
    marts = build_marts(raw, replace(HISTORICAL, constant_fx_date=date(2024, 2, 10)))
    assert by_month(marts["fct_mrr_movements"], "movement_type", "mrr_change", "churn_reason") == {
        "2024-02": ("new", money("0.0001"), None),
        "2024-04": ("churn", -1, "unknown"),
    }
    assert by_month(marts["fct_customer_mrr_months"], "closing_mrr", "fx_mrr") == {
        "2024-02": (1, money("0.9999")),
        "2024-03": (1, 0),
        "2024-04": (0, 0),
    }
    assert [row["mrr"] for row in marts["acquisition_cohort_retention"]] == [1, 1, 0, 0, 0]
    now = build_marts(raw, HISTORICAL)["acquisition_cohort_retention"]
    assert [row["mrr"] for row in now] == [money("0.0001")] * 2 + [0] * 3


def test_before_the_first_rate_the_earliest_holds() -> None:
    """New in February, whose opening knows no rate: 150 at the first rate, the rest of 160 is the rates'."""
    raw = world(
        subscription_item_versions=[item(start="2024-02-05", currency="EUR")],
        exchange_rates=[rate("2024-02-10", "1.5"), rate("2024-02-29", "1.6")],
    )
    assert movements(raw, HISTORICAL) == [("2024-02", "new", money(150))]
    assert by_month(build_marts(raw, HISTORICAL)["mrr_waterfall"], "closing_mrr", "fx_mrr")["2024-02"] == (160, 10)


def test_a_month_without_a_rate_is_an_error() -> None:
    """It names the currency and the month; a rate of the month's last day is early enough."""
    raw = world(
        subscription_item_versions=[item(start="2024-02-05", currency="EUR", unit_amount=0)],
        exchange_rates=[rate("2024-03-01", "1.5")],
    )
    with pytest.raises(LedgerError, match=r"'EUR'.*2024-02"):
        build_marts(raw, HISTORICAL)
    raw["exchange_rates"] = [rate("2024-02-29", "1.5")]
    assert balances(raw, HISTORICAL) == {}


def test_an_adjustment_keeps_its_worth_whatever_the_rates_do() -> None:
    """100 EUR and -110 are nothing at 1.0 and 10 at 1.2: new with the least there is, the rest is the rates'."""
    raw = world(
        subscription_item_versions=[item(currency="EUR")],
        exchange_rates=[rate("2024-01-01", "1"), rate("2024-02-10", "1.2")],
        mrr_adjustments=[adjustment(-110, "2024-01")],
    )
    marts = build_marts(raw, HISTORICAL)
    (movement,) = marts["fct_mrr_movements"]
    names = ("movement_type", "mrr_change", "adjustment_mrr")
    assert tuple(movement[name] for name in names) == ("new", money("0.0001"), money("0.0001"))
    found = by_month(marts["fct_customer_mrr_months"], "closing_mrr", "closing_adjustment_mrr", "fx_mrr")
    assert found["2024-02"] == (10, -110, money("9.9999"))


# ---------------------------------------------------------------- the fiscal calendar


@pytest.mark.parametrize(
    ("start_month", "acquisition_year", "quarters", "year"),
    [
        (1, 2024, {"2024-Q2": (2024, 4), "2024-Q3": (2024, 7), "2024-Q4": (2024, 10), "2025-Q1": (2025, 1)}, None),
        (2, 2025, {"FY2025-Q2": (2024, 5), "FY2025-Q3": (2024, 8), "FY2025-Q4": (2024, 11)}, None),
        (
            4,
            2024,
            {"FY2025-Q1": (2024, 4), "FY2025-Q2": (2024, 7), "FY2025-Q3": (2024, 10), "FY2025-Q4": (2025, 1)},
            ("FY2025", date(2024, 4, 1), date(2025, 3, 31)),
        ),
        (12, 2024, {"FY2024-Q3": (2024, 6), "FY2024-Q4": (2024, 9), "FY2025-Q1": (2024, 12)}, None),
    ],
)
def test_fiscal_years_are_named_by_the_year_they_end_in(
    start_month: int, acquisition_year: int, quarters: dict[str, tuple[int, int]], year: Any
) -> None:
    """First paid in March 2024, to March 2025."""
    raw = world(subscription_item_versions=[item(start="2024-03-05")])
    settings = Settings(as_of_date=date(2025, 3, 31), fiscal_year_start_month=start_month)
    marts = build_marts(raw, settings)
    rates = [row for row in marts["retention_rates"] if row["dimension"] == "total"]
    found = {row["period_label"]: row["period_start_date"] for row in rates if row["period_type"] == "quarter"}
    assert found == {label: date(*first, 1) for label, first in quarters.items()}
    assert [
        (row["period_label"], row["period_start_date"], row["period_end_date"])
        for row in rates
        if row["period_type"] == "year"
    ] == [year][: year is not None]
    others = {row["period_label"] for row in rates if row["period_type"] in ("month", "trailing_12_months")}
    assert others >= {"2024-04", "2025-03", "TTM 2025-03"} and len(others) == 13
    assert {row["acquisition_year"] for row in marts["fct_cohort_snapshots"]} == {acquisition_year}


def test_the_calendar_year_has_no_prefix() -> None:
    """2024, not FY2024, where the year begins in January."""
    assert year_2024(cohort([(100, 150)]))["period_label"] == "2024"


# ---------------------------------------------------------------- change events


def events(raw: Tables, settings: Settings = JAN_TO_JUN_2024, *names: str) -> list[tuple[Any, ...]]:
    """Return (item, changed_at, change of the item, the customer's MRR from then on, movement) in order of time."""
    names = names or ("item_id", "changed_at", "mrr_change", "customer_mrr_after", "movement_type")
    facts = sorted(build_marts(raw, settings)["fct_mrr_change_events"], key=lambda row: row["changed_at"])
    return [tuple(row[name] for name in names) for row in facts]


def test_changes_show_at_their_instants() -> None:
    """A trial, a price, a pause, a discount and an end, each to the second."""
    raw = world(
        subscriptions=[subscription(trial_ends_at=at("2024-01-10T08:00:00"), end="2024-05-31T23:00:00")],
        subscription_item_versions=prices(("2024-01-01", 100), ("2024-02-03T04:05:06", 150)),
        subscription_pauses=[
            {"subscription_id": "s1", "paused_at": at("2024-03-01"), "resumed_at": at("2024-03-02T12:00:00")}
        ],
        discounts=[discount("d1", "2024-04-01", "2024-04-11", percent_off=50)],
    )
    assert events(raw) == [
        ("i1", at("2024-01-10T08:00:00"), 100, 100, "new"),
        ("i1", at("2024-02-03T04:05:06"), 50, 150, "expansion"),
        ("i1", at("2024-03-01"), -150, 0, "churn"),
        ("i1", at("2024-03-02T12:00:00"), 150, 150, "reactivation"),
        ("i1", at("2024-04-01"), -75, 75, "contraction"),
        ("i1", at("2024-04-11"), 75, 150, "expansion"),
        ("i1", at("2024-05-31T23:00:00"), -150, 0, "churn"),
    ]
    (first, *_) = build_marts(raw, JAN_TO_JUN_2024)["fct_mrr_change_events"]
    assert first == {
        "customer_id": "c1",
        "item_type": "subscription_item",
        "item_id": "i1",
        "changed_at": at("2024-01-10T08:00:00"),
        "mrr_before": 0,
        "mrr_after": 100,
        "mrr_change": 100,
        "customer_mrr_before": 0,
        "customer_mrr_after": 100,
        "movement_type": "new",
    }


def test_a_life_within_a_month_is_two_events_and_its_return_a_reactivation() -> None:
    """The monthly ledger has not seen it, and calls the return new; the window counts from the month it ended in."""
    raw = world(subscription_item_versions=[item(start="2024-01-03", end="2024-01-20"), item(start="2024-03-03")])
    assert [row[-1] for row in events(raw)] == ["new", "churn", "reactivation"]
    assert [row[-1] for row in events(raw, to_june(reactivation_window_months=2))] == ["new", "churn", "reactivation"]
    assert [row[-1] for row in events(raw, to_june(reactivation_window_months=1))] == ["new", "churn", "new"]
    assert movements(raw) == [("2024-03", "new", money(100))]


def test_a_swap_of_plans_is_two_changes_and_no_movement() -> None:
    """One item ends as another of the same MRR starts; at another price both rows tell the customer's movement."""
    raw = world(subscription_item_versions=[item(end="2024-03-05"), item("i2", "2024-03-05", plan_id="seats")])
    assert events(raw)[1:] == [
        ("i1", at("2024-03-05"), -100, 100, None),
        ("i2", at("2024-03-05"), 100, 100, None),
    ]
    raw["subscription_item_versions"][1]["unit_amount"] = Decimal(130)
    assert [row[-1] for row in events(raw)[1:]] == ["expansion", "expansion"]
    raw["subscription_item_versions"][1]["subscription_item_id"] = "i1"
    assert events(raw)[1:] == [("i1", at("2024-03-05"), 30, 130, "expansion")]


def test_a_change_at_the_first_instant_of_a_month_is_not_in_the_month_before() -> None:
    """The same in the events as in the ledger, and at the ledger's end, in the reporting timezone."""
    raw = world(subscription_item_versions=prices(("2024-01-05", 100), ("2024-04-01", 150), ("2024-07-01", 170)))
    assert balances(raw) == same(100, 1, 3) | same(150, 4, 6)
    assert [row[1] for row in events(raw)] == [at("2024-01-05"), at("2024-04-01")]
    assert len(events(raw, to_june(reporting_timezone="America/New_York"))) == 3
    raw["subscription_item_versions"][1]["valid_to"] = at("2024-06-30T23:59:59")
    assert events(raw)[-1][1:4] == (at("2024-06-30T23:59:59"), -150, 0)


def test_invoice_lines_change_at_local_midnights_and_credits_are_floored_for_the_customer_only() -> None:
    """100, a credit at -120 of another plan for March, in New York; adjustments and usage are no changes."""
    charge = bill("2024-02-01", "2024-05-01", 300, invoice_line_item_id="charge")
    credit = bill("2024-03-01", "2024-04-01", -120, invoice_line_item_id="credit", plan_id="annual")
    raw = billed(charge, credit, line("2024-02-01", "2024-03-01", 9), mrr_adjustments=[adjustment(7, "2024-01")])
    names = ("item_type", "item_id", "changed_at", "mrr_change", "customer_mrr_before", "customer_mrr_after")
    assert events(raw, replace(INVOICES, reporting_timezone="America/New_York"), *names) == [
        ("recurring_line", "charge", at("2024-02-01T05:00:00"), 100, 0, 100),
        ("recurring_line", "credit", at("2024-03-01T05:00:00"), -120, 100, 0),
        ("recurring_line", "credit", at("2024-04-01T04:00:00"), 120, 0, 100),
        ("recurring_line", "charge", at("2024-05-01T04:00:00"), -100, 100, 0),
    ]
    assert events(raw) == []


def test_a_once_coupon_changes_mrr_at_the_ends_of_its_term() -> None:
    """Half off from 15 February, where its term began, to 15 March."""
    raw = world(
        subscriptions=[subscription(start="2024-01-15T10:00:00")],
        subscription_item_versions=[item()],
        discounts=[discount("d1", "2024-02-20", None, percent_off=50, duration="once")],
    )
    assert [row[1:3] for row in events(raw, to_june(discount_policy="all"))] == [
        (at("2024-01-15T10:00:00"), 100),
        (at("2024-02-15T10:00:00"), -50),
        (at("2024-03-15T10:00:00"), 50),
    ]


def test_grace_and_delinquency_move_the_changes_too() -> None:
    """The bridged renewal is a change of items without a movement; an unpaid invoice stops the second one."""
    raw = renewed("2024-03-20", "2024-04-05T06:00:00")
    raw["invoices"] = [invoice(subscription_id="s2", status="open", due_at=at("2024-05-01T01:00:00"))]
    assert events(raw, to_june(late_renewal_grace_days=30, delinquent_after_days=10))[1:] == [
        ("i1", at("2024-04-05T06:00:00"), -100, 100, None),
        ("i2", at("2024-04-05T06:00:00"), 100, 100, None),
        ("i2", at("2024-05-11T01:00:00"), -100, 0, "churn"),
    ]


# ---------------------------------------------------------------- the generator


def assert_valid(raw: Tables) -> None:
    """Check raw tables against the contract: keys, references, intervals, codes and what null may mean."""
    keys = {
        "customers": ("customer_id",),
        "customer_versions": ("customer_id", "valid_from"),
        "customer_exclusions": ("customer_id",),
        "products": ("product_id",),
        "plans": ("plan_id",),
        "subscriptions": ("subscription_id",),
        "subscription_item_versions": ("subscription_item_id", "valid_from"),
        "subscription_pauses": ("subscription_id", "paused_at"),
        "discounts": ("discount_id",),
        "invoices": ("invoice_id",),
        "invoice_line_items": ("invoice_line_item_id",),
        "exchange_rates": ("currency", "effective_date"),
        "mrr_adjustments": ("customer_id", "product_id", "month_from", "reason"),
        "acquired_customers": ("customer_id",),
    }
    assert set(raw) == set(keys)
    ids: dict[str, dict[Any, Row]] = {}
    for table, key in keys.items():
        ids[table] = {tuple(row[name] for name in key): row for row in raw[table]}
        assert len(ids[table]) == len(raw[table]), f"{table}: duplicate keys"
    references = {
        "parent_customer_id": "customers",
        "customer_id": "customers",
        "product_id": "products",
        "plan_id": "plans",
        "subscription_id": "subscriptions",
        "invoice_id": "invoices",
    }
    items = {(row["subscription_item_id"], row["subscription_id"]) for row in raw["subscription_item_versions"]}
    for table, rows in raw.items():
        for row in rows:
            for column, target in references.items():
                assert row.get(column) is None or (row[column],) in ids[target], f"{table}.{column}: orphan"
            if row.get("subscription_item_id") is not None:
                assert (row["subscription_item_id"], row["subscription_id"]) in items
    intervals = {
        "customer_versions": ("valid_from", "valid_to"),
        "subscriptions": ("started_at", "ended_at"),
        "subscription_item_versions": ("valid_from", "valid_to"),
        "subscription_pauses": ("paused_at", "resumed_at"),
        "discounts": ("starts_at", "ends_at"),
        "invoice_line_items": ("service_start", "service_end"),
        "mrr_adjustments": ("month_from", "month_to"),
    }
    for table, (start, end) in intervals.items():
        assert all(row[end] is None or row[start] <= row[end] for row in raw[table]), table
    for table, owner in (("customer_versions", "customer_id"), ("subscription_item_versions", "subscription_item_id")):
        ordered = sorted(raw[table], key=lambda row, name=owner: (row[name], row["valid_from"]))
        for before, after in pairwise(ordered):
            if before[owner] == after[owner]:
                assert before["valid_to"] is not None and before["valid_to"] <= after["valid_from"], f"{table}: overlap"
    open_pauses = {row["subscription_id"] for row in raw["subscription_pauses"] if row["resumed_at"] is None}
    for row in raw["subscriptions"]:
        assert row["trial_ends_at"] is None or row["trial_ends_at"] >= row["started_at"]
        assert row["ended_at"] is not None or row["status"] not in ("canceled", "unpaid")
        assert row["trial_ends_at"] is not None or row["status"] != "trialing"
        assert row["status"] != "paused" or row["subscription_id"] in open_pauses
    for row in raw["subscription_item_versions"]:
        if ids["plans"][(row["plan_id"],)]["pricing_model"] != "metered":
            assert row["quantity"] >= 0 and row["unit_amount"] >= 0
    for row in raw["discounts"]:
        assert (row["percent_off"] is None) != (row["amount_off"] is None)
        assert row["amount_off"] is None or row["subscription_item_id"] is not None
        assert row["percent_off"] is None or 0 <= row["percent_off"] <= 100
    for row in raw["invoice_line_items"]:
        if row["line_type"] in ("usage", "recurring"):
            assert row["service_start"] is not None and row["service_end"] is not None
        invoice_row = ids["invoices"][(row["invoice_id"],)]
        assert (row["subscription_id"], row["currency"]) == (invoice_row["subscription_id"], invoice_row["currency"])
    for row in raw["mrr_adjustments"]:
        assert row["month_from"].day == 1 and (row["month_to"] is None or row["month_to"].day == 1)
    places = {"unit_amount": 4, "amount": 4, "discount_amount": 4, "amount_off": 4, "percent_off": 4}
    for rows in raw.values():
        for row in rows:
            for column, most in {**places, "rate_to_reporting": 8}.items():
                assert row.get(column) is None or -row[column].as_tuple().exponent <= most


FLOWS = ("new", "acquired", "reactivation", "expansion", "contraction", "churn")


def assert_ties(marts: Tables) -> None:
    """Check the identities that the rules promise on any data."""
    waterfall = marts["mrr_waterfall"]
    for before, after in pairwise(waterfall):
        assert after["opening_mrr"] == before["closing_mrr"]
        assert after["opening_customers"] == before["closing_customers"]
    for row in waterfall:
        changes = sum(row[f"{name}_mrr"] for name in FLOWS)
        assert row["opening_mrr"] + changes + row["fx_mrr"] == row["closing_mrr"]
        for measure in ("mrr", "customers"):
            split = sum(row[f"{reason}_churn_{measure}"] for reason in ("voluntary", "payment_failed", "other"))
            assert split == row[f"churn_{measure}"]
    for row in marts["retention_rates"]:
        assert 0 <= row["grr"] <= min(1, row["nrr"])
        assert row["closing_mrr"] - row["retained_mrr"] == row["expansion_mrr"]
        assert row["opening_mrr"] - row["retained_mrr"] == row["contraction_mrr"] + row["churned_mrr"]
        split = sum(row[f"{reason}_churned_mrr"] for reason in ("voluntary", "payment_failed", "other"))
        assert split == row["churned_mrr"]
        assert max(row["nrr"], row["opening_mrr"], row["closing_mrr"]) < 10**12
    totals = [row for row in marts["retention_rates"] if row["dimension"] == "total" and row["period_type"] == "month"]
    openings = {row["month_date"]: row["opening_mrr"] for row in waterfall if row["opening_mrr"] > 0}
    assert {row["period_start_date"]: row["opening_mrr"] for row in totals} == openings
    assert sum(row["current_mrr"] for row in marts["dim_customers"]) == (
        waterfall[-1]["closing_mrr"] if waterfall else 0
    )


@pytest.mark.parametrize("seed", range(12))
def test_generated_data_is_valid_and_its_ledger_ties(seed: int) -> None:
    """The contract holds, and so do the identities that the rules promise on any data."""
    raw = random_raw(random.Random(seed), customers=25, months=20, tag=f"t{seed}_")
    assert_valid(raw)
    grain, timezone = [("customer", "UTC"), ("parent", "America/New_York"), ("customer", "Asia/Kolkata")][seed % 3]
    assert_ties(build_marts(raw, Settings(customer_grain=grain, reporting_timezone=timezone)))


@pytest.mark.parametrize("seed", range(12))
def test_generated_invoices_are_valid_and_their_ledger_ties(seed: int) -> None:
    """The same on the invoices basis, with subscriptions in the data and without."""
    raw = random_raw(
        random.Random(seed),
        customers=25,
        months=20,
        tag=f"t{seed}_",
        recurring_lines=True,
        subscriptions=seed % 2 == 0,
    )
    assert_valid(raw)
    settings = Settings(mrr_basis="invoices", customer_grain=("customer", "parent")[seed % 3 % 2])
    marts = build_marts(raw, settings)
    assert_ties(marts)
    without = {name: rows for name, rows in raw.items() if not name.startswith("subscription_") and name != "discounts"}
    assert build_marts(without, settings) == marts
    nothing_but_reasons = build_marts({**without, "subscriptions": []}, settings)
    assert nothing_but_reasons["fct_customer_mrr_months"] == marts["fct_customer_mrr_months"]
    assert {row["churn_reason"] for row in nothing_but_reasons["fct_mrr_movements"]} == {None, "unknown"}


def test_generation_repeats_and_datasets_combine() -> None:
    """The seed decides everything, and two tags share one database."""
    first, again = (random_raw(random.Random(7), customers=10, months=12, tag="a_") for _ in range(2))
    assert first == again
    other = random_raw(random.Random(8), customers=10, months=12, tag="b_")
    both = combine([first, other])
    assert_valid(both)
    assert len(both["exchange_rates"]) == len(first["exchange_rates"])
    settings = Settings(as_of_date=date(2026, 1, 1))
    alone = [row for raw in (first, other) for row in build_marts(raw, settings)["fct_mrr_movements"]]
    together = build_marts(both, settings)["fct_mrr_movements"]
    assert sorted(map(str, alone)) == sorted(map(str, together))


def test_generated_data_is_nasty() -> None:
    """Every movement, and the shapes that break ledgers, are there in one dataset of ordinary size."""
    raw = random_raw(random.Random(1), customers=300, months=36)
    marts = build_marts(raw, Settings())
    kinds = Counter(row["movement_type"] for row in marts["fct_mrr_movements"])
    assert min(kinds[kind] for kind in ("new", "reactivation", "expansion", "contraction", "churn")) > 20
    assert {row["recovered_mrr"] > 0 for row in marts["fct_mrr_movements"] if row["movement_type"] == "expansion"} == {
        True,
        False,
    }
    versions, subscriptions = raw["subscription_item_versions"], raw["subscriptions"]
    midnight = datetime.min.time()
    assert sum(row["valid_from"].day == 1 and row["valid_from"].time() == midnight for row in versions) > 50
    assert sum(row["valid_to"] is not None and row["valid_to"].day == 1 for row in versions) > 50
    assert any(row["valid_from"] == row["valid_to"] for row in versions)
    assert any(
        row["trial_ends_at"] and row["ended_at"] and row["trial_ends_at"] > row["ended_at"] for row in subscriptions
    )
    per_target = Counter(row["subscription_id"] for row in raw["discounts"])
    assert max(per_target.values()) == 3
    depth = {row["customer_id"]: row["parent_customer_id"] for row in raw["customers"]}
    assert any(parent is not None and depth[parent] is not None for parent in depth.values())
    assert {row["pricing_model"] for row in marts["fct_cohort_snapshots"]} == {"flat", "per_seat", "metered", "mixed"}
    assert {row["benchmark_band"] for row in marts["retention_rates"]} > {"below_90", "90_100", "100_110", "130_plus"}


def test_generated_invoices_are_dirty() -> None:
    """Every shape that real billing produces is there, in numbers, and every movement comes of it."""
    raw = random_raw(random.Random(1), customers=300, months=36, recurring_lines=True, subscriptions=False)
    kinds = Counter(
        row["movement_type"] for row in build_marts(raw, Settings(mrr_basis="invoices"))["fct_mrr_movements"]
    )
    assert min(kinds[kind] for kind in ("new", "reactivation", "expansion", "contraction", "churn")) > 100
    assert not raw["subscriptions"] and not raw["subscription_item_versions"]

    models = {row["plan_id"]: row["pricing_model"] for row in raw["plans"]}
    invoices = {row["invoice_id"]: row for row in raw["invoices"]}
    lines = [row for row in raw["invoice_line_items"] if row["line_type"] == "recurring"]
    shapes: Counter[Any] = Counter()
    periods: dict[str, list[tuple[date, date]]] = {}
    for row in lines:
        start, end = row["service_start"], row["service_end"]
        term, exclusive_end = service_term(start, end)
        days = (exclusive_end - start).days
        customer_id = invoices[row["invoice_id"]]["customer_id"]
        shapes["overlap"] += any(s < end and start < e for s, e in periods.setdefault(customer_id, []))
        periods[customer_id].append((start, end))
        shapes["inclusive end"] += exclusive_end > end
        shapes["clamped"] += exclusive_end == end and term.denominator == 1 and start.day > end.day > 27
        shapes["13 months"] += term == 13
        shapes["14 days"] += days == 14
        shapes["398 days"] += days == 398
        shapes["snapped"] += term == 1 and exclusive_end == end and days in (30, 32)
        shapes["credit"] += row["amount"] < 0
        shapes["zero"] += row["amount"] == 0
        shapes["discounted"] += row["discount_amount"] > 0
        shapes["long proration"] += row["is_proration"] and days >= 28
        shapes["short proration"] += row["is_proration"] and 0 < days < 28
        shapes["27 or 28 days"] += row["is_proration"] and days in (27, 28)
        shapes["no plan"] += row["plan_id"] is None
        shapes["metered plan"] += models.get(row["plan_id"]) == "metered"
        shapes["no quantity"] += row["quantity"] is None
        shapes["end = start"] += start == end
        shapes[row["currency"]] += 1
        shapes[invoices[row["invoice_id"]]["status"]] += 1
    wanted = ("overlap", "inclusive end", "clamped", "13 months", "14 days", "398 days", "snapped", "credit", "zero")
    wanted += ("discounted", "long proration", "short proration", "27 or 28 days", "no plan", "metered plan")
    wanted += ("no quantity", "end = start", "draft", "void", "uncollectible", "USD", "EUR", "INR", "JPY", "KWD")
    assert {name: shapes[name] for name in wanted if shapes[name] < 20} == {}


POLICIES = {
    "late_renewal_grace_days": (1, 15, 30, 400),
    "reactivation_window_months": (0, 1, 6),
    "paused_as": ("active",),
    "delinquent_after_days": (0, 30),
    "discount_policy": ("all", "none"),
    "usage_policy": ("excluded",),
    "churn_recognised_at": ("cancel_request",),
}


@pytest.mark.parametrize(("policy", "value"), [(name, value) for name, values in POLICIES.items() for value in values])
def test_every_policy_changes_generated_data_and_ties(policy: str, value: Any) -> None:
    """A policy that changed nothing would compare nothing."""
    raw = random_raw(random.Random(3), customers=60, months=24, late_business=True)
    assert_valid(raw)
    marts = build_marts(raw, Settings(**{policy: value}))
    assert_ties(marts)
    assert marts != build_marts(raw, Settings())


@pytest.mark.parametrize("seed", range(12))
def test_policies_together_tie_on_generated_data(seed: int) -> None:
    """Any mix of policies, on either basis."""
    rng = random.Random(seed)
    chosen = {name: rng.choice(values) for name, values in POLICIES.items() if rng.random() < 0.6}
    raw = random_raw(rng, customers=25, months=20, recurring_lines=True, late_business=True)
    assert_valid(raw)
    assert_ties(build_marts(raw, Settings(**chosen)))
    for name in ("paused_as", "delinquent_after_days", "churn_recognised_at"):
        chosen.pop(name, None)
    assert_ties(build_marts(raw, Settings(mrr_basis="invoices", **chosen)))


@pytest.mark.parametrize("seed", range(4))
def test_a_longer_grace_never_takes_a_paying_month_away_from_subscriptions(seed: int) -> None:
    """Every month's balance under a grace is at least that without."""
    raw = random_raw(random.Random(seed), customers=30, months=20, late_business=True)
    plain, bridged = (Ledger(raw, Settings(late_renewal_grace_days=days, usage_policy="excluded")) for days in (0, 20))
    assert all(bridged.closing(*key) >= balance for key, balance in plain.balances.items())
    assert any(bridged.closing(*key) > plain.closing(*key) for key in bridged.balances)


CORRECTED = [
    {},
    {"customer_grain": "parent", "reporting_timezone": "America/New_York", "fiscal_year_start_month": 4},
    {"mrr_basis": "invoices", "reporting_timezone": "Asia/Kolkata", "late_renewal_grace_days": 20},
    {"discount_policy": "all", "delinquent_after_days": 10, "late_renewal_grace_days": 15},
    {"churn_recognised_at": "cancel_request", "paused_as": "active", "reactivation_window_months": 2},
]


def assert_events_read_as_the_ledger(marts: Tables, ledger: Ledger) -> None:
    """Check that changes before each month's end add up to the fixed MRR that closes it at the constant rates."""
    changes = sorted(marts["fct_mrr_change_events"], key=lambda row: row["changed_at"])
    for month in ledger.months:
        instant = closing_instant(month, ledger.settings.reporting_timezone)
        items: Counter[str] = Counter()
        found: dict[str, Decimal] = {}
        for row in changes:
            if row["changed_at"] < instant:
                items[row["customer_id"]] += row["mrr_change"]
                found[row["customer_id"]] = row["customer_mrr_after"]
        for customer_id in ledger.customer_ids:
            pieces = ledger.valued(customer_id, month, AT_CONSTANT_RATES)
            fixed = [piece for piece in pieces if piece.pool in ("flat", "per_seat")]
            assert items[customer_id] == sum(piece.mrr for piece in fixed)
            assert found.get(customer_id, 0) == closing_balance(fixed)


@pytest.mark.parametrize("fx_policy", ["constant", "historical"])
@pytest.mark.parametrize("number", range(len(CORRECTED)))
def test_corrected_data_is_valid_and_its_ledger_ties(number: int, fx_policy: str) -> None:
    """Adjustments, acquisitions and historical rates keep every identity, and events add up to the ledger."""
    raw = random_raw(
        random.Random(number), customers=25, months=20, recurring_lines=True, late_business=True, corrections=True
    )
    assert_valid(raw)
    settings = Settings(fx_policy=fx_policy, **CORRECTED[number])
    marts = build_marts(raw, settings)
    assert_ties(marts)
    assert_events_read_as_the_ledger(marts, Ledger(raw, settings))
    for row in marts["fct_cohort_snapshots"]:
        assert (row["churn_reason"] is None) == (row["churned_mrr"] == 0)


def test_corrections_are_nasty_and_change_nothing_else() -> None:
    """Every reason, sign and position is there; without them the two tables are empty and the rest is the same."""
    shape = {"customers": 200, "months": 30, "recurring_lines": True, "late_business": True}
    plain, raw = (random_raw(random.Random(2), **shape, corrections=corrections) for corrections in (False, True))
    assert plain["mrr_adjustments"] == plain["acquired_customers"] == []
    assert all(plain[table] == raw[table] for table in ("customers", "subscriptions", "subscription_item_versions"))
    settings = Settings(fx_policy="historical")
    ledger, marts = Ledger(raw, settings), build_marts(raw, settings)
    first_month = Ledger(plain, settings).months[0]
    shapes: Counter[Any] = Counter()
    for row in marts["fct_mrr_movements"]:
        shapes[row["churn_reason"]] += 1
        shapes["acquired"] += row["is_acquired"]
        shapes["adjusted"] += row["adjustment_mrr"] != 0
        shapes["against the adjustment"] += row["adjustment_mrr"] * row["mrr_change"] < 0
    for row in marts["fct_customer_mrr_months"]:
        shapes["rates"] += row["fx_mrr"] != 0
        shapes["adjusted to 0"] += row["closing_mrr"] == 0 and row["closing_adjustment_mrr"] < 0
    excluded = {row["customer_id"] for row in raw["customer_exclusions"]}
    for row in raw["mrr_adjustments"]:
        shapes["excluded"] += row["customer_id"] in excluded
        shapes["empty"] += row["month_from"] == row["month_to"]
        shapes["open"] += row["month_to"] is None
        shapes["early"] += row["month_from"] <= first_month
        shapes["late"] += row["month_from"] > ledger.last_month
    for row in raw["acquired_customers"]:
        first = row["customer_id"] in ledger.customers and ledger.first_paid_month(row["customer_id"])
        shapes["never paid"] += first is None
        if first:
            month = row["acquired_at"].date().replace(day=1)
            shapes["acquired", (month > first) - (month < first)] += 1
    wanted = ("voluntary", "payment_failed", "other", "unknown", "acquired", "adjusted", "against the adjustment")
    wanted += ("rates", "adjusted to 0", "empty", "open", "late", "never paid")
    wanted += tuple(("acquired", side) for side in (-1, 0, 1))
    assert {name: shapes[name] for name in wanted if shapes[name] < 5} == {}
    assert min(shapes["excluded"], shapes["early"]) > 0
    assert {row["ended_reason"] for row in raw["subscriptions"]} == {None, "voluntary", "payment_failed", "other"}
