"""A second, deliberately naive implementation of the revenue ledger, written from the rules alone.

It exists to be compared row for row with the SQL models, so it shares nothing with them: every month is computed
from scratch, every interval is tested on its exact timestamps, and nothing is floored, chained or summed up as it
runs. Money is `Decimal` with 4 places in the reporting currency, ratios are `Decimal` with 6 places (1 = 100 %),
and everything in between is an exact `Fraction`.

Scope: both values of `mrr_basis`, the policies, both values of `fx_policy`, adjustments, change events, and in modules
of their own credits, drivers and the marts of expansion; no exclusions list, reconciliation or words of a verdict.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from reference.credits import Billed, Kept, keep

Row = dict[str, Any]
Tables = dict[str, list[Row]]

ZERO = Decimal("0.0000")
SMALLEST = Decimal("0.0001")
NONE = "(none)"
UNASSIGNED = "unassigned"
ADJUSTMENT = "adjustment"
UNKNOWN = "unknown"
AT_CONSTANT_RATES = -1
FACTORS = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
# Columns that hold codes, which are read without regard to case.
UPPER_CODES = ("currency",)
LOWER_CODES = ("status", "ended_reason", "pricing_model", "billing_interval", "duration", "line_type")
UNCOUNTED_INVOICES = ("draft", "void")
SNAP = Fraction(6, 100)
SHORTEST_RATED_DAYS = 28
CHOICES = {
    "mrr_basis": ("subscriptions", "invoices"),
    "customer_grain": ("customer", "parent"),
    "paused_as": ("inactive", "active"),
    "discount_policy": ("recurring", "all", "none"),
    "usage_policy": ("included", "excluded"),
    "churn_recognised_at": ("service_end", "cancel_request"),
    "fx_policy": ("constant", "historical"),
}
# What asks for subscriptions, so that it would be without effect, and without a word, on invoice lines.
SUBSCRIPTION_POLICIES = {"paused_as": "inactive", "delinquent_after_days": None, "churn_recognised_at": "service_end"}
PERIOD_MONTHS = {"month": 1, "quarter": 3, "year": 12, "trailing_12_months": 12}
ANNUAL_PERIODS = ("year", "trailing_12_months")
VERSIONED_ATTRIBUTES = ("segment", "country", "acquisition_channel", "csm_owner")
DIMENSIONS = (*VERSIONED_ATTRIBUTES, "acquisition_year", "mrr_band", "plan", "billing_interval", "pricing_model")
FLOWS = ("expansion_mrr", "contraction_mrr", "churned_mrr", "retained_mrr")
# What a published split of churn calls a reason; what is not known is with the others.
CHURN_SPLIT = {"voluntary": "voluntary", "payment_failed": "payment_failed", "other": "other", UNKNOWN: "other"}
BANDS = (
    (Decimal("1.30"), "130_plus"),
    (Decimal("1.20"), "120_130"),
    (Decimal("1.10"), "110_120"),
    (Decimal("1.00"), "100_110"),
    (Decimal("0.90"), "90_100"),
)


class LedgerError(ValueError):
    """The input or a setting breaks the contract, and no number can be given."""


@dataclass(frozen=True)
class Settings:
    """The project's vars, with the defaults of the rules.

    `close_lag_days` is in calendar days, `late_renewal_grace_days` and `delinquent_after_days` in days of 24 hours,
    `reactivation_window_months` in calendar months (both nulls mean never), `mrr_band_floors` in whole units of the
    reporting currency per month, `fragile_grr_threshold` is a ratio (1 = 100 %), `fiscal_year_start_month` is a month's
    number (1 = January).
    """

    as_of_date: date | None = None
    close_lag_days: int = 0
    reporting_timezone: str = "UTC"
    reporting_currency: str = "USD"
    constant_fx_date: date | None = None
    customer_grain: str = "customer"
    mrr_band_floors: tuple[int, ...] = (0, 100, 1000, 10000)
    fragile_grr_threshold: Decimal = Decimal("0.90")
    mrr_basis: str = "subscriptions"
    late_renewal_grace_days: int = 0
    reactivation_window_months: int | None = None
    paused_as: str = "inactive"
    delinquent_after_days: int | None = None
    discount_policy: str = "recurring"
    usage_policy: str = "included"
    churn_recognised_at: str = "service_end"
    fx_policy: str = "constant"
    fiscal_year_start_month: int = 1

    def __post_init__(self) -> None:
        """Refuse a choice that the rules do not know, a negative number, and a policy that could do nothing."""
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise LedgerError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(known)}")
        for name in ("late_renewal_grace_days", "reactivation_window_months", "delinquent_after_days"):
            if (getattr(self, name) or 0) < 0:
                raise LedgerError(f"{name}: {getattr(self, name)} is less than 0")
        if self.fiscal_year_start_month not in range(1, 13):
            raise LedgerError(f"fiscal_year_start_month: {self.fiscal_year_start_month!r} is not a month (1 to 12)")
        for name, default in SUBSCRIPTION_POLICIES.items():
            if self.mrr_basis == "invoices" and getattr(self, name) != default:
                raise LedgerError(f"{name}: {getattr(self, name)!r} needs mrr_basis 'subscriptions'")


@dataclass(frozen=True)
class Share:
    """What one item or invoice line adds to one customer's MRR at an instant, in its own currency.

    `gross` (before discounts) and `net` (after them) are exact, per month; a credit is negative. `quantity` is 0 for
    usage, None where it is unknown. `version` tells the intervals of one item or line apart; `subscription_id` may be
    that of no known subscription.
    """

    item_type: str
    item_id: str
    version: datetime | None
    subscription_id: str | None
    customer_id: str
    product_id: str
    plan_id: str
    pool: str
    quantity: int | None
    currency: str
    gross: Fraction
    net: Fraction

    @property
    def interval(self) -> tuple[str, str, datetime | None]:
        """Return what this share and no other interval of any item is known by."""
        return self.item_type, self.item_id, self.version

    def at_rate(self, rate: Fraction) -> Piece:
        """Return this share in the reporting currency, each amount converted and then rounded once."""
        return Piece(
            customer_id=self.customer_id,
            product_id=self.product_id,
            plan_id=self.plan_id,
            pool=self.pool,
            quantity=self.quantity,
            gross=convert(self.gross, rate),
            mrr=convert(self.net, rate),
        )


@dataclass(frozen=True)
class Piece:
    """What one item or invoice line adds to one customer's MRR, in the reporting currency.

    `gross` (before discounts) and `mrr` (after them) are per month, each rounded once to 4 decimals.
    """

    customer_id: str
    product_id: str
    plan_id: str
    pool: str
    quantity: int | None
    gross: Decimal
    mrr: Decimal


@dataclass(frozen=True)
class Contracted:
    """The time [`start`, `end`) that one item version is to be paid for, pauses not taken out; a null end is open."""

    customer_id: str
    product_id: str
    item: Row
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Recurring:
    """A part of a recurring line: `gross` and `net` are per month in its currency, over the dates [`start`, `end`)."""

    line: Row
    customer_id: str
    product_id: str
    plan_id: str
    pool: str
    currency: str
    quantity: int | None
    gross: Fraction
    net: Fraction
    start: date
    end: date


@dataclass(frozen=True)
class Usage:
    """One usage line: `amount` is per month in the line's currency, over the calendar dates [`start`, `end`)."""

    line: Row
    customer_id: str
    plan_id: str | None
    currency: str
    amount: Fraction
    start: date
    end: date


# ---------------------------------------------------------------- time


def add_months(day: date, months: int) -> date:
    """Return `day` moved by whole calendar months, clamped to the last day of the month it lands in."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def closing_instant(month: date, timezone: str) -> datetime:
    """Return T of a month (given by its first day): the first instant of the next month there, as naive UTC."""
    return midnight(add_months(month, 1), timezone)


@lru_cache(maxsize=10_000)
def midnight(day: date, timezone: str) -> datetime:
    """Return the midnight that begins a day in a time zone, as naive UTC."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def month_of(instant: datetime, timezone: str) -> date:
    """Return the month (its first day) that a UTC instant falls into in a time zone."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date().replace(day=1)


def months_between(earlier: date, later: date) -> int:
    """Return the number of calendar months from one month to another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def last_day(month: date) -> date:
    """Return the last calendar day of a month."""
    return add_months(month, 1) - timedelta(days=1)


def in_force(start: Any, end: Any, instant: Any) -> bool:
    """Say whether the half-open [start, end) covers the last moment before `instant`; a null end is open."""
    return start < instant and (end is None or instant <= end)


def in_force_from(start: Any, end: Any, instant: Any) -> bool:
    """Say whether the half-open [start, end) covers `instant` itself; a null end is open."""
    return start <= instant and (end is None or instant < end)


def is_empty(start: Any, end: Any) -> bool:
    """Say whether the half-open [start, end) holds nothing; a null end is open."""
    return end is not None and end <= start


def earliest(*ends: datetime | None) -> datetime | None:
    """Return the first of several ends, of which null ones are open; None where all are."""
    return min((end for end in ends if end is not None), default=None)


def billing_term(anchor: datetime, plan: Row, instant: datetime) -> tuple[datetime, datetime]:
    """Return the billing term of a plan that holds an instant, counted from an anchor no later than it.

    Months, quarters and years are calendar months from the anchor, clamped to the month's end, at the anchor's time of
    day; days and weeks are of 24 hours. All in UTC.
    """
    days = {"day": 1, "week": 7}.get(plan["billing_interval"], 0) * plan["billing_interval_count"]
    months = {"month": 1, "quarter": 3, "year": 12}.get(plan["billing_interval"], 0) * plan["billing_interval_count"]

    def start_of(number: int) -> datetime:
        moved = datetime.combine(add_months(anchor.date(), months * number), anchor.time())
        return moved + timedelta(days=days * number)

    number = 0
    while start_of(number + 1) <= instant:
        number += 1
    return start_of(number), start_of(number + 1)


def as_date(value: date | datetime) -> date:
    """Read a service date as the calendar date that is written there, in no time zone."""
    return value.date() if isinstance(value, datetime) else value


def find_as_of_date(raw: Tables, settings: Settings) -> date:
    """Return the day at whose end the ledger is read: the var, else the day of the latest valid invoice."""
    if settings.as_of_date is not None:
        return settings.as_of_date
    issued = [row["issued_at"] for row in rows(raw, "invoices") if row["status"] not in UNCOUNTED_INVOICES]
    if not issued:
        raise LedgerError("as_of_date: set this var, for there is no invoice to take it from")
    return max(issued).replace(tzinfo=UTC).astimezone(ZoneInfo(settings.reporting_timezone)).date()


def as_of_midnight(as_of_date: date, timezone: str) -> datetime:
    """Return the midnight that ends a day in a time zone, as naive UTC."""
    return midnight(as_of_date + timedelta(days=1), timezone)


def find_last_month(as_of_date: date, close_lag_days: int) -> date:
    """Return the first day of the last month whose end plus the lag (days) is no later than the as-of midnight."""
    midnight = as_of_date + timedelta(days=1)
    month = as_of_date.replace(day=1)
    while add_months(month, 1) + timedelta(days=close_lag_days) > midnight:
        month = add_months(month, -1)
    return month


# ---------------------------------------------------------------- numbers


def round_half_away(value: Fraction, places: int) -> Decimal:
    """Round an exact number to `places` decimals, a half away from zero."""
    doubled = 2 * abs(value.numerator) * 10**places + value.denominator
    units = doubled // (2 * value.denominator)
    return Decimal(-units if value < 0 else units).scaleb(-places)


@lru_cache(maxsize=100_000)
def convert(amount: Fraction, rate: Fraction) -> Decimal:
    """Return an amount in the reporting currency, to 4 decimals."""
    return round_half_away(amount * rate, 4)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return part / whole rounded to 6 decimals, None where the whole is 0."""
    return round_half_away(Fraction(part) / Fraction(whole), 6) if whole else None


def total(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of amounts with 4 decimals."""
    return sum(values, ZERO)


# ---------------------------------------------------------------- reading


def rows(raw: Tables, table: str) -> list[Row]:
    """Return the rows of a table; a table that does not exist reads as empty."""
    return raw.get(table) or []


def with_plain_codes(raw: Tables) -> Tables:
    """Return the raw tables with every code as the rules write it: currencies in capitals, others in small letters."""
    return {table: [{**row, **plain_codes(row)} for row in rows(raw, table)] for table in raw}


def plain_codes(row: Row) -> Row:
    """Return the codes of a row as the rules write them."""
    upper = {name: row[name].upper() for name in UPPER_CODES if row.get(name) is not None}
    lower = {name: row[name].lower() for name in LOWER_CODES if row.get(name) is not None}
    return upper | lower


def group_rows(table: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Return the rows by key, each group in its first order; unknown keys read as empty."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in table:
        groups[key(row)].append(row)
    return groups


def find_roots(raw: Tables, grain: str) -> dict[str, str]:
    """Return the customer that each raw customer is counted under: itself, or its ultimate parent."""
    parents = {row["customer_id"]: row.get("parent_customer_id") for row in rows(raw, "customers")}
    roots = {}
    for customer_id in parents:
        root, seen = customer_id, {customer_id}
        while (parent := parents[root]) is not None:
            if parent not in parents:
                raise LedgerError(f"customers.parent_customer_id: {parent!r} of {root!r} is not a customer")
            if parent in seen:
                raise LedgerError(f"customers.parent_customer_id: a cycle through {parent!r}")
            seen.add(parent)
            root = parent
        roots[customer_id] = root if grain == "parent" else customer_id
    return roots


def service_term(start: date, end: date, *, is_inclusive: bool = False) -> tuple[Fraction, date]:
    """Return the term in months of a billed service period, and the exclusive end of the interval it covers.

    Whole calendar months are recognised with an exclusive and with an inclusive end; anything else is its days
    x 12/365, snapped to a whole number of months (at least 1) within 0.06 of it. Its last day is one of them only if
    the end is known to be inclusive.
    """
    roughly = (end - start).days // 28 + 2
    for exclusive_end in (end, end + timedelta(days=1)):
        for months in range(1, roughly + 1):
            if add_months(start, months) == exclusive_end:
                return Fraction(months), exclusive_end
    end += timedelta(days=is_inclusive)
    term = Fraction((end - start).days * 12, 365)
    nearest = max(1, round(term))
    return (Fraction(nearest) if abs(term - nearest) <= SNAP else term), end


def read_usage(line: Row, customer_id: str) -> Usage:
    """Read a usage line: at its monthly rate from 28 days on, else as billed in the month of its last day."""
    start, end = as_date(line["service_start"]), as_date(line["service_end"])
    amount, plan_id = Fraction(line["amount"]), line["plan_id"]
    term, exclusive_end = service_term(start, end)
    if (exclusive_end - start).days >= SHORTEST_RATED_DAYS:
        return Usage(line, customer_id, plan_id, line["currency"], amount / term, start, exclusive_end)
    last_day = max(start, end - timedelta(days=1))
    first = last_day.replace(day=1)
    return Usage(line, customer_id, plan_id, line["currency"], amount, first, add_months(first, 1))


def read_recurring(line: Row, invoice: Row, *, is_inclusive: bool = False) -> Billed:
    """Read a recurring line at its monthly rate, which counts if it is no short proration."""
    start, end = as_date(line["service_start"]), as_date(line["service_end"])
    term, exclusive_end = service_term(start, end, is_inclusive=is_inclusive)
    return Billed(
        line=line,
        invoice=invoice,
        start=start,
        end=exclusive_end,
        gross=(Fraction(line["amount"]) + Fraction(line["discount_amount"])) / term,
        net=Fraction(line["amount"]) / term,
        is_rated=not line["is_proration"] or (exclusive_end - start).days >= SHORTEST_RATED_DAYS,
    )


def read_all_recurring(found: Iterable[tuple[Row, Row]]) -> list[Billed]:
    """Read recurring lines that have days; of these, lines with the same end written on them end together.

    A line that begins within the term of another of the same customer and currency, and has the same end, has an
    inclusive end if that one has.
    """
    billed = [
        read_recurring(line, invoice)
        for line, invoice in found
        if as_date(line["service_start"]) < as_date(line["service_end"])
    ]
    inclusive = [one for one in billed if one.amount > 0 and one.end > as_date(one.line["service_end"])]
    return [
        read_recurring(one.line, one.invoice, is_inclusive=any(ends_with(one, other) for other in inclusive))
        for one in billed
    ]


def ends_with(one: Billed, other: Billed) -> bool:
    """Say whether a line begins within the term of another of its customer and currency, and has the same end."""
    return (
        one.invoice["customer_id"] == other.invoice["customer_id"]
        and one.line["currency"] == other.line["currency"]
        and as_date(one.line["service_end"]) == as_date(other.line["service_end"])
        and other.start <= one.start
    )


def read_kept(kept: Kept, customer_id: str, plans: dict[str, Row], discount_policy: str) -> Recurring:
    """Read what is kept of a recurring line.

    What was billed is net of every discount, so only the policy that knows no discounts makes a difference.
    """
    line = kept.billed.line
    plan = None if line["plan_id"] is None else plans[line["plan_id"]]
    return Recurring(
        line=line,
        customer_id=customer_id,
        product_id=UNASSIGNED if plan is None else plan["product_id"],
        plan_id=UNASSIGNED if plan is None else plan["plan_id"],
        pool="per_seat" if plan is not None and plan["pricing_model"] == "per_seat" else "flat",
        currency=line["currency"],
        quantity=kept.quantity,
        gross=kept.gross,
        net=kept.gross if discount_policy == "none" else kept.net,
        start=kept.start,
        end=kept.end,
    )


def billed_lines(raw: Tables, counted_as: dict[str, str], line_type: str) -> Iterator[tuple[Row, Row]]:
    """Yield the lines of a type on invoices that count, of customers that are not excluded, each with its invoice."""
    invoices = {row["invoice_id"]: row for row in rows(raw, "invoices")}
    for line in rows(raw, "invoice_line_items"):
        invoice = invoices[line["invoice_id"]]
        if (
            line["line_type"] == line_type
            and invoice["status"] not in UNCOUNTED_INVOICES
            and invoice["customer_id"] in counted_as
        ):
            yield line, invoice


# ---------------------------------------------------------------- MRR


def gross_per_month(item: Row, plan: Row) -> Fraction:
    """Return an item's gross in its own currency per month."""
    factor = FACTORS[plan["billing_interval"]] / plan["billing_interval_count"]
    return item["quantity"] * Fraction(item["unit_amount"]) * factor


def net_per_month(item: Row, plan: Row, applied: list[Row]) -> Fraction:
    """Return an item's net in its own currency per month, after the discounts that apply to it."""
    factor = FACTORS[plan["billing_interval"]] / plan["billing_interval_count"]
    net = gross_per_month(item, plan)
    for discount in applied:
        if discount.get("percent_off") is not None:
            net *= 1 - Fraction(discount["percent_off"]) / 100
    for discount in applied:
        if discount.get("amount_off") is not None:
            net -= Fraction(discount["amount_off"]) * factor
    return max(net, Fraction(0))


def bridge_late_renewals(fixed: list[Any], grace_days: int, known_until: Any) -> list[Any]:
    """Return fixed intervals of which those that end an island reach over a gap of at most `grace_days` to the next.

    Each has a customer, a product, a start and an end. A gap that is still open at `known_until` stays open.
    """
    held = group_rows(
        (one for one in fixed if not is_empty(one.start, one.end)), lambda one: (one.customer_id, one.product_id)
    )
    return [bridge_gap(one, held[one.customer_id, one.product_id], grace_days, known_until) for one in fixed]


def bridge_gap(one: Any, others: list[Any], grace_days: int, known_until: Any) -> Any:
    """Return an interval, longer where it ends an island (of `others`, itself among them) that a late renewal follows.

    Intervals that touch are one island: what starts as another ends leaves no gap.
    """
    if one.end is None or is_empty(one.start, one.end):
        return one
    if any(other.start <= one.end and (other.end is None or one.end < other.end) for other in others):
        return one
    following = min((other.start for other in others if other.start > one.end), default=None)
    if following is None or following >= known_until or following - one.end > timedelta(days=grace_days):
        return one
    return replace(one, end=following)


class Rates:
    """What one unit of a currency is worth in the reporting currency, on one day for all or month by month."""

    def __init__(self, table: list[Row], reporting_currency: str, constant_date: date) -> None:
        """Index the rates by their currency."""
        self.table = group_rows(table, lambda row: row["currency"])
        self.reporting_currency = reporting_currency
        self.constant_date = constant_date
        self.found: dict[tuple[str, date], Fraction | None] = {}

    def on(self, currency: str, day: date) -> Fraction | None:
        """Return the latest rate on or before a day; None where there is none."""
        if currency == self.reporting_currency:
            return Fraction(1)
        if (currency, day) not in self.found:
            known = [row for row in self.table[currency] if row["effective_date"] <= day]
            latest = max(known, key=lambda row: row["effective_date"], default=None)
            self.found[currency, day] = None if latest is None else Fraction(latest["rate_to_reporting"])
        return self.found[currency, day]

    def constant(self, currency: str) -> Fraction:
        """Return the one rate of the whole history."""
        rate = self.on(currency, self.constant_date)
        if rate is None:
            raise LedgerError(f"exchange_rates: no rate for {currency!r} on or before {self.constant_date}")
        return rate

    def closing(self, currency: str, month: date) -> Fraction:
        """Return the rate at which a month closes."""
        rate = self.on(currency, last_day(month))
        if rate is None:
            raise LedgerError(f"exchange_rates: no rate for {currency!r} on or before the end of {month:%Y-%m}")
        return rate

    def closing_or_first(self, currency: str, month: date) -> Fraction:
        """Return the rate at which a month closes, the currency's earliest where it has none yet."""
        rate = self.on(currency, last_day(month))
        if rate is None:
            first = min(self.table[currency], key=lambda row: row["effective_date"])
            return Fraction(first["rate_to_reporting"])
        return rate


class Contracts:
    """The raw tables, indexed so that one month's closing balances can be computed from scratch."""

    def __init__(self, raw: Tables, settings: Settings, as_of_date: date) -> None:
        """Index the tables; customers that are excluded are out from here on."""
        excluded = {row["customer_id"] for row in rows(raw, "customer_exclusions")}
        roots = find_roots(raw, settings.customer_grain)
        self.counted_as = {child: root for child, root in roots.items() if child not in excluded}
        self.settings = settings
        self.plans = {row["plan_id"]: row for row in rows(raw, "plans")}
        self.subscriptions = {row["subscription_id"]: row for row in rows(raw, "subscriptions")}
        self.items = group_rows(rows(raw, "subscription_item_versions"), lambda row: row["subscription_item_id"])
        self.pauses = group_rows(rows(raw, "subscription_pauses"), lambda row: row["subscription_id"])
        self.invoices = group_rows(rows(raw, "invoices"), lambda row: row.get("subscription_id"))
        self.discounts = group_rows(rows(raw, "discounts"), lambda row: row["subscription_id"])
        self.adjustments = [row for row in rows(raw, "mrr_adjustments") if row["customer_id"] in self.counted_as]

        self.contracted: list[Contracted] = []
        self.recurring: list[Recurring] = []
        self.usage: list[Usage] = []
        grace_days = settings.late_renewal_grace_days
        if settings.mrr_basis == "invoices":
            billed = read_all_recurring(billed_lines(raw, self.counted_as, "recurring"))
            counted = [
                read_kept(
                    kept,
                    self.counted_as[kept.billed.invoice["customer_id"]],
                    self.plans,
                    settings.discount_policy,
                )
                for kept in keep(billed)
            ]
            self.recurring = bridge_late_renewals(counted, grace_days, as_of_date + timedelta(days=1))
        else:
            read = [self.read_item(item) for item in rows(raw, "subscription_item_versions")]
            counted = [contracted for contracted in read if contracted is not None]
            midnight = as_of_midnight(as_of_date, settings.reporting_timezone)
            self.contracted = bridge_late_renewals(counted, grace_days, midnight)
        if settings.usage_policy == "included":
            self.usage = [
                read_usage(line, self.counted_as[invoice["customer_id"]])
                for line, invoice in billed_lines(raw, self.counted_as, "usage")
            ]
        self.contracted_by = group_rows(self.contracted, lambda one: one.customer_id)
        self.recurring_by = group_rows(self.recurring, lambda one: one.customer_id)

    def read_item(self, item: Row) -> Contracted | None:
        """Return when an item version is contracted; None if it is metered, or its customer is excluded."""
        plan = self.plans[item["plan_id"]]
        customer_id = self.counted_as.get(self.subscriptions[item["subscription_id"]]["customer_id"])
        if customer_id is None or plan["pricing_model"] == "metered":
            return None
        start, end = self.contracted_time(item)
        return Contracted(customer_id, plan["product_id"], item, start, end)

    def contracted_time(self, item: Row) -> tuple[datetime, datetime | None]:
        """Return an item version's time within its subscription's, after the trial and to the recognised end."""
        subscription = self.subscriptions[item["subscription_id"]]
        ended_at = self.recognised_end(subscription)
        return max(item["valid_from"], pays_from(subscription)), earliest(item["valid_to"], ended_at)

    def recognised_end(self, subscription: Row) -> datetime | None:
        """Return when a subscription is taken to end: with its service, or as soon as that is asked for."""
        if self.settings.churn_recognised_at == "cancel_request":
            return earliest(subscription.get("ended_at"), subscription.get("cancel_requested_at"))
        return subscription.get("ended_at")

    def first_month(self) -> date | None:
        """Return the first day of a month before which nothing can be in force; None without any data."""
        days = [contracted.start.date() for contracted in self.contracted]
        days += [line.start for line in (*self.usage, *self.recurring)]
        days += [row["month_from"] for row in self.adjustments]
        return add_months(min(days).replace(day=1), -1) if days else None

    def shares(self, month: date) -> Iterator[Share]:
        """Yield what is in force at the last instant of a month, item by item and line by line."""
        for customer_id in {**self.contracted_by, **self.recurring_by}:
            yield from self.fixed(customer_id, closing_instant(month, self.settings.reporting_timezone), in_force)
        for line in self.usage:
            if in_force(line.start, line.end, add_months(month, 1)):
                yield self.usage_share(line)
        for row in self.adjustments:
            if in_force(row["month_from"], row["month_to"], add_months(month, 1)):
                yield self.adjustment_share(row)

    def fixed(self, customer_id: str, instant: datetime, covers: Callable[..., bool]) -> Iterator[Share]:
        """Yield a customer's items and recurring lines at an instant; `covers` says what an interval holds there."""
        for contracted in self.contracted_by[customer_id]:
            if self.is_paying(contracted, instant, covers):
                yield self.item_share(contracted, self.applied_discounts(contracted.item, instant, covers))
        for line in self.recurring_by[customer_id]:
            if covers(*self.midnights(line), instant):
                yield self.recurring_share(line)

    def item_share(self, contracted: Contracted, applied: list[Row]) -> Share:
        """Return what an item version adds, with the discounts that apply to it."""
        item = contracted.item
        plan = self.plans[item["plan_id"]]
        return Share(
            item_type="subscription_item",
            item_id=item["subscription_item_id"],
            version=item["valid_from"],
            subscription_id=item["subscription_id"],
            customer_id=contracted.customer_id,
            product_id=contracted.product_id,
            plan_id=plan["plan_id"],
            pool=plan["pricing_model"],
            quantity=item["quantity"],
            currency=item["currency"],
            gross=gross_per_month(item, plan),
            net=net_per_month(item, plan, applied),
        )

    def recurring_share(self, one: Recurring) -> Share:
        """Return what a recurring line adds."""
        return Share(
            item_type="recurring_line",
            item_id=one.line["invoice_line_item_id"],
            version=self.midnights(one)[0],
            subscription_id=one.line.get("subscription_id"),
            customer_id=one.customer_id,
            product_id=one.product_id,
            plan_id=one.plan_id,
            pool=one.pool,
            quantity=one.quantity,
            currency=one.currency,
            gross=one.gross,
            net=one.net,
        )

    def usage_share(self, one: Usage) -> Share:
        """Return what a usage line adds."""
        return Share(
            item_type="usage_line",
            item_id=one.line["invoice_line_item_id"],
            version=None,
            subscription_id=one.line.get("subscription_id"),
            customer_id=one.customer_id,
            product_id=UNASSIGNED if one.plan_id is None else self.plans[one.plan_id]["product_id"],
            plan_id=one.plan_id or UNASSIGNED,
            pool="metered",
            quantity=0,
            currency=one.currency,
            gross=one.amount,
            net=one.amount,
        )

    def adjustment_share(self, row: Row) -> Share:
        """Return what an adjustment adds: it is in the reporting currency, and of no subscription."""
        return Share(
            item_type=ADJUSTMENT,
            item_id=f"{row['product_id']} from {row['month_from']}: {row['reason']}",
            version=None,
            subscription_id=None,
            customer_id=self.counted_as[row["customer_id"]],
            product_id=row["product_id"],
            plan_id=ADJUSTMENT,
            pool=ADJUSTMENT,
            quantity=0,
            currency=self.settings.reporting_currency,
            gross=Fraction(row["amount"]),
            net=Fraction(row["amount"]),
        )

    def midnights(self, line: Recurring) -> tuple[datetime, datetime]:
        """Return when a recurring line begins and ends, in the reporting timezone."""
        timezone = self.settings.reporting_timezone
        return midnight(line.start, timezone), midnight(line.end, timezone)

    def instants(self, customer_id: str) -> set[datetime]:
        """Return every instant at which what a customer's items and recurring lines are worth could change."""
        bounds = [self.midnights(line) for line in self.recurring_by[customer_id]]
        for contracted in self.contracted_by[customer_id]:
            bounds += [(contracted.start, contracted.end), *self.stops(contracted.item["subscription_id"])]
            for discount in self.discounts[contracted.item["subscription_id"]]:
                if discount["duration"] != "once":
                    bounds.append((discount["starts_at"], discount["ends_at"]))
                elif self.settings.discount_policy == "all":
                    bounds.append(self.coupon_term(discount, contracted.item))
        return {instant for pair in bounds for instant in pair if instant is not None}

    def is_paying(self, contracted: Contracted, instant: datetime, covers: Callable[..., bool]) -> bool:
        """Say whether an item version is in force at an instant, neither paused nor stopped for an unpaid invoice."""
        return covers(contracted.start, contracted.end, instant) and not any(
            covers(start, end, instant) for start, end in self.stops(contracted.item["subscription_id"])
        )

    def stops(self, subscription_id: str) -> list[tuple[datetime, datetime | None]]:
        """Return when a subscription is paused, where that counts, or stopped for an unpaid invoice."""
        stops = self.delinquencies(subscription_id)
        if self.settings.paused_as == "inactive":
            stops += [(pause["paused_at"], pause["resumed_at"]) for pause in self.pauses[subscription_id]]
        return stops

    def delinquencies(self, subscription_id: str) -> list[tuple[datetime, datetime | None]]:
        """Return when a subscription does not count, because an invoice of its own is long past due and not paid."""
        if self.settings.delinquent_after_days is None:
            return []
        late = timedelta(days=self.settings.delinquent_after_days)
        due = [row for row in self.invoices[subscription_id] if row.get("due_at") is not None]
        unpaid = [(row["due_at"] + late, None) for row in due if row["status"] in ("open", "uncollectible")]
        paid = [
            (row["due_at"] + late, row["paid_at"])
            for row in due
            if row["status"] == "paid" and row.get("paid_at") is not None
        ]
        return unpaid + paid

    def applied_discounts(self, item: Row, instant: datetime, covers: Callable[..., bool]) -> list[Row]:
        """Return the discounts that lower an item at an instant, under the discount policy."""
        if self.settings.discount_policy == "none":
            return []
        return [
            discount
            for discount in self.discounts[item["subscription_id"]]
            if discount.get("subscription_item_id") in (None, item["subscription_item_id"])
            and (
                self.settings.discount_policy == "all"
                and self.is_spent_on(discount, item)
                and covers(*self.coupon_term(discount, item), instant)
                if discount["duration"] == "once"
                else covers(discount["starts_at"], discount["ends_at"], instant)
            )
        ]

    def is_spent_on(self, coupon: Row, item: Row) -> bool:
        """Say whether a `once` coupon fell on an item, on the plan of this version of it.

        It falls in when both it and the subscription's paying time have begun, if it is still there then, on the plan
        that the item has then.
        """
        fell = self.coupon_fell(coupon, item)
        return not is_empty(fell, coupon["ends_at"]) and any(
            in_force_from(*self.contracted_time(version), fell) and version["plan_id"] == item["plan_id"]
            for version in self.items[item["subscription_item_id"]]
        )

    def coupon_fell(self, coupon: Row, item: Row) -> datetime:
        """Return when both a `once` coupon and the paying time of an item's subscription have begun."""
        return max(coupon["starts_at"], pays_from(self.subscriptions[item["subscription_id"]]))

    def coupon_term(self, coupon: Row, item: Row) -> tuple[datetime, datetime]:
        """Return the billing term that a `once` coupon fell in, by the plan of an item.

        Terms are counted from the start of the subscription's paying time.
        """
        anchor = pays_from(self.subscriptions[item["subscription_id"]])
        return billing_term(anchor, self.plans[item["plan_id"]], self.coupon_fell(coupon, item))


def pays_from(subscription: Row) -> datetime:
    """Return when a subscription starts to be paid for: at the end of its trial, else at its start."""
    return subscription.get("trial_ends_at") or subscription["started_at"]


def positive_pools(pieces: Iterable[Piece]) -> dict[tuple[str, str], list[Piece]]:
    """Return one customer's pieces by (product, pool), without adjustments and the pools whose sum is not above 0."""
    pools = group_rows(
        (piece for piece in pieces if piece.pool != ADJUSTMENT), lambda piece: (piece.product_id, piece.pool)
    )
    return {key: pool for key, pool in pools.items() if total(piece.mrr for piece in pool) > 0}


def sum_of_pools(pieces: Iterable[Piece]) -> Decimal:
    """Return one customer's MRR before adjustments: the sum of its pools, where a negative pool counts as 0."""
    return total(piece.mrr for pool in positive_pools(pieces).values() for piece in pool)


def closing_balance(pieces: Iterable[Piece]) -> Decimal:
    """Return one customer's MRR: the sum of its products, each its pools and adjustments, but never less than 0."""
    products = group_rows(pieces, lambda piece: piece.product_id)
    return total(
        max(ZERO, sum_of_pools(product) + total(piece.mrr for piece in product if piece.pool == ADJUSTMENT))
        for product in products.values()
    )


def find_acquired_months(raw: Tables, counted_as: dict[str, str], timezone: str) -> dict[str, date]:
    """Return the month of the earliest acquisition of what is counted under each customer."""
    months: dict[str, date] = {}
    for row in rows(raw, "acquired_customers"):
        customer_id, month = counted_as.get(row["customer_id"]), month_of(row["acquired_at"], timezone)
        if customer_id is not None:
            months[customer_id] = min(month, months.get(customer_id, month))
    return months


class Ledger:
    """Closing balances of every customer and month, and the questions that the marts ask of them.

    Under historical rates a month can be read at the closing rates of an earlier one: a `lag` of 0 months is the
    ledger itself, and `AT_CONSTANT_RATES` stands for the one rate of the whole history.
    """

    def __init__(self, raw: Tables, settings: Settings) -> None:
        """Compute the closing balance of every month to the last complete one, each from scratch."""
        raw = with_plain_codes(raw)
        self.settings = settings = replace(settings, reporting_currency=settings.reporting_currency.upper())
        as_of_date = find_as_of_date(raw, settings)
        self.contracts = Contracts(raw, settings, as_of_date)
        self.rates = Rates(
            rows(raw, "exchange_rates"), settings.reporting_currency, settings.constant_fx_date or as_of_date
        )
        self.plans = self.contracts.plans
        self.customers = {row["customer_id"]: row for row in rows(raw, "customers")}
        self.customer_ids = sorted(set(self.contracts.counted_as.values()))
        self.versions = group_rows(rows(raw, "customer_versions"), lambda row: row["customer_id"])
        self.acquired = find_acquired_months(raw, self.contracts.counted_as, settings.reporting_timezone)
        self.last_month = find_last_month(as_of_date, settings.close_lag_days)

        self.months: list[date] = []
        self.shares: dict[tuple[str, date], list[Share]] = {}
        month = self.contracts.first_month()
        while month is not None and month <= self.last_month:
            self.months.append(month)
            for share in self.contracts.shares(month):
                self.shares.setdefault((share.customer_id, month), []).append(share)
            month = add_months(month, 1)
        self.readings: dict[tuple[str, date, int], list[Piece]] = {}
        self.pieces: dict[tuple[str, date], list[Piece]] = defaultdict(list)
        for key in self.shares:
            self.pieces[key] = self.valued(*key, 0)
        self.balances = {key: closing_balance(pieces) for key, pieces in self.pieces.items()}

    def valued(self, customer_id: str, month: date, lag: int) -> list[Piece]:
        """Return what a customer has in force at the end of a month, at the closing rates of `lag` months before."""
        key = customer_id, month, lag
        if key not in self.readings:
            shares = self.shares.get((customer_id, month), [])
            self.readings[key] = [share.at_rate(self.rate(share.currency, month, lag)) for share in shares]
        return self.readings[key]

    def rate(self, currency: str, month: date, lag: int) -> Fraction:
        """Return the rate of a currency for a month, read `lag` months earlier: its earliest if it had none then."""
        if self.settings.fx_policy == "constant" or lag == AT_CONSTANT_RATES:
            return self.rates.constant(currency)
        if lag == 0:
            return self.rates.closing(currency, month)
        return self.rates.closing_or_first(currency, add_months(month, -lag))

    def closing(self, customer_id: str, month: date, lag: int = 0) -> Decimal:
        """Return the MRR at the last instant of a month, at the closing rates of `lag` months before.

        Whether a customer is active is never a matter of these rates, but of the month's own.
        """
        balance = self.balances.get((customer_id, month), ZERO)
        if lag == 0 or balance == 0 or self.settings.fx_policy == "constant":
            return balance
        return max(SMALLEST, closing_balance(self.valued(customer_id, month, lag)))

    def adjustment_part(self, customer_id: str, month: date, lag: int = 0) -> Decimal:
        """Return what adjustments make of the MRR at the last instant of a month, likewise."""
        return self.closing(customer_id, month, lag) - sum_of_pools(self.valued(customer_id, month, lag))

    def adjustment_change(self, customer_id: str, month: date) -> Decimal:
        """Return what a month changes in a customer's adjustment part, at the rates of its opening."""
        return self.adjustment_part(customer_id, month, 1) - self.adjustment_part(customer_id, add_months(month, -1))

    def is_acquired(self, customer_id: str, month: date) -> bool:
        """Say whether a customer's first paid month is this one, and not before it was acquired."""
        acquired = self.acquired.get(customer_id)
        return acquired is not None and acquired <= month == self.first_paid_month(customer_id)

    def churn_reason(self, customer_id: str, month: date) -> str:
        """Return why a customer who churns in a month left: the reason of the last subscription that ended.

        Of the subscriptions that it paid for a month before, by an interval that is over now, those count that have
        ended by the end of the month.
        """
        before = add_months(month, -1)
        left = {share.interval for share in self.shares.get((customer_id, month), [])}
        over = [
            share.subscription_id
            for share, piece in zip(self.shares[customer_id, before], self.pieces[customer_id, before], strict=True)
            if piece.mrr > 0 and share.interval not in left
        ]
        known = [self.contracts.subscriptions[name] for name in over if name in self.contracts.subscriptions]
        ends = {row["subscription_id"]: self.contracts.recognised_end(row) for row in known}
        instant = closing_instant(month, self.settings.reporting_timezone)
        ended = {name: end for name, end in ends.items() if end is not None and end < instant}
        if not ended:
            return UNKNOWN
        deciding = min(name for name, end in ended.items() if end == max(ended.values()))
        return self.contracts.subscriptions[deciding].get("ended_reason") or UNKNOWN

    def last_churn_reason(self, customer_id: str, start: date, last: date) -> str:
        """Return why a customer left the last time that it did so in a period of months."""
        months = [month for month in self.months if start <= month <= last]
        churns = [
            month for month in months if self.opening(customer_id, month) > 0 and self.closing(customer_id, month) == 0
        ]
        return self.churn_reason(customer_id, churns[-1])

    def opening(self, customer_id: str, month: date) -> Decimal:
        """Return the MRR at the first instant of a month: the previous month's closing."""
        return self.closing(customer_id, add_months(month, -1))

    def peak_before(self, customer_id: str, month: date) -> Decimal:
        """Return the highest closing MRR of any earlier month, 0 before the first."""
        return max((self.closing(customer_id, earlier) for earlier in self.months if earlier < month), default=ZERO)

    def is_known(self, customer_id: str, month: date) -> bool:
        """Say whether a customer was active before a month, and not too long ago for a return to be a reactivation.

        The absence is the number of months that closed at 0 between the two.
        """
        active = [earlier for earlier in self.months if earlier < month and self.closing(customer_id, earlier) > 0]
        if not active:
            return False
        absence = months_between(active[-1], month) - 1
        window = self.settings.reactivation_window_months
        return window is None or absence <= window

    def first_paid_month(self, customer_id: str) -> date | None:
        """Return the first month that closes above 0."""
        return next((month for month in self.months if self.closing(customer_id, month) > 0), None)

    def attributes(self, customer_id: str, start: date) -> Row:
        """Return every attribute of a customer at the first instant of the month `start`, which it opens paying."""
        before = add_months(start, -1)
        version = self.version_at(customer_id, closing_instant(before, self.settings.reporting_timezone))
        found: Row = {name: NONE if version[name] is None else version[name] for name in VERSIONED_ATTRIBUTES}

        pools = positive_pools(self.pieces[customer_id, before])
        by_plan: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for piece in (piece for pool in pools.values() for piece in pool):
            by_plan[piece.plan_id] += piece.mrr
        largest = min(by_plan, key=lambda plan_id: (-by_plan[plan_id], plan_id), default=NONE)
        plan = self.plans.get(largest)
        names = {pool for _, pool in pools} or {NONE}

        first, fiscal_start = self.first_paid_month(customer_id), self.settings.fiscal_year_start_month
        found["acquisition_year"] = fiscal_year(first, fiscal_start)
        found["mrr_band"] = self.band(self.closing(customer_id, before))
        found["plan"] = largest if plan is None else plan["plan_name"]
        found["billing_interval"] = NONE if plan is None else interval_name(plan)
        found["pricing_model"] = names.pop() if len(names) == 1 else "mixed"
        return found

    def version_at(self, customer_id: str, instant: datetime) -> Row:
        """Return the row that holds a customer's attributes at an instant: in force, else earlier, else any."""
        held = [row for row in self.versions[customer_id] if row["valid_to"] != row["valid_from"]]
        current = [row for row in held if in_force(row["valid_from"], row["valid_to"], instant)]
        if current:
            return current[0]
        earlier = [row for row in held if row["valid_from"] < instant]
        if earlier:
            return max(earlier, key=lambda row: row["valid_from"])
        return min(held, key=lambda row: row["valid_from"]) if held else self.customers[customer_id]

    def band(self, mrr: Decimal) -> str:
        """Return the highest floor (currency units per month) at or below an MRR, as `100+`."""
        floors = [floor for floor in self.settings.mrr_band_floors if floor <= mrr]
        return f"{max(floors)}+" if floors else NONE


def interval_name(plan: Row) -> str:
    """Return a plan's billing interval, with the count in front where it is not 1."""
    count = plan["billing_interval_count"]
    return plan["billing_interval"] if count == 1 else f"{count} {plan['billing_interval']}"


def fiscal_year(month: date, start_month: int) -> int:
    """Return the fiscal year of a month: the calendar year in which it ends."""
    return month.year + (1 < start_month <= month.month)


def period_label(period_type: str, start: date, last: date, start_month: int) -> str:
    """Return the name of a period, given its first and last month; fiscal years other than the calendar's show it."""
    if period_type == "month":
        return f"{start:%Y-%m}"
    if period_type == "trailing_12_months":
        return f"TTM {last:%Y-%m}"
    year = f"{'' if start_month == 1 else 'FY'}{fiscal_year(start, start_month)}"
    return year if period_type == "year" else f"{year}-Q{(start.month - start_month) % 12 // 3 + 1}"


# ---------------------------------------------------------------- marts


def dim_customers(ledger: Ledger) -> list[Row]:
    """One row per customer that is not excluded, with today's attributes; money per month."""
    dimension = []
    for customer_id in ledger.customer_ids:
        customer = ledger.customers[customer_id]
        current_mrr = ledger.closing(customer_id, ledger.last_month)
        dimension.append(
            {
                "customer_id": customer_id,
                "customer_name": customer["customer_name"],
                **{name: customer[name] for name in VERSIONED_ATTRIBUTES},
                "first_paid_month_date": ledger.first_paid_month(customer_id),
                "current_mrr": current_mrr,
                "is_active": current_mrr > 0,
            }
        )
    return dimension


def fct_customer_mrr_months(ledger: Ledger) -> list[Row]:
    """One row per customer and month that opens or closes above 0; money per month."""
    facts = []
    for customer_id in ledger.customer_ids:
        first = ledger.first_paid_month(customer_id)
        for month in ledger.months:
            opening, closing = ledger.opening(customer_id, month), ledger.closing(customer_id, month)
            if opening > 0 or closing > 0:
                facts.append(
                    {
                        "customer_id": customer_id,
                        "month_date": month,
                        "opening_mrr": opening,
                        "closing_mrr": closing,
                        "closing_adjustment_mrr": ledger.adjustment_part(customer_id, month),
                        "fx_mrr": closing - ledger.closing(customer_id, month, 1),
                        "peak_mrr_before": ledger.peak_before(customer_id, month),
                        "is_first_paid_month": month == first,
                    }
                )
    return facts


def classify(opening: Decimal, closing: Decimal, was_active: bool) -> str | None:
    """Return the movement between two month ends, None where the balance stands still."""
    if opening == closing:
        return None
    if opening == 0:
        return "reactivation" if was_active else "new"
    if closing == 0:
        return "churn"
    return "expansion" if closing > opening else "contraction"


def fct_mrr_movements(ledger: Ledger, customer_months: list[Row]) -> list[Row]:
    """One row per customer and month with a movement; money per month, changes signed, at the opening's rates."""
    facts = []
    for row in customer_months:
        customer_id, month = row["customer_id"], row["month_date"]
        opening, closing, peak = row["opening_mrr"], ledger.closing(customer_id, month, 1), row["peak_mrr_before"]
        movement = classify(opening, closing, was_active=ledger.is_known(customer_id, month))
        if movement is None:
            continue
        recovered = above_peak = ZERO
        if movement in ("expansion", "reactivation"):
            recovered = max(ZERO, min(closing, peak) - opening)
        if movement in ("new", "expansion", "reactivation"):
            above_peak = closing - opening - recovered
        facts.append(
            {
                "customer_id": customer_id,
                "month_date": month,
                "movement_type": movement,
                "is_acquired": movement == "new" and ledger.is_acquired(customer_id, month),
                "churn_reason": ledger.churn_reason(customer_id, month) if movement == "churn" else None,
                "opening_mrr": opening,
                "closing_mrr": closing,
                "mrr_change": closing - opening,
                "adjustment_mrr": ledger.adjustment_change(customer_id, month),
                "recovered_mrr": recovered,
                "above_peak_mrr": above_peak,
            }
        )
    return facts


def mrr_waterfall(ledger: Ledger, customer_months: list[Row], all_movements: list[Row]) -> list[Row]:
    """One row per month from the first paid one on; money per month (ARR per year), ratios with 1 = 100 %."""
    facts = group_rows(customer_months, lambda row: row["month_date"])
    movements = group_rows(all_movements, lambda row: row["month_date"])
    paid = [month for month in ledger.months if any(row["closing_mrr"] > 0 for row in facts[month])]
    return [
        {
            **waterfall_row(month, facts[month], movements[month]),
            "adjustment_mrr": total(
                ledger.adjustment_change(customer_id, month) for customer_id in ledger.customer_ids
            ),
        }
        for month in ledger.months
        if paid and month >= paid[0]
    ]


def waterfall_row(month: date, facts: list[Row], movements: list[Row]) -> Row:
    """Return one month's bridge from its customer-months and its movements."""
    by_type = group_rows(movements, lambda row: "acquired" if row["is_acquired"] else row["movement_type"])
    by_reason = group_rows(by_type["churn"], lambda row: CHURN_SPLIT[row["churn_reason"]])
    flows = {
        name: total(row["mrr_change"] for row in by_type[name])
        for name in ("new", "acquired", "reactivation", "expansion", "contraction", "churn")
    }
    growth = flows["new"] + flows["reactivation"] + flows["expansion"]
    loss = -(flows["contraction"] + flows["churn"])
    closing = total(row["closing_mrr"] for row in facts)
    churn: Row = {}
    for reason in ("voluntary", "payment_failed", "other"):
        churn[f"{reason}_churn_mrr"] = total(row["mrr_change"] for row in by_reason[reason])
        churn[f"{reason}_churn_customers"] = len(by_reason[reason])
    return {
        "month_date": month,
        "opening_mrr": total(row["opening_mrr"] for row in facts),
        **{f"{name}_mrr": flow for name, flow in flows.items()},
        "fx_mrr": total(row["fx_mrr"] for row in facts),
        "closing_mrr": closing,
        "closing_arr": 12 * closing,
        **churn,
        "opening_customers": sum(row["opening_mrr"] > 0 for row in facts),
        **{f"{name}_customers": len(by_type[name]) for name in flows},
        "closing_customers": sum(row["closing_mrr"] > 0 for row in facts),
        "quick_ratio": ratio(growth, loss),
        "expansion_share_of_growth": ratio(flows["expansion"], growth),
        "is_net_negative_churn": flows["expansion"] > loss,
    }


def complete_periods(ledger: Ledger) -> Iterator[tuple[str, date, date]]:
    """Yield every period (type, first month, last month, both by their first day) that ends within the ledger."""
    for start in ledger.months:
        for period_type, length in PERIOD_MONTHS.items():
            last = add_months(start, length - 1)
            into_the_year = start.month - ledger.settings.fiscal_year_start_month
            starts_here = period_type == "trailing_12_months" or into_the_year % length == 0
            if starts_here and last <= ledger.last_month:
                yield period_type, start, last


def fct_cohort_snapshots(ledger: Ledger) -> list[Row]:
    """One row per period and customer that opens it above 0, with its attributes and, for all money, its rates then."""
    facts = []
    for period_type, start, last in complete_periods(ledger):
        for customer_id in ledger.customer_ids:
            opening = ledger.opening(customer_id, start)
            closing = ledger.closing(customer_id, last, PERIOD_MONTHS[period_type])
            if opening > 0:
                facts.append(
                    {
                        "period_type": period_type,
                        "period_start_date": start,
                        "period_end_date": last_day(last),
                        "period_label": period_label(period_type, start, last, ledger.settings.fiscal_year_start_month),
                        "customer_id": customer_id,
                        "opening_mrr": opening,
                        "closing_mrr": closing,
                        "retained_mrr": min(opening, closing),
                        "expansion_mrr": max(closing - opening, ZERO),
                        "contraction_mrr": opening - closing if 0 < closing < opening else ZERO,
                        "churned_mrr": opening if closing == 0 else ZERO,
                        "churn_reason": ledger.last_churn_reason(customer_id, start, last) if closing == 0 else None,
                        **ledger.attributes(customer_id, start),
                    }
                )
    return facts


def retention_rates(snapshots: list[Row], settings: Settings) -> list[Row]:
    """One row per period, dimension and value that holds customers; money per month, ratios with 1 = 100 %."""
    rates = []
    for dimension in ("total", *DIMENSIONS):
        cohorts = group_rows(
            snapshots,
            lambda row, name=dimension: (
                row["period_type"],
                row["period_start_date"],
                "all" if name == "total" else str(row[name]),
            ),
        )
        for (period_type, start, value), members in cohorts.items():
            sums = {name: total(row[name] for row in members) for name in ("opening_mrr", "closing_mrr", *FLOWS)}
            churned = {
                f"{reason}_churned_mrr": total(
                    row["churned_mrr"] for row in members if CHURN_SPLIT.get(row["churn_reason"]) == reason
                )
                for reason in ("voluntary", "payment_failed", "other")
            }
            nrr, grr = (ratio(sums[name], sums["opening_mrr"]) for name in ("closing_mrr", "retained_mrr"))
            is_annual = period_type in ANNUAL_PERIODS
            rates.append(
                {
                    "period_type": period_type,
                    "period_start_date": start,
                    "period_end_date": members[0]["period_end_date"],
                    "period_label": members[0]["period_label"],
                    "dimension": dimension,
                    "dimension_value": value,
                    "cohort_customers": len(members),
                    **sums,
                    **churned,
                    "nrr": nrr,
                    "grr": grr,
                    "logo_retention": ratio(sum(row["closing_mrr"] > 0 for row in members), len(members)),
                    "expansion_rate": ratio(sums["expansion_mrr"], sums["opening_mrr"]),
                    "voluntary_churn_rate": ratio(churned["voluntary_churned_mrr"], sums["opening_mrr"]),
                    "payment_failed_churn_rate": ratio(churned["payment_failed_churned_mrr"], sums["opening_mrr"]),
                    "benchmark_band": benchmark_band(nrr) if is_annual else None,
                    "is_fragile": nrr >= 1 and grr < settings.fragile_grr_threshold if is_annual else None,
                }
            )
    return rates


def benchmark_band(nrr: Decimal) -> str:
    """Return the band of a published NRR (1 = 100 %); the lower bound belongs to the band."""
    return next((name for floor, name in BANDS if nrr >= floor), "below_90")


def acquisition_cohort_retention(ledger: Ledger) -> list[Row]:
    """One row per first paid month and month since, to the ledger's end, at the constant rates under either policy.

    Money is per month, ratios have 1 = 100 %.
    """
    members: dict[date, list[str]] = defaultdict(list)
    for customer_id in ledger.customer_ids:
        first = ledger.first_paid_month(customer_id)
        if first is not None:
            members[first].append(customer_id)
    triangle = []
    for cohort, customer_ids in sorted(members.items()):
        initial = [ledger.closing(customer_id, cohort, AT_CONSTANT_RATES) for customer_id in customer_ids]
        for months_since, month in enumerate(month for month in ledger.months if month >= cohort):
            current = [ledger.closing(customer_id, month, AT_CONSTANT_RATES) for customer_id in customer_ids]
            active = sum(mrr > 0 for mrr in current)
            kept = total(min(before, now) for before, now in zip(initial, current, strict=True))
            triangle.append(
                {
                    "cohort_month_date": cohort,
                    "months_since": months_since,
                    "cohort_customers": len(customer_ids),
                    "active_customers": active,
                    "initial_mrr": total(initial),
                    "mrr": total(current),
                    "retained_mrr": kept,
                    "nrr": ratio(total(current), total(initial)),
                    "grr": ratio(kept, total(initial)),
                    "logo_retention": ratio(active, len(customer_ids)),
                }
            )
    return triangle


@dataclass(frozen=True)
class Change:
    """What a customer had contracted just before an instant and has from then on, at the constant rates.

    `items_before` and `items_after` hold the MRR by (item_type, item_id), without floors; the customer's has them.
    """

    instant: datetime
    items_before: dict[tuple[str, str], Decimal]
    items_after: dict[tuple[str, str], Decimal]
    before: Decimal
    after: Decimal


def contracted_at(
    ledger: Ledger, customer_id: str, instant: datetime, covers: Callable[..., bool]
) -> tuple[dict[tuple[str, str], Decimal], Decimal]:
    """Return a customer's contracted MRR at an instant, by item and in all; `covers` says on which side of it."""
    items: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    pieces = []
    for share in ledger.contracts.fixed(customer_id, instant, covers):
        pieces.append(share.at_rate(ledger.rates.constant(share.currency)))
        items[share.item_type, share.item_id] += pieces[-1].mrr
    return items, closing_balance(pieces)


def contracted_changes(ledger: Ledger, customer_id: str) -> list[Change]:
    """Return a customer at every instant within the ledger at which anything could change, each from scratch."""
    end = closing_instant(ledger.last_month, ledger.settings.reporting_timezone)
    changes = []
    for instant in sorted(ledger.contracts.instants(customer_id)):
        if instant < end:
            items_before, before = contracted_at(ledger, customer_id, instant, in_force)
            items_after, after = contracted_at(ledger, customer_id, instant, in_force_from)
            changes.append(Change(instant, items_before, items_after, before, after))
    return changes


def was_active_before(change: Change, changes: list[Change], settings: Settings) -> bool:
    """Say whether a customer without MRR had some before, and not too long ago for a return to be a reactivation."""
    falls = [one.instant for one in changes if one.instant < change.instant and one.before > 0 and one.after == 0]
    if not falls:
        return False
    fell, returned = (month_of(one, settings.reporting_timezone) for one in (falls[-1], change.instant))
    window = settings.reactivation_window_months
    return window is None or months_between(fell, returned) <= window


def fct_mrr_change_events(ledger: Ledger) -> list[Row]:
    """One row per item or recurring line and instant at which its contracted MRR changes; money per month.

    At the constant rates under either policy, without usage and adjustments.
    """
    events = []
    for customer_id in ledger.customer_ids:
        changes = contracted_changes(ledger, customer_id)
        for change in changes:
            was_active = was_active_before(change, changes, ledger.settings)
            for item in sorted({**change.items_before, **change.items_after}):
                before, after = (items.get(item, ZERO) for items in (change.items_before, change.items_after))
                if before != after:
                    events.append(
                        {
                            "customer_id": customer_id,
                            "item_type": item[0],
                            "item_id": item[1],
                            "changed_at": change.instant,
                            "mrr_before": before,
                            "mrr_after": after,
                            "mrr_change": after - before,
                            "customer_mrr_before": change.before,
                            "customer_mrr_after": change.after,
                            "movement_type": classify(change.before, change.after, was_active),
                        }
                    )
    return events


def build_marts(raw: Tables, settings: Settings) -> Tables:
    """Return every mart, by name, from the raw tables (missing optional tables read as empty)."""
    # not above: these modules build on this one
    from reference.drivers import fct_mrr_movement_drivers
    from reference.expansion import build_expansion_marts

    ledger = Ledger(raw, settings)
    customer_months = fct_customer_mrr_months(ledger)
    movements = fct_mrr_movements(ledger, customer_months)
    snapshots = fct_cohort_snapshots(ledger)
    marts = {
        "dim_customers": dim_customers(ledger),
        "fct_customer_mrr_months": customer_months,
        "fct_mrr_movements": movements,
        "fct_cohort_snapshots": snapshots,
        "mrr_waterfall": mrr_waterfall(ledger, customer_months, movements),
        "retention_rates": retention_rates(snapshots, settings),
        "acquisition_cohort_retention": acquisition_cohort_retention(ledger),
        "fct_mrr_change_events": fct_mrr_change_events(ledger),
        "fct_mrr_movement_drivers": fct_mrr_movement_drivers(ledger),
    }
    return {**marts, **build_expansion_marts(ledger, marts)}
