"""Raw billing data that is always valid and as nasty as the contract allows, for tests by comparison.

Amounts are in major units of the row's currency, timestamps are naive UTC, service dates are calendar dates. Every
id starts with the caller's tag, so that many datasets fit into one database; only `exchange_rates` is the same
everywhere, and `combine` keeps one copy of it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
# a plan, a quantity and a unit amount
Charge = tuple[Row, int, Decimal]

TABLES = (
    "customers",
    "customer_versions",
    "customer_exclusions",
    "products",
    "plans",
    "subscriptions",
    "subscription_item_versions",
    "subscription_pauses",
    "discounts",
    "invoices",
    "invoice_line_items",
    "exchange_rates",
    "mrr_adjustments",
    "acquired_customers",
)
RATES = (
    ("USD", date(2015, 1, 1), "1.00000000"),
    ("EUR", date(2015, 1, 1), "1.10000000"),
    ("EUR", date(2018, 3, 31), "1.23210001"),
    ("EUR", date(2018, 11, 15), "1.13000000"),
    ("EUR", date(2019, 9, 30), "1.09876543"),
    ("EUR", date(2020, 2, 29), "1.08765432"),
    ("EUR", date(2020, 12, 1), "1.20000000"),
    ("EUR", date(2021, 5, 31), "1.22220000"),
    ("EUR", date(2021, 11, 16), "1.13215555"),
    ("EUR", date(2022, 3, 1), "1.11000000"),
    ("EUR", date(2022, 9, 30), "0.97001234"),
    ("EUR", date(2023, 7, 14), "1.12000000"),
    ("EUR", date(2023, 12, 31), "1.10355678"),
    ("EUR", date(2024, 1, 1), "0.99999999"),
    ("EUR", date(2024, 8, 31), "1.10550000"),
    ("EUR", date(2025, 6, 15), "1.15555555"),
    ("EUR", date(2026, 2, 28), "1.18000000"),
    ("EUR", date(2035, 1, 1), "7.77777777"),
    ("INR", date(2015, 1, 1), "0.01234567"),
    ("INR", date(2018, 10, 31), "0.01352222"),
    ("INR", date(2020, 4, 1), "0.01312345"),
    ("INR", date(2021, 6, 30), "0.01349999"),
    ("INR", date(2022, 2, 28), "0.01333333"),
    ("INR", date(2022, 10, 17), "0.01210000"),
    ("INR", date(2023, 4, 30), "0.01222222"),
    ("INR", date(2024, 2, 29), "0.01206789"),
    ("INR", date(2024, 12, 2), "0.01180000"),
    ("INR", date(2025, 10, 31), "0.01127777"),
    ("JPY", date(2015, 1, 1), "0.00000001"),
    ("JPY", date(2019, 5, 1), "0.00671234"),
    ("JPY", date(2020, 10, 31), "0.00955000"),
    ("JPY", date(2021, 7, 15), "0.00000001"),
    ("JPY", date(2021, 8, 31), "0.00908888"),
    ("JPY", date(2022, 6, 30), "0.00735555"),
    ("JPY", date(2023, 1, 1), "0.00000001"),
    ("JPY", date(2023, 2, 1), "0.00768888"),
    ("JPY", date(2024, 7, 10), "0.00620000"),
    ("JPY", date(2025, 4, 30), "0.00699999"),
    ("KWD", date(2015, 1, 1), "3.25000005"),
)
CURRENCIES = ("USD", "EUR", "EUR", "EUR", "EUR", "EUR", "INR", "INR", "JPY", "JPY", "KWD")
ENDED_REASONS = ("voluntary", "payment_failed", "other", None)
ADJUSTMENTS = ("0", "0.0001", "-0.0001", "5", "-5", "33.3333", "-33.3333", "100", "-100", "250.5", "-1000", "-100000")
ADJUSTMENT_REASONS = ("side letter", "side letter", "goodwill", "data fix")
INTERVALS = (
    ("month", 1),
    ("month", 1),
    ("month", 2),
    ("month", 3),
    ("month", 6),
    ("month", 14),
    ("month", 24),
    ("year", 1),
    ("year", 2),
    ("year", 3),
    ("quarter", 1),
    ("quarter", 2),
    ("week", 1),
    ("week", 2),
    ("week", 6),
    ("day", 1),
    ("day", 14),
    ("day", 24),
)
PRICES = ("0", "0.0001", "0.0003", "0.5", "9.99", "10", "33.3333", "100", "100", "100.005", "1200")
HUGE_PRICES = ("99999.9999", "100000")
QUANTITIES = (0, 1, 1, 1, 1, 2, 2, 3, 7, 50, 1000)
PERCENTS = ("0", "5", "10", "12.5", "33.33", "33.333", "66.6667", "99.9999", "0.0001", "100", "100.0000")
AMOUNTS_OFF = ("0", "0.0001", "5", "10", "33.3333", "100", "250.25", "100000")
USAGE_AMOUNTS = (
    "0",
    "0.0001",
    "-0.0001",
    "0.0005",
    "7.77",
    "31",
    "100",
    "365.25",
    "1234.5678",
    "-12.34",
    "-100",
    "-2000",
)
SERVICE_DAYS = (0, 0, 1, 13, 14, 26, 27, 28, 29, 30, 31, 33, 59, 60, 61, 89, 92, 180, 364, 365, 366, 394, 395, 398)
BILLED_AMOUNTS = ("0", "0.0001", "9.99", "33.3333", "100", "100", "99.99", "1200", "1200", "2388.8889", "120000")
BILLED_DISCOUNTS = ("0", "0", "0", "0.0001", "10", "33.3333", "250.25")
CADENCE_MONTHS = (1, 1, 1, 1, 2, 3, 6, 12, 12, 13, 24)
CADENCE_DAYS = (1, 7, 14, 14, 27, 28, 30, 32, 90, 365, 366, 396, 398, 398, 398, 398, 398)
DATE_GAPS = (-40, -7, -2, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 7, 14, 15, 30, 31, 45, 100)
SEATS = (1, 1, 2, 3, 10, 100)
SEAT_STEPS = (-3, -1, 1, 1, 2, 10, 49, 50, 51, 100)
SEAT_PRICES = ("8", "9", "9.99", "10", "10", "10.0001", "12.5", "20")
PERCENTS_OFF = ("10", "33.333", "50", "100")
# the months in which a yen is worth something again, which it was not when the month before closed
YEN_RETURNS = (date(2019, 5, 1), date(2021, 8, 1), date(2023, 2, 1))
RISE_PRICE = "5000"
TERM_MONTHS = (1, 1, 2, 3, 12, 12, 12, 12, 13, 24)
TERM_PRICES = ("0.0007", "9.99", "24", "24", "79", "120", "1000")
# how much of what is left of a term is credited: all of it, or that but for a little, or less, or more
CREDITED_SHARES = ("0.98", "1.02", "0.9799", "1.0201", "0.985", "1.015", "0.1", "0.25", "0.5", "0.95", "1.3", "2")
NEW_PRICES = ("0.5", "0.8", "1", "1.25", "2", "3.2917")
CENT, SMALLEST = Decimal("0.01"), Decimal("0.0001")
CODES = ("currency", "status", "ended_reason", "pricing_model", "billing_interval", "duration", "line_type")
MIDNIGHTS = (timedelta(0), timedelta(hours=5), timedelta(hours=-5, minutes=-30), timedelta(hours=-13))
NEAR_MIDNIGHT = (timedelta(seconds=-1), timedelta(seconds=1), timedelta(microseconds=-1), timedelta(microseconds=1))


@dataclass(frozen=True)
class Term:
    """What is billed for the dates [`start`, `end`); the end is written as its own day or as the day before."""

    contract: Row
    start: date
    end: date
    amount: Decimal
    is_inclusive: bool
    issued_at: datetime

    @property
    def period(self) -> tuple[date, date]:
        """Return the service dates as they are written."""
        return self.start, self.end - timedelta(days=self.is_inclusive)


def pick_plan_shape(rng: random.Random, number: int) -> tuple[str, tuple[str, int]]:
    """Return a pricing model and an interval; the first plans cover every model and every interval."""
    model = ("flat", "per_seat", "metered", "per_seat", "flat")[number % 5]
    return model, INTERVALS[number] if number < len(INTERVALS) else rng.choice(INTERVALS)


def add_months(month: date, months: int) -> date:
    """Return the first day of a month, moved by whole months."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def add_months_clamped(day: date, months: int) -> date:
    """Return a day moved by whole months, clamped to the end of the month it lands in."""
    month = add_months(day, months)
    return month.replace(day=min(day.day, (add_months(month, 1) - timedelta(days=1)).day))


class Generator:
    """One dataset in the making; `rng` is its only source of chance."""

    def __init__(self, rng: random.Random, customers: int, months: int, tag: str) -> None:
        """Choose the span of the data: `months` calendar months, from a first day of a month."""
        self.rng = rng
        self.customers = customers
        self.months = months
        self.tag = tag
        self.first = date(rng.randint(2018, 2023), rng.randint(1, 12), 1)
        self.tables: Tables = {table: [] for table in TABLES}
        self.counters: dict[str, int] = {}

    def chance(self, probability: float) -> bool:
        """Return true with a probability between 0 and 1."""
        return self.rng.random() < probability

    def new_id(self, kind: str) -> str:
        """Return the next id of a kind; the digits are shuffled about, so that id order is not time order."""
        number = self.counters[kind] = self.counters.get(kind, 0) + 1
        return f"{self.tag}{kind}{number * 7919 % 10007:05d}x{number}"

    def instant(self, low: datetime | None = None, high: datetime | None = None) -> datetime:
        """Return a timestamp where boundaries go wrong, between two others (both included) if they are given."""
        for _ in range(20):
            found = self.unbounded_instant()
            if (low is None or low <= found) and (high is None or found <= high):
                return found
        low = low or datetime(self.first.year, self.first.month, 1)
        high = max(low, high or low + timedelta(days=400))
        return low + timedelta(seconds=self.rng.randint(0, int((high - low).total_seconds())))

    def unbounded_instant(self) -> datetime:
        """Return a timestamp in the span or up to two months around it, mostly at or near a month's end."""
        month = add_months(self.first, self.rng.randint(-1, self.months + 1))
        start = datetime(month.year, month.month, 1)
        kind = self.rng.random()
        if kind < 0.25:
            return start
        if kind < 0.35:
            return start + self.rng.choice(MIDNIGHTS)
        if kind < 0.45:
            return start + self.rng.choice(NEAR_MIDNIGHT)
        if kind < 0.60:
            return start - timedelta(days=self.rng.randint(1, 4), seconds=self.rng.choice((0, 1, 43_201)))
        if kind < 0.75:
            return start + timedelta(days=self.rng.randint(0, 27))
        return start + timedelta(days=self.rng.randint(0, 30), seconds=self.rng.randint(0, 86_399))

    def later(self, start: datetime, *, open_share: float = 0.4, empty_share: float = 0.07) -> datetime | None:
        """Return the end of an interval: open, equal to its start, within the same day or month, or any time later."""
        kind = self.rng.random()
        if kind < open_share:
            return None
        if kind < open_share + empty_share:
            return start
        if kind < open_share + empty_share + 0.08:
            return start + timedelta(seconds=self.rng.randint(1, 80_000))
        if kind < open_share + empty_share + 0.18:
            return start + timedelta(days=self.rng.randint(1, 20))
        return self.instant(low=start)

    # ------------------------------------------------------------ customers and the catalogue

    def attributes(self) -> Row:
        """Return the attributes that a customer or one of its versions carries."""
        return {
            "segment": self.rng.choice(("smb", "mid", "enterprise")),
            "country": self.rng.choice(("US", "DE", "IN", "JP")),
            "acquisition_channel": self.rng.choice(("ads", "partner", "organic")),
            "csm_owner": self.rng.choice((None, "Ana", "Ben", "Chi")),
        }

    def add_customers(self) -> None:
        """Add customers in families up to three deep, some of them excluded, some with a history of attributes."""
        for number in range(self.customers):
            earlier = [row["customer_id"] for row in self.tables["customers"]]
            parent_id = self.rng.choice(earlier[-6:]) if earlier and self.chance(0.2) else None
            customer_id = self.new_id("c")
            self.tables["customers"].append(
                {
                    "customer_id": customer_id,
                    "parent_customer_id": parent_id,
                    "customer_name": f"Customer {number}",
                    **self.attributes(),
                    "created_at": self.unbounded_instant(),
                }
            )
            if self.chance(0.05):
                self.tables["customer_exclusions"].append({"customer_id": customer_id, "reason": "test account"})
            if self.chance(0.6):
                self.add_customer_versions(customer_id)
        self.rng.shuffle(self.tables["customers"])

    def add_customer_versions(self, customer_id: str) -> None:
        """Add versions of one customer's attributes, which may start late, leave gaps and be empty."""
        for valid_from, valid_to in self.versions(self.instant(), self.rng.randint(1, 4)):
            self.tables["customer_versions"].append(
                {"customer_id": customer_id, "valid_from": valid_from, "valid_to": valid_to, **self.attributes()}
            )

    def versions(self, start: datetime, count: int) -> list[tuple[datetime, datetime | None]]:
        """Return intervals in order that never overlap: chained, with gaps, empty, and with several on one day."""
        starts = {start}
        while len(starts) < count:
            close = start + timedelta(seconds=self.rng.randint(1, 40_000))
            starts.add(close if self.chance(0.15) else self.instant(low=start))
        ordered = sorted(starts)
        intervals: list[tuple[datetime, datetime | None]] = []
        for valid_from, following in itertools.pairwise(ordered):
            kind = self.rng.random()
            if kind < 0.75:
                intervals.append((valid_from, following))
            elif kind < 0.85:
                intervals.append((valid_from, valid_from))
            else:
                intervals.append((valid_from, self.instant(low=valid_from, high=following)))
        return [*intervals, (ordered[-1], self.later(ordered[-1]))]

    def add_catalogue(self) -> None:
        """Add products and plans: every pricing model, interval and currency, some plans with the same name."""
        product_ids = [self.new_id("prod") for _ in range(4)]
        for number, product_id in enumerate(product_ids):
            self.tables["products"].append({"product_id": product_id, "product_name": f"Product {number}"})
        currencies = sorted(set(CURRENCIES))
        for number in range(len(INTERVALS) + 6):
            model, (interval, count) = pick_plan_shape(self.rng, number)
            self.tables["plans"].append(
                {
                    "plan_id": self.new_id("plan"),
                    "product_id": self.rng.choice(product_ids),
                    "plan_name": f"Plan {number % 20}",
                    "tier_rank": self.rng.randint(1, 3),
                    "pricing_model": model,
                    "billing_interval": interval,
                    "billing_interval_count": count,
                    "currency": "USD" if self.chance(0.6) else self.rng.choice(currencies),
                    "usage_limit": self.rng.choice((None, 1000)),
                }
            )

    # ------------------------------------------------------------ subscriptions

    def add_subscription(self, customer_id: str) -> None:
        """Add a subscription with its items, pauses and discounts."""
        subscription_id = self.new_id("sub")
        started_at = self.instant(high=self.end())
        ended_at = self.later(started_at, open_share=0.5, empty_share=0.04)
        trial_ends_at = self.later(started_at, open_share=0.7, empty_share=0.05)
        if trial_ends_at is not None and self.chance(0.5):
            trial_ends_at = started_at + timedelta(days=self.rng.choice((7, 14, 30)))
        has_open_pause = self.add_pauses(subscription_id, started_at)
        if ended_at is not None:
            status = self.rng.choice(("canceled", "canceled", "unpaid", "active"))
        else:
            statuses = ["active", "past_due"]
            statuses += ["trialing"] if trial_ends_at is not None else []
            statuses += ["paused"] if has_open_pause else []
            status = self.rng.choice(statuses)
        self.tables["subscriptions"].append(
            {
                "subscription_id": subscription_id,
                "customer_id": customer_id,
                "status": status,
                "started_at": started_at,
                "trial_ends_at": trial_ends_at,
                "cancel_requested_at": self.cancel_request(started_at, ended_at),
                "ended_at": ended_at,
                "ended_reason": None
                if ended_at is None
                else self.rng.choice((None, "voluntary", "payment_failed", "other")),
            }
        )
        item_ids = [
            self.add_item(subscription_id, started_at)
            for _ in range(self.rng.choices((0, 1, 2, 3), (2, 60, 25, 13))[0])
        ]
        for _ in range(self.rng.choices((0, 1, 2, 3), (60, 20, 12, 8))[0]):
            self.add_discount(subscription_id, item_ids, started_at)

    def cancel_request(self, started_at: datetime, ended_at: datetime | None) -> datetime | None:
        """Return when a cancellation was asked for: never, or no later than the end, which may yet be to come."""
        asked = 0.1 if ended_at is None else 0.7
        return self.instant(low=started_at, high=ended_at) if self.chance(asked) else None

    def end(self) -> datetime:
        """Return the midnight after the span of the data."""
        month = add_months(self.first, self.months)
        return datetime(month.year, month.month, 1)

    def add_pauses(self, subscription_id: str, started_at: datetime) -> bool:
        """Add pauses that overlap, nest, touch, are empty or open; return whether one is open."""
        pauses: dict[datetime, datetime | None] = {}
        for _ in range(self.rng.choices((0, 1, 2, 4), (70, 15, 10, 5))[0]):
            paused_at = self.instant() if self.chance(0.1) else self.instant(low=started_at)
            resumed_at = self.later(paused_at, open_share=0.15)
            pauses.setdefault(paused_at, resumed_at)
            if resumed_at is not None and self.chance(0.3):
                pauses.setdefault(resumed_at, self.later(resumed_at, open_share=0.1))
        for paused_at, resumed_at in pauses.items():
            self.tables["subscription_pauses"].append(
                {"subscription_id": subscription_id, "paused_at": paused_at, "resumed_at": resumed_at}
            )
        return None in pauses.values()

    def add_item(self, subscription_id: str, started_at: datetime) -> str:
        """Add an item and its versions, which change price and plan, and may stick out of the subscription."""
        item_id = self.new_id("item")
        start = self.rng.choice((started_at, started_at, started_at, self.instant(), self.instant(low=started_at)))
        plan = self.rng.choice(self.tables["plans"])
        quantity, unit_amount = self.charge()
        for valid_from, valid_to in self.versions(start, self.rng.choices((1, 2, 3, 5), (40, 30, 20, 10))[0]):
            is_metered = plan["pricing_model"] == "metered"
            self.tables["subscription_item_versions"].append(
                {
                    "subscription_item_id": item_id,
                    "valid_from": valid_from,
                    "valid_to": valid_to,
                    "subscription_id": subscription_id,
                    "plan_id": plan["plan_id"],
                    "quantity": None if is_metered and self.chance(0.7) else quantity,
                    "unit_amount": None if is_metered and self.chance(0.7) else unit_amount,
                    "currency": plan["currency"],
                }
            )
            if self.chance(0.5):
                quantity, unit_amount = self.charge()
            if self.chance(0.3):
                plan = self.rng.choice(self.tables["plans"])
        return item_id

    def charge(self) -> tuple[int, Decimal]:
        """Return a quantity and a unit amount, one of them small, so that no published ratio outgrows its type."""
        if self.chance(0.03):
            return self.rng.choice((0, 1)), Decimal(self.rng.choice(HUGE_PRICES))
        return self.rng.choice(QUANTITIES), Decimal(self.rng.choice(PRICES))

    def add_discount(self, subscription_id: str, item_ids: list[str], started_at: datetime) -> None:
        """Add a discount on a subscription or an item, of any duration, that may outlive or miss what it is on."""
        item_id = self.rng.choice(item_ids) if item_ids and self.chance(0.6) else None
        is_amount = item_id is not None and self.chance(0.4)
        starts_at = self.rng.choice((started_at, self.instant(low=started_at), self.instant()))
        duration = self.rng.choices(("forever", "repeating", "once"), (45, 40, 15))[0]
        open_share = {"forever": 0.8, "repeating": 0.0, "once": 0.5}[duration]
        self.tables["discounts"].append(
            {
                "discount_id": self.new_id("disc"),
                "subscription_id": subscription_id,
                "subscription_item_id": item_id,
                "duration": duration,
                "percent_off": None if is_amount else Decimal(self.rng.choice(PERCENTS)),
                "amount_off": Decimal(self.rng.choice(AMOUNTS_OFF)) if is_amount else None,
                "starts_at": starts_at,
                "ends_at": self.later(starts_at, open_share=open_share),
            }
        )

    # ------------------------------------------------------------ invoices

    def add_invoice(self, customer_id: str, *, issued_at: datetime | None = None, status: str | None = None) -> None:
        """Add an invoice with usage lines of every kind, and lines that must not count under this basis."""
        own = [row["subscription_id"] for row in self.tables["subscriptions"] if row["customer_id"] == customer_id]
        subscription_id = self.rng.choice([*own, None])
        status = status or self.rng.choices(("paid", "open", "uncollectible", "void", "draft"), (60, 12, 8, 10, 10))[0]
        issued_at = issued_at or self.instant(high=self.end())
        invoice = {
            "invoice_id": self.new_id("inv"),
            "customer_id": customer_id,
            "subscription_id": subscription_id,
            "status": status,
            "issued_at": issued_at,
            "due_at": self.rng.choice((None, issued_at + timedelta(days=30))),
            "paid_at": issued_at + timedelta(days=self.rng.randint(0, 40)) if status == "paid" else None,
            "currency": "USD" if self.chance(0.7) else self.rng.choice(CURRENCIES),
        }
        self.tables["invoices"].append(invoice)
        for _ in range(self.rng.choices((0, 1, 2, 4), (5, 50, 30, 15))[0]):
            self.add_line(invoice)

    def add_line(self, invoice: Row) -> None:
        """Add a line to an invoice: mostly usage, else noise."""
        line_type = self.rng.choices(("usage", "recurring", "one_time", "tax"), (70, 16, 7, 7))[0]
        start: date | None = None
        end: date | None = None
        if line_type in ("usage", "recurring") or self.chance(0.3):
            start, end = self.service_period()
        items = sorted(
            {
                row["subscription_item_id"]
                for row in self.tables["subscription_item_versions"]
                if row["subscription_id"] == invoice["subscription_id"]
            }
        )
        self.tables["invoice_line_items"].append(
            {
                "invoice_line_item_id": self.new_id("line"),
                "invoice_id": invoice["invoice_id"],
                "subscription_id": invoice["subscription_id"],
                "subscription_item_id": self.rng.choice([*items, None]),
                "plan_id": None if self.chance(0.15) else self.rng.choice(self.tables["plans"])["plan_id"],
                "line_type": line_type,
                "is_proration": self.chance(0.15),
                "quantity": self.rng.choice((None, *QUANTITIES)),
                "amount": Decimal(self.rng.choice(USAGE_AMOUNTS)),
                "discount_amount": Decimal(self.rng.choice(("0", "0", "12.3456"))),
                "currency": invoice["currency"],
                "service_start": start,
                "service_end": end,
            }
        )

    def service_period(self) -> tuple[date, date]:
        """Return a service period: whole months with either kind of end, or a number of days from any day."""
        start = self.unbounded_instant().date()
        if self.chance(0.5):
            return start, start + timedelta(days=self.rng.choice(SERVICE_DAYS))
        if self.chance(0.6):
            start = start.replace(day=1)
        month = add_months(start, self.rng.choice((1, 1, 1, 2, 3, 6, 12, 13, 24)))
        last_day = (add_months(month, 1) - timedelta(days=1)).day
        end = month.replace(day=min(start.day, last_day))
        return start, end - timedelta(days=self.rng.choice((0, 1)))

    # ------------------------------------------------------------ what the policies change

    def add_renewals(self, customer_id: str) -> None:
        """Add subscriptions that follow each other late: by nothing, a few exact days, or a second more or less."""
        fixed = [row for row in self.tables["plans"] if row["pricing_model"] != "metered"]
        plan = self.rng.choice(fixed)
        start = self.instant()
        for _ in range(self.rng.randint(2, 4)):
            known = {row["subscription_id"] for row in self.tables["subscriptions"]}
            self.add_subscription(customer_id)
            renewed = next(row for row in self.tables["subscriptions"] if row["subscription_id"] not in known)
            end = start + timedelta(days=self.rng.choice((1, 10, 27, 30, 45, 90)))
            if self.chance(0.6):
                month = add_months(end.date(), 1)
                before = self.rng.choice((timedelta(0), timedelta(hours=12), timedelta(days=1), timedelta(days=5)))
                end = max(start, datetime(month.year, month.month, 1) - before)
            renewed.update(status="canceled", started_at=start, trial_ends_at=None, ended_at=end)
            asked = self.rng.choice((None, start, end, start + timedelta(days=1)))
            renewed["cancel_requested_at"] = None if asked is None else min(asked, end)
            renewed["ended_reason"] = ENDED_REASONS[self.counters["sub"] % len(ENDED_REASONS)]
            quantity, unit_amount = self.charge()
            self.tables["subscription_item_versions"].append(
                {
                    "subscription_item_id": self.new_id("item"),
                    "valid_from": start,
                    "valid_to": self.rng.choice((None, end, end)),
                    "subscription_id": renewed["subscription_id"],
                    "plan_id": plan["plan_id"],
                    "quantity": quantity,
                    "unit_amount": unit_amount,
                    "currency": plan["currency"],
                }
            )
            if self.chance(0.2):
                plan = self.rng.choice(fixed)
            gap = timedelta(days=self.rng.choice((0, 1, 5, 14, 15, 30, 60)))
            start = max(end, end + gap + timedelta(seconds=self.rng.choice((0, 0, 0, -1, 1))))

    def pay_late(self) -> None:
        """Let invoices be paid months late, and let some of those that are not paid have a due date long ago."""
        for row in self.tables["invoices"]:
            if row["due_at"] is not None and self.chance(0.4):
                row["due_at"] = row["issued_at"] + timedelta(days=self.rng.choice((0, 14, 60)))
                if row["paid_at"] is not None:
                    row["paid_at"] = row["due_at"] + timedelta(days=self.rng.choice((0, 1, 30, 31, 75, 200)))

    # ------------------------------------------------------------ recurring lines, for the invoices basis

    def add_billing(self, customer_id: str) -> None:
        """Bill one product over time the way that real billing does: renewals with overlaps and gaps, and accidents."""
        plan = None if self.chance(0.12) else self.rng.choice(self.tables["plans"])
        contract = {
            "customer_id": customer_id,
            "plan_id": None if plan is None else plan["plan_id"],
            "currency": self.rng.choice(CURRENCIES) if plan is None or self.chance(0.15) else plan["currency"],
            "quantity": self.rng.choice((None, *QUANTITIES)),
        }
        amount = Decimal(self.rng.choice(BILLED_AMOUNTS))
        cadence = (self.rng.choice(CADENCE_MONTHS), 0) if self.chance(0.75) else (0, self.rng.choice(CADENCE_DAYS))
        end_style = self.rng.choice(("exclusive", "inclusive", "mixed"))
        anchor = self.unbounded_instant().date()
        if self.chance(0.4):
            anchor = add_months(anchor, 1) - timedelta(days=self.rng.randint(1, 4))
        start, number = anchor, 0
        for _ in range(self.rng.choice((1, 2, 4, 14, 26))):
            number += 1
            months, days = cadence
            exclusive_end = add_months_clamped(anchor, months * number) if months else start + timedelta(days=days)
            if exclusive_end <= start:
                break
            is_inclusive = end_style == "inclusive" or (end_style == "mixed" and self.chance(0.5))
            end = exclusive_end - timedelta(days=1) if is_inclusive else exclusive_end
            self.add_billed_period(contract, start, end, amount)
            if (exclusive_end - start).days > 100 and self.chance(0.4):
                self.add_upgrade(contract, start, exclusive_end, amount)
            gap = self.rng.choice(DATE_GAPS) if self.chance(0.3) else 0
            start = exclusive_end + timedelta(days=gap)
            if gap:
                anchor, number = start, 0
            if self.chance(0.15):
                amount = Decimal(self.rng.choice(BILLED_AMOUNTS))
            if start >= self.end().date() + timedelta(days=60):
                break

    def add_billed_period(self, contract: Row, start: date, end: date, amount: Decimal) -> None:
        """Bill one service period, sometimes voided and billed again, credited, drafted, written off or empty."""
        accident = self.rng.random()
        status = self.rng.choices(("paid", "open", "uncollectible"), (85, 8, 7))[0]
        if accident < 0.06:
            status = self.rng.choice(("void", "draft"))
        self.add_recurring_line(contract, start, end, amount, status=status)
        if accident < 0.03:
            self.add_recurring_line(contract, start, end, amount)
        elif 0.06 <= accident < 0.12:
            credit = self.rng.choice((amount, amount, amount / 2, 2 * amount))
            self.add_recurring_line(contract, start, end, -credit.quantize(Decimal("0.0001")))
        elif 0.12 <= accident < 0.16:
            self.add_recurring_line(contract, start, end, Decimal(0))
        elif 0.16 <= accident < 0.19:
            self.add_recurring_line(contract, start, start, amount)
        elif 0.19 <= accident < 0.22:
            overlap_start = start - timedelta(days=self.rng.choice((1, 5, 31)))
            self.add_recurring_line(contract, overlap_start, end, amount)

    def add_upgrade(self, contract: Row, start: date, end: date, amount: Decimal) -> None:
        """Change a contract within its term: a credit for what is left of the old price, a charge for the new one."""
        days = (end - start).days
        left = self.rng.choice((1, 13, 26, 27, 28, 29, 31, days // 2, days - 3))
        changed = end - timedelta(days=left)
        if self.chance(0.4):
            changed = max(start, min(add_months_clamped(start, self.rng.randint(1, 11)), end))
        share = Decimal((end - changed).days) / days
        price = self.rng.choice((amount / 2, amount * 2, amount * 3))
        last = end - timedelta(days=self.rng.choice((0, 0, 1)))
        if last < changed:
            return
        upgraded = (
            contract if self.chance(0.5) else {**contract, "plan_id": self.rng.choice(self.tables["plans"])["plan_id"]}
        )
        pairs = [(upgraded, price)] if self.chance(0.2) else [(contract, -amount), (upgraded, price)]
        for target, full in pairs:
            billed = (full * share).quantize(Decimal("0.0001")) + 0
            self.add_recurring_line(target, changed, last, billed, is_proration=not self.chance(0.05))

    def add_recurring_line(
        self,
        contract: Row,
        start: date,
        end: date,
        amount: Decimal,
        *,
        status: str = "paid",
        is_proration: bool = False,
        discount: Decimal | None = None,
    ) -> None:
        """Add an invoice with one recurring line; it is issued around the start, and never after the data's end.

        Without a `discount` that is given (of any amount), one in a few lines has one.
        """
        issued_at = datetime(start.year, start.month, start.day) + timedelta(days=self.rng.randint(-5, 5), hours=9)
        invoice = self.add_recurring_invoice(contract, issued_at, status)
        if discount is None:
            is_discounted = amount >= 0 and self.chance(0.3)
            discount = Decimal(self.rng.choice(BILLED_DISCOUNTS)) if is_discounted else Decimal(0)
        self.bill(invoice, contract, start, end, amount, discount, is_proration=is_proration)

    def add_recurring_invoice(self, contract: Row, issued_at: datetime, status: str = "paid") -> Row:
        """Add an invoice for recurring lines; it is never issued after the data's end."""
        issued_at = min(issued_at, self.end() - timedelta(seconds=1))
        invoice = {
            "invoice_id": self.new_id("inv"),
            "customer_id": contract["customer_id"],
            "subscription_id": contract.get("subscription_id"),
            "status": status,
            "issued_at": issued_at,
            "due_at": issued_at + timedelta(days=30),
            "paid_at": issued_at + timedelta(days=self.rng.randint(0, 90)) if status == "paid" else None,
            "currency": contract["currency"],
        }
        self.tables["invoices"].append(invoice)
        return invoice

    def bill(
        self,
        invoice: Row,
        contract: Row,
        start: date,
        end: date,
        amount: Decimal,
        discount: Decimal,
        *,
        is_proration: bool,
    ) -> None:
        """Add a recurring line to an invoice."""
        self.tables["invoice_line_items"].append(
            {
                "invoice_line_item_id": self.new_id("line"),
                "invoice_id": invoice["invoice_id"],
                "subscription_id": contract.get("subscription_id"),
                "subscription_item_id": contract.get("subscription_item_id"),
                "plan_id": contract["plan_id"],
                "line_type": "recurring",
                "is_proration": is_proration,
                "quantity": contract["quantity"],
                "amount": amount,
                "discount_amount": discount,
                "currency": invoice["currency"],
                "service_start": start,
                "service_end": end,
            }
        )

    # ------------------------------------------------------------ credits against a term, for the invoices basis

    def add_credited_term(self, customer_id: str) -> None:
        """Bill a term, credit what is left of it and charge it anew, again and again, rightly or not."""
        contract = self.credited_contract(customer_id)
        start = self.unbounded_instant().date()
        if self.chance(0.6):
            start = start.replace(day=1)
        months = self.rng.choice(TERM_MONTHS)
        end = add_months_clamped(start, months)
        if self.chance(0.15):
            end = start + timedelta(days=self.rng.choice((10, 27, 40, 100, 365)))
        amount = Decimal(self.rng.choice(TERM_PRICES)) * months
        issued_at = datetime(start.year, start.month, start.day, 9)
        term = Term(contract, start, end, amount, self.chance(0.4), issued_at)
        full_price = amount
        self.bill_term(term, is_proration=self.chance(0.1))
        if self.chance(0.1):
            self.bill_term(term, is_proration=False)
        for _ in range(self.rng.choice((1, 1, 2, 3, 4))):
            changed = self.change_term(term)
            if changed is not None:
                full_price = full_price * changed.amount / max(term.amount, SMALLEST)
                term = changed
        if self.chance(0.4):
            renewed_to = add_months_clamped(term.end, months)
            price = min(full_price, Decimal(100_000)).quantize(CENT)
            issued_at = datetime(term.end.year, term.end.month, term.end.day, 9)
            renewed = replace(term, start=term.end, end=renewed_to, amount=price, issued_at=issued_at)
            if self.chance(0.3):
                renewed = replace(renewed, contract={**term.contract, "quantity": self.rng.choice((None, *SEATS))})
            self.bill_term(renewed, is_proration=False)

    def credited_contract(self, customer_id: str) -> Row:
        """Return what a customer is billed for: a plan or none, often without a quantity or a subscription."""
        plan = None if self.chance(0.1) else self.rng.choice(self.tables["plans"])
        return {
            "customer_id": customer_id,
            "plan_id": None if plan is None else plan["plan_id"],
            "currency": self.rng.choice(CURRENCIES) if plan is None or self.chance(0.1) else plan["currency"],
            "quantity": None if self.chance(0.3) else self.rng.choice(SEATS),
            **self.subscribed(customer_id, 0.5),
        }

    def subscribed(self, customer_id: str, share: float) -> Row:
        """Return a subscription of a customer and one of its items, or neither, or no item."""
        own = [row["subscription_id"] for row in self.tables["subscriptions"] if row["customer_id"] == customer_id]
        if not own or not self.chance(share):
            return {"subscription_id": None, "subscription_item_id": None}
        subscription_id = self.rng.choice(own)
        versions = self.tables["subscription_item_versions"]
        items = sorted({row["subscription_item_id"] for row in versions if row["subscription_id"] == subscription_id})
        return {"subscription_id": subscription_id, "subscription_item_id": self.rng.choice([*items, None, None])}

    def bill_term(self, term: Term, *, is_proration: bool, invoice: Row | None = None) -> None:
        """Bill a term, at a discount now and then, on an invoice of its own unless one is given."""
        if invoice is None:
            status = self.rng.choices(("paid", "open", "uncollectible", "void"), (90, 4, 4, 2))[0]
            invoice = self.add_recurring_invoice(term.contract, term.issued_at, status)
        share = Decimal(self.rng.choice(("0.1", "0.25", "1"))) if self.chance(0.25) else Decimal(0)
        discount = (term.amount * share).quantize(CENT)
        self.bill(invoice, term.contract, *term.period, term.amount, discount, is_proration=is_proration)

    def change_term(self, term: Term) -> Term | None:
        """Credit a part of a term and mostly charge it anew; return what is in force then, None if that is no other."""
        start, end = self.changed_time(term)
        if end - start <= timedelta(days=term.is_inclusive):
            return None
        issued_at = datetime(start.year, start.month, start.day, 9)
        if self.chance(0.3):
            days = timedelta(days=self.rng.choice((1, 20, 100, 200)))
            issued_at = self.rng.choice((issued_at + days, issued_at + days, term.issued_at, term.issued_at - days))
        rest = term.amount * (end - start).days / (term.end - term.start).days
        part = replace(term, start=start, end=end, issued_at=issued_at)
        status = self.rng.choices(("paid", "open", "void", "draft"), (92, 4, 2, 2))[0]
        invoice = self.add_recurring_invoice(term.contract, issued_at, status)
        for amount in self.credited_amounts(rest):
            self.add_credit(replace(part, amount=-amount), invoice)
        if self.chance(0.4):
            return None
        return self.charge_anew(part, rest, invoice)

    def changed_time(self, term: Term) -> tuple[date, date]:
        """Return the days that are credited: mostly the rest of a term, from any day or a whole number of months on."""
        days = (term.end - term.start).days
        start = term.start + timedelta(days=self.rng.randint(0, max(0, days - 1)))
        by_month = add_months_clamped(term.start, self.rng.randint(0, max(0, days // 31)))
        if self.chance(0.6) and by_month < term.end:
            start = by_month
        if self.chance(0.8):
            return start, term.end
        end = start + timedelta(days=self.rng.randint(1, max(1, (term.end - start).days)))
        if self.chance(0.15):
            start, end = start - timedelta(days=7), end + timedelta(days=self.rng.choice((0, 400)))
        return start, end

    def credited_amounts(self, rest: Decimal) -> list[Decimal]:
        """Return what is credited of what was paid for a time: all of it to the cent or not, or a part, or too much."""
        kind = self.rng.random()
        if kind < 0.5:
            found = [rest.quantize(CENT)]
        elif kind < 0.6:
            found = [rest.quantize(SMALLEST)]
        elif kind < 0.7:
            half = (rest / 2).quantize(SMALLEST)
            found = [half, half, *([half] if self.chance(0.2) else [])]
        else:
            found = [(rest * Decimal(self.rng.choice(CREDITED_SHARES))).quantize(SMALLEST)]
        return [max(amount, SMALLEST) for amount in found]

    def add_credit(self, term: Term, invoice: Row) -> None:
        """Credit a time on an invoice: for the contract as it is, for a part of its seats, or not quite for it."""
        contract, quantity = dict(term.contract), term.contract["quantity"]
        kind = self.rng.random()
        if kind < 0.15:
            contract["quantity"] = self.rng.choice((None, 0, 1, 2, (quantity or 0) + 1))
        elif kind < 0.2:
            contract["plan_id"] = self.rng.choice((None, self.rng.choice(self.tables["plans"])["plan_id"]))
        elif kind < 0.35:
            contract |= self.subscribed(contract["customer_id"], 0.5)
        if contract["subscription_id"] != invoice["subscription_id"]:
            invoice = self.add_recurring_invoice(contract, invoice["issued_at"], invoice["status"])
        discount = term.amount * self.rng.choice((0, 0, 0, 1))
        self.bill(invoice, contract, *term.period, term.amount, discount, is_proration=not self.chance(0.1))

    def charge_anew(self, part: Term, rest: Decimal, invoice: Row) -> Term:
        """Charge a time that was credited anew, in one line or two, with the credit or apart; return the last one."""
        for _ in range(self.rng.choice((1, 1, 1, 1, 2))):
            contract = {**part.contract, "quantity": self.rng.choice((part.contract["quantity"], None, *SEATS))}
            kind = self.rng.random()
            if kind < 0.6:
                contract["plan_id"] = self.rng.choice(self.tables["plans"])["plan_id"]
            elif kind < 0.7:
                contract["plan_id"] = None
            if self.chance(0.1):
                contract |= self.subscribed(contract["customer_id"], 0.5)
            amount = max(SMALLEST, (rest * Decimal(self.rng.choice(NEW_PRICES))).quantize(CENT))
            days = self.rng.choices((None, 0, 1, 30, -1), (70, 10, 7, 7, 6))[0]
            issued_at = part.issued_at + timedelta(days=days or 0)
            charged = replace(part, contract=contract, amount=amount, issued_at=issued_at)
            is_together = days is None and contract["subscription_id"] == invoice["subscription_id"]
            self.bill_term(charged, is_proration=not self.chance(0.1), invoice=invoice if is_together else None)
        return charged

    def add_credited_terms(self) -> None:
        """Credit terms of some customers, one after another or at the same time."""
        for customer in self.tables["customers"]:
            for _ in range(self.rng.choices((0, 1, 2, 4), (55, 20, 15, 10))[0]):
                self.add_credited_term(customer["customer_id"])

    # ------------------------------------------------------------ customers who stay, and pay more or less

    def related_plans(self) -> list[Row]:
        """Return two plans or more of one product and pricing model, of the same tier or not."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for plan in self.tables["plans"]:
            if plan["pricing_model"] != "metered":
                groups.setdefault((plan["product_id"], plan["pricing_model"]), []).append(plan)
        related = self.rng.choice([plans for plans in groups.values() if len(plans) > 1])
        return self.rng.sample(related, min(len(related), self.rng.choice((2, 3, 4, 4))))

    def next_charge(self, plans: list[Row], charge: Charge) -> Charge:
        """Return what an item is changed to: in quantity, price and plan, in one of these, in none, or to nothing."""
        plan, quantity, price = charge
        if self.chance(0.07):
            return self.rng.choice(((plan, 0, price), (plan, quantity, Decimal(0))))
        if self.chance(0.55):
            quantity = max(1, quantity + self.rng.choice(SEAT_STEPS))
        if self.chance(0.5) or price == 0:
            price = Decimal(self.rng.choice(SEAT_PRICES))
        if self.chance(0.4):
            plan = self.rng.choice(plans)
        return plan, quantity, price

    def first_charge(self, plans: list[Row]) -> Charge:
        """Return what an item starts with."""
        return self.rng.choice(plans), self.rng.choice(SEATS), Decimal(self.rng.choice(SEAT_PRICES))

    def steps(self) -> list[datetime]:
        """Return instants in order at which a contract is changed, a few months apart."""
        month = add_months(self.first, self.rng.choice((-1, 0, 0, 1, self.months // 3)))
        steps = []
        while month <= self.end().date() and len(steps) < 9:
            start = datetime(month.year, month.month, 1)
            steps.append(start if self.chance(0.3) else start + timedelta(days=self.rng.randint(0, 27), hours=12))
            month = add_months(month, self.rng.choice((1, 1, 2, 4)))
        return steps

    def add_plain_subscription(self, customer_id: str, started_at: datetime, ended_at: datetime | None = None) -> str:
        """Add a subscription without a trial, which lasts unless an end is given."""
        subscription_id = self.new_id("sub")
        self.tables["subscriptions"].append(
            {
                "subscription_id": subscription_id,
                "customer_id": customer_id,
                "status": "active" if ended_at is None else "canceled",
                "started_at": started_at,
                "trial_ends_at": None,
                "cancel_requested_at": None,
                "ended_at": ended_at,
                "ended_reason": None,
            }
        )
        return subscription_id

    def add_version(
        self, subscription_id: str, item_id: str, charge: Charge, start: datetime, end: datetime | None
    ) -> None:
        """Add one version of an item."""
        plan, quantity, price = charge
        self.tables["subscription_item_versions"].append(
            {
                "subscription_item_id": item_id,
                "valid_from": start,
                "valid_to": end,
                "subscription_id": subscription_id,
                "plan_id": plan["plan_id"],
                "quantity": quantity,
                "unit_amount": price,
                "currency": plan["currency"],
            }
        )

    def add_development(self, customer_id: str) -> None:
        """Add a subscription whose items, of one product or several, change again and again, often at once."""
        steps = self.steps()
        if not steps:
            return
        subscription_id = self.add_plain_subscription(customer_id, steps[0])
        item_ids = []
        plans = self.related_plans()
        for _ in range(self.rng.choice((1, 2, 3, 3))):
            item_ids.append(self.new_id("item"))
            charge = self.first_charge(plans)
            for start, end in itertools.pairwise([*steps, None]):
                if not self.chance(0.14):
                    self.add_version(subscription_id, item_ids[-1], charge, start, end)
                charge = self.next_charge(plans, charge)
            if self.chance(0.5):
                plans = self.related_plans()
        versions = self.tables["subscription_item_versions"]
        known = {row["subscription_item_id"] for row in versions if row["subscription_id"] == subscription_id}
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            starts_at = self.rng.choice(steps)
            ends_at = self.rng.choice([*(step for step in steps if step > starts_at), None])
            self.tables["discounts"].append(
                {
                    "discount_id": self.new_id("disc"),
                    "subscription_id": subscription_id,
                    "subscription_item_id": self.rng.choice([None, *(name for name in item_ids if name in known)]),
                    "duration": "forever" if ends_at is None else "repeating",
                    "percent_off": Decimal(self.rng.choice(PERCENTS_OFF)),
                    "amount_off": None,
                    "starts_at": starts_at,
                    "ends_at": ends_at,
                }
            )

    def add_developed_billing(self, customer_id: str) -> None:
        """Bill items of one product that change again and again, at a discount now and then; some are of no plan."""
        steps = [step.date() for step in self.steps()]
        plans = self.related_plans()
        currency = self.rng.choice(plans)["currency"]
        for _ in range(self.rng.choice((1, 2, 2))):
            charge = self.first_charge(plans)
            is_unassigned = self.chance(0.15)
            percent = Decimal(0)
            for start, end in itertools.pairwise(steps):
                plan, quantity, price = charge
                contract = {
                    "customer_id": customer_id,
                    "plan_id": None if is_unassigned else plan["plan_id"],
                    "currency": currency,
                    "quantity": quantity,
                }
                gross = quantity * price * (end.month - start.month + 12 * (end.year - start.year))
                discount = (gross * percent / 100).quantize(Decimal("0.0001"))
                if start < end and not self.chance(0.14):
                    self.add_recurring_line(contract, start, end, gross - discount, discount=discount)
                charge = self.next_charge(plans, charge)
                if self.chance(0.4):
                    percent = Decimal(self.rng.choice(("0", "0", *PERCENTS_OFF)))

    def add_free_items(self) -> None:
        """Give seats away beside those that are paid for, or a plan for free until it is paid for."""
        fixed = {row["plan_id"]: row for row in self.tables["plans"] if row["pricing_model"] != "metered"}
        paid = [row for row in self.tables["subscription_item_versions"] if row["plan_id"] in fixed]
        for row in self.rng.sample(paid, len(paid) // 8):
            plan, item_id = fixed[row["plan_id"]], self.new_id("item")
            free = (plan, self.rng.choice((1, 50, 1000)), Decimal(0))
            start, end = row["valid_from"], row["valid_to"]
            if self.chance(0.5):
                start += timedelta(days=self.rng.choice((-400, -20, 20, 40)))
            changed = start + timedelta(days=self.rng.choice((20, 45, 100)))
            self.add_version(row["subscription_id"], item_id, free, start, changed)
            if end is None or end > changed:
                price = self.first_charge([plan]) if self.chance(0.7) else free
                self.add_version(row["subscription_id"], item_id, price, changed, end)

    def add_free_lines(self) -> None:
        """Bill lines at nothing beside some that are paid for, of a quantity that is known or not."""
        lines = self.tables["invoice_line_items"]
        paid = [row for row in lines if row["line_type"] == "recurring" and row["amount"] > 0]
        for row in self.rng.sample(paid, len(paid) // 12):
            quantity = self.rng.choice((None, 1, 50, 1000))
            lines.append(
                {
                    **row,
                    "invoice_line_item_id": self.new_id("line"),
                    "quantity": quantity,
                    "amount": Decimal(0),
                    "discount_amount": Decimal(0),
                }
            )

    def add_move_to_yen(self, customer_id: str) -> None:
        """Let a customer go over from dollars to yen in a month at whose opening a yen was worth nothing."""
        months = [month for month in YEN_RETURNS if self.first < month < self.end().date()]
        fixed = [row for row in self.tables["plans"] if row["pricing_model"] != "metered"]
        dollars, yen = ([row for row in fixed if row["currency"] == currency] for currency in ("USD", "JPY"))
        if not months or not dollars or not yen:
            return
        month = self.rng.choice(months)
        start, moved = (datetime(day.year, day.month, 2) for day in (add_months(month, -3), month))
        subscription_id = self.add_plain_subscription(customer_id, start)
        price = Decimal(self.rng.choice(SEAT_PRICES))
        self.add_version(subscription_id, self.new_id("item"), (self.rng.choice(dollars), 1, price), start, moved)
        self.add_version(subscription_id, self.new_id("item"), (self.rng.choice(yen), 1, 100 * price), moved, None)

    def add_rise(self) -> None:
        """Let most customers buy the same twice in one month, so that no few of them make the expansion."""
        fixed = [row for row in self.tables["plans"] if row["pricing_model"] != "metered" and row["currency"] == "USD"]
        if not fixed:
            return
        plan, price = self.rng.choice(fixed), Decimal(RISE_PRICE)
        month = add_months(self.first, self.rng.randint(1, self.months))
        start, raised = (datetime(day.year, day.month, 15) for day in (add_months(month, -2), month))
        for customer in self.tables["customers"]:
            if self.chance(0.2):
                continue
            ended_at = raised + timedelta(days=self.rng.randint(20, 300)) if self.chance(0.8) else None
            subscription_id = self.add_plain_subscription(customer["customer_id"], start, ended_at)
            item_id = self.new_id("item")
            self.add_version(subscription_id, item_id, (plan, 1, price), start, raised)
            self.add_version(subscription_id, item_id, (plan, 2, price), raised, None)

    def add_developments(self, *, recurring_lines: bool, subscriptions: bool) -> None:
        """Let a part of the customers stay for long, and pay more or less for every reason there is."""
        for customer in self.tables["customers"]:
            customer_id = customer["customer_id"]
            if subscriptions and self.chance(0.35):
                self.add_development(customer_id)
            if recurring_lines and self.chance(0.35):
                self.add_developed_billing(customer_id)
            if subscriptions and self.chance(0.15):
                self.add_move_to_yen(customer_id)
        if subscriptions and self.chance(0.2):
            self.add_rise()

    # ------------------------------------------------------------ corrections

    def add_adjustments(self, customer_id: str) -> None:
        """Add adjustments on one or two products: of any sign, some of exactly what an item costs, over each other."""
        products = [row["product_id"] for row in self.tables["products"]]
        bought = self.bought(customer_id)
        found: dict[tuple[str, date, str], Row] = {}
        for _ in range(self.rng.choice((1, 1, 2, 3, 5))):
            product_id, price = self.rng.choice([*bought, *bought, (self.rng.choice(products), Decimal(0))])
            amount = Decimal(self.rng.choice(ADJUSTMENTS))
            if price and self.chance(0.5):
                amount = price * self.rng.choice((-1, -1, -1, 1, -2))
            month_from = add_months(self.first, self.rng.randint(-4, self.months + 3))
            length = self.rng.choice((None, None, 0, 1, 1, 2, 3, 6, 12, 24))
            reason = self.rng.choice(ADJUSTMENT_REASONS)
            found[product_id, month_from, reason] = {
                "customer_id": customer_id,
                "product_id": product_id,
                "reason": reason,
                "approved_by": self.rng.choice(("Ana", "Ben")),
                "amount": amount,
                "month_from": month_from,
                "month_to": None if length is None else add_months(month_from, length),
            }
        self.tables["mrr_adjustments"] += found.values()

    def bought(self, customer_id: str) -> list[tuple[str, Decimal]]:
        """Return the products of a customer's items and lines, each with what it costs, where that is by the month."""
        own = {row["subscription_id"] for row in self.tables["subscriptions"] if row["customer_id"] == customer_id}
        billed = {row["invoice_id"] for row in self.tables["invoices"] if row["customer_id"] == customer_id}
        charged = [
            (row["plan_id"], row["quantity"] * row["unit_amount"])
            for row in self.tables["subscription_item_versions"]
            if row["subscription_id"] in own and row["quantity"] is not None and row["unit_amount"] is not None
        ]
        charged += [
            (row["plan_id"], row["amount"]) for row in self.tables["invoice_line_items"] if row["invoice_id"] in billed
        ]
        plans = {row["plan_id"]: row for row in self.tables["plans"]}
        return [(plans[plan_id]["product_id"], price) for plan_id, price in charged if plan_id is not None]

    def add_acquisition(self, customer_id: str) -> None:
        """Let a customer be acquired: at any time, or as a subscription of its own starts, or months around that."""
        own = [row for row in self.tables["subscriptions"] if row["customer_id"] == customer_id]
        acquired_at = self.instant()
        if own and self.chance(0.7):
            started = self.rng.choice(own)
            acquired_at = self.rng.choice((started["started_at"], started["trial_ends_at"] or started["started_at"]))
            month = add_months(acquired_at.date(), self.rng.choice((-2, 0, 0, 1, 1)))
            around = datetime(month.year, month.month, 1) + self.rng.choice((*MIDNIGHTS, *NEAR_MIDNIGHT))
            acquired_at = self.rng.choice((acquired_at, around))
        self.tables["acquired_customers"].append({"customer_id": customer_id, "acquired_at": acquired_at})

    def link_invoice(self, invoice: Row) -> None:
        """Put an invoice of no subscription, with its lines, on one of its customer's, which may have ended."""
        own = [row for row in self.tables["subscriptions"] if row["customer_id"] == invoice["customer_id"]]
        if not own:
            return
        invoice["subscription_id"] = self.rng.choice(own)["subscription_id"]
        for row in self.tables["invoice_line_items"]:
            if row["invoice_id"] == invoice["invoice_id"]:
                row["subscription_id"] = invoice["subscription_id"]

    def add_corrections(self) -> None:
        """Adjust and acquire customers, also those that are excluded or have nothing else, and link paid invoices."""
        for customer in self.tables["customers"]:
            if self.chance(0.5):
                self.add_adjustments(customer["customer_id"])
            if self.chance(0.4):
                self.add_acquisition(customer["customer_id"])
        for invoice in self.tables["invoices"]:
            if invoice["subscription_id"] is None and invoice["status"] == "paid" and self.chance(0.6):
                self.link_invoice(invoice)
        self.rng.shuffle(self.tables["mrr_adjustments"])

    # ------------------------------------------------------------ the whole

    def generate(
        self,
        *,
        recurring_lines: bool = False,
        subscriptions: bool = True,
        late_business: bool = False,
        corrections: bool = False,
        mixed_case: bool = False,
    ) -> Tables:
        """Fill every table; some customers get nothing, and the last invoice falls into the last month or after it."""
        self.add_catalogue()
        self.add_customers()
        self.tables["exchange_rates"] = [
            {"currency": currency, "effective_date": effective_date, "rate_to_reporting": Decimal(rate)}
            for currency, effective_date, rate in RATES
        ]
        for customer in self.tables["customers"]:
            if self.chance(0.12):
                continue
            customer_id = customer["customer_id"]
            for _ in range(self.rng.choices((0, 1, 2, 4), (8, 52, 28, 12))[0] if subscriptions else 0):
                self.add_subscription(customer_id)
            for _ in range(self.rng.choices((0, 1, 3, 8), (45, 25, 20, 10))[0]):
                self.add_invoice(customer_id)
            for _ in range(self.rng.choices((0, 1, 2, 4), (8, 52, 28, 12))[0] if recurring_lines else 0):
                self.add_billing(customer_id)
            if late_business and subscriptions and self.chance(0.5):
                self.add_renewals(customer_id)
        if late_business:
            self.pay_late()
        if self.tables["customers"]:
            customer_id = self.tables["customers"][0]["customer_id"]
            late = self.rng.choice((timedelta(0), timedelta(seconds=-1), timedelta(days=-1), timedelta(hours=4)))
            self.add_invoice(customer_id, issued_at=self.end() + late, status="paid")
            self.add_invoice(customer_id, issued_at=self.end() + timedelta(days=90), status="draft")
        self.add_developments(recurring_lines=recurring_lines, subscriptions=subscriptions)
        self.add_free_items()
        if recurring_lines:
            self.add_credited_terms()
            self.add_free_lines()
        for table in ("subscription_item_versions", "subscription_pauses", "discounts", "invoice_line_items"):
            self.rng.shuffle(self.tables[table])
        if corrections:
            self.add_corrections()
        if mixed_case:
            self.mix_case()
        return self.tables

    def mix_case(self) -> None:
        """Write a part of the codes in small letters, in capitals, or with a capital in front."""
        for table in self.tables.values():
            for row in table:
                for name in CODES:
                    if row.get(name) is not None and self.chance(0.3):
                        row[name] = self.rng.choice((row[name].lower(), row[name].upper(), row[name].capitalize()))


def random_raw(
    rng: random.Random,
    customers: int,
    months: int,
    tag: str = "",
    *,
    recurring_lines: bool = False,
    subscriptions: bool = True,
    late_business: bool = False,
    corrections: bool = False,
    mixed_case: bool = False,
) -> Tables:
    """Return valid, adversarial raw tables over about `months` calendar months; every id starts with `tag`.

    `recurring_lines` adds what `mrr_basis: invoices` reads; without `subscriptions`, nothing but invoices is there;
    `late_business` adds subscriptions that are renewed late and invoices that are paid late, for the policies;
    `corrections` adds adjustments and acquired customers, and puts billed lines on subscriptions;
    `mixed_case` writes the same codes in small letters and capitals.
    """
    return Generator(rng, customers, months, tag).generate(
        recurring_lines=recurring_lines,
        subscriptions=subscriptions,
        late_business=late_business,
        corrections=corrections,
        mixed_case=mixed_case,
    )


def combine(datasets: Iterable[Tables]) -> Tables:
    """Return datasets with different tags as one; the exchange rates, the same in all, are kept once."""
    merged: Tables = {table: [] for table in TABLES}
    for raw in datasets:
        for table in TABLES:
            if table != "exchange_rates" or not merged[table]:
                merged[table] += raw[table]
    return merged
