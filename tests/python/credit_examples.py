"""Credits against a term as they are billed, on the basis of invoices: a handful of lines each, and what they must say.

Amounts are in dollars, MRR per month. test_credit_examples.py holds the marts to them, and the mutants of the models
are tried on the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dbt_project import Row, Tables

ENDS = datetime(2023, 9, 30, 12)

PRODUCTS = [{"product_id": "suite", "product_name": "Suite"}]
PLANS = [
    {
        **{"plan_id": plan_id, "product_id": "suite", "plan_name": plan_id, "tier_rank": rank, "currency": "USD"},
        **{"pricing_model": model, "billing_interval": "year", "billing_interval_count": 1},
    }
    for plan_id, rank, model in (
        ("starter", 1, "flat"),
        ("pro", 2, "flat"),
        ("max", 3, "flat"),
        ("desks", 1, "per_seat"),
    )
]


@dataclass(frozen=True)
class Example:
    """The invoices of one customer, who is called as its lines' ids begin, and the movements that they must be."""

    name: str
    says: str
    invoices: tuple[tuple[str, tuple[Row, ...]], ...]
    movements: tuple[str, ...]
    drivers: dict[str, str] = field(default_factory=dict)

    def tables(self) -> Tables:
        """The raw rows of the customer, with the subscriptions and items that its lines name."""
        lines: list[Row] = []
        invoices: list[Row] = []
        for number, (issued, billed) in enumerate(self.invoices, 1):
            invoice_id = f"{self.name} {number}"
            issued_at = datetime.fromisoformat(issued)
            invoices.append(
                {
                    **{"invoice_id": invoice_id, "customer_id": self.name, "status": "paid", "currency": "USD"},
                    "issued_at": issued_at,
                }
            )
            lines += [
                {"invoice_line_item_id": f"{invoice_id} {place}", "invoice_id": invoice_id, **line}
                for place, line in enumerate(billed, 1)
            ]
        created_at = datetime(2022, 1, 1)
        items = sorted({line["subscription_item_id"] for line in lines if line["subscription_item_id"]})
        subscriptions = sorted({line["subscription_id"] for line in lines if line["subscription_id"]})
        return {
            "customers": [{"customer_id": self.name, "customer_name": self.name, "created_at": created_at}],
            "subscriptions": [
                {"subscription_id": name, "customer_id": self.name, "status": "active", "started_at": created_at}
                for name in [*subscriptions, *items]
            ],
            "subscription_item_versions": [
                {
                    **{"subscription_item_id": name, "subscription_id": name, "plan_id": "starter", "currency": "USD"},
                    **{"quantity": 1, "unit_amount": Decimal(288), "valid_from": created_at},
                }
                for name in items
            ],
            "invoices": invoices,
            "invoice_line_items": lines,
        }


def line(start: str, end: str, amount: str, plan_id: str | None = "starter", **values: Any) -> Row:
    """A recurring line over [`start`, `end`) without a quantity; a credit is negative."""
    return {
        **{"line_type": "recurring", "is_proration": False, "plan_id": plan_id, "currency": "USD", "quantity": None},
        **{"subscription_id": None, "subscription_item_id": None},
        **{"amount": Decimal(amount), "discount_amount": Decimal(0)},
        **{"service_start": date.fromisoformat(start), "service_end": date.fromisoformat(end)},
        **values,
    }


def rest(amount: str, plan_id: str | None = "starter", **values: Any) -> Row:
    """A line for the last 334 days of 2023."""
    return line("2023-02-01", "2023-12-31", amount, plan_id, **values)


# 24 a month, to the end of a year that was meant inclusively
YEAR = ("2023-01-01", (line("2023-01-01", "2023-12-31", "288"),))
APRIL = ("2023-04-01", (line("2023-04-01", "2023-05-01", "24"),))
TO_PRO = (
    "2023-04-16",
    (
        line("2023-04-16", "2023-05-01", "-12", is_proration=True),
        line("2023-04-16", "2023-05-01", "39.50", "pro", is_proration=True),
    ),
)


def two_charges(first: tuple[str, str], second: tuple[str, str]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Two charges for 10 desks, and a credit for 3 from July to November."""
    charges = [(start, (line(start, end, "1200", "desks", quantity=10),)) for start, end in (first, second)]
    return (*charges, ("2023-07-01", (line("2023-07-01", "2023-12-01", "-150", "desks", quantity=3),)))


EXAMPLES = (
    Example(
        "cancelled",
        "288 a year, credited for 334 of its 365 days, to the cent: nothing is left of them",
        (YEAR, ("2023-02-01", (rest("-263.54"),))),
        ("2023-01 new 24", "2023-02 churn -24"),
    ),
    Example(
        "cancelled in the middle of a month",
        "credited from 15 February to the last day of the year that is written on the charge, and so to its end",
        (YEAR, ("2023-02-15", (line("2023-02-15", "2023-12-31", "-252.49"),))),
        ("2023-01 new 24", "2023-02 churn -24"),
    ),
    Example(
        "refunded",
        "June is refunded in July: history is restated, and the charge is not in force at all",
        (
            ("2023-05-01", (line("2023-05-01", "2023-06-01", "50"),)),
            ("2023-06-01", (line("2023-06-01", "2023-07-01", "50"),)),
            ("2023-07-10", (line("2023-06-01", "2023-06-30", "-50"),)),
        ),
        ("2023-05 new 50", "2023-06 churn -50"),
    ),
    Example(
        "fewer desks",
        "10 desks for 1,200 a year, of which 3 are credited from July on: 360 x 184 / 365, to the cent",
        (
            ("2023-01-01", (line("2023-01-01", "2024-01-01", "1200", "desks", quantity=10),)),
            ("2023-07-01", (line("2023-07-01", "2024-01-01", "-181.48", "desks", quantity=3),)),
        ),
        ("2023-01 new 100", "2023-07 contraction -30.0001"),
        {"seat": "-30", "price": "-0.0001"},
    ),
    Example(
        "fewer desks, charged anew",
        "10 desks for 1,440 a year are credited and 6 charged on one invoice: the credit is for the line before",
        (
            ("2023-01-01", (line("2023-01-01", "2023-12-31", "1440", "desks", quantity=10),)),
            ("2023-02-01", (rest("-1317.70", "desks", quantity=10), rest("790.62", "desks", quantity=6))),
        ),
        ("2023-01 new 120", "2023-02 contraction -48"),
        {"seat": "-48"},
    ),
    Example(
        "fewer desks, then cheaper ones",
        "4 of 10 desks are credited, then 30 % of all ten: a credit of all units says nothing about those that stay",
        (
            ("2023-01-01", (line("2023-01-01", "2023-12-31", "1440", "desks", quantity=10),)),
            ("2023-02-01", (rest("-527.08", "desks", quantity=4),)),
            ("2023-03-01", (line("2023-03-01", "2023-12-31", "-362.17", "desks", quantity=10),)),
        ),
        ("2023-01 new 120", "2023-02 contraction -48", "2023-03 contraction -36.0001"),
        {"seat": "-48", "price": "-36.0001"},
    ),
    Example(
        "compensated",
        "half of June, credited in September: the other half stays, and July is as before",
        (YEAR, ("2023-09-05", (line("2023-06-01", "2023-06-30", "-11.8356"),))),
        ("2023-01 new 24", "2023-06 contraction -12", "2023-07 expansion 12"),
    ),
    Example(
        "too much",
        "300 back for 334 days that cost 263.5397: the charge ends, and 36.4603 is more than there was",
        (YEAR, ("2023-02-01", (rest("-300"),))),
        ("2023-01 new 24", "2023-02 churn -24"),
    ),
    Example(
        "in two",
        "half of the rest, then all of it from March on: no more than the half that was left",
        (YEAR, ("2023-02-01", (rest("-131.77"),)), ("2023-03-01", (line("2023-03-01", "2023-12-31", "-241.4466"),))),
        ("2023-01 new 24", "2023-02 contraction -12", "2023-03 churn -12"),
    ),
    Example(
        "in order of issue",
        "of April to June, the later line was issued first and takes 70 %; the other one finds 30 % from May on",
        (
            ("2023-04-01", (line("2023-04-01", "2023-07-01", "91"),)),
            ("2023-04-03", (line("2023-05-01", "2023-07-01", "-36.60"),)),
            ("2023-04-02", (line("2023-04-01", "2023-07-01", "-63.70"),)),
        ),
        ("2023-04 new 9.1", "2023-05 churn -9.1"),
    ),
    Example(
        "one after the other",
        "April is refunded, then May and June: dates that only touch leave each other alone",
        (
            ("2023-04-01", (line("2023-04-01", "2023-07-01", "91"),)),
            ("2023-07-01", (line("2023-04-01", "2023-05-01", "-30"), line("2023-05-01", "2023-07-01", "-61"))),
            ("2023-07-02", (line("2023-07-01", "2023-08-01", "30"),)),
        ),
        ("2023-07 new 30", "2023-08 churn -30"),
    ),
    Example(
        "without a plan",
        "a credit that names no plan, where the charge does, is a line like any other: what is below 0 counts as 0",
        (YEAR, ("2023-02-01", (rest("-263.54", None),))),
        ("2023-01 new 24",),
    ),
    Example(
        "both without a plan",
        "a charge and a credit that name no plan belong together",
        (
            ("2023-01-01", (line("2023-01-01", "2023-12-31", "288", None),)),
            ("2023-02-01", (rest("-263.54", None),)),
        ),
        ("2023-01 new 24", "2023-02 churn -24"),
    ),
    Example(
        "issued before",
        "a credit that was issued before the charge reverses nothing: 120 for eleven months lower the pool by 10.9091",
        (YEAR, ("2022-12-31", (rest("-120", is_proration=True),))),
        ("2023-01 new 24", "2023-02 contraction -10.9091"),
    ),
    Example(
        "around the term",
        "a credit that begins before its charge, and one that ends after it, reverse nothing",
        (
            ("2023-03-01", (line("2023-03-01", "2023-06-01", "300"),)),
            ("2023-03-02", (line("2023-02-01", "2023-05-01", "-30"), line("2023-04-01", "2023-07-01", "-60"))),
        ),
        ("2023-03 new 90", "2023-04 contraction -20", "2023-05 expansion 10", "2023-06 churn -80"),
    ),
    Example(
        "of another subscription",
        "the first charge is of another subscription, and the second of none: that one is reversed",
        (
            ("2023-01-02", (line("2023-01-01", "2024-01-01", "240", subscription_id="one"),)),
            ("2023-01-01", (line("2023-01-01", "2024-01-01", "120"),)),
            ("2023-03-01", (line("2023-03-01", "2024-01-01", "-100.6027", subscription_id="two"),)),
        ),
        ("2023-01 new 30", "2023-03 contraction -10"),
    ),
    Example(
        "of another item",
        "so with items",
        (
            ("2023-01-02", (line("2023-01-01", "2024-01-01", "240", subscription_item_id="item one"),)),
            ("2023-01-01", (line("2023-01-01", "2024-01-01", "120"),)),
            ("2023-03-01", (line("2023-03-01", "2024-01-01", "-100.6027", subscription_item_id="item two"),)),
        ),
        ("2023-01 new 30", "2023-03 contraction -10"),
    ),
    Example(
        "two charges, one with its end",
        "the charge that ends with the credit is reversed",
        two_charges(("2023-01-01", "2023-12-01"), ("2023-01-02", "2024-01-02")),
        ("2023-01 new 209.0909", "2023-07 contraction -29.7683"),
    ),
    Example(
        "two charges, one later",
        "of two that end after it, the one that was issued last",
        two_charges(("2022-12-14", "2023-12-14"), ("2022-12-15", "2024-12-15")),
        ("2022-12 new 150", "2023-07 contraction -29.8611"),
    ),
    Example(
        "upgraded",
        "Starter at 24 becomes Pro: one expansion of a tier, at what Pro costs a month, and no churn",
        (YEAR, ("2023-02-01", (rest("-263.54"), rest("867.48", "pro")))),
        ("2023-01 new 24", "2023-02 expansion 54.9995"),
        {"tier": "54.9995"},
    ),
    Example(
        "upgraded in a month",
        "16 to 30 April, credited and charged by halves: 15 days of Pro for 39.50 are 79 a month, as from May on",
        (APRIL, TO_PRO, ("2023-05-01", (line("2023-05-01", "2023-10-01", "395", "pro"),))),
        ("2023-04 new 79",),
    ),
    Example(
        "upgraded twice",
        "six days of Max for 40, after 15.80 were credited of the 39.50 for Pro, which is 79: 200 a month",
        (
            APRIL,
            TO_PRO,
            (
                "2023-04-25",
                (
                    line("2023-04-25", "2023-05-01", "-15.80", "pro", is_proration=True),
                    line("2023-04-25", "2023-05-01", "40", "max", is_proration=True),
                ),
            ),
        ),
        ("2023-04 new 200", "2023-05 churn -200"),
    ),
    Example(
        "upgraded twice on one day",
        "Pro is credited over the dates for which it was charged: Max continues both credits, at the same rate",
        (
            YEAR,
            ("2023-02-01", (rest("-263.54"), rest("867.48", "pro"))),
            ("2023-02-01 09:00", (rest("-867.48", "pro"), rest("1500", "max"))),
        ),
        ("2023-01 new 24", "2023-02 expansion 112.6017"),
    ),
    Example(
        "upgraded elsewhere",
        "another end, an earlier invoice, another subscription: what is charged so has its own rate",
        (
            YEAR,
            ("2023-01-31", (rest("100", "pro"),)),
            (
                "2023-02-01",
                (
                    rest("-263.54", subscription_id="three"),
                    line("2023-02-01", "2024-01-31", "1200", "pro"),
                    rest("100", "max", subscription_id="four"),
                ),
            ),
        ),
        ("2023-01 new 24", "2023-02 expansion 94.1818"),
    ),
    Example(
        "upgraded in part",
        "a credit that leaves something is continued by nothing: the proration is too short to count",
        (
            APRIL,
            (
                "2023-04-16",
                (
                    line("2023-04-16", "2023-05-01", "-6", is_proration=True),
                    line("2023-04-16", "2023-05-01", "39.50", "pro", is_proration=True),
                ),
            ),
        ),
        ("2023-04 new 12", "2023-05 churn -12"),
    ),
    Example(
        "upgraded at a discount",
        "half price before and after: 144 for the year, 131.77 back, 433.74 for Pro whose list price is twice that",
        (
            ("2023-01-01", (line("2023-01-01", "2023-12-31", "144", discount_amount=Decimal(144)),)),
            ("2023-02-01", (rest("-131.77"), rest("433.74", "pro", discount_amount=Decimal("433.74")))),
        ),
        ("2023-01 new 12", "2023-02 expansion 27.4997"),
        # 12 x (78.9995 / 24 - 1) is rounded first, and the last driver takes the rest
        {"tier": "27.4998", "discount": "-0.0001"},
    ),
    Example(
        "in euros and dollars",
        "a credit in another currency reverses nothing",
        (YEAR, ("2023-02-01", (rest("-110", currency="EUR"),))),
        ("2023-01 new 24", "2023-02 contraction -12.5"),
    ),
)

# what the lines of all examples are that are no MRR: how many, and their amounts
EXCLUDED = {
    "credit_applied": "29 -6255.7439",
    "credit_beyond_charge": "3 -175.4837",
    "charge_credited": "3 1008.48",
    "short_proration": "1 39.5",
    "covers_no_month_end": "3 87.5",
    "negative_pool": "10 -221.6656",
}


def all_tables(examples: Iterable[Example] = EXAMPLES) -> Tables:
    """The raw rows of the examples, a rate of 1.25 dollars to the euro, and an invoice that ends the ledger."""
    rate = {"currency": "EUR", "effective_date": date(2022, 1, 1), "rate_to_reporting": Decimal("1.25")}
    tables: Tables = {"products": PRODUCTS, "plans": PLANS, "exchange_rates": [rate]}
    for example in examples:
        for name, rows in example.tables().items():
            tables[name] = [*tables.get(name, []), *rows]
    tables["invoices"].append({**tables["invoices"][0], "invoice_id": "the last one", "issued_at": ENDS})
    return tables
