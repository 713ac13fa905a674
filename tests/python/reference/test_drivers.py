"""Hand-worked checks of the reference's drivers and of its marts of expansion.

Every expected number is worked out by hand from the rules. Money is in the reporting currency per month unless said
otherwise.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from reference.drivers import changes_by_driver
from reference.expansion import cut
from reference.generate import random_raw
from reference.ledger import Ledger, Row, Settings, Tables, build_marts
from test_reference import (
    HISTORICAL,
    INVOICES,
    JAN_TO_JUN_2024,
    adjustment,
    at,
    bill,
    billed,
    cohort,
    customer,
    discount,
    item,
    line,
    money,
    movements,
    plan,
    rate,
    subscription,
    to_june,
    world,
)

CHANGED = "2024-04-10"
PLANS = [
    plan("monthly"),
    plan("basic"),
    plan("pro", tier_rank=2),
    plan("max", tier_rank=2),
    plan("annual", every="year"),
    plan("seats", "per_seat"),
    plan("team", "per_seat", tier_rank=2),
    plan("addon", product_id="other"),
    plan("metered", "metered", product_id="other"),
]


# ---------------------------------------------------------------- building raw tables by hand


def sold(start: str, end: str | None, items: str) -> list[Row]:
    """Return items of subscription s1, given as `4 seats at 10 + 1 basic at 100`, over one time, numbered from i1."""
    rows = []
    for number, text in enumerate(items.split(" + ") if items else [], 1):
        quantity, plan_id, _, price = text.split()
        rows.append(item(f"i{number}", start, end, plan_id=plan_id, quantity=int(quantity), unit_amount=price))
    return rows


def history(*periods: tuple[str, str], **tables: list[Row]) -> Tables:
    """Return raw tables of customer c1, who has the given items from each instant to the next."""
    ends = [start for start, _ in periods[1:]]
    items = [row for (start, items), end in zip(periods, [*ends, None], strict=True) for row in sold(start, end, items)]
    return world(**{"plans": PLANS, "subscription_item_versions": items, **tables})


def changed(before: str, after: str, **tables: list[Row]) -> Tables:
    """Return raw tables of customer c1, whose items are changed in April."""
    return history(("2024-01-01", before), (CHANGED, after), **tables)


def company(accounts: dict[str, list[tuple[str, int, Any]]], **tables: list[Row]) -> Tables:
    """Return customers who have so many seats at a price each from each date to the next; no seats are none at all."""
    customers, subscriptions, items = [], [], []
    for name, steps in accounts.items():
        customers.append(customer(name))
        subscriptions.append(subscription(f"s-{name}", steps[0][0], customer_id=name))
        ends = [start for start, _, _ in steps[1:]]
        items += [
            item(
                f"i-{name}", start, end, subscription_id=f"s-{name}", plan_id="seats", quantity=count, unit_amount=each
            )
            for (start, count, each), end in zip(steps, [*ends, None], strict=True)
            if count
        ]
    return {
        "customers": customers,
        "plans": PLANS,
        "subscriptions": subscriptions,
        "subscription_item_versions": items,
        **tables,
    }


def facts(raw: Tables, settings: Settings, month: str) -> list[Row]:
    """Return the drivers of a month (`2024-04`)."""
    drivers = build_marts(raw, settings)["fct_mrr_movement_drivers"]
    return [row for row in drivers if f"{row['month_date']:%Y-%m}" == month]


def name_of(row: Row) -> str:
    """Return the driver of a row, with the product in front where that is not `prod`."""
    return row["driver"] if row["product_id"] == "prod" else f"{row['product_id']} {row['driver']}"


def drivers(raw: Tables, settings: Settings = JAN_TO_JUN_2024, month: str = "2024-04") -> dict[str, Decimal]:
    """Return what each driver changed in a month."""
    return {name_of(row): row["mrr_change"] for row in facts(raw, settings, month)}


def bought(raw: Tables, settings: Settings = JAN_TO_JUN_2024, month: str = "2024-04") -> dict[str, Decimal]:
    """Return what of each driver's change in a month was bought with a lower price, where anything was."""
    rows = facts(raw, settings, month)
    return {name_of(row): row["manufactured_mrr"] for row in rows if row["manufactured_mrr"] != 0}


def amounts(**named: Any) -> dict[str, Decimal]:
    """Return amounts with 4 decimals; `other__usage` is the usage of product `other`."""
    return {name.replace("__", " "): money(amount) for name, amount in named.items()}


def mart(name: str, raw: Tables, settings: Settings = JAN_TO_JUN_2024, **wanted: Any) -> list[Row]:
    """Return the rows of a mart that have the wanted values."""
    rows = build_marts(raw, settings)[name]
    return [row for row in rows if all(row[column] == value for column, value in wanted.items())]


def pick(row: Row, **expected: Any) -> Row:
    """Return the columns of a row that something is expected of."""
    return {name: row[name] for name in expected}


# ---------------------------------------------------------------- plans and swaps


@pytest.mark.parametrize(
    ("what", "before", "after", "expected"),
    [
        ("seats added", "4 seats at 10", "6 seats at 10", amounts(seat=20)),
        ("seats given up", "6 seats at 10", "4 seats at 10", amounts(seat=-20)),
        ("a rise", "5 seats at 10", "5 seats at 12", amounts(price=10)),
        ("seats at the old price, then all at the new", "4 seats at 10", "6 seats at 12", amounts(seat=20, price=12)),
        ("offsetting", "4 seats at 10", "8 seats at 5", amounts(seat=40, price=-40)),
        ("items of one plan", "1 seats at 10 + 3 seats at 10", "2 seats at 10 + 2 seats at 20", amounts(price=20)),
        ("nothing", "4 seats at 10", "4 seats at 10", {}),
        (
            "price takes what rounding leaves",
            "1 annual at 100",
            "3 annual at 100",
            amounts(seat="16.6666", price="0.0001"),
        ),
        ("a half away from 0", "2 annual at 0.0006", "1 annual at 0.0006", amounts(seat="-0.0001", price="0.0001")),
        ("two halves are no discount", "2 annual at 0.0006", "3 annual at 0.0008", amounts(seat="0.0001")),
        ("swap to another tier", "10 basic at 10", "12 pro at 15", amounts(seat=20, tier=60)),
        ("swap within a tier", "10 monthly at 10", "12 basic at 15", amounts(seat=20, price=60)),
        ("swap down", "10 pro at 15", "10 basic at 10", amounts(tier=-50)),
        ("two plans for one", "1 basic at 100 + 1 pro at 200", "1 max at 250", amounts(seat=-150, tier=100)),
        ("sets of tiers", "1 basic at 100 + 1 pro at 200", "1 max at 220 + 1 monthly at 110", amounts(price=30)),
        (
            "a swap beside a plan that stays",
            "1 basic at 10 + 1 pro at 50",
            "1 basic at 12 + 1 max at 60",
            amounts(price=12),
        ),
        ("a plan more", "1 basic at 100", "1 basic at 100 + 1 pro at 50", amounts(tier=50)),
        ("a plan less", "1 basic at 100 + 1 monthly at 50", "1 basic at 100", amounts(tier=-50)),
        ("another pool is no swap with this one", "1 basic at 100", "5 seats at 30", amounts(tier=50)),
        (
            "each pool has its own swap",
            "1 basic at 100 + 2 seats at 10",
            "1 monthly at 110 + 3 team at 10",
            amounts(price=10, seat=10),
        ),
        ("from no seats", "1 basic at 100 + 0 seats at 10", "1 basic at 100 + 5 seats at 10", amounts(seat=50)),
        ("to no seats", "1 basic at 100 + 5 seats at 10", "1 basic at 100 + 0 seats at 10", amounts(seat=-50)),
        ("swap from no seats", "1 basic at 100 + 0 pro at 10", "1 basic at 100 + 5 max at 10", amounts(seat=50)),
        ("free seats are none", "1 basic at 100 + 2 seats at 0", "1 basic at 100 + 5 seats at 10", amounts(seat=50)),
        ("nor do they stay", "1 basic at 100 + 5 seats at 10", "1 basic at 100 + 2 seats at 0", amounts(seat=-50)),
        (
            "free seats beside paid ones come",
            "4 seats at 10",
            "4 seats at 10 + 1000 seats at 0",
            {},
        ),
        (
            "free seats beside paid ones go",
            "4 seats at 10 + 1000 seats at 0",
            "5 seats at 12",
            amounts(seat=10, price=10),
        ),
        (
            "free seats in a swap",
            "4 basic at 10 + 9 basic at 0",
            "5 pro at 12 + 7 max at 0",
            amounts(seat=10, tier=10),
        ),
        (
            "no seats goes before free",
            "1 basic at 100 + 0 seats at 0",
            "1 basic at 100 + 5 seats at 10",
            amounts(seat=50),
        ),
        ("a product more", "1 basic at 100", "1 basic at 100 + 3 addon at 10", amounts(other__cross_sell=30)),
        (
            "a product less",
            "1 basic at 100 + 3 addon at 10",
            "1 basic at 90",
            amounts(price=-10, other__cross_sell=-30),
        ),
        ("one for another", "1 basic at 100", "1 addon at 100", amounts(cross_sell=-100, other__cross_sell=100)),
        (
            "free is not there",
            "1 basic at 100 + 1 addon at 0",
            "1 basic at 100 + 2 addon at 10",
            amounts(other__cross_sell=20),
        ),
    ],
)
def test_what_a_change_of_items_is_put_down_to(
    what: str, before: str, after: str, expected: dict[str, Decimal]
) -> None:
    """One customer's items, changed in April."""
    assert drivers(changed(before, after)) == expected, what


def test_a_discount_takes_what_quantity_and_price_leave() -> None:
    """4 x 10 becomes 6 x 12 less a quarter: 20 for seats, 12 for the price, -18 for the discount."""
    raw = changed("4 seats at 10", "6 seats at 12", discounts=[discount("d", CHANGED, None, percent_off=25)])
    assert drivers(raw) == amounts(seat=20, price=12, discount=-18)
    raw["discounts"].append(discount("before", "2024-01-01", CHANGED, percent_off=50))
    assert drivers(raw) == amounts(seat=10, price=6, discount=18)


def test_a_discount_takes_what_rounding_leaves() -> None:
    """3 of 4 x 3.3335 less a tenth: 9.00045 rounds up, 12.0006 does not, and the price has not moved."""
    raw = changed("3 seats at 3.3335", "4 seats at 3.3335")
    raw["discounts"] = [discount("d", "2024-01-01", None, percent_off=10)]
    assert drivers(raw) == amounts(seat="3.0002", discount="-0.0001")


def test_a_swap_with_a_discount_has_all_three() -> None:
    """10 x 10 becomes 12 x 15 of a dearer tier less a half."""
    raw = changed("10 basic at 10", "12 pro at 15", discounts=[discount("d", CHANGED, None, percent_off=50)])
    assert drivers(raw) == amounts(seat=20, tier=60, discount=-90)


def test_a_swap_with_one_side_is_tier_with_its_discount() -> None:
    """A plan more at half price adds what it pays."""
    raw = changed("1 basic at 100", "1 basic at 100 + 1 pro at 50")
    raw["discounts"] = [discount("d", CHANGED, None, percent_off=50, subscription_item_id="i2")]
    assert drivers(raw) == amounts(tier=25)


def test_under_a_discount_of_100_percent_a_product_is_still_there() -> None:
    """Its end is no cross-sell, whatever else changed then; nor is its start."""
    raw = changed("1 basic at 100 + 1 addon at 30", "1 basic at 100 + 2 addon at 30")
    raw["discounts"] = [discount("d", "2024-01-01", CHANGED, percent_off=100, subscription_item_id="i2")]
    assert drivers(raw) == amounts(other__discount=60)
    raw["discounts"] = [discount("d", CHANGED, None, percent_off=100, subscription_item_id="i2")]
    assert drivers(raw) == amounts(other__seat=30, other__discount=-60)
    raw["discounts"] = [discount("d", "2024-01-01", None, percent_off=100, subscription_item_id="i2")]
    assert drivers(raw) == {}


# ---------------------------------------------------------------- usage, credits and adjustments


def metered(*amounts_from_january: Any) -> dict[str, list[Row]]:
    """Return usage of product `other`, by the month."""
    months = [f"2024-{number:02d}-01" for number in range(1, len(amounts_from_january) + 2)]
    lines = [line(*pair, amount) for pair, amount in zip(pairwise(months), amounts_from_january, strict=True)]
    return {"invoices": [invoice_of_usage()], "invoice_line_items": lines}


def invoice_of_usage() -> Row:
    """Return the invoice that usage is on."""
    return {
        "invoice_id": "v1",
        "customer_id": "c1",
        "subscription_id": None,
        "status": "paid",
        "issued_at": at("2024-02-01"),
    }


@pytest.mark.parametrize(
    ("what", "usage", "before", "after", "expected"),
    [
        ("more of it", (50, 50, 50, 80), "", "", amounts(other__usage=30)),
        ("beside a plan", (0, 0, 0, 80), "2 addon at 10", "3 addon at 10", amounts(other__usage=80, other__seat=10)),
        ("a credit counts as none", (50, 50, 50, -20), "2 addon at 10", "2 addon at 10", amounts(other__usage=-50)),
        ("its first", (0, 0, 0, 80), "1 basic at 10", "1 basic at 10", amounts(other__cross_sell=80)),
        ("its last", (80, 80, 80, -5), "1 basic at 10", "1 basic at 10", amounts(other__cross_sell=-80)),
        (
            "with a new product",
            (0, 0, 0, 80),
            "1 basic at 10",
            "1 basic at 10 + 1 addon at 30",
            amounts(other__cross_sell=110),
        ),
        ("in place of a plan", (0, 0, 0, 80), "2 addon at 10", "", amounts(other__usage=80, other__tier=-20)),
    ],
)
def test_usage(what: str, usage: tuple[int, ...], before: str, after: str, expected: dict[str, Decimal]) -> None:
    """Usage is a driver of its own in a product that is there before and after, and makes a product be there."""
    assert drivers(changed(before, after, **metered(*usage))) == expected, what


def billing(*lines: Row, **tables: list[Row]) -> Tables:
    """Return raw tables of a user who has nothing but invoices."""
    return billed(*lines, **{"plans": PLANS, **tables})


def test_a_negative_pool_is_all_price_and_leaves_the_other_pool_alone() -> None:
    """100 flat with a credit of 120 of another plan in April, and 5 seats that become 6."""
    flat = bill("2024-01-01", "2024-07-01", 600, invoice_line_item_id="flat")
    credit = bill("2024-04-01", "2024-05-01", -120, invoice_line_item_id="credit", plan_id="basic")
    seats = [
        bill("2024-01-01", "2024-04-01", 150, plan_id="seats", quantity=5),
        bill("2024-04-01", "2024-07-01", 180, plan_id="seats", quantity=6),
    ]
    raw = billing(flat, credit, *seats)
    assert drivers(raw, INVOICES) == amounts(price=-100, seat=10)
    assert drivers(raw, INVOICES, "2024-05") == amounts(price=100)
    assert bought(raw, INVOICES, "2024-05") == {}
    without_flat = billing(credit, *seats)
    assert drivers(without_flat, INVOICES) == amounts(seat=10)


def test_a_plan_whose_gross_is_a_credit_is_all_price() -> None:
    """50 becomes -20 beside 100 of another plan of the pool: no quantity explains that, if there is one."""
    raw = billing(
        bill("2024-01-01", "2024-07-01", 600, invoice_line_item_id="pro", plan_id="pro"),
        bill("2024-01-01", "2024-04-01", 150, quantity=5),
        bill("2024-04-01", "2024-06-01", -60, quantity=2),
    )
    assert drivers(raw, INVOICES) == amounts(seat=-80)
    raw["invoice_line_items"].append(bill("2024-04-01", "2024-05-01", 10, quantity=1))
    assert drivers(raw, INVOICES) == amounts(price=-70)


def test_lines_without_a_plan_are_one_plan_without_a_rank() -> None:
    """Product and plan are `unassigned`."""
    raw = billing(
        bill("2024-01-01", "2024-04-01", 300, plan_id=None, quantity=1),
        bill("2024-04-01", "2024-07-01", 360, plan_id=None, quantity=2, discount_amount=Decimal(240)),
    )
    assert drivers(raw, INVOICES) == amounts(unassigned__seat=100, unassigned__discount=-80)


@pytest.mark.parametrize(
    ("what", "before", "after", "expected"),
    [
        ("neither known", [("monthly", 300, None)], [("monthly", 360, None)], amounts(price=20)),
        ("known before", [("monthly", 300, 5)], [("monthly", 360, None)], amounts(price=20)),
        ("known after", [("monthly", 300, None)], [("monthly", 360, 5)], amounts(price=20)),
        ("one of two unknown", [("monthly", 300, 5)], [("monthly", 240, 4), ("monthly", 9, None)], amounts(price=-17)),
        ("one that is free", [("monthly", 300, 5)], [("monthly", 240, 4), ("monthly", 0, None)], amounts(seat=-20)),
        (
            "each plan by itself",
            [("monthly", 300, None), ("basic", 60, 2)],
            [("monthly", 330, 2), ("basic", 90, 3)],
            {**amounts(price=10, seat=10)},
        ),
        ("a swap to another tier", [("basic", 300, None)], [("pro", 360, 3)], amounts(tier=20)),
        ("a swap within a tier", [("basic", 300, 2)], [("monthly", 360, None)], amounts(price=20)),
        ("two plans for one", [("basic", 150, 2), ("monthly", 60, None)], [("pro", 360, 3)], amounts(tier=50)),
        ("of no seats", [("monthly", 300, 0)], [("monthly", 360, None)], amounts(price=20)),
        (
            "from free",
            [("monthly", 0, None), ("pro", 9, 1)],
            [("monthly", 360, None), ("pro", 9, 1)],
            amounts(price=120),
        ),
    ],
)
def test_without_a_quantity_there_is_no_seat(what: str, before: Any, after: Any, expected: dict[str, Decimal]) -> None:
    """Lines for a quarter, given as plan, amount and quantity; where one is unknown, all of a plan or a swap is."""
    lines = [
        bill(start, end, amount, plan_id=plan_id, quantity=quantity, invoice_line_item_id=f"{start}-{number}")
        for start, end, side in (("2024-01-01", "2024-04-01", before), ("2024-04-01", "2024-07-01", after))
        for number, (plan_id, amount, quantity) in enumerate(side)
    ]
    assert drivers(billing(*lines), INVOICES) == expected, what


def test_a_discount_on_lines_without_a_quantity_is_a_discount() -> None:
    """100 becomes 120 of 200: with one unit on either side, the price rises by 100 and the discount takes 80."""
    raw = billing(
        bill("2024-01-01", "2024-04-01", 300),
        bill("2024-04-01", "2024-07-01", 360, quantity=2, discount_amount=Decimal(240)),
    )
    assert drivers(raw, INVOICES) == amounts(price=100, discount=-80)


def test_adjustments_are_price() -> None:
    """Also those of a product that is there for nothing else; the first one of such a product is a cross-sell."""
    steps = [adjustment(20, "2024-01", "2024-04"), adjustment(50, "2024-04")]
    raw = changed("1 basic at 100", "2 basic at 100", mrr_adjustments=steps)
    assert drivers(raw) == amounts(price=30, seat=100)
    raw = changed("1 addon at 100", "1 addon at 100", mrr_adjustments=steps)
    assert drivers(raw) == amounts(price=30)
    raw["mrr_adjustments"] = steps[1:]
    assert drivers(raw) == amounts(cross_sell=50)
    raw["mrr_adjustments"] = [adjustment(-50, "2024-04")]
    assert drivers(raw) == {}


def test_a_product_that_adjustments_take_below_0_is_all_price() -> None:
    """100 less 150 counts as 0, and every way from there and to there is a price."""
    raw = changed("1 basic at 100 + 1 addon at 40", "2 basic at 90 + 1 addon at 40")
    raw["mrr_adjustments"] = [adjustment(-250, "2024-04", "2024-05")]
    assert drivers(raw) == amounts(price=-100)
    assert drivers(raw, month="2024-05") == amounts(price=180)
    assert bought(raw, month="2024-05") == {}
    raw["mrr_adjustments"] = [adjustment(-180, "2024-04", "2024-05")]
    assert drivers(raw) == amounts(price=-200, seat=100)


# ---------------------------------------------------------------- rates, and who has drivers


def test_fx_is_what_rates_alone_changed() -> None:
    """10 seats of 1 EUR become 12 as the euro doubles: 2 for seats at the old rate, 12 for the rate."""
    items = [
        item(end=CHANGED, plan_id="seats", quantity=10, unit_amount=1, currency="EUR"),
        item(start=CHANGED, plan_id="seats", quantity=12, unit_amount=1, currency="EUR"),
    ]
    rates = [rate("2020-01-01", "1"), rate("2024-04-30", "2")]
    raw = world(plans=PLANS, subscription_item_versions=items, exchange_rates=rates)
    assert drivers(raw, HISTORICAL) == amounts(seat=2, fx=12)
    assert drivers(raw, HISTORICAL, "2024-05") == {}
    assert drivers(raw) == amounts(seat=4)
    raw["subscription_item_versions"][1]["unit_amount"] = Decimal("0.5")
    assert drivers(raw, HISTORICAL) == amounts(seat=2, price=-6, fx=6)


def test_who_would_pay_nothing_at_the_old_rates_keeps_a_price_of_0_0001() -> None:
    """100 USD become 1000 JPY in the month in which the yen is worth something again."""
    raw = world(
        plans=PLANS,
        subscription_item_versions=[
            item(end=CHANGED),
            item("i2", end=CHANGED, plan_id="addon", unit_amount=1),
            item("i3", CHANGED, plan_id="addon", unit_amount=1000, currency="JPY"),
        ],
        exchange_rates=[rate("2020-01-01", "0.00000001", "JPY"), rate("2024-04-30", "0.01", "JPY")],
    )
    assert drivers(raw, HISTORICAL) == {
        **amounts(cross_sell=-100, other__cross_sell=-1),
        **amounts(other__price="0.0001", other__fx="9.9999"),
    }
    assert bought(raw, HISTORICAL) == {}


def test_only_who_pays_before_and_after_has_drivers() -> None:
    """New, lost and back are none; offsetting changes are, without a movement."""
    raw = company({"c1": [("2024-01-05", 1, 10), ("2024-02-05", 2, 5), ("2024-03-05", 0, 0), ("2024-05-05", 3, 5)]})
    assert [facts(raw, JAN_TO_JUN_2024, f"2024-{month:02d}") == [] for month in range(1, 7)] == [
        *(True, False, True, True, True, True),
    ]
    assert drivers(raw, month="2024-02") == amounts(seat=10, price=-10)
    assert [month for month, *_ in movements(raw)] == ["2024-01", "2024-03", "2024-05"]


def test_drivers_are_those_of_the_parent() -> None:
    """Under the parent's grain, a product that one child gives up and the other takes has changed hands only."""
    raw = changed("1 basic at 100", "1 addon at 20")
    raw["customers"] = [customer(parent_customer_id="top"), customer("c2", parent_customer_id="top"), customer("top")]
    raw["subscriptions"].append(subscription("s2", customer_id="c2"))
    raw["subscription_item_versions"].append(item("j", CHANGED, subscription_id="s2", plan_id="basic", unit_amount=110))
    assert drivers(raw, to_june(customer_grain="parent")) == amounts(price=10, other__cross_sell=20)
    assert drivers(raw) == amounts(cross_sell=-100, other__cross_sell=20)


# ---------------------------------------------------------------- what was bought with a price


@pytest.mark.parametrize(
    ("what", "periods", "expected"),
    [
        ("seats with a price cut", ["4 seats at 10", "6 seats at 9"], amounts(seat=20)),
        ("at the same price", ["4 seats at 10", "6 seats at 10"], {}),
        ("at a higher price", ["4 seats at 10", "6 seats at 11"], {}),
        ("50 more are a volume discount", ["1 seats at 10", "51 seats at 9"], {}),
        ("49 more are not", ["1 seats at 10", "50 seats at 9"], amounts(seat=490)),
        ("under the last price, not the first", ["4 seats at 10", "4 seats at 15", "6 seats at 12"], {}),
        ("a rise that stays under the first", ["4 seats at 10", "4 seats at 5", "4 seats at 8"], amounts(price=12)),
        ("a seat that is free has no price", ["4 seats at 10", "6 seats at 0", "6 seats at 10"], {}),
        ("free before", ["4 seats at 0", "4 seats at 10", "5 seats at 9"], amounts(seat=10)),
        ("a swap back", ["4 seats at 10", "4 team at 8", "5 seats at 9"], amounts(seat=8, tier=5)),
        ("the first of a plan", ["4 seats at 10", "4 team at 12"], {}),
        ("volume of a swap", ["1 seats at 10", "1 team at 8", "51 seats at 9"], {}),
        ("a loss", ["6 seats at 10", "4 seats at 9"], {}),
        ("a year's price is a month's twelve times", ["1 annual at 120", "2 annual at 119"], amounts(seat=10)),
    ],
)
def test_what_was_bought_with_a_price_cut(what: str, periods: list[str], expected: dict[str, Decimal]) -> None:
    """One plan at a time beside something that stays, the last of them from April on."""
    starts = [*("2024-01-01", "2024-02-10")[: len(periods) - 1], CHANGED]
    raw = history(*((start, f"{one} + 1 basic at 1") for start, one in zip(starts, periods, strict=True)))
    assert bought(raw) == expected, what


def test_the_end_of_a_discount_is_bought_and_the_start_of_one_is_no_expansion() -> None:
    """Every positive part that a discount bears, whatever the price."""
    raw = changed("4 seats at 10", "4 seats at 10", discounts=[discount("d", "2024-01-01", CHANGED, percent_off=50)])
    assert drivers(raw) == bought(raw) == amounts(discount=20)
    raw["discounts"] = [discount("d", CHANGED, None, percent_off=50)]
    assert bought(raw) == {}


def test_seats_bought_under_a_new_discount_are_not_bought_with_the_price() -> None:
    """The price before discounts has not moved: the discount's own part is negative, the seats are whole."""
    raw = changed("4 seats at 10", "9 seats at 10", discounts=[discount("d", CHANGED, None, percent_off=20)])
    assert drivers(raw) == amounts(seat=50, discount=-18)
    assert bought(raw) == {}


@pytest.mark.parametrize(("more", "expected"), [(49, amounts(other__cross_sell=441)), (50, {})])
def test_a_product_that_comes_back_cheaper_is_bought_unless_by_volume(more: int, expected: Any) -> None:
    """10 each at first, 9 each when it comes back."""
    raw = history(
        ("2024-01-01", "1 basic at 1 + 1 addon at 10"),
        ("2024-02-10", "1 basic at 1"),
        (CHANGED, f"1 basic at 1 + {more} addon at 9"),
    )
    assert bought(raw) == expected
    raw["subscription_item_versions"][-1]["unit_amount"] = Decimal(10)
    assert bought(raw) == {}


def test_of_a_product_that_comes_only_the_plans_under_their_first_price_are_bought() -> None:
    """5 at 9 instead of 10 beside 2 of a new plan at 20 and usage of 85.05; a credit leaves less than that."""
    plans = [*PLANS, plan("extra", product_id="other")]
    raw = history(
        ("2024-01-01", "1 basic at 1 + 1 addon at 10"),
        ("2024-02-10", "1 basic at 1"),
        (CHANGED, "1 basic at 1 + 5 addon at 9 + 2 extra at 20"),
        **{"plans": plans, **metered(0, 0, 0, "85.05")},
    )
    assert drivers(raw) == amounts(other__cross_sell="170.05")
    assert bought(raw) == amounts(other__cross_sell=45)
    raw["mrr_adjustments"] = [adjustment(-130, "2024-04", product_id="other")]
    assert bought(raw) == amounts(other__cross_sell="40.05")


def test_each_plan_of_a_product_that_comes_has_its_own_volume() -> None:
    """51 of one at a lower price are a volume discount, 2 of the other are not."""
    plans = [*PLANS, plan("extra", product_id="other")]
    raw = history(
        ("2024-01-01", "1 basic at 1 + 1 addon at 10 + 1 extra at 20"),
        ("2024-02-10", "1 basic at 1"),
        (CHANGED, "1 basic at 1 + 51 addon at 9 + 2 extra at 19"),
        plans=plans,
    )
    assert bought(raw) == amounts(other__cross_sell=38)


def test_what_has_no_quantity_has_no_price_under_the_first() -> None:
    """100, then 50, then 80 for who knows how many; known to be one, the rise of 30 is under the first price."""
    lines = [
        bill("2024-01-01", "2024-02-01", 100),
        bill("2024-02-01", "2024-04-01", 100),
        bill("2024-04-01", "2024-07-01", 240),
    ]
    assert drivers(billing(*lines), INVOICES) == amounts(price=30)
    assert bought(billing(*lines), INVOICES) == {}
    known = [{**row, "quantity": 1} for row in lines]
    assert bought(billing(*known), INVOICES) == amounts(price=30)
    assert bought(billing(*known[:2], lines[2]), INVOICES) == {}
    assert bought(billing(lines[0], *known[1:]), INVOICES) == {}


def test_a_plan_that_comes_back_cheaper_is_bought() -> None:
    """A swap with one side."""
    raw = history(
        ("2024-01-01", "1 basic at 1 + 1 pro at 50"),
        ("2024-02-10", "1 basic at 1"),
        (CHANGED, "1 basic at 1 + 1 pro at 40"),
    )
    assert drivers(raw) == bought(raw) == amounts(tier=40)


@pytest.mark.parametrize(("corrected", "price", "expected"), [(5, 17, 12), (-5, 7, 7), (-12, 0, 0), (-20, -8, 0)])
def test_what_was_bought_is_never_more_than_the_change(corrected: int, price: int, expected: int) -> None:
    """4 x 5 become 4 x 8, which began as 4 x 10; an adjustment is in the same driver, and never bought."""
    raw = history(("2024-01-01", "4 seats at 10"), ("2024-02-10", "4 seats at 5"), (CHANGED, "4 seats at 8"))
    raw["mrr_adjustments"] = [adjustment(corrected, "2024-04")]
    found = facts(raw, JAN_TO_JUN_2024, "2024-04")
    assert [(row["mrr_change"], row["manufactured_mrr"]) for row in found] == ([(price, expected)] if price else [])


def test_what_a_price_cut_cost_is_not_taken_off_what_it_bought() -> None:
    """A rise of 12 under the first price, a cut of 5 and 3 of an adjustment: all 10 of the change were bought."""
    raw = history(
        ("2024-01-01", "4 seats at 10 + 1 basic at 20"),
        ("2024-02-10", "4 seats at 5 + 1 basic at 20"),
        (CHANGED, "4 seats at 8 + 1 basic at 15"),
    )
    raw["mrr_adjustments"] = [adjustment(3, "2024-04")]
    assert drivers(raw) == bought(raw) == amounts(price=10)


def test_one_item_under_the_first_price_is_enough() -> None:
    """Two items of a plan, the second below what the first one began with; a third is free."""
    raw = changed("4 seats at 10", "4 seats at 12 + 1 seats at 9 + 1 seats at 0")
    assert drivers(raw) == bought(raw) == amounts(seat=10, price=7)


def test_the_first_price_is_of_the_earliest_time_paid_for() -> None:
    """A few days count, a trial, a pause and an interval without length do not."""
    raw = history(("2024-01-01", "1 seats at 20"), ("2024-01-04", "1 seats at 10"), (CHANGED, "2 seats at 15"))
    assert bought(raw) == amounts(seat=10, price=10)
    raw["subscriptions"] = [subscription(trial_ends_at=at("2024-01-04"))]
    assert bought(raw) == {}
    raw["subscriptions"] = [subscription()]
    raw["subscription_pauses"] = [
        {"subscription_id": "s1", "paused_at": at("2023-12-01"), "resumed_at": at("2024-01-04")},
        {"subscription_id": "s1", "paused_at": at("2024-01-02"), "resumed_at": at("2024-01-03")},
    ]
    assert bought(raw) == {}
    raw["subscription_pauses"][0]["resumed_at"] = at("2024-01-03T23:59:59")
    assert bought(raw) == amounts(seat=10, price=10)
    raw = changed("1 seats at 10", "2 seats at 15")
    raw["subscription_item_versions"].append(item("i0", end="2024-01-01", plan_id="seats", unit_amount=20))
    assert bought(raw) == {}


@pytest.mark.parametrize(
    ("dearer_from", "expected"),
    [
        ("2024-01-01", {}),
        ("2024-01-01T00:00:01", {}),
        ("2023-12-31T23:59:59", amounts(seat=18, price="0.5")),
    ],
)
def test_of_prices_that_start_together_the_lowest_is_the_first(dearer_from: str, expected: Any) -> None:
    """One seat at 8 and one at 10 become three at 9 and one at 9.5, to the second."""
    raw = changed("1 seats at 8", "3 seats at 9", subscriptions=[subscription(start="2023-12-01")])
    raw["subscription_item_versions"] += [
        item("i9", dearer_from, CHANGED, plan_id="seats", unit_amount=10),
        item("i9", CHANGED, plan_id="seats", unit_amount="9.5"),
    ]
    assert bought(raw) == expected


def test_the_first_price_is_the_customers_own() -> None:
    """What a sister paid is nothing to a customer, and all the same under the parent's grain."""
    raw = company({"c1": [("2024-02-01", 1, 10), (CHANGED, 2, 10)], "c2": [("2024-01-01", 1, 20)]})
    assert bought(raw) == {}
    for row in raw["customers"]:
        row["parent_customer_id"] = "top"
    raw["customers"].append(customer("top"))
    assert bought(raw, to_june(customer_grain="parent")) == amounts(seat="15")


def test_first_prices_are_compared_at_the_constant_rate() -> None:
    """A currency that falls is no price cut, and one that rises hides none."""
    items = [
        item(end=CHANGED, plan_id="seats", quantity=1, unit_amount=10, currency="EUR"),
        item(start=CHANGED, plan_id="seats", quantity=2, unit_amount=10, currency="EUR"),
    ]
    raw = world(plans=PLANS, subscription_item_versions=items)
    raw["exchange_rates"] = [rate("2020-01-01", "2"), rate("2024-04-01", "1"), rate("2024-06-01", "3")]
    assert drivers(raw, HISTORICAL) == amounts(seat=20, fx=-20)
    assert bought(raw, HISTORICAL) == {}
    raw["exchange_rates"][1] = rate("2024-04-01", "4")
    items[1]["unit_amount"] = Decimal(9)
    assert bought(raw, HISTORICAL) == amounts(seat=20)


def test_a_price_that_rounds_to_0_is_no_price_under_the_first() -> None:
    """0.0005 a year is less than 0.00005 a month; nor is it a first price."""
    raw = history(("2024-01-01", "1 annual at 0.0005 + 1 basic at 1"), ("2024-02-10", "1 annual at 12 + 1 basic at 1"))
    raw["subscription_item_versions"] += sold(CHANGED, None, "2 annual at 6 + 1 basic at 1")
    for row in raw["subscription_item_versions"][2:4]:
        row["valid_to"] = at(CHANGED)
    assert bought(raw) == amounts(seat=1)
    raw = changed("1 annual at 12 + 1 basic at 1", "9 annual at 0.0005 + 1 basic at 1")
    assert drivers(raw) == amounts(seat=8, price="-8.9996")
    assert bought(raw) == {}
    raw["subscription_item_versions"][2]["unit_amount"] = Decimal("0.0006")
    assert bought(raw) == amounts(seat=8)


def test_lines_have_the_price_before_their_discount() -> None:
    """2 for 20, then 3 for 24 of 30 and for 27 of 27: the first is a discount, the second a price cut."""
    before = bill("2024-01-01", "2024-04-01", 60, plan_id="seats", quantity=2)
    discounted = bill("2024-04-01", "2024-07-01", 72, plan_id="seats", quantity=3, discount_amount=Decimal(18))
    cheaper = bill("2024-04-01", "2024-07-01", 81, plan_id="seats", quantity=3)
    assert drivers(billing(before, discounted), INVOICES) == amounts(seat=10, discount=-6)
    assert bought(billing(before, discounted), INVOICES) == {}
    assert drivers(billing(before, cheaper), INVOICES) == amounts(seat=10, price=-3)
    assert bought(billing(before, cheaper), INVOICES) == amounts(seat=10)


# ---------------------------------------------------------------- products


def test_a_product_keeps_its_own_customers() -> None:
    """Who takes it later is not among them, and who keeps another product has left this one."""
    stays = company(
        {"c1": [("2023-12-01", 10, 10), ("2024-05-15", 15, 10)], "c2": [("2023-12-01", 5, 10), ("2024-05-15", 0, 0)]}
    )
    stays["subscription_item_versions"] += [
        item("j1", "2024-05-15", subscription_id="s-c1", plan_id="addon", unit_amount=30),
        item("j2", "2023-12-01", subscription_id="s-c2", plan_id="addon", unit_amount=20),
    ]
    settings = Settings(as_of_date=date(2024, 12, 31))
    rows = mart("product_retention_rates", stays, settings, period_type="year", period_start_date=date(2024, 1, 1))
    assert {row["product_id"] for row in rows} == {"prod", "other"}
    by_product = {row["product_id"]: row for row in rows}
    expected = {
        "period_end_date": date(2024, 12, 31),
        "period_label": "2024",
        "cohort_customers": 2,
        "opening_mrr": 150,
        "expansion_mrr": 50,
        "contraction_mrr": 0,
        "churned_mrr": 50,
        "retained_mrr": 100,
        "closing_mrr": 150,
        "nrr": 1,
        "grr": Decimal("0.666667"),
        "logo_retention": Decimal("0.5"),
        "expansion_rate": Decimal("0.333333"),
        "benchmark_band": "100_110",
        "is_fragile": True,
    }
    assert pick(by_product["prod"], **expected) == expected
    expected = {"cohort_customers": 1, "opening_mrr": 20, "closing_mrr": 20, "nrr": 1, "is_fragile": False}
    assert pick(by_product["other"], **expected) == expected
    monthly = mart("product_retention_rates", stays, settings, period_type="month", period_start_date=date(2024, 5, 1))
    assert {row["benchmark_band"] for row in monthly} == {row["is_fragile"] for row in monthly} == {None}


def test_products_count_as_the_ledger_counts_them() -> None:
    """Adjustments are in a product, and take it no lower than 0; contraction is what is left of it."""
    raw = changed("1 basic at 100 + 1 addon at 40", "1 basic at 100 + 1 addon at 30")
    raw["mrr_adjustments"] = [adjustment(-150, "2024-04")]
    rows = mart("product_retention_rates", raw, period_type="quarter", period_start_date=date(2024, 4, 1))
    assert {row["product_id"]: (row["churned_mrr"], row["contraction_mrr"], row["nrr"]) for row in rows} == {
        "prod": (100, 0, 0),
        "other": (0, 10, Decimal("0.75")),
    }


def test_a_product_closes_at_the_rates_of_the_opening() -> None:
    """10 EUR throughout are no growth as the euro doubles; a product that is worth nothing then is worth nothing."""
    raw = world(
        plans=PLANS,
        subscription_item_versions=[
            item(unit_amount=10, currency="EUR"),
            item("i2", end=CHANGED, plan_id="addon", unit_amount=1),
            item("i3", CHANGED, plan_id="addon", unit_amount=1000, currency="JPY"),
        ],
        exchange_rates=[
            *(rate("2020-01-01", "1"), rate("2024-04-30", "2")),
            *(rate("2020-01-01", "0.00000001", "JPY"), rate("2024-04-30", "0.01", "JPY")),
        ],
    )
    rows = mart("product_retention_rates", raw, HISTORICAL, period_type="month", period_start_date=date(2024, 4, 1))
    assert {row["product_id"]: (row["opening_mrr"], row["closing_mrr"]) for row in rows} == {
        "prod": (10, 10),
        "other": (1, 0),
    }


# ---------------------------------------------------------------- durability


def test_an_expansion_is_recovery_first_and_held_as_far_as_it_lasts() -> None:
    """10 x 10, 6 x 10, then 9 x 12: 40 of 48 is recovered, and 3 of the other 8 are held in June, 8 in September."""
    steps = [
        ("2024-01-01", 10, 10),
        ("2024-02-10", 6, 10),
        ("2024-03-10", 9, 12),
        ("2024-06-01", 1, 103),
        ("2024-07-01", 1, 200),
    ]
    raw = company({"c1": steps})
    rows = mart("expansion_durability", raw, Settings(as_of_date=date(2024, 9, 30)), month_date=date(2024, 3, 1))
    unknown = {"held_after_12_months_mrr": None, "share_held_after_12_months": None}
    assert {row["driver"]: row for row in rows} == {
        "price": {
            "month_date": date(2024, 3, 1),
            "driver": "price",
            "expanding_customers": 1,
            "expansion_mrr": 18,
            "manufactured_mrr": 0,
            "recovered_mrr": 15,
            "above_peak_mrr": 3,
            "held_after_3_months_mrr": Decimal("1.125"),
            "share_held_after_3_months": Decimal("0.375"),
            "held_after_6_months_mrr": 3,
            "share_held_after_6_months": 1,
            **unknown,
        },
        "seat": {
            "month_date": date(2024, 3, 1),
            "driver": "seat",
            "expanding_customers": 1,
            "expansion_mrr": 30,
            "manufactured_mrr": 0,
            "recovered_mrr": 25,
            "above_peak_mrr": 5,
            "held_after_3_months_mrr": Decimal("1.875"),
            "share_held_after_3_months": Decimal("0.375"),
            "held_after_6_months_mrr": 5,
            "share_held_after_6_months": 1,
            **unknown,
        },
    }


def test_what_is_cut_sums_to_the_whole() -> None:
    """Thirds of 1, a half away from 0, and a negative driver, which bears a negative share."""
    thirds = {name: money(1) for name in ("discount", "price", "seat")}
    assert cut(money(1), thirds) == amounts(discount="0.3333", price="0.3334", seat="0.3333")
    assert cut(money("0.0001"), {"price": money(1), "seat": money(1)}) == amounts(price="0.0001", seat=0)
    assert cut(money(10), {"price": money(-5), "seat": money(25)}) == amounts(price="-2.5", seat="12.5")


def test_durability_of_several_customers_products_and_bought_expansion() -> None:
    """Only expansions count; a driver that is up in one product as it is down in another is none of the customer's."""
    raw = company(
        {
            "c1": [("2024-01-01", 4, 10), (CHANGED, 6, 9)],
            "c2": [("2024-01-01", 4, 10), (CHANGED, 5, 10), ("2024-05-10", 0, 0)],
            "c3": [("2024-01-01", 4, 10), (CHANGED, 3, 10)],
            "c4": [("2024-01-01", 4, 10), (CHANGED, 5, 10)],
        }
    )
    raw["subscription_item_versions"] += [
        item("j1", "2024-01-01", CHANGED, subscription_id="s-c4", plan_id="addon", quantity=5, unit_amount=10),
        item("j1", CHANGED, subscription_id="s-c4", plan_id="addon", quantity=4, unit_amount=20),
    ]
    rows = mart("expansion_durability", raw, to_june(), month_date=date(2024, 4, 1))
    names = ("driver", "expanding_customers", "expansion_mrr", "manufactured_mrr", "above_peak_mrr")
    assert [tuple(row[name] for name in names) for row in sorted(rows, key=lambda row: row["driver"])] == [
        ("price", 2, 34, 0, 34),
        ("seat", 2, 30, 20, 30),
    ]
    assert {row["held_after_3_months_mrr"] for row in rows} == {None}


def test_held_is_read_at_the_constant_rates_and_a_share_needs_something_above_the_peak() -> None:
    """The euro falls by half, and an expansion in euros is held in full; a recovery has no share."""
    items = [
        item(end="2024-02-10", plan_id="seats", quantity=2, unit_amount=10, currency="EUR"),
        item(start="2024-02-10", plan_id="seats", quantity=3, unit_amount=10, currency="EUR"),
    ]
    raw = world(plans=PLANS, subscription_item_versions=items)
    raw["exchange_rates"] = [rate("2020-01-01", "2"), rate("2024-04-01", "1")]
    (row,) = mart("expansion_durability", raw, HISTORICAL)
    assert (row["above_peak_mrr"], row["held_after_3_months_mrr"], row["share_held_after_3_months"]) == (20, 20, 1)
    lost = company({"c1": [("2024-01-01", 3, 10), ("2024-02-10", 2, 10), ("2024-03-10", 3, 10)]})
    (row,) = mart("expansion_durability", lost)
    assert (row["recovered_mrr"], row["above_peak_mrr"], row["held_after_3_months_mrr"]) == (10, 0, 0)
    assert row["share_held_after_3_months"] is None


def test_a_driver_that_was_negative_has_no_share_to_hold() -> None:
    """4 x 10 become 8 x 8: 40 for seats and -16 for the price, and all of it lasts."""
    raw = company({"c1": [("2024-01-01", 4, 10), ("2024-02-10", 8, 8)]})
    rows = sorted(mart("expansion_durability", raw), key=lambda row: row["driver"])
    names = ("driver", "above_peak_mrr", "held_after_3_months_mrr", "share_held_after_3_months")
    assert [tuple(row[name] for name in names) for row in rows] == [("price", -16, -16, None), ("seat", 40, 40, 1)]


# ---------------------------------------------------------------- concentration


@pytest.mark.parametrize(
    ("what", "changes", "expected"),
    [
        ("a larger one", [30] + [10] * 11 + [0] * 8, (12, "0.6", 140, "0.214286", "0.857143", 2, "0.285714", False)),
        ("all alike", [10] * 20, (20, "1", 200, "0.05", "0.5", 2, "0.1", False)),
        ("half by one", [20] + [1] * 20, (21, "1", 40, "0.5", "0.725", 3, "0.55", True)),
        ("almost half by one", [20] + [1] * 21, (22, "1", 41, "0.487805", "0.707317", 3, "0.536585", False)),
        ("8 tenths by a tenth", [160] * 2 + [5] * 16, (18, "1", 400, "0.4", "0.9", 2, "0.8", True)),
        ("almost 8 tenths", [160] * 2 + [5] * 17, (19, "1", 405, "0.395062", "0.888889", 2, "0.790123", False)),
        ("ten", [10] * 10, (10, "1", 100, "0.1", "1", 1, "0.1", False)),
        ("none", [0, 0, -10], (0, "0", 0, None, None, 0, None, None)),
    ],
)
def test_concentration(what: str, changes: list[int], expected: tuple[Any, ...]) -> None:
    """Customers of 100 who pay so much more from May on."""
    raw = cohort([(100, 100 + change) for change in changes])
    (row,) = mart("expansion_concentration", raw, month_date=date(2024, 5, 1))
    names = ("expanding_customers", "expanding_share", "expansion_mrr", "top_1_share", "top_10_share")
    names += ("top_decile_customers", "top_decile_share", "is_concentrated")
    assert tuple(row[name] for name in names) == tuple(
        Decimal(value) if isinstance(value, str) else value for value in expected
    ), what
    assert row["opening_customers"] == len(changes)


def test_concentration_has_every_month_of_the_waterfall() -> None:
    """Also one without an opening, which has no share that expands."""
    marts = build_marts(cohort([(100, 110)]), JAN_TO_JUN_2024)
    months = [row["month_date"] for row in marts["mrr_waterfall"]]
    rows = marts["expansion_concentration"]
    assert [row["month_date"] for row in rows] == months == [row["month_date"] for row in marts["retention_scorecard"]]
    assert (rows[0]["opening_customers"], rows[0]["expanding_share"]) == (0, None)


# ---------------------------------------------------------------- time to the first expansion

WAITING = {
    "a": [("2024-01-05", 1, 10), ("2024-03-05", 2, 10), ("2024-04-05", 3, 10)],
    "b": [("2024-01-05", 1, 10), ("2024-02-05", 0, 0)],
    "c": [("2024-03-05", 1, 10), ("2024-06-05", 2, 10)],
    "d": [("2024-05-05", 1, 10)],
    "e": [("2024-02-05", 1, 10), ("2024-04-05", 2, 10)],
    "never paid": [("2024-02-05", 1, 0), ("2024-04-05", 2, 0)],
}


def channel(customer_id: str, name: str | None, start: str, end: str | None) -> Row:
    """Return a version of a customer with an acquisition channel."""
    return customer(customer_id, acquisition_channel=name, valid_from=at(start), valid_to=at(end))


def test_time_to_expand_is_kaplan_meier_with_the_lost_in_it() -> None:
    """2 of 4 at 2 months and 1 of 2 at 3, for d is seen for 1 month only, and b, who left, to the end: 5 months."""
    (row,) = mart("time_to_first_expansion", company(WAITING), dimension="total")
    assert row == {
        "dimension": "total",
        "dimension_value": "all",
        "customers": 5,
        "expanded_customers": 3,
        "censored_customers": 2,
        "share_expanded_3_months": Decimal("0.75"),
        "share_expanded_6_months": None,
        "share_expanded_12_months": None,
        "months_to_expand_first_quartile": 2,
        "median_months_to_expand": 2,
        "months_to_expand_third_quartile": 3,
    }


def test_time_to_expand_by_cohort_and_by_the_channel_of_the_first_paid_month() -> None:
    """A cohort that is too young has no share; the channel is the one at the end of the first month that paid."""
    raw = company(WAITING)
    raw["customer_versions"] = [
        channel("a", "early", "2024-01-01", "2024-01-31"),
        channel("a", "web", "2024-01-31", "2024-02-01"),
        channel("a", "late", "2024-02-01", None),
        channel("b", None, "2024-06-01", None),
    ]
    rows = {(row["dimension"], row["dimension_value"]): row for row in mart("time_to_first_expansion", raw)}
    assert {value: row["customers"] for (name, value), row in rows.items() if name == "acquisition_cohort"} == {
        **{"2024-01": 2, "2024-02": 1, "2024-03": 1, "2024-05": 1},
    }
    assert {
        value: row["expanded_customers"] for (name, value), row in rows.items() if name == "acquisition_channel"
    } == {
        **{"web": 1, "(none)": 0, "ads": 2},
    }
    january = rows["acquisition_cohort", "2024-01"]
    assert (january["share_expanded_3_months"], january["median_months_to_expand"]) == (Decimal("0.5"), 2)
    assert january["months_to_expand_third_quartile"] is None
    assert rows["acquisition_cohort", "2024-05"]["share_expanded_3_months"] is None
    assert rows["acquisition_cohort", "2024-03"]["share_expanded_3_months"] == 1


def test_time_to_expand_is_exact() -> None:
    """1 of 3 at 1 month, then 1 of 2 at 2: 2/3, not a rounded product; the third is seen throughout."""
    raw = company(
        {
            "a": [("2024-01-05", 1, 10), ("2024-02-05", 2, 10)],
            "b": [("2024-01-05", 1, 10), ("2024-03-05", 2, 10)],
            "c": [("2024-01-05", 1, 10)],
        }
    )
    (row,) = mart("time_to_first_expansion", raw, dimension="total")
    assert row["share_expanded_3_months"] == Decimal("0.666667")
    assert (row["months_to_expand_first_quartile"], row["median_months_to_expand"]) == (1, 2)
    assert row["months_to_expand_third_quartile"] is None


# ---------------------------------------------------------------- from contraction to churn


def test_contraction_to_churn_against_the_others() -> None:
    """c1 gives up seats in February and leaves in April, c2 pays less and stays, c3 leaves at once in March."""
    raw = company(
        {
            "c1": [("2024-01-05", 4, 10), ("2024-02-05", 3, 10), ("2024-04-05", 0, 0)],
            "c2": [("2024-01-05", 4, 10), ("2024-02-05", 4, 9)],
            "c3": [("2024-01-05", 4, 10), ("2024-03-05", 0, 0)],
        }
    )
    rows = mart("contraction_to_churn", raw)
    keys = [(driver, horizon) for driver in ("all", "price", "seat") for horizon in (3, 6, 12)]
    assert [(row["driver"], row["horizon_months"]) for row in rows] == keys
    by_key = dict(zip(keys, rows, strict=True))
    others = {
        "comparison_customer_months": 6,
        "churned_comparison_customer_months": 4,
        "churn_share_of_comparison": Decimal("0.666667"),
    }
    assert by_key["all", 3] == {
        "driver": "all",
        "horizon_months": 3,
        "contractions": 2,
        "churned_after_contraction": 1,
        "churn_share_after_contraction": Decimal("0.5"),
        **others,
        "churn_lift": Decimal("0.75"),
    }
    assert [by_key[driver, 3]["churn_lift"] for driver in ("price", "seat")] == [0, Decimal("1.5")]
    assert pick(by_key["seat", 3], **others) == others
    nothing = {
        "contractions": 0,
        "churned_after_contraction": 0,
        "churn_share_after_contraction": None,
        "comparison_customer_months": 0,
        "churned_comparison_customer_months": 0,
        "churn_share_of_comparison": None,
        "churn_lift": None,
    }
    assert pick(by_key["all", 6], **nothing) == nothing


def test_a_churn_counts_within_the_horizon_only_and_without_others_there_is_no_lift() -> None:
    """A contraction in January and a churn three months later, or four."""
    for churned_at, counted in (("2024-04-05", 1), ("2024-05-05", 0)):
        raw = company({"c1": [("2023-12-05", 4, 10), ("2024-01-05", 3, 10), (churned_at, 0, 0)]})
        (row,) = mart("contraction_to_churn", raw, driver="all", horizon_months=3)
        assert (row["contractions"], row["churned_after_contraction"]) == (1, counted)
    raw = company({"c1": [("2023-12-05", 4, 10), ("2024-01-05", 3, 10)]})
    (row,) = mart("contraction_to_churn", raw, driver="all", horizon_months=3)
    assert (row["churn_share_of_comparison"], row["churn_lift"]) == (0, None)


def test_the_leading_driver_took_the_most_over_all_products() -> None:
    """Of two that took the same, the first by name; a gain in another product is taken off."""
    raw = changed("1 basic at 100 + 2 seats at 10 + 1 addon at 40", "1 basic at 90 + 1 seats at 10 + 1 addon at 40")
    assert drivers(raw) == amounts(price=-10, seat=-10)
    assert {row["driver"] for row in mart("contraction_to_churn", raw)} == {"all", "price"}
    raw["subscription_item_versions"][-1]["unit_amount"] = Decimal(41)
    assert {row["driver"] for row in mart("contraction_to_churn", raw)} == {"all", "seat"}


def test_without_a_paid_month_there_is_nothing() -> None:
    """A free plan makes no rows in any mart of expansion."""
    marts = build_marts(changed("1 basic at 0", "2 basic at 0"), JAN_TO_JUN_2024)
    assert {name: rows for name, rows in marts.items() if rows and name != "dim_customers"} == {}


# ---------------------------------------------------------------- the scorecard


def december(raw: Tables) -> Row:
    """Return the scorecard of December 2024."""
    settings = Settings(as_of_date=date(2024, 12, 31))
    (row,) = mart("retention_scorecard", raw, settings, month_date=date(2024, 12, 1))
    return row


def test_scorecard_of_a_small_company() -> None:
    """10 leaves and 90 becomes 110 in 2024."""
    assert december(cohort([(10, None), (90, 110)])) == {
        "month_date": date(2024, 12, 1),
        "closing_arr": 1320,
        "arr_stage": "0-1M",
        "target_nrr_from": Decimal("0.9"),
        "target_nrr_to": 1,
        "nrr": Decimal("1.1"),
        "grr": Decimal("0.9"),
        "is_fragile": False,
        "nrr_band": "110_120",
        "grr_band": "90_95",
        "quick_ratio": None,
        "expansion_share_of_growth": None,
        "is_net_negative_churn": False,
        "net_mrr_churn_rate": 0,
        "has_fewer_customers": False,
        "is_net_negative_churn_with_fewer_customers": False,
        "target_expansion_rate": 0,
        "expansion_needed_mrr": 0,
        "gross_mrr_churn_rate": Decimal("0.1"),
        "tenured_customers": 1,
        "is_ready_to_invest_in_expansion": False,
        "highest_funding_round_met": "Series B",
    }


@pytest.mark.parametrize(
    ("openings_and_closings", "expected"),
    [
        (
            [(20_000, None), (80_000, 85_000)],
            {"arr_stage": "1-5M", "target_expansion_rate": Decimal("0.2"), "expansion_needed_mrr": 15_000}
            | {"nrr_band": "below_90", "grr_band": "below_90", "highest_funding_round_met": None},
        ),
        (
            [(500_000, 500_000)],
            {"arr_stage": "5-20M", "target_nrr_from": Decimal("1.1"), "target_nrr_to": Decimal("1.25")}
            | {"target_expansion_rate": Decimal("0.1"), "expansion_needed_mrr": 50_000}
            | {"nrr_band": "100_110", "grr_band": "95_plus", "highest_funding_round_met": "Series A"},
        ),
        (
            [("2000000.0001", "2000000.0001")],
            {"arr_stage": "20M+", "target_nrr_from": Decimal("1.2"), "target_nrr_to": None}
            | {"expansion_needed_mrr": money(400_000)},
        ),
    ],
)
def test_scorecard_targets_grow_with_the_company(openings_and_closings: Any, expected: Row) -> None:
    """What is missing is the target's lower end less what closes, of the customers of a year before."""
    assert pick(december(cohort(openings_and_closings)), **expected) == expected


@pytest.mark.parametrize(
    ("customers", "gone", "is_ready"), [(50, 0, True), (49, 0, False), (50, "7.99", True), (50, 8, False)]
)
def test_ready_to_invest_needs_tenured_customers_and_a_low_churn(customers: int, gone: Any, is_ready: bool) -> None:
    """50 customers of three months or more, and less than 8 % of the MRR lost within the year."""
    left = [(gone, None)] if gone else []
    row = december(cohort([*left, *([("1.84", "1.84")] * customers)]))
    assert (row["tenured_customers"], row["is_ready_to_invest_in_expansion"]) == (customers, is_ready)


def test_scorecard_before_the_first_year_is_over() -> None:
    """The month's own numbers are there, the year's are not; a customer is tenured from its third month on."""
    rows = mart("retention_scorecard", cohort([(10, None), (90, 110)]))
    yearly = ("nrr", "grr", "is_fragile", "nrr_band", "grr_band", "target_expansion_rate", "expansion_needed_mrr")
    yearly += ("gross_mrr_churn_rate", "is_ready_to_invest_in_expansion", "highest_funding_round_met")
    assert {row[name] for row in rows for name in yearly} == {None}
    assert [row["tenured_customers"] for row in rows] == [0, 0, 0, 2, 2, 1, 1]
    may = rows[5]
    assert may["net_mrr_churn_rate"] == Decimal("-0.1")
    assert (may["is_net_negative_churn"], may["has_fewer_customers"]) == (True, True)
    assert may["is_net_negative_churn_with_fewer_customers"] is True
    assert (rows[0]["net_mrr_churn_rate"], rows[0]["arr_stage"]) == (None, "0-1M")
    may = mart("retention_scorecard", cohort([(90, 110)]))[5]
    assert (may["is_net_negative_churn"], may["is_net_negative_churn_with_fewer_customers"]) == (True, False)


# ---------------------------------------------------------------- any data

VARIED: list[dict[str, Any]] = [
    {},
    {"customer_grain": "parent", "reporting_timezone": "America/New_York"},
    {"mrr_basis": "invoices"},
    {"fx_policy": "historical"},
    {"mrr_basis": "invoices", "fx_policy": "historical", "late_renewal_grace_days": 20},
    {"discount_policy": "all", "delinquent_after_days": 10, "paused_as": "active", "reporting_currency": "EUR"},
]


def nasty(seed: int, settings: Settings) -> Tables:
    """Return generated data of the basis that the settings read."""
    is_billed = settings.mrr_basis == "invoices"
    return random_raw(
        *(random.Random(seed), 25, 24),
        recurring_lines=is_billed,
        subscriptions=not is_billed,
        late_business=seed % 2 == 0,
        corrections=seed % 3 != 0,
    )


def assert_drivers_tie(marts: Tables) -> None:
    """Check that drivers sum to each customer's change, rates included or not, and to the waterfall."""
    own: defaultdict[Any, Decimal] = defaultdict(Decimal)
    with_rates: defaultdict[Any, Decimal] = defaultdict(Decimal)
    for row in marts["fct_mrr_movement_drivers"]:
        key = row["customer_id"], row["month_date"]
        assert row["mrr_change"] != 0 and 0 <= row["manufactured_mrr"] <= max(row["mrr_change"], 0)
        assert row["manufactured_mrr"] == 0 or row["driver"] not in ("usage", "fx")
        with_rates[key] += row["mrr_change"]
        own[key] += row["mrr_change"] if row["driver"] != "fx" else 0
    moved = {(row["customer_id"], row["month_date"]): row for row in marts["fct_mrr_movements"]}
    for row in marts["fct_customer_mrr_months"]:
        key = row["customer_id"], row["month_date"]
        if row["opening_mrr"] > 0 and row["closing_mrr"] > 0:
            assert with_rates[key] == row["closing_mrr"] - row["opening_mrr"]
            assert own[key] == (moved[key]["mrr_change"] if key in moved else 0)
        else:
            assert key not in with_rates

    expansions = defaultdict(list)
    for row in marts["expansion_durability"]:
        expansions[row["month_date"]].append(row)
        assert row["recovered_mrr"] + row["above_peak_mrr"] == row["expansion_mrr"]
    peaks: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in marts["fct_mrr_movements"]:
        peaks[row["month_date"]] += row["above_peak_mrr"] if row["movement_type"] == "expansion" else 0
    for month in marts["mrr_waterfall"]:
        rows = expansions[month["month_date"]]
        assert sum(row["expansion_mrr"] for row in rows) == month["expansion_mrr"]
        assert sum(row["above_peak_mrr"] for row in rows) == peaks[month["month_date"]]
        held = [row["held_after_3_months_mrr"] for row in rows]
        assert None in held or 0 <= sum(held) <= peaks[month["month_date"]]


def assert_expansion_marts_tie(marts: Tables) -> None:
    """Check the identities of the other marts."""
    for row, month in zip(marts["expansion_concentration"], marts["mrr_waterfall"], strict=True):
        assert row["expansion_mrr"] == month["expansion_mrr"]
        assert row["expanding_customers"] == month["expansion_customers"]
        if row["expanding_customers"]:
            assert 0 < row["top_1_share"] <= row["top_10_share"] <= 1 >= row["top_decile_share"]
    for row in marts["product_retention_rates"]:
        assert 0 <= row["grr"] <= min(1, row["nrr"])
        assert row["closing_mrr"] - row["retained_mrr"] == row["expansion_mrr"]
        assert row["opening_mrr"] - row["retained_mrr"] == row["contraction_mrr"] + row["churned_mrr"]
    for row in marts["time_to_first_expansion"]:
        shares = [row[f"share_expanded_{months}_months"] for months in (3, 6, 12)]
        known = [share for share in shares if share is not None]
        assert known == sorted(known) and shares == [*known, *([None] * (3 - len(known)))]
    contractions = [row for row in marts["contraction_to_churn"] if row["driver"] != "all"]
    for row in marts["contraction_to_churn"]:
        if row["driver"] == "all":
            led = [one for one in contractions if one["horizon_months"] == row["horizon_months"]]
            assert sum(one["contractions"] for one in led) == row["contractions"]
            assert sum(one["churned_after_contraction"] for one in led) == row["churned_after_contraction"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("number", range(len(VARIED)))
def test_drivers_tie_on_generated_data(number: int, seed: int) -> None:
    """The identities that the rules promise on any data."""
    settings = Settings(**VARIED[number])
    marts = build_marts(nasty(10 * number + seed, settings), settings)
    assert_drivers_tie(marts)
    assert_expansion_marts_tie(marts)


@pytest.mark.parametrize("number", range(len(VARIED)))
def test_drivers_are_the_same_whatever_the_order_of_the_rows(number: int) -> None:
    """Nothing hangs on which row of a table comes first."""
    settings = Settings(**VARIED[number])
    raw = nasty(number, settings)
    turned = {table: rows[::-1] for table, rows in raw.items()}
    marts, again = (build_marts(one, settings) for one in (raw, turned))
    for name in ("fct_mrr_movement_drivers", "expansion_durability", "product_retention_rates"):
        assert sorted(map(str, marts[name])) == sorted(map(str, again[name]))


def test_the_drivers_of_a_movement_are_by_name_without_rates_and_zero_sums() -> None:
    """What the marts read of a customer's month."""
    row = {"customer_id": "c1", "month_date": date(2024, 4, 1)}
    rows = [("prod", "seat", 5), ("prod", "price", 3), ("other", "price", -3), ("prod", "fx", 9), ("other", "seat", 2)]
    facts = [{**row, "product_id": product, "driver": name, "mrr_change": money(n)} for product, name, n in rows]
    assert changes_by_driver(facts) == {("c1", date(2024, 4, 1)): amounts(seat=7)}


@pytest.mark.parametrize("basis", ["subscriptions", "invoices"])
def test_generated_data_has_every_driver(basis: str) -> None:
    """Each driver up and down, and each way of buying an expansion, in numbers; so the comparison compares them."""
    shapes: Counter[Any] = Counter()
    for seed in range(8):
        settings = Settings(mrr_basis=basis, fx_policy=("constant", "historical")[seed % 2])
        raw = nasty(seed, settings)
        marts = build_marts(raw, settings)
        for row in marts["fct_mrr_movement_drivers"]:
            shapes[row["driver"], row["mrr_change"] > 0] += 1
            shapes["bought", row["driver"]] += row["manufactured_mrr"] > 0
            shapes["bought in part"] += 0 < row["manufactured_mrr"] < row["mrr_change"]
            shapes["part of a product"] += (
                row["driver"] == "cross_sell" and 0 < row["manufactured_mrr"] < row["mrr_change"]
            )
        shapes["without a movement"] += count_offsetting(marts)
        for row in marts["expansion_durability"]:
            shapes["recovered"] += row["recovered_mrr"] > 0
            shapes["held in part"] += 0 < (row["share_held_after_6_months"] or 0) < 1
        shapes["lift"] += sum(row["churn_lift"] is not None for row in marts["contraction_to_churn"])
        shapes["median"] += sum(row["median_months_to_expand"] is not None for row in marts["time_to_first_expansion"])
        shapes["needed"] += sum((row["expansion_needed_mrr"] or 0) > 0 for row in marts["retention_scorecard"])
    wanted: list[Any] = ["without a movement", "recovered", "held in part", "lift", "median", "needed"]
    names = ("seat", "tier", "price", "discount", "usage", "cross_sell", "fx")
    wanted += [(name, is_gain) for name in names for is_gain in (True, False)]
    wanted += [("bought", name) for name in ("seat", "price", "discount", "cross_sell")]
    assert {name: shapes[name] for name in wanted if shapes[name] < 5} == {}
    assert min(shapes["bought", "tier"], shapes["bought in part"], shapes["part of a product"]) > 0


@pytest.mark.parametrize("seed", range(4))
def test_generated_lines_without_quantities_have_no_seats(seed: int) -> None:
    """What they change is anything else, and sums to the same."""
    settings = Settings(mrr_basis="invoices")
    raw = nasty(seed, settings)
    known = build_marts(raw, settings)
    lines = [{**row, "quantity": None} for row in raw["invoice_line_items"]]
    marts = build_marts({**raw, "invoice_line_items": lines}, settings)
    kinds = [Counter(row["driver"] for row in one["fct_mrr_movement_drivers"]) for one in (known, marts)]
    assert kinds[0]["seat"] > 10 and kinds[1]["seat"] == 0 < kinds[1]["price"]
    assert marts["fct_mrr_movements"] == known["fct_mrr_movements"]
    assert_drivers_tie(marts)


def count_offsetting(marts: Tables) -> int:
    """Count the customer-months that have drivers and no movement."""
    moved = {(row["customer_id"], row["month_date"]) for row in marts["fct_mrr_movements"]}
    return len({(row["customer_id"], row["month_date"]) for row in marts["fct_mrr_movement_drivers"]} - moved)


def test_generated_data_has_every_way_to_change_a_plan() -> None:
    """Swaps within a tier and across, of several plans, and a plan whose quantity and price change at once."""
    shapes: Counter[str] = Counter()
    for seed in range(8):
        ledger = Ledger(nasty(seed, Settings()), Settings())
        ranks = {name: row["tier_rank"] for name, row in ledger.plans.items()}
        for (customer_id, month), pieces in ledger.pieces.items():
            earlier = ledger.pieces.get((customer_id, ledger.months[max(0, ledger.months.index(month) - 1)]), [])
            for product, pool in {(piece.product_id, piece.pool) for piece in pieces if piece.pool != "metered"}:
                before, after = (
                    [piece for piece in side if (piece.product_id, piece.pool) == (product, pool)]
                    for side in (earlier, pieces)
                )
                old, new = ({piece.plan_id for piece in side} for side in (before, after))
                if old - new and new - old:
                    is_same = {ranks.get(name) for name in old - new} == {ranks.get(name) for name in new - old}
                    shapes["swap within a tier" if is_same else "swap across tiers"] += 1
                    shapes["swap of several"] += len(old ^ new) > 2
                for plan_id in old & new:
                    (q0, g0, m0), (q1, g1, m1) = (
                        (sum(p.quantity for p in side), sum(p.gross for p in side), sum(p.mrr for p in side))
                        for side in ([p for p in side if p.plan_id == plan_id] for side in (before, after))
                    )
                    shapes["quantity and price"] += q0 != q1 and g0 * q1 != g1 * q0
                    shapes["no quantity"] += (q0 == 0) != (q1 == 0)
                    shapes["no price"] += min(q0, q1) > 0 and (g0 == 0) != (g1 == 0)
                    shapes["all of it off"] += g0 > m0 == 0 < m1 or g1 > m1 == 0 < m0
                    shapes["discounted and expanding"] += g1 > m1 > m0
                    shapes["50 more, cheaper"] += q1 - q0 >= 50 and 0 < g1 * q0 < g0 * q1
                    shapes["49 or 50 more"] += q1 - q0 in (49, 50)
                    is_paid = [{p.gross > 0 for p in side if p.plan_id == plan_id} for side in (before, after)]
                    shapes["free beside paid"] += {True, False} in is_paid
    wanted = ("swap within a tier", "swap across tiers", "quantity and price", "no quantity", "no price")
    wanted += ("all of it off", "discounted and expanding", "50 more, cheaper", "49 or 50 more", "free beside paid")
    assert {name: shapes[name] for name in wanted if shapes[name] < 10} == {}
    assert shapes["swap of several"] > 0
