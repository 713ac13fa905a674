"""What mutants are tried on beside the edge cases: random data, and a company of what is rare in it."""

from __future__ import annotations

import itertools
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from dbt_project import Tables, fetch_rows, raw_columns
from reference.generate import random_raw
from small_company import small_company


def edge_raw(database: Path) -> Tables:
    """The raw rows of the edge cases, which dbt has seeded into a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {table: fetch_rows(connection, f"from edge_cases.edge_{table}") for table in raw_columns()}


def nasty_raw(seed: int, variables: dict[str, Any]) -> Tables:
    """Random raw tables with everything in them that some var makes a difference for."""
    return random_raw(
        random.Random(seed),
        customers=40,
        months=30,
        recurring_lines=variables.get("mrr_basis") == "invoices",
        late_business=True,
        corrections=True,
    )


def rare_company() -> Tables:
    """What random data hardly ever holds: two amounts off one item at the same time, and usage of nearly two months.

    And customers with a rare reason to pay more or less, and fifty of them who stay.
    """
    raw = small_company()
    raw["exchange_rates"][0]["effective_date"] = date(2020, 1, 1)
    raw["discounts"] += [{**raw["discounts"][1], "discount_id": "d-3", "amount_off": Decimal("3")}]
    sixty_days = {"service_start": date(2023, 12, 5), "service_end": date(2024, 2, 3)}
    raw["invoice_line_items"] += [{**raw["invoice_line_items"][0], "invoice_line_item_id": "l-3", **sixty_days}]
    raw["products"].append({"product_id": "other", "product_name": "Other"})
    team = raw["plans"][0]
    for plan_id, changes in {
        "crew": {},
        "squad": {},
        "year": {"billing_interval": "year"},
        "other": {"product_id": "other"},
        "others": {"product_id": "other"},
    }.items():
        raw["plans"].append({**team, "plan_id": plan_id, "plan_name": plan_id, **changes})
    january, february, march, april = (datetime(2024, month, 10) for month in (1, 2, 3, 4))
    units: dict[tuple[str, str, int], dict[datetime, tuple[int, str]]] = {
        # as much for half of the units, and nothing else
        ("fewer units", "team", 1): {january: (2, "10"), march: (1, "20"), april: (2, "20")},
        # a price that a discount makes up for, and then less of it
        ("dearer and discounted", "team", 1): {january: (1, "10"), march: (1, "20"), april: (1, "20")},
        # two items of one plan below the first price, each for another time
        ("cheaper twice", "team", 1): {january: (1, "10"), february: (1, "8"), april: (2, "8")},
        ("cheaper twice", "team", 2): {january: (1, "10"), march: (1, "9")},
        # the price of a unit is exactly 12.0005 / 12, and half of 2.0001 is not
        ("by the year", "year", 1): {january: (2, "12.0005"), march: (3, "12.0005")},
        # seats and price both end on half of a ten-thousandth
        ("two halves", "year", 1): {january: (2, "12.0005"), march: (3, "24")},
        # an adjustment in the month of a lower price
        ("cheaper and adjusted", "team", 1): {january: (1, "10"), march: (1, "9")},
        # a gain and a loss below the first price, and one at it
        ("some cheaper", "team", 1): {january: (1, "20"), february: (1, "10"), march: (2, "10")},
        ("some cheaper", "crew", 1): {january: (2, "8"), february: (2, "4"), march: (1, "4")},
        ("some cheaper", "squad", 1): {january: (1, "3"), march: (2, "3")},
        # seats of one product for those of another, and a higher price
        ("from one to another", "team", 1): {january: (1, "10"), march: (2, "10")},
        ("from one to another", "other", 1): {january: (2, "10"), march: (1, "10")},
        ("from one to another", "crew", 1): {january: (1, "10"), march: (1, "15")},
        # a product that comes back with two plans below their first prices
        ("back and cheaper", "team", 1): {january: (1, "10")},
        ("back and cheaper", "other", 1): {january: (1, "10"), february: (0, "10"), march: (1, "8")},
        ("back and cheaper", "others", 1): {january: (1, "10"), february: (0, "10"), march: (1, "8"), april: (1, "9")},
        # as much is lost by a seat as by a price
        ("two losses", "team", 1): {january: (2, "10"), march: (1, "10")},
        ("two losses", "crew", 1): {january: (1, "20"), march: (1, "10")},
    }
    # 49 who stay, and one more; then one of the 49 pays less, first by 8 % of all and then by more
    december = datetime(2022, 12, 10)
    units |= {(f"stays {number}", "team", 1): {december: (1, "18.75")} for number in range(48)}
    units["pays less", "team", 1] = {december: (1, "100"), february: (1, "20"), march: (1, "10")}
    units["comes later", "team", 1] = {datetime(2023, 11, 10): (1, "5")}
    for (customer_id, plan_id, number), versions in units.items():
        subscription_id = f"s-{customer_id}"
        if not any(row["subscription_id"] == subscription_id for row in raw["subscriptions"]):
            started_at = min(versions)
            raw["customers"].append({"customer_id": customer_id, "customer_name": "Rare", "created_at": started_at})
            raw["subscriptions"].append(
                {
                    **{"subscription_id": subscription_id, "customer_id": customer_id},
                    **{"status": "active", "started_at": started_at},
                }
            )
        for valid_from, valid_to in itertools.pairwise((*versions, None)):
            quantity, price = versions[valid_from]
            raw["subscription_item_versions"].append(
                {
                    **{"subscription_item_id": f"i-{customer_id}-{plan_id}-{number}", "plan_id": plan_id},
                    **{"subscription_id": subscription_id, "currency": "USD"},
                    **{"quantity": quantity, "unit_amount": Decimal(price)},
                    **{"valid_from": valid_from, "valid_to": valid_to},
                }
            )
    raw["discounts"].append(
        {
            **{"discount_id": "d-4", "subscription_id": "s-dearer and discounted", "duration": "repeating"},
            **{"percent_off": Decimal(50), "starts_at": march, "ends_at": april},
        }
    )
    raw["mrr_adjustments"].append(
        {
            **{"customer_id": "cheaper and adjusted", "product_id": "app", "reason": "rare", "approved_by": "Eve"},
            **{"amount": Decimal(5), "month_from": date(2024, 3, 1)},
        }
    )
    # Ann is acquired after her child Bob, and of another family only a child that does not count
    raw["customers"].append({**raw["customers"][1], "customer_id": "not counted", "parent_customer_id": "pays less"})
    raw["customer_exclusions"].append({"customer_id": "not counted", "reason": "internal"})
    for customer_id, acquired_at in (("ann", april), ("not counted", december)):
        raw["acquired_customers"].append({"customer_id": customer_id, "acquired_at": acquired_at})
    # a channel that was unknown on purpose and is known today
    raw["customers"][0]["acquisition_channel"] = "ads"
    return with_every_column(raw)


def rare_company_for_policies() -> Tables:
    """What random data hardly ever holds, and policies make a difference for; the ledger ends with June 2024."""
    raw = small_company()
    for plan_id, interval in (("team_eu", "month"), ("club", "quarter"), ("gym", "week")):
        raw["plans"].append({**raw["plans"][0], "plan_id": plan_id, "plan_name": plan_id, "billing_interval": interval})
    raw["exchange_rates"] = [
        {"currency": currency, "effective_date": day, "rate_to_reporting": Decimal(rate)}
        for currency, day, rate in (
            ("EUR", date(2023, 11, 10), "1.5"),
            ("EUR", date(2023, 11, 20), "1.2"),
            ("EUR", date(2024, 3, 10), "1"),
            ("EUR", date(2024, 5, 20), "1.1"),
            ("GBP", date(2024, 2, 10), "1.3"),
        )
    ]
    december = datetime(2023, 12, 1)

    def buy(
        customer_id: str,
        plan_id: str,
        currency: str,
        price: str,
        started_at: datetime = december,
        ended_at: datetime | None = None,
        trial_ends_at: datetime | None = None,
    ) -> str:
        subscription_id = f"s-{customer_id}-{plan_id}-{started_at:%m-%d}"
        if customer_id not in {row["customer_id"] for row in raw["customers"]}:
            raw["customers"].append({"customer_id": customer_id, "customer_name": customer_id, "created_at": december})
        raw["subscriptions"].append(
            {
                **{"subscription_id": subscription_id, "customer_id": customer_id, "started_at": started_at},
                **{"status": "canceled" if ended_at else "active", "ended_at": ended_at},
                "trial_ends_at": trial_ends_at,
            }
        )
        raw["subscription_item_versions"].append(
            {
                **{"subscription_item_id": f"i-{subscription_id}", "subscription_id": subscription_id},
                **{"plan_id": plan_id, "currency": currency, "quantity": 1, "unit_amount": Decimal(price)},
                **{"valid_from": started_at, "valid_to": ended_at},
            }
        )
        return subscription_id

    def adjust(customer_id: str, amount: str, month_from: date) -> None:
        raw["mrr_adjustments"].append(
            {
                **{"customer_id": customer_id, "product_id": "app", "reason": "rate", "approved_by": "Eve"},
                **{"amount": Decimal(amount), "month_from": month_from},
            }
        )

    def coupon(subscription_id: str, given_at: datetime, ends_at: datetime | None = None) -> None:
        raw["discounts"].append(
            {
                **{"discount_id": f"d-{subscription_id}", "subscription_id": subscription_id, "duration": "once"},
                **{"percent_off": Decimal(50), "starts_at": given_at, "ends_at": ends_at},
            }
        )

    def bill(subscription_id: str, customer_id: str, status: str, due_at: datetime, paid_at: datetime | None) -> None:
        raw["invoices"].append(
            {
                **{"invoice_id": f"in-{subscription_id}", "subscription_id": subscription_id, "status": status},
                **{"customer_id": customer_id, "issued_at": due_at, "due_at": due_at, "paid_at": paid_at},
                "currency": "USD",
            }
        )

    # the larger plan is another one at another rate
    buy("two plans", "team", "USD", "45")
    buy("two plans", "team_eu", "EUR", "40")
    # a currency whose first rate comes within the quarter
    buy("pounds", "team", "USD", "10")
    buy("pounds", "team_eu", "GBP", "10", started_at=datetime(2024, 2, 15))
    # nothing at the closing rate, and something at the opening rate; then the other way round
    buy("nothing at its rate", "team", "EUR", "40")
    adjust("nothing at its rate", "-45", date(2024, 3, 1))
    buy("something at its rate", "team", "EUR", "40")
    adjust("something at its rate", "-41", date(2024, 5, 1))
    # terms that begin on the last day of a month
    last_of_january, fifth_of_march = datetime(2024, 1, 31), datetime(2024, 3, 5)
    coupon(buy("coupon of a quarter", "club", "USD", "90", started_at=last_of_january), fifth_of_march)
    coupon(buy("coupon of a month", "team", "USD", "30", started_at=last_of_january), fifth_of_march)
    coupon(buy("coupon of a week", "gym", "USD", "12", started_at=last_of_january), datetime(2024, 2, 28))
    # a coupon that is over before the first payment
    in_trial = buy("trial", "team", "USD", "30", started_at=datetime(2024, 1, 2), trial_ends_at=last_of_january)
    coupon(in_trial, datetime(2024, 1, 5), datetime(2024, 1, 10))
    # renewed after 15 days, after 16, and after 11 by a trial of 20
    ended_at = datetime(2024, 2, 20)
    for days, trial_days in ((15, None), (16, None), (11, 20)):
        started_at = ended_at + timedelta(days=days)
        trial_ends_at = started_at + timedelta(days=trial_days) if trial_days else None
        buy(f"after {days} days", "team", "USD", "5", ended_at=ended_at)
        buy(f"after {days} days", "team", "USD", "5", started_at=started_at, trial_ends_at=trial_ends_at)
    # renewed in time, but after the ledger ends; and by a child that does not count
    buy("late", "team", "USD", "7", ended_at=datetime(2024, 6, 25))
    buy("late", "team", "USD", "7", started_at=datetime(2024, 7, 3))
    buy("parent", "team", "USD", "8", ended_at=datetime(2024, 3, 25))
    buy("child", "team", "USD", "8", started_at=datetime(2024, 4, 5))
    raw["customers"][-1]["parent_customer_id"] = "parent"
    raw["customer_exclusions"].append({"customer_id": "child", "reason": "internal"})
    # an item that changes its product while it is stopped, and whose old product is renewed late
    raw["products"].append({"product_id": "other", "product_name": "Other"})
    raw["plans"].append({**raw["plans"][0], "plan_id": "other", "plan_name": "other", "product_id": "other"})
    changed, changed_at = buy("changed", "team", "USD", "6"), datetime(2024, 3, 20)
    before = raw["subscription_item_versions"][-1]
    raw["subscription_item_versions"].append({**before, "plan_id": "other", "valid_from": changed_at})
    before["valid_to"] = changed_at
    bill(changed, "changed", "paid", datetime(2024, 2, 10), datetime(2024, 3, 25))
    buy("changed", "team", "USD", "6", started_at=datetime(2024, 4, 3))
    coupon(changed, datetime(2024, 3, 28))
    raw["discounts"][-1]["duration"] = "forever"
    # at the opening rate nothing of what it paid for is left, and what is free has never been paid for
    buy("free and nothing", "other", "EUR", "40")
    buy("free and nothing", "team", "USD", "0", started_at=datetime(2024, 5, 10))
    adjust("free and nothing", "-41", date(2024, 5, 1))
    raw["mrr_adjustments"][-1]["product_id"] = "other"
    # credits take more off a product's seats than they cost, and then no more; its flat price stays
    raw["plans"].append({**raw["plans"][0], "plan_id": "base", "plan_name": "base", "pricing_model": "flat"})
    raw["plans"].append({**raw["plans"][0], "plan_id": "others", "plan_name": "others", "product_id": "other"})
    raw["customers"].append({"customer_id": "credited", "customer_name": "credited", "created_at": december})
    raw["invoices"].append({**raw["invoices"][0], "invoice_id": "in-credited", "customer_id": "credited"})
    for number, (plan_id, amount, from_month, to_month) in enumerate(
        (
            *(("base", "90", 1, 4), ("team", "-10", 1, 3), ("team", "20", 3, 5), ("base", "90", 4, 7)),
            # and off another product, which comes back at a price that is below its first one since long
            *(("other", "10", 1, 2), ("other", "40", 2, 7), ("others", "-40", 2, 4)),
        )
    ):
        raw["invoice_line_items"].append(
            {
                **{"invoice_line_item_id": f"l-credited-{number}", "invoice_id": "in-credited", "plan_id": plan_id},
                **{"line_type": "recurring", "is_proration": False, "quantity": 1, "amount": Decimal(amount)},
                **{"discount_amount": Decimal(0), "currency": "USD"},
                **{"service_start": date(2024, from_month, 1), "service_end": date(2024, to_month, 1)},
            }
        )
    # billed without a quantity between lines that have one, and for nothing at first
    raw["customers"].append({**raw["customers"][-1], "customer_id": "uncounted"})
    raw["invoices"].append({**raw["invoices"][-1], "invoice_id": "in-uncounted", "customer_id": "uncounted"})
    for number, (plan_id, quantity, amount, from_month, to_month) in enumerate(
        (
            *(("team", 2, "20", 1, 2), ("team", None, "30", 2, 3), ("team", 3, "33", 3, 7)),
            *(("base", None, "0", 1, 4), ("base", None, "5", 4, 7)),
        )
    ):
        raw["invoice_line_items"].append(
            {
                **raw["invoice_line_items"][-1],
                **{"invoice_line_item_id": f"l-uncounted-{number}", "invoice_id": "in-uncounted", "plan_id": plan_id},
                **{"quantity": quantity, "amount": Decimal(amount)},
                **{"service_start": date(2024, from_month, 1), "service_end": date(2024, to_month, 1)},
            }
        )
    # void, written off, and paid late
    bill(buy("not billed", "team", "USD", "9"), "not billed", "void", datetime(2024, 3, 1), None)
    bill(buy("never paid", "team", "USD", "9"), "never paid", "uncollectible", datetime(2024, 3, 1), None)
    bill(buy("paid late", "team", "USD", "9"), "paid late", "paid", datetime(2024, 2, 1), datetime(2024, 4, 10))
    return with_every_column(raw)


def with_every_column(raw: Tables) -> Tables:
    """Rows that hold a null where they say nothing."""
    return {
        table: [{column: row.get(column) for column in columns} for row in raw.get(table, [])]
        for table, columns in raw_columns().items()
    }
