"""Hand-worked checks of credits against a term and of swaps billed as credit and charge.

Every expected number is worked out by hand from the rules. Money is per month unless said otherwise; a year of 288 is
24 a month, 365 days from 2023-01-01 to the first instant of 2024.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count, pairwise
from typing import Any

import pytest
from reference.credits import NEAR, Billed, Reversal, find_reversals, keep_of, rates_of, swapped_by
from reference.generate import random_raw
from reference.ledger import (
    Ledger,
    Row,
    Settings,
    Tables,
    billed_lines,
    build_marts,
    group_rows,
    read_all_recurring,
    service_term,
)
from test_drivers import amounts, drivers
from test_reference import at, balances, bill, customer, invoice, money, movements, plan

PLANS = [
    plan("starter", every="year"),
    plan("pro", every="year", tier_rank=2),
    plan("seats", "per_seat", every="year"),
    plan("elsewhere", every="year", product_id="other"),
    plan("metered", "metered", product_id="other"),
]
TO_2024 = Settings(mrr_basis="invoices", as_of_date=date(2024, 3, 31))
YEAR = ("2023-01-01", "2023-12-31")
REST = ("2023-02-01", "2023-12-31")


# ---------------------------------------------------------------- building raw tables by hand


def billing(*lines: tuple[str, tuple[str, str], Any, Row], **tables: list[Row]) -> Tables:
    """Return raw tables of customer c1 with lines on plan starter: when issued, from and to, amount, and what differs.

    Lines are l01, l02, and so on; each is on an invoice of its own, but those issued at the same time share one.
    """
    invoices, billed, numbers = {}, [], count(1)
    for issued, period, amount, changed in lines:
        key = f"v-{changed.get('customer_id', 'c1')}-{issued}-{changed.get('status', 'paid')}"
        of_invoice = {name: changed[name] for name in ("customer_id", "status") if name in changed}
        of_line = {name: value for name, value in changed.items() if name not in of_invoice}
        invoices[key] = invoice(key, issued_at=at(issued), **of_invoice)
        line_id = f"l{next(numbers):02d}"
        billed.append(
            bill(
                *period, amount, **{"plan_id": "starter", "invoice_line_item_id": line_id, "invoice_id": key, **of_line}
            )
        )
    return {
        "customers": [customer()],
        "plans": PLANS,
        "invoices": list(invoices.values()),
        "invoice_line_items": billed,
        **tables,
    }


def year(amount: Any = 288, period: tuple[str, str] = YEAR, issued: str = "2023-01-01", **changed: Any) -> Any:
    """Return a charge for the year."""
    return issued, period, amount, changed


def credit(amount: Any, period: tuple[str, str] = REST, issued: str = "2023-02-01", **changed: Any) -> Any:
    """Return a credit for a part of the year; it is a proration, as billing systems have them."""
    return issued, period, -Decimal(str(amount)), {"is_proration": True, **changed}


def charge(amount: Any, period: tuple[str, str] = REST, issued: str = "2023-02-01", **changed: Any) -> Any:
    """Return a charge for a part of the year, a proration too."""
    return issued, period, amount, {"is_proration": True, **changed}


def months(*values: Any) -> dict[str, Decimal]:
    """Return balances from January 2023 on, without those of 0."""
    found = {f"{2023 + number // 12}-{number % 12 + 1:02d}": money(value) for number, value in enumerate(values)}
    return {month: value for month, value in found.items() if value}


def of_plans(raw: Tables, month: date, settings: Settings = TO_2024) -> dict[str, tuple[Decimal, Decimal, int | None]]:
    """Return gross, net and quantity of what customer c1 has in force at a month's end, by plan."""
    return {
        piece.plan_id: (piece.gross, piece.mrr, piece.quantity) for piece in Ledger(raw, settings).pieces["c1", month]
    }


def reversals(*lines: Any) -> list[Reversal]:
    """Return what the credits among some lines take."""
    return find_reversals(read_all(billing(*lines)))


def read_all(raw: Tables) -> list[Billed]:
    """Return the recurring lines of all customers."""
    customer_ids = {row["customer_id"]: row["customer_id"] for row in raw["customers"]}
    return read_all_recurring(billed_lines(raw, customer_ids, "recurring"))


def taken(*lines: Any) -> list[tuple[str, str, Fraction]]:
    """Return credit, charge and share taken, by the numbers of the lines."""
    return [(one.credit.line_id, one.charge.line_id, one.taken) for one in reversals(*lines)]


# ---------------------------------------------------------------- what a credit does


def test_a_year_credited_for_its_rest_ends_there() -> None:
    """The issue's own: 288 for 2023, credited with 263.54 (334 of 365 days) from February on, is no MRR of 0.0418."""
    raw = billing(year(), credit("263.54"))
    assert balances(raw, TO_2024) == months(24)
    assert movements(raw, TO_2024) == [("2023-01", "new", money(24)), ("2023-02", "churn", money(-24))]


def test_a_credit_from_any_day_on_ends_with_its_charge() -> None:
    """320 of 365 days, to 31 December as the year: that is a day of both, and not one on which the customer is back."""
    rest = ("2023-02-15", "2023-12-31")
    raw = billing(year(), credit("252.49", rest, "2023-02-15"))
    assert balances(raw, TO_2024) == months(24)
    last_days = billing(year(), credit("7.89", ("2023-12-22", "2023-12-31"), "2023-12-22"))
    assert taken(year(), credit("7.89", ("2023-12-22", "2023-12-31"), "2023-12-22")) == [("l02", "l01", 1)]
    assert balances(last_days, TO_2024) == months(*11 * [24])
    upgrade = billing(year(), credit("252.49", rest, "2023-02-15"), charge("831.12", rest, "2023-02-15", plan_id="pro"))
    assert balances(upgrade, TO_2024) == months(24, *11 * ["79.0007"])
    more = charge(320, rest, "2023-02-15", plan_id="pro")
    assert balances(billing(year(), more), TO_2024) == months(24, *11 * ["54.4167"])
    # an exclusive end, and one that only happens to be the same, are as they are written
    exclusive = year(period=("2023-01-01", "2024-01-01"))
    assert balances(billing(exclusive, credit("251.70", rest)), TO_2024) == months(24, *10 * [0], 24)
    months_to_it = charge(100, ("2023-02-28", "2023-12-28"), plan_id="pro")
    assert balances(billing(year(period=("2022-12-29", "2023-12-28")), months_to_it), TO_2024)["2023-02"] == money(34)


def test_a_credit_issued_months_later_ends_the_charge_where_its_service_did() -> None:
    """It is not when it was issued that counts; a credit issued before its charge reverses nothing."""
    raw = billing(year(), credit("263.54", issued="2023-09-17"))
    assert balances(raw, TO_2024) == months(24)
    early = billing(year(issued="2023-02-02"), credit("263.54", issued="2023-02-01"))
    assert balances(early, TO_2024) == months(24, *11 * ["0.0418"])


def test_a_refund_of_the_last_term_takes_that_term_away() -> None:
    """Two months at 30, the second refunded in full, in part, and 2 days of it."""
    january, february = (
        year(30, period, start)
        for start, period in (
            ("2023-01-01", ("2023-01-01", "2023-02-01")),
            ("2023-02-01", ("2023-02-01", "2023-03-01")),
        )
    )
    period = ("2023-02-01", "2023-03-01")
    assert balances(billing(january, february, credit(30, period, "2023-03-05")), TO_2024) == months(30)
    assert balances(billing(january, february, credit(12, period, "2023-03-05")), TO_2024) == months(30, 18)
    last_days = ("2023-02-27", "2023-03-01")
    assert balances(billing(january, february, credit("2.14", last_days, "2023-03-05")), TO_2024) == months(30)
    first_days = ("2023-02-01", "2023-02-03")
    assert balances(billing(january, february, credit("2.14", first_days, "2023-03-05")), TO_2024) == months(30, 30)


def test_a_part_of_the_price_that_is_credited_leaves_the_rest() -> None:
    """A quarter of the price of 334 days; after that it is back, unlike with what is credited to the end."""
    raw = billing(year(365), credit("83.50"))
    assert balances(raw, TO_2024) == months("30.4167", *11 * ["22.8125"])
    in_summer = billing(year(365), credit(15, ("2023-06-01", "2023-07-01")))
    assert balances(in_summer, TO_2024) == months(*5 * ["30.4167"], "15.2083", *6 * ["30.4167"])


def test_a_credit_of_seats_takes_its_seats_off() -> None:
    """4 of 10 seats of 12 a month each are given back with a year's rest; the price of a seat stays."""
    seats = year(1440, plan_id="seats", quantity=10)
    raw = billing(seats, credit("527.08", plan_id="seats", quantity=4))
    assert of_plans(raw, date(2023, 1, 1)) == {"seats": (money(120), money(120), 10)}
    # 527.08 x 365 / (1440 x 334) = 0.4000004
    assert of_plans(raw, date(2023, 2, 1)) == {"seats": (money(72), money(72), 6)}
    assert drivers(raw, TO_2024, "2023-02") == amounts(seat=-48)


@pytest.mark.parametrize(
    ("own", "credited", "left"),
    [
        (10, [4], 6),
        (10, [10], 10),
        (10, [11], 10),
        (10, [0], 10),
        (10, [None], 10),
        (None, [4], None),
        (10, [4, None, 5], 1),
        (10, [10, 4], 6),
        (10, [4, 6], 10),
        (0, [4], 0),
    ],
)
def test_what_quantity_credits_leave(own: int | None, credited: list[int | None], left: int | None) -> None:
    """A quantity of 0, of the charge's own or of more says nothing of seats; nor do several that come to that."""
    credits = [credit(20, plan_id="seats", quantity=quantity) for quantity in credited]
    assert of_plans(billing(year(plan_id="seats", quantity=own), *credits), date(2023, 2, 1))["seats"][2] == left


def test_a_credit_keeps_the_discount_of_its_charge() -> None:
    """240 billed after 48 off: 109.81 x 365 / (240 x 334) = 0.500008 is credited, of the gross as of the net."""
    raw = billing(year(240, discount_amount=Decimal(48)), credit("109.81"))
    assert of_plans(raw, date(2023, 1, 1)) == {"starter": (money(24), money(20), None)}
    gross, net, _ = of_plans(raw, date(2023, 2, 1))["starter"]
    assert (gross, net) == (money("11.9998"), money("9.9998"))


def test_without_discounts_a_credit_takes_the_same_share_of_the_gross() -> None:
    """The share is that of the amount billed."""
    raw = billing(year(240, discount_amount=Decimal(48)), credit("109.81"))
    settings = Settings(mrr_basis="invoices", as_of_date=date(2024, 3, 31), discount_policy="none")
    assert balances(raw, settings) == months(24, *11 * ["11.9998"])


def test_what_a_credit_leaves_is_cut_where_credits_begin_and_end() -> None:
    """A tenth of a year of 365 from March to August, a half of July; one of 3 is taken off for as long."""
    raw = billing(
        year(365, quantity=3),
        credit("18.40", ("2023-03-01", "2023-09-01"), quantity=1),
        credit("15.50", ("2023-07-01", "2023-08-01")),
    )
    rate = Decimal(365) / 12
    kept = [1, 1, *4 * ["0.9"], "0.4", "0.9", *4 * [1]]
    assert balances(raw, TO_2024) == months(*(money(round(rate * Decimal(share), 4)) for share in kept))
    quantities = [of_plans(raw, date(2023, month, 1))["starter"][2] for month in (2, 3, 7, 8, 9)]
    assert quantities == [3, 2, 2, 2, 3]


def test_several_credits_take_no_more_than_there_is() -> None:
    """0.6 of February, then 0.6 of the rest of the year: 0.4 is left where they meet, and so it is to the end."""
    first = credit("16.80", ("2023-02-01", "2023-03-01"), "2023-02-01")
    second = credit("200.40", REST, "2023-02-02")
    third = credit("20", ("2023-06-01", "2023-07-01"), "2023-07-09")
    assert taken(year(365), second, first, third) == [
        ("l03", "l01", Fraction(6, 10)),
        ("l02", "l01", Fraction(4, 10)),
        ("l04", "l01", Fraction(6, 10)),
    ]
    rate = Decimal(365) / 12
    kept = [1, 0, *3 * ["0.6"], 0, *6 * ["0.6"]]
    expected = months(*(money(round(rate * Decimal(share), 4)) for share in kept))
    assert balances(billing(year(365), second, first, third), TO_2024) == expected


@pytest.mark.parametrize(
    ("amount", "share", "applied"),
    [
        ("1", Fraction(1, 100), 1),
        ("98", 1, 98),
        ("97.99", Fraction(9799, 10000), "97.99"),
        ("98.01", 1, "98.01"),
        ("100", 1, 100),
        ("102", 1, 102),
        ("102.01", 1, 100),
        ("250", 1, 100),
    ],
)
def test_a_share_is_snapped_within_2_hundredths_and_never_more_than_is_left(
    amount: str, share: Fraction, applied: Any
) -> None:
    """100 days at 1 each, credited in full; what is more is excess, and a rounding is not."""
    period = ("2023-03-01", "2023-06-09")
    (one,) = reversals(year(100, period), credit(amount, period, "2023-06-01"))
    assert (one.taken, one.applied) == (share, Fraction(applied))


def test_what_is_left_is_snapped_to_and_not_the_whole() -> None:
    """40 of 100 are gone: 59 is near enough to 60, and what comes later finds nothing."""
    period = ("2023-03-01", "2023-06-09")
    lines = [year(100, period), credit(40, period), credit(59, period), credit(5, period)]
    assert taken(*lines) == [("l02", "l01", Fraction(4, 10)), ("l03", "l01", Fraction(6, 10))]
    # the last one counts as any other line: a proration of 100 days at 5 x 365 / 1200
    assert balances(billing(*lines), TO_2024) == {}
    beside = year(365, plan_id="pro")
    expected = months("30.4167", "30.4167", *3 * ["28.8959"], *7 * ["30.4167"])
    assert balances(billing(beside, *lines), TO_2024) == expected


def test_a_credit_larger_than_its_charge_takes_nothing_from_elsewhere() -> None:
    """288 for a year and 365 for another plan of the product and pool: 400 back takes the first one only."""
    raw = billing(year(), year(365, plan_id="pro"), credit(400))
    assert balances(raw, TO_2024) == months("54.4167", *11 * ["30.4167"])


# ---------------------------------------------------------------- which charge a credit is for

OTHER = {"customers": [customer(), customer("c2")]}


@pytest.mark.parametrize(
    ("what", "charge", "credited", "is_reversed"),
    [
        ("the same", {}, {}, True),
        ("of another plan", {"plan_id": "pro"}, {}, False),
        ("without a plan", {}, {"plan_id": None}, False),
        ("against what has no plan", {"plan_id": None}, {}, False),
        ("neither has a plan", {"plan_id": None}, {"plan_id": None}, True),
        ("on a metered plan", {"plan_id": "metered"}, {"plan_id": "metered"}, True),
        ("in another currency", {"currency": "EUR"}, {}, False),
        ("of another customer", {"customer_id": "c2"}, {}, False),
        ("of a void invoice", {"status": "void"}, {}, False),
        ("of a draft", {}, {"status": "draft"}, False),
        ("of an invoice written off", {"status": "uncollectible"}, {"status": "open"}, True),
        ("of another subscription", {"subscription_id": "s1"}, {"subscription_id": "s2"}, False),
        ("of the same subscription", {"subscription_id": "s1"}, {"subscription_id": "s1"}, True),
        ("without a subscription", {"subscription_id": "s1"}, {}, True),
        ("against what has no subscription", {}, {"subscription_id": "s1"}, True),
        ("of another item", {"subscription_item_id": "i1"}, {"subscription_item_id": "i2"}, False),
        ("of the same item", {"subscription_item_id": "i1"}, {"subscription_item_id": "i1"}, True),
        ("without an item", {"subscription_item_id": "i1"}, {}, True),
    ],
)
def test_a_credit_is_for_the_same_customer_plan_and_currency(
    what: str, charge: Row, credited: Row, is_reversed: bool
) -> None:
    """And for the same subscription and item, where both lines name one; draft and void invoices are left out."""
    rates = [{"currency": "EUR", "effective_date": date(2020, 1, 1), "rate_to_reporting": Decimal(1)}]
    raw = billing(year(365, **charge), credit(167, **credited), **OTHER, exchange_rates=rates)
    ledger = Ledger(raw, TO_2024)
    shares = [share for name in ("c1", "c2") for share in ledger.shares.get((name, date(2023, 5, 1)), [])]
    lines = {share.item_id: share.net for share in shares}
    if is_reversed:
        assert lines == {"l01": Fraction(365, 24)}
    else:
        counted = {"l01": charge, "l02": credited}
        assert set(lines) == {
            name for name, changed in counted.items() if changed.get("status") not in ("void", "draft")
        }
        assert lines.get("l01", Fraction(365, 12)) == Fraction(365, 12)


def test_a_credit_is_for_the_invoiced_customer_and_not_its_family() -> None:
    """Parent and child pay for the same; the child's credit finds no charge of the child."""
    raw = billing(
        year(365, customer_id="p"),
        credit(167, customer_id="c1"),
        customers=[customer(parent_customer_id="p"), customer("p")],
    )
    settings = Settings(mrr_basis="invoices", as_of_date=date(2024, 3, 31), customer_grain="parent")
    # -167 over 11 months is a proration that counts as any other line
    assert balances(raw, settings, "p") == months("30.4167", *11 * ["15.2349"])
    raw["customer_exclusions"] = [{"customer_id": "p", "reason": "test"}]
    assert balances(raw, settings, "p") == {}


@pytest.mark.parametrize(
    ("what", "lines", "expected"),
    [
        ("what ends with it", [year(issued="2023-01-20"), year(period=("2022-06-01", "2024-06-01"))], "l01"),
        ("even if issued earlier", [year(issued="2022-12-20"), year(period=("2022-06-01", "2024-06-01"))], "l01"),
        ("the latest issued", [year(issued="2023-01-02"), year(issued="2023-01-03"), year(issued="2023-01-01")], "l02"),
        ("the smallest id", [year(), year(), year()], "l01"),
        ("one issued before it", [year(), charge("867.48")], "l01"),
        ("one issued with it, if there is no other", [charge("867.48")], "l01"),
        ("one issued with it that ends with it", [year(period=("2023-01-01", "2024-01-31")), charge("867.48")], "l02"),
        ("none that ends earlier", [year(period=("2023-01-01", "2023-12-30")), year()], "l02"),
        ("none that starts later", [year(period=("2023-02-02", "2023-12-31")), year()], "l02"),
        ("none that is free", [year(0), year()], "l02"),
        ("none of which nothing is left", [year(), year(), credit("263.54", issued="2023-01-15")], "l02"),
        ("one of which something is left", [year(), year(), credit("100", issued="2023-01-15")], "l01"),
        ("nothing", [year(issued="2023-02-02")], None),
        ("no credit", [credit(300, YEAR, "2023-01-01")], None),
        ("no line without days", [year(period=("2023-02-01", "2023-02-01"))], None),
    ],
)
def test_of_several_charges(what: str, lines: list[Any], expected: str | None) -> None:
    """A credit for the year's rest, issued in February."""
    last = f"l{len(lines) + 1:02d}"
    found = {credited: charged for credited, charged, _ in taken(*lines, credit("263.54"))}
    assert found.get(last) == expected, what


def test_credits_are_taken_in_order_of_issue_then_id() -> None:
    """Of two for the whole rest the first one finds the charge, the second nothing."""
    credits = [credit("263.54", issued="2023-03-01"), credit("263.54", issued="2023-02-01")]
    assert taken(year(), *credits) == [("l03", "l01", 1)]
    same_day = [credit("263.54"), credit("200")]
    assert taken(year(), *same_day) == [("l02", "l01", 1)]
    assert taken(year(), *same_day[::-1])[0] == ("l02", "l01", Fraction(200 * 365, 288 * 334))


def test_a_credit_that_reverses_nothing_counts_as_any_other_line() -> None:
    """A proration from 28 days on; one that is none however short."""
    beside = year(365, plan_id="pro")
    long = billing(beside, credit(28, ("2023-02-02", "2023-03-02")))
    assert balances(long, TO_2024) == months("30.4167", "2.4167", *10 * ["30.4167"])
    days = ("2023-02-04", "2023-03-02")
    short = credit(26, days)
    assert balances(billing(beside, short), TO_2024) == months(*12 * ["30.4167"])
    plain = credit(26, days, is_proration=False)
    assert balances(billing(beside, plain), TO_2024) == months("30.4167", 0, *10 * ["30.4167"])


def test_a_short_proration_can_be_credited_and_still_does_not_count() -> None:
    """A seat more for half of January, credited: neither of the two lines is MRR, and the year is as it was."""
    half = ("2023-01-17", "2023-02-01")
    added = charge("12.33", half, "2023-01-17")
    taken_back = credit("12.33", half, "2023-01-20")
    assert taken(year(), added, taken_back) == [("l03", "l02", 1)]
    assert balances(billing(year(), added, taken_back), TO_2024) == months(*12 * [24])


# ---------------------------------------------------------------- swaps


def swap(back: Any = "263.54", forth: Any = "867.48", period: tuple[str, str] = REST, **changed: Any) -> list[Any]:
    """Return a credit for plan starter and a charge for plan pro, on one invoice."""
    return [credit(back, period), charge(forth, period, **{"plan_id": "pro", **changed})]


def test_an_upgrade_continues_what_was_credited() -> None:
    """The issue's own: 24 a month, 334 days credited with 263.54 and charged with 867.48, is 78.9995 from then on."""
    raw = billing(year(), *swap())
    assert balances(raw, TO_2024) == months(24, *11 * ["78.9995"])
    assert movements(raw, TO_2024)[1:] == [
        ("2023-02", "expansion", money("54.9995")),
        ("2024-01", "churn", money("-78.9995")),
    ]
    assert drivers(raw, TO_2024, "2023-02") == amounts(tier="54.9995")
    # with its own rate it would be 867.48 / 11
    assert balances(billing(year(), *swap()[1:]), TO_2024)["2023-02"] == money(24 + Decimal("78.8618"))


def test_an_upgrade_for_a_few_days_counts_and_its_renewal_changes_nothing() -> None:
    """12 of 31 days of a month at 31, credited with 12 and charged with 24; then a month at 62."""
    december = ("2023-12-01", "2024-01-01")
    raw = billing(
        year(31, december, "2023-12-01"),
        credit(12, ("2023-12-20", "2024-01-01"), "2023-12-20"),
        charge(24, ("2023-12-20", "2024-01-01"), "2023-12-20", plan_id="pro"),
        year(62, ("2024-01-01", "2024-02-01"), "2024-01-01", plan_id="pro"),
    )
    assert movements(raw, TO_2024) == [("2023-12", "new", money(62)), ("2024-02", "churn", money(-62))]
    assert set(of_plans(raw, date(2023, 12, 1))) == {"pro"}


@pytest.mark.parametrize(
    ("what", "lines", "expected"),
    [
        ("on a later invoice", [credit("263.54"), charge("867.48", issued="2023-05-01", plan_id="pro")], "78.9995"),
        ("on an earlier invoice", [charge("867.48", issued="2023-01-31", plan_id="pro"), credit("263.54")], "78.8618"),
        ("of another product", swap(plan_id="elsewhere"), "78.9995"),
        ("of no plan", swap(plan_id=None), "78.9995"),
        ("in another currency", swap(currency="EUR"), "78.8618"),
        ("for another customer", swap(customer_id="c2"), None),
        ("a day shorter", [credit("263.54"), charge("867.48", ("2023-02-03", "2023-12-31"), plan_id="pro")], "79.4755"),
        ("by less than all of it", swap("250"), "78.8618"),
        ("near enough", swap("260"), "80.0751"),
        ("by more than there is", swap("527.08"), "39.4997"),
        ("to nothing", swap(forth=0), None),
    ],
)
def test_what_continues_a_swap(what: str, lines: list[Any], expected: str | None) -> None:
    """24 a month, credited from February on; the same days, currency and customer, no earlier, and all of it."""
    rates = [{"currency": "EUR", "effective_date": date(2020, 1, 1), "rate_to_reporting": Decimal(1)}]
    raw = billing(year(), *lines, **OTHER, exchange_rates=rates)
    found = of_plans(raw, date(2023, 2, 1)) if expected else {}
    assert [net for name, (_, net, _) in found.items() if name != "starter"] == ([money(expected)] if expected else [])


def test_several_lines_continue_several_charges() -> None:
    """24 and 36 a month are credited; the two new lines are worth in proportion what is billed for the same days."""
    raw = billing(
        year(),
        year(432, plan_id="seats", quantity=3),
        credit("263.54"),
        credit("395.31", plan_id="seats", quantity=3),
        charge("1317.70", plan_id="pro"),
        charge("131.77", plan_id="elsewhere"),
    )
    assert of_plans(raw, date(2023, 2, 1)) == {
        "pro": (money(120), money(120), None),
        "elsewhere": (money(12), money(12), None),
    }


def test_a_swap_is_of_charges_that_are_gone() -> None:
    """Of the second one a half is left: its credit is no part of the swap."""
    raw = billing(
        year(),
        year(432, plan_id="seats", quantity=3),
        credit("263.54"),
        credit("197.65", plan_id="seats", quantity=1),
        charge("1317.70", plan_id="pro"),
    )
    found = of_plans(raw, date(2023, 2, 1))
    assert found["pro"] == (money(120), money(120), None)
    assert found["seats"] == (money("18.0004"), money("18.0004"), 2)


def test_what_earlier_credits_have_taken_is_no_part_of_a_swap() -> None:
    """Half of the year's price went in January; the other half, 12 a month, is continued."""
    raw = billing(year(), credit(144, YEAR, "2023-01-15"), *swap("131.77", "263.54"))
    assert balances(raw, TO_2024) == months(12, *11 * [24])


def test_a_swap_is_between_lines_of_one_subscription_where_both_name_one() -> None:
    """Two subscriptions, one of which is given up and one changed on the same day."""
    raw = billing(
        year(subscription_id="s1"),
        year(subscription_id="s2"),
        credit("263.54", subscription_id="s1"),
        credit("131.77", subscription_id="s2"),
        charge("867.48", plan_id="pro", subscription_id="s1"),
        charge("867.48", plan_id="elsewhere", subscription_id="s2"),
        charge("867.48", plan_id="seats"),
    )
    found = {name: net for name, (_, net, _) in of_plans(raw, date(2023, 2, 1)).items()}
    assert found == {
        "starter": money("12.0000"),
        "pro": money("78.9995"),
        "elsewhere": money("78.8618"),
        "seats": money("78.9995"),
    }


def test_what_continues_can_be_swapped_and_credited_again() -> None:
    """24 becomes 78.9995 in February and a half of it in June; from September on nothing is left."""
    summer = ("2023-06-01", "2023-12-31")
    autumn = ("2023-09-01", "2023-12-31")
    raw = billing(
        year(),
        *swap(),
        credit("555.81", summer, "2023-06-01", plan_id="pro"),
        charge("277.91", summer, "2023-06-01", plan_id="elsewhere"),
        credit("158.44", autumn, "2023-09-01", plan_id="elsewhere"),
    )
    assert balances(raw, TO_2024) == months(24, *4 * ["78.9995"], *3 * ["39.5004"])


def test_a_swap_corrected_over_the_same_days_keeps_the_first_ones_worth() -> None:
    """79 is a mistake for 39.5: credited a month later and charged again, for all of the days."""
    raw = billing(
        year(),
        *swap(),
        credit("867.48", issued="2023-03-05", plan_id="pro"),
        charge("433.74", issued="2023-03-05", plan_id="elsewhere"),
    )
    assert balances(raw, TO_2024) == months(24, *11 * ["39.4997"])


def test_the_seats_of_a_swap_are_its_own() -> None:
    """3 of plan starter at 8 become 5 of plan pro at 15.8: the rest of the change is seats."""
    raw = billing(year(quantity=3), credit("263.54", quantity=3), charge("867.48", plan_id="pro", quantity=5))
    assert of_plans(raw, date(2023, 2, 1)) == {"pro": (money("78.9995"), money("78.9995"), 5)}
    assert drivers(raw, TO_2024, "2023-02") == amounts(seat=16, tier="38.9995")


@pytest.mark.parametrize(
    ("what", "before", "after", "expected"),
    [
        ("neither", (288, 0, "263.54"), ("867.48", 0), ("78.9995", "78.9995")),
        ("the old one", (144, 144, "131.77"), ("867.48", 0), ("78.9995", "78.9995")),
        ("the new one", (288, 0, "263.54"), ("433.74", "433.74"), ("78.9995", "39.4997")),
        ("both", (144, 144, "131.77"), ("433.74", "433.74"), ("78.9995", "39.4997")),
        ("both, otherwise", (216, 72, "197.655"), ("433.74", "433.74"), ("78.9995", "39.4997")),
    ],
)
def test_a_swap_keeps_the_discount_of_the_new_line(
    what: str, before: Any, after: Any, expected: tuple[str, str]
) -> None:
    """24 a month before discounts, credited with what was paid for it; 78.9995 a month, whoever has a half off."""
    amount, off, back = before
    forth, new_off = after
    raw = billing(
        year(amount, discount_amount=Decimal(off)),
        credit(back),
        charge(forth, plan_id="pro", discount_amount=Decimal(str(new_off))),
    )
    gross, net = (money(value) for value in expected)
    assert of_plans(raw, date(2023, 2, 1)) == {"pro": (gross, net, None)}
    without = Settings(mrr_basis="invoices", as_of_date=date(2024, 3, 31), discount_policy="none")
    assert balances(raw, without)["2023-02"] == gross


@pytest.mark.parametrize(
    ("what", "seats", "price", "expected", "change"),
    [
        ("seats given up", 6, "790.62", 72, amounts(seat=-48)),
        ("seats added", 15, "1976.55", 180, amounts(seat=60)),
        ("a dearer seat", 10, "1976.55", 180, amounts(price=60)),
        ("both", 15, "3953.10", 360, amounts(seat=60, price=180)),
    ],
)
def test_a_change_of_seats_billed_as_credit_and_charge_of_one_plan(
    what: str, seats: int, price: str, expected: int, change: dict[str, Decimal]
) -> None:
    """10 seats at 12 a month are credited and charged anew on one invoice: the credit is for the old line."""
    raw = billing(
        year(1440, plan_id="seats", quantity=10),
        credit("1317.70", plan_id="seats", quantity=10),
        charge(price, plan_id="seats", quantity=seats),
    )
    assert balances(raw, TO_2024) == months(120, *11 * [expected])
    assert drivers(raw, TO_2024, "2023-02") == change, what


def test_a_charge_that_is_credited_itself_continues_nothing() -> None:
    """Charged twice by mistake and credited on the same invoice: a line is never continued by itself."""
    period = ("2023-03-01", "2023-03-31")
    raw = billing(year(30, period, "2023-03-01"), credit(30, period, "2023-03-01"), charge(24, period, "2023-03-01"))
    # all on one invoice, for one plan and the same days: the credit takes the smallest id
    assert balances(raw, TO_2024) == {"2023-03": money(24)}


# ---------------------------------------------------------------- what reads it


def test_grace_bridges_what_credits_leave() -> None:
    """A year ended on 20 April and one begun on 3 May are renewed late; so are ten days credited in the middle."""
    settings = Settings(mrr_basis="invoices", as_of_date=date(2023, 12, 31), late_renewal_grace_days=13)
    raw = billing(year(365, issued="2023-01-01"), credit(255, ("2023-04-21", "2024-01-01"), "2023-04-20"))
    raw["invoice_line_items"].append(bill("2023-05-04", "2024-05-04", 730, plan_id="pro", quantity=1))
    raw["invoices"].append(invoice(issued_at=at("2023-05-04")))
    assert balances(raw, settings) == months(*4 * ["30.4167"], *8 * ["60.8333"])
    hole = billing(year(365), credit(10, ("2023-04-25", "2023-05-05"), "2023-05-09"))
    assert balances(hole, settings) == months(*12 * ["30.4167"])
    assert balances(hole, TO_2024) == months(*3 * ["30.4167"], 0, *8 * ["30.4167"])


def test_change_events_show_what_is_kept_of_a_line() -> None:
    """A line's rate falls and rises again as credits begin and end; the credit is no item."""
    raw = billing(year(365), credit(15, ("2023-06-01", "2023-07-01"), "2023-05-09"))
    found = build_marts(raw, TO_2024)["fct_mrr_change_events"]
    assert [(row["item_id"], row["changed_at"], row["mrr_change"], row["movement_type"]) for row in found] == [
        ("l01", at("2023-01-01"), money("30.4167"), "new"),
        ("l01", at("2023-06-01"), money("-15.2084"), "contraction"),
        ("l01", at("2023-07-01"), money("15.2084"), "expansion"),
        ("l01", at("2024-01-01"), money("-30.4167"), "churn"),
    ]


# ---------------------------------------------------------------- any data


def generated(seed: int) -> list[list[Billed]]:
    """Return the recurring lines of each customer of a generated data set."""
    raw = random_raw(random.Random(seed), 40, 30, recurring_lines=True, subscriptions=seed % 2 == 0)
    return list(group_rows(read_all(raw), lambda line: line.invoice["customer_id"]).values())


@pytest.mark.parametrize("seed", range(6))
def test_credits_never_take_more_than_was_charged(seed: int) -> None:
    """On every day the shares of a charge sum to 1 at most, and what is kept of a line is no more than the line."""
    for lines in generated(seed):
        found = find_reversals(lines)
        spent = [one.credit for one in found]
        assert len(spent) == len(set(spent))
        for one in found:
            assert 0 < one.taken <= 1 and 0 <= one.left < 1
            assert 0 < one.applied <= -one.credit.amount
            first_day = one.credit.start
            alike = [other for other in found if other.charge is one.charge]
            over_it = [other.taken for other in alike if other.credit.start <= first_day < other.credit.end]
            assert sum(over_it) <= 1
        kept = keep_of(lines)
        assert not {part.billed for part in kept} & set(spent)
        for line, parts in group_rows(kept, lambda part: part.billed).items():
            gross, net = rates_of(line, found)
            assert [part for part in parts if part.start < line.start or part.end > line.end] == []
            assert all(one.end <= other.start for one, other in pairwise(parts))
            assert all(abs(part.net) <= abs(net) and abs(part.gross) <= abs(gross) for part in parts)
            own, left = line.line["quantity"], {part.quantity for part in parts}
            assert left == {None} if own is None else all(0 < quantity <= own or quantity == own for quantity in left)


def test_generated_credits_are_of_every_kind() -> None:
    """In numbers, so that the comparison compares them."""
    shapes: Counter[str] = Counter()
    for seed in range(12):
        for lines in generated(seed):
            found = find_reversals(lines)
            shapes["reverses nothing"] += sum(line.amount < 0 for line in lines) - len(found)
            for number, one in enumerate(found):
                count_shapes_of_reversal(one, found[:number], shapes)
                alike = [line for line in lines if is_alike(line, one)]
                shapes["several charges"] += len(alike) > 1
                same_end = [line for line in alike if line.end == one.credit.end]
                shapes["several that end with it"] += len(same_end) > 1
                shapes["before and with it"] += len({line.issued_at == one.credit.issued_at for line in same_end}) > 1
            for line in lines:
                count_shapes_of_swap(line, swapped_by(line, found), found, shapes)
            continued = Counter(frozenset(one.credit for one in swapped_by(line, found)) for line in lines)
            shapes["swap into several"] += sum(number > 1 for credits, number in continued.items() if credits)
            for line, parts in group_rows(keep_of(lines), lambda part: part.billed).items():
                shapes["in several parts"] += len(parts) > 2
                shapes["with a hole"] += any(one.end < other.start for one, other in pairwise(parts))
                shapes["seats taken off"] += any(part.quantity != line.line["quantity"] for part in parts)
    assert {name: number for name, number in shapes.items() if number < 5} == {}


def is_alike(line: Billed, one: Reversal) -> bool:
    """Say whether a credit could also have been for another charge, were nothing credited of it."""
    credit = one.credit
    return (
        line.amount > 0
        and line.line["plan_id"] == credit.line["plan_id"]
        and line.belongs_with(credit)
        and line.holds(credit)
        and line.issued_at <= credit.issued_at
    )


def count_shapes_of_reversal(one: Reversal, earlier: list[Reversal], shapes: Counter[str]) -> None:
    """Count what is to be seen of a credit that reverses."""
    credit, charge = one.credit, one.charge
    asked = -credit.amount * charge.days / (charge.amount * credit.days)
    before = one.left + one.taken
    shapes["exact"] += asked == before
    shapes["snapped up"] += before - NEAR <= asked < before
    shapes["snapped down"] += before < asked <= before + NEAR
    shapes["just not snapped"] += NEAR < abs(asked - before) < 2 * NEAR
    shapes["a part"] += one.left > 0
    shapes["excess"] += one.applied < -credit.amount
    same = [other for other in earlier if other.charge is charge]
    shapes["second"] += len(same) == 1
    shapes["third"] += len(same) == 2
    shapes["more than is left"] += before < 1 and asked > before + NEAR
    shapes["shorter than 28 days"] += credit.days < 28
    shapes["proration of a short proration"] += not charge.is_rated
    shapes["months later"] += (credit.issued_at.date() - credit.start).days > 60
    shapes["no plan"] += credit.line["plan_id"] is None
    named = {credit.line["subscription_id"] is None, charge.line["subscription_id"] is None}
    shapes["no subscription on one"] += len(named) == 2
    shapes["no subscription"] += named == {True}
    shapes["same item"] += None is not credit.line["subscription_item_id"] == charge.line["subscription_item_id"]
    shapes["inclusive"] += charge.end > charge.line["service_end"]
    shapes["inclusive as its charge"] += service_term(credit.start, credit.line["service_end"])[1] < credit.end
    shapes["mid-term"] += credit.end < charge.end
    shapes["whole term"] += (credit.start, credit.end) == (charge.start, charge.end)


def count_shapes_of_swap(line: Billed, swapped: list[Reversal], found: list[Reversal], shapes: Counter[str]) -> None:
    """Count what is to be seen of a line that continues a swap, or does not for all that its days are those of one."""
    same_days = [one for one in found if (one.credit.start, one.credit.end) == (line.start, line.end)]
    if not swapped:
        later = [one for one in same_days if one.credit.issued_at <= line.issued_at and one.charge is not line]
        shapes["same days, not gone"] += line.amount > 0 and any(one.left > 0 for one in later)
        return
    charges = {one.charge for one in swapped}
    shapes["swap"] += 1
    shapes["short swap"] += line.days < 28
    shapes["swap on a later invoice"] += all(one.credit.issued_at < line.issued_at for one in swapped)
    shapes["swap of several"] += len(charges) > 1
    shapes["swap of a swap"] += any(swapped_by(charge, found) for charge in charges)
    shapes["swap that is credited"] += any(one.charge is line for one in found)
    shapes["swap in part"] += any(one.taken < 1 for one in swapped)
    shapes["swap with excess"] += any(one.applied < -one.credit.amount for one in swapped)
    shapes["swap from a discount"] += any(charge.line["discount_amount"] > 0 for charge in charges)
    shapes["swap to a discount"] += line.line["discount_amount"] > 0
    shapes["swap of no plan"] += line.line["plan_id"] is None
    shapes["swap of an unknown quantity"] += line.line["quantity"] is None
    plans = {charge.line["plan_id"] for charge in charges}
    shapes["swap across products and plans"] += line.line["plan_id"] not in plans
    shapes["swap of a kept plan"] += line.line["plan_id"] in plans
