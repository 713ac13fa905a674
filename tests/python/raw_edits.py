"""A company whose raw billing data is edited at random: rows come, go, change, move, and time passes and comes back.

What an edit leaves need not be valid: whoever uses it asks the input contract's tests, and undoes an edit that breaks
one of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from reference.generate import Generator, Row, Tables, add_months, combine

# days by which a date is moved
SHIFTS = (-200, -31, -7, -1, 1, 7, 31, 200)
CHILD_KEYS = {
    "subscription_item_versions": "subscription_id",
    "subscription_pauses": "subscription_id",
    "discounts": "subscription_id",
    "invoice_line_items": "invoice_id",
}
OWN_TABLES = (
    *("customers", "customer_versions", "customer_exclusions", "acquired_customers", "mrr_adjustments"),
    *("subscriptions", "invoices"),
)
# when a row is known for the first time
FIRST_KNOWN = {
    "subscriptions": "started_at",
    "subscription_item_versions": "valid_from",
    "subscription_pauses": "paused_at",
    "discounts": "starts_at",
    "customer_versions": "valid_from",
}
ATTRIBUTES = {
    "segment": ("smb", "mid", "enterprise"),
    "country": ("US", "DE", "IN", "JP"),
    "acquisition_channel": ("ads", "partner", "organic"),
    "csm_owner": (None, "Ana", "Ben", "Chi"),
}
CHOICES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("customers", "customer_name"): ("Nile", "Ganges", "Rhine"),
    **{(table, name): values for table in ("customers", "customer_versions") for name, values in ATTRIBUTES.items()},
    ("products", "product_name"): ("Rockets", "Ropes"),
    ("plans", "plan_name"): ("Gold", "Silver"),
    ("plans", "tier_rank"): (1, 2, 3),
    ("plans", "pricing_model"): ("flat", "per_seat", "metered"),
    ("plans", "billing_interval"): ("month", "year", "week"),
    ("plans", "billing_interval_count"): (1, 2, 3),
    ("plans", "usage_limit"): (None, 1000, 5),
    ("subscriptions", "status"): ("active", "canceled", "past_due", "trialing", "paused", "unpaid"),
    ("subscriptions", "ended_reason"): ("voluntary", "payment_failed", "other", None),
    ("subscription_item_versions", "quantity"): (0, 1, 2, 3, 50, None),
    ("subscription_item_versions", "unit_amount"): (*map(Decimal, ("0", "9.99", "100", "33.3333", "0.0001")), None),
    ("discounts", "duration"): ("forever", "repeating", "once"),
    ("discounts", "percent_off"): tuple(map(Decimal, ("0", "10", "33.333", "100"))),
    ("discounts", "subscription_item_id"): (None,),
    ("invoices", "status"): ("paid", "open", "uncollectible", "void", "draft"),
    ("invoice_line_items", "line_type"): ("usage", "recurring", "one_time", "tax"),
    ("invoice_line_items", "amount"): tuple(map(Decimal, ("0", "7.77", "-100", "365.25", "1200"))),
    ("invoice_line_items", "quantity"): (None, 1, 10),
    ("invoice_line_items", "plan_id"): (None,),
    ("exchange_rates", "rate_to_reporting"): tuple(map(Decimal, ("0.5", "1.1", "0.00000001"))),
    ("mrr_adjustments", "amount"): tuple(map(Decimal, ("0", "5", "-5", "250.5", "-100000"))),
}
SHIFTED = (
    *(("customers", "created_at"), ("customer_versions", "valid_from"), ("customer_versions", "valid_to")),
    *(("subscriptions", name) for name in ("started_at", "trial_ends_at", "cancel_requested_at", "ended_at")),
    *(("subscription_item_versions", "valid_from"), ("subscription_item_versions", "valid_to")),
    *(("subscription_pauses", "paused_at"), ("subscription_pauses", "resumed_at")),
    *(("discounts", "starts_at"), ("discounts", "ends_at")),
    *(("invoices", "issued_at"), ("invoices", "due_at"), ("invoices", "paid_at")),
    *(("invoice_line_items", "service_start"), ("invoice_line_items", "service_end")),
    *(("exchange_rates", "effective_date"), ("acquired_customers", "acquired_at")),
)
# ends that may also be taken away, or given to what had none
OPEN_ENDS = {
    ("subscriptions", "ended_at"): "started_at",
    ("subscriptions", "trial_ends_at"): "started_at",
    ("subscription_item_versions", "valid_to"): "valid_from",
    ("subscription_pauses", "resumed_at"): "paused_at",
    ("invoices", "paid_at"): "issued_at",
}


@dataclass
class Company:
    """All rows that a company may ever have, the customers that are not there, and how far its time has come."""

    rng: random.Random
    rows: Tables
    today: datetime
    away: set[str] = field(default_factory=set)
    knows_the_future: bool = True

    @classmethod
    def of_seed(cls, seed: int, customers: int, months: int, **what: bool) -> Company:
        """Two random data sets over the same months as one company; most customers of the second come later."""
        rng = random.Random(seed)
        first = date(rng.randint(2018, 2023), rng.randint(1, 12), 1)
        datasets = []
        for tag in ("a", "b"):
            generator = Generator(rng, customers, months, tag)
            generator.first = first
            datasets.append(generator.generate(**what))
        rows = combine(datasets)
        # something is billed in every month, so that the ledger's end follows time
        for month in range(-2, months + 6):
            day = add_months(first, month) + timedelta(days=rng.choice((0, 13, 26)))
            rows["invoices"].append(
                {
                    **{"invoice_id": f"monthly{month}", "customer_id": datasets[0]["customers"][0]["customer_id"]},
                    **{"subscription_id": None, "status": "paid", "issued_at": datetime(day.year, day.month, day.day)},
                    **{"due_at": None, "paid_at": None, "currency": "USD"},
                }
            )
        company = cls(rng, rows, datetime(first.year, first.month, 1))
        company.away = {row["customer_id"] for row in datasets[1]["customers"] if rng.random() < 0.7}
        company.go_to(add_months(first, rng.randint(months // 2, months)))
        return company

    def go_to(self, day: date) -> None:
        """Let time come to the start of a day."""
        self.today = datetime(day.year, day.month, day.day)

    def copy(self) -> Company:
        """The same company, which edits of this one do not touch."""
        return Company(
            self.rng,
            {table: [dict(row) for row in rows] for table, rows in self.rows.items()},
            self.today,
            set(self.away),
            self.knows_the_future,
        )

    def raw(self) -> Tables:
        """The raw tables as they are today."""
        rows = {table: list(found) for table, found in self.rows.items()}
        if not self.knows_the_future:
            for table, name in FIRST_KNOWN.items():
                rows[table] = [row for row in rows[table] if row[name] < self.today]
        for table in OWN_TABLES:
            rows[table] = [row for row in rows[table] if row["customer_id"] not in self.away]
        rows["invoices"] = [row for row in rows["invoices"] if row["issued_at"] < self.today]
        there = {row["customer_id"] for row in rows["customers"]}
        rows["customers"] = [
            row if row["parent_customer_id"] in there else {**row, "parent_customer_id": None}
            for row in rows["customers"]
        ]
        known = {
            "subscription_id": {row["subscription_id"] for row in rows["subscriptions"]},
            "invoice_id": {row["invoice_id"] for row in rows["invoices"]},
        }
        for table, key in CHILD_KEYS.items():
            rows[table] = [row for row in rows[table] if row[key] in known[key]]
        items = {row["subscription_item_id"] for row in rows["subscription_item_versions"]}
        rows["discounts"] = [row for row in rows["discounts"] if row["subscription_item_id"] in {None, *items}]
        for table in ("invoices", "invoice_line_items"):
            rows[table] = [
                row
                if row["subscription_id"] in known["subscription_id"]
                else {**row, "subscription_id": None, **({"subscription_item_id": None} if "line" in table else {})}
                for row in rows[table]
            ]
        rows["invoice_line_items"] = [
            row if row["subscription_item_id"] in items else {**row, "subscription_item_id": None}
            for row in rows["invoice_line_items"]
        ]
        return rows

    # ------------------------------------------------------------------------------------------------ edits

    def edit(self) -> str:
        """One random edit; returns what it was."""
        edits: list[tuple[float, Callable[[], str]]] = [
            (3, self.pass_time),
            (1, self.turn_back_time),
            (2, self.send_customer),
            (3, self.change_value),
            (4, self.shift_date),
            (2, self.open_or_close),
            (2, self.delete_row),
            (1, self.copy_row),
            (2, self.move_between_customers),
            (1, self.change_parent),
            (0.3, self.learn_or_forget_the_future),
            (1, self.void_the_latest_invoice),
        ]
        return self.rng.choices([edit for _, edit in edits], [weight for weight, _ in edits])[0]()

    def pass_time(self) -> str:
        """Days or months pass; mostly the next month's end."""
        month = add_months(self.today.date(), 1)
        to = self.rng.choice(
            (month, month, add_months(month, 2), month + timedelta(days=14), month - timedelta(days=1))
        )
        self.go_to(to)
        return f"time passes to {to}"

    def turn_back_time(self) -> str:
        """What was known lately is not known any more, as if a load had been taken back."""
        self.go_to(add_months(self.today.date(), -self.rng.choice((0, 1, 2))))
        return f"time goes back to {self.today}"

    def learn_or_forget_the_future(self) -> str:
        """Contracts that only start later are there from now on, or no longer."""
        self.knows_the_future = not self.knows_the_future
        return f"future known: {self.knows_the_future}"

    def send_customer(self) -> str:
        """Customers come or go with everything that is theirs."""
        names = sorted(row["customer_id"] for row in self.rows["customers"])
        moved = self.rng.sample(names, min(len(names), self.rng.choice((1, 1, 3))))
        self.away ^= set(moved)
        return f"customers {moved} come or go"

    def any_row(self, table: str) -> Row:
        """A row of a table, mostly one that is seen today."""
        seen = self.raw()[table]
        keys = [row for row in self.rows[table] if row in seen]
        return self.rng.choice(keys or self.rows[table])

    def change_value(self) -> str:
        """Another value in one column of one row."""
        table, name = self.rng.choice([key for key in CHOICES if self.rows[key[0]]])
        row = self.any_row(table)
        row[name] = self.rng.choice(CHOICES[table, name])
        return f"{table}.{name} of {list(row.values())[:3]} is {row[name]}"

    def shift_date(self) -> str:
        """One date of one row some days earlier or later, or at a month's start."""
        table, name = self.rng.choice([key for key in SHIFTED if self.rows[key[0]]])
        row = self.any_row(table)
        if row[name] is None:
            return "nothing"
        row[name] = self.rng.choice((row[name].replace(day=1), row[name] + timedelta(days=self.rng.choice(SHIFTS))))
        return f"{table}.{name} of {list(row.values())[:3]} is {row[name]}"

    def open_or_close(self) -> str:
        """An end is taken away, or set to a day around today."""
        table, name = self.rng.choice([key for key in OPEN_ENDS if self.rows[key[0]]])
        row = self.any_row(table)
        close = max(row[OPEN_ENDS[table, name]], self.today + timedelta(days=self.rng.randint(-90, 40)))
        row[name] = close if row[name] is None else None
        if table == "subscriptions" and name == "ended_at":
            row["status"] = "active" if row[name] is None else "canceled"
        if table == "invoices":
            row["status"] = "open" if row[name] is None else "paid"
        return f"{table}.{name} of {list(row.values())[:3]} is {row[name]}"

    def delete_row(self) -> str:
        """A row is gone for good."""
        tables = (*CHILD_KEYS, "subscriptions", "invoices", "mrr_adjustments", "customer_versions")
        tables = (*tables, "exchange_rates", "customer_exclusions", "acquired_customers", "customers")
        table = self.rng.choice([name for name in tables if self.rows[name]])
        row = self.any_row(table)
        if table == "customers":
            self.away.add(row["customer_id"])
        else:
            self.rows[table].remove(row)
        return f"{table} loses {list(row.values())[:3]}"

    def copy_row(self) -> str:
        """A row more, like one that is there, with an id of its own; or an exclusion more."""
        customer = self.any_row("customers")["customer_id"]
        table = self.rng.choice(("invoice_line_items", "customer_exclusions", "mrr_adjustments", "acquired_customers"))
        new: Row
        if table == "customer_exclusions":
            new = {"customer_id": customer, "reason": "test account"}
        elif table == "acquired_customers":
            new = {"customer_id": customer, "acquired_at": self.today - timedelta(days=self.rng.choice((1, 40, 400)))}
        elif table == "invoice_line_items" and self.rows[table]:
            new = {**self.any_row(table), "invoice_line_item_id": f"new{self.rng.getrandbits(60)}"}
        elif self.rows[table]:
            new = {**self.any_row(table), "reason": f"new {self.rng.getrandbits(60)}"}
        else:
            return "nothing"
        self.rows[table].append(new)
        return f"{table} gets {list(new.values())[:3]}"

    def move_between_customers(self) -> str:
        """A subscription, with its invoices, or a version or an adjustment becomes another customer's."""
        to = self.any_row("customers")["customer_id"]
        tables = ("subscriptions", "subscriptions", "invoices", "mrr_adjustments", "customer_versions")
        table = self.rng.choice([name for name in tables if self.rows[name]] or ["customers"])
        if table == "customers":
            return "nothing"
        row = self.any_row(table)
        row["customer_id"] = to
        for invoice in self.rows["invoices"]:
            if table == "subscriptions" and invoice["subscription_id"] == row["subscription_id"]:
                invoice["customer_id"] = to
        return f"{table} {list(row.values())[:3]} is of {to}"

    def change_parent(self) -> str:
        """A customer gets another parent, or none."""
        row = self.any_row("customers")
        row["parent_customer_id"] = self.rng.choice((None, self.any_row("customers")["customer_id"]))
        return f"the parent of {row['customer_id']} is {row['parent_customer_id']}"

    def void_the_latest_invoice(self) -> str:
        """The invoice that says where the ledger ends does not count any more."""
        counted = [row for row in self.raw()["invoices"] if row["status"] not in ("draft", "void")]
        if not counted:
            return "nothing"
        latest = max(counted, key=lambda row: row["issued_at"])["invoice_id"]
        next(row for row in self.rows["invoices"] if row["invoice_id"] == latest)["status"] = "void"
        return f"{latest} is void"
