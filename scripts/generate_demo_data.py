r"""Write the raw billing tables of an invented B2B software business, always the same for the same arguments.

    python scripts/generate_demo_data.py --customers 300 --months 48 --start 2022-01-01 --seed 150 \
        --format csv --prefix demo_ OUT_DIR

Customers are made in blocks, and within a block every step is one array operation. Subscriptions and items live on a
grid of *subscription months*: month k begins k calendar months after billing began. Billing begins on one of the days
1 to 28, so that adding months never has to clamp. Money is in whole cents inside, in major units in the files.
"""

import argparse
from collections import Counter
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

Array: TypeAlias = np.ndarray
Columns: TypeAlias = dict[str, Array | pa.Array]
Rows = TypeVar("Rows", bound=tuple)  # a named tuple of arrays of one length

BLOCK = 10_000  # customers at a time: bounds the memory
NEVER = 10_000  # a subscription month after any history
DAY = np.timedelta64(86_400, "s")
NO_TIME = np.datetime64("NaT", "s")
NO_DATE = np.datetime64("NaT", "D")

# ---------------------------------------------------------------------------------------------------------------------
# The business. Rows of the behaviour tables are segments, columns are traits; probabilities are per month unless named.

SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
SEGMENT_SHARE = (0.55, 0.30, 0.15)
# Rising customers grow, fading ones shrink and leave. Mid-Market has many of both, so its NRR hides a weak GRR.
TRAIT_SHARE = ((0.20, 0.55, 0.25), (0.40, 0.25, 0.35), (0.35, 0.55, 0.10))
CHURN = np.array([(0.009, 0.016, 0.030), (0.002, 0.010, 0.020), (0.001, 0.005, 0.013)])
SEATS_UP = np.array([(0.060, 0.015, 0.003), (0.076, 0.014, 0.002), (0.060, 0.015, 0.004)])
SEATS_DOWN = np.array([(0.002, 0.010, 0.025), (0.003, 0.025, 0.045), (0.002, 0.012, 0.030)])
TIER_UP = np.array([(0.012, 0.004, 0.001), (0.012, 0.003, 0.001), (0.008, 0.003, 0.001)])
TIER_DOWN = np.array([(0.000, 0.002, 0.006), (0.000, 0.001, 0.008), (0.000, 0.001, 0.004)])
SEAT_GAIN = np.array([0.35, 0.15, 0.10])  # by trait: the most that one seat increase adds, as a share
SHRINKS_BEFORE_CHURN = 4  # who leaves within a year is so many times as likely to give seats back before
CONCESSION = 0.92  # what is left of the price after a concession, which goes with the largest tenth of seat increases
USAGE_DRIFT = np.array([0.020, 0.004, -0.010])  # by trait: monthly growth of usage

INTERVALS = ("month", "quarter", "year")
INTERVAL_MONTHS = np.array([1, 3, 12])
INTERVAL_SHARE = ((0.62, 0.15, 0.23), (0.32, 0.20, 0.48), (0.08, 0.17, 0.75))  # by segment
INTERVAL_PRICE = (1, 2.9, 10)  # monthly prices paid per interval

COUNTRIES = ("US", "CA", "GB", "DE", "FR", "NL", "IN")
COUNTRY_NAMES = np.array(["US", "Canada", "UK", "Deutschland", "France", "Nederland", "India"])
COUNTRY_SHARE = (0.36, 0.07, 0.15, 0.14, 0.09, 0.06, 0.13)
COUNTRY_CURRENCY = np.array([0, 0, 2, 1, 1, 1, 3])
TAX_PERCENT = np.array([0, 0, 20, 0, 0, 0, 18])  # sales tax is charged where the business is registered
CURRENCIES = ("USD", "EUR", "GBP", "INR")
CURRENCY_PRICE = np.array([1, 0.95, 0.85, 45])  # price books: list price per dollar of the dollar price
FIRST_RATE = {"EUR": 1.13, "GBP": 1.35, "INR": 0.0134}  # dollars per unit at the start

CHANNELS = ("organic", "paid_search", "partner", "outbound_sales")
CHANNEL_SHARE = (0.35, 0.25, 0.18, 0.22)
MANAGERS = ("Amara Osei", "Ben Larsson", "Chiara Conti", "Dev Kapoor", "Elif Demir", "Farid Haddad", "Grace Lin")
MANAGED = np.array([0.45, 0.92, 1.0])  # by segment: the share of customers with a manager
PAYMENT_DAYS = np.array([7, 30, 30])  # by segment

TIERS = ("starter", "team", "business", "enterprise")
FIRST_TIER_SHARE = ((0.45, 0.45, 0.10, 0), (0, 0.55, 0.40, 0.05), (0, 0, 0.45, 0.55))  # by segment
SEATS = np.array([(4, 30), (30, 170), (120, 600)])  # by segment: the range of seats at the start


class Product(NamedTuple):
    """A product; `prices` are dollars per month (metered: per unit of usage) by tier, `limits` the included units."""

    product_id: str
    name: str
    short: str
    prices: dict[str, float]
    limits: dict[str, int] = {}  # noqa: RUF012, never changed


PRODUCTS = (
    Product("prod_workspace", "Workspace", "ws", {"starter": 59, "team": 18, "business": 32, "enterprise": 52}),
    Product("prod_insights", "Insights", "ins", {"team": 140, "business": 390, "enterprise": 1100}),
    Product("prod_support", "Premium Support", "sup", {"business": 250, "enterprise": 900}),
    Product(
        "prod_api",
        "API Calls",
        "api",
        {"team": 0.004, "business": 0.003, "enterprise": 0.002},
        {"team": 10_000, "business": 60_000, "enterprise": 300_000},
    ),
)
WORKSPACE, INSIGHTS, SUPPORT, API = range(4)
LOWEST_TIER = np.array([0, 1, 2, 1])  # by product
INSIGHTS_SHARE = np.array([0.12, 0.35, 0.60])  # by segment
SUPPORT_SHARE = np.array([0.03, 0.20, 0.50])
API_SHARE = np.array([0.15, 0.40, 0.55])

LINE_TYPES = ("recurring", "usage", "one_time", "tax")
RECURRING, USAGE, ONE_TIME, TAX = range(4)
INVOICE_STATUSES = ("draft", "open", "paid", "void", "uncollectible")
DRAFT, OPEN, PAID, VOID, UNCOLLECTIBLE = range(5)
SUBSCRIPTION_STATUSES = ("trialing", "active", "past_due", "unpaid", "paused", "canceled")
TRIALING, ACTIVE, PAST_DUE, UNPAID, PAUSED, CANCELED = range(6)
ENDED_REASONS = ("voluntary", "payment_failed", "other")
VOLUNTARY, PAYMENT_FAILED, OTHER = range(3)
REASON_SHARE = (0.72, 0.20, 0.08)

BOOK_SHARE = 0.03  # of all customers, bought in one deal in the middle of the history
ADJUSTMENT_REASONS = ("credit for an outage", "correction of a mis-billed contract")
OUTAGE, CORRECTION = range(2)
ADJUSTED_SHARE = (0.025, 0.012)  # of the customers that could be adjusted, by reason
APPROVERS = ("Hanna Weiss", "Ivo Marek", "Joy Okafor")


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAME_FIRST = words(
    "Acorn Alder Amber Anchor Apex Aspen Atlas Aurora Beacon Birch Bluebird Bramble Brightwater Canyon Cardinal Cedar "
    "Cinder Clearview Cobalt Compass Copper Coral Crescent Delta Driftwood Ember Evergreen Fable Falcon Fernhill Flint "
    "Foxglove Garnet Glacier Granite Harbor Hazel Heron Highland Horizon Indigo Ironwood Juniper Keystone Kingfisher "
    "Lakeside Lantern Larkspur Linden Lumen Magnolia Maple Meridian Mistral Northgate Oakline Obsidian Orchard Osprey"
)
NAME_SECOND = words(
    "Analytics Biotech Capital Dynamics Education Energy Foods Freight Health Hospitality Insurance Labs Logistics "
    "Manufacturing Media Mobility Networks Partners Payments Pharma Retail Robotics Security Software Studios Systems "
    "Travel Ventures Works"
)
NAME_LAST = words("Group Inc Ltd Holdings Co International Services")

# ---------------------------------------------------------------------------------------------------------------------
# The files

MONEY = pa.decimal128(18, 4)
PERCENT = pa.decimal128(7, 4)
RATE = pa.decimal128(18, 8)
TYPES = {  # of the columns that are not text
    column: column_type
    for column_type, columns in (
        (pa.timestamp("s"), "created_at valid_from valid_to started_at trial_ends_at cancel_requested_at ended_at"),
        (pa.timestamp("s"), "paused_at resumed_at starts_at ends_at issued_at due_at paid_at acquired_at"),
        (pa.date32(), "service_start service_end effective_date month_from month_to"),
        (MONEY, "unit_amount amount_off amount discount_amount"),
        (PERCENT, "percent_off"),
        (RATE, "rate_to_reporting"),
        (pa.int64(), "quantity usage_limit"),
        (pa.int32(), "tier_rank billing_interval_count"),
        (pa.bool_(), "is_proration"),
    )
    for column in words(columns)
}
SCHEMAS = {
    table: pa.schema([(column, TYPES.get(column, pa.string())) for column in words(columns)])
    for table, columns in {
        "customers": "customer_id parent_customer_id customer_name segment country acquisition_channel csm_owner"
        " created_at",
        "customer_versions": "customer_id valid_from valid_to segment country acquisition_channel csm_owner",
        "customer_exclusions": "customer_id reason",
        "acquired_customers": "customer_id acquired_at",
        "products": "product_id product_name",
        "plans": "plan_id product_id plan_name tier_rank pricing_model billing_interval billing_interval_count"
        " currency usage_limit",
        "subscriptions": "subscription_id customer_id status started_at trial_ends_at cancel_requested_at ended_at"
        " ended_reason",
        "subscription_item_versions": "subscription_item_id valid_from valid_to subscription_id plan_id quantity"
        " unit_amount currency",
        "subscription_pauses": "subscription_id paused_at resumed_at",
        "discounts": "discount_id subscription_id subscription_item_id duration percent_off amount_off starts_at"
        " ends_at",
        "invoices": "invoice_id customer_id subscription_id status issued_at due_at paid_at currency",
        "invoice_line_items": "invoice_line_item_id invoice_id subscription_id subscription_item_id plan_id line_type"
        " is_proration quantity amount discount_amount currency service_start service_end",
        "exchange_rates": "currency effective_date rate_to_reporting",
        "mrr_adjustments": "customer_id product_id month_from month_to reason amount approved_by",
    }.items()
}


def decimals(units: Array, kind: pa.Decimal128Type, missing: Array | None = None) -> pa.Array:
    """Exact decimals from whole `units` of the last decimal place of `kind`; null where `missing`."""
    words = np.empty((len(units), 2), "<i8")
    words[:, 0] = units
    words[:, 1] = words[:, 0] >> 63  # the sign fills the upper half of the 128 bits
    column = pa.Decimal128Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)])
    return column if missing is None else pc.if_else(pa.array(missing), None, column)


def money(cents: Array, missing: Array | None = None) -> pa.Array:
    """Amounts in major units from whole cents."""
    return decimals(cents.astype(np.int64) * 100, MONEY, missing)


def label(names: tuple[str, ...] | pa.Array, index: Array) -> pa.Array:
    """The names at `index`; null where it is negative."""
    return pa.array(names, pa.string()).take(pa.array(index, pa.int64(), mask=index < 0))


class Ids:
    """Numbers ids through all blocks: `cus_000001`, `cus_000002`, ..."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()

    def take(self, prefix: str, count: int) -> pa.Array:
        numbers = pa.array(np.arange(count) + self.used[prefix] + 1).cast(pa.string())
        self.used[prefix] += count
        return pc.binary_join_element_wise(prefix, pc.utf8_lpad(numbers, 6, "0"), "_")


class Writer:
    """One file of one table, written batch by batch."""

    def __init__(self, folder: Path, prefix: str, table: str, file_format: str) -> None:
        path = folder / f"{prefix}{table}.{file_format}"
        self.schema = SCHEMAS[table]
        if file_format == "csv":
            options = csv.WriteOptions(quoting_style="none", quoting_header="none")
            self.file = csv.CSVWriter(path, self.schema, write_options=options)
        else:
            self.file = parquet.ParquetWriter(path, self.schema, compression="zstd", coerce_timestamps="us")

    def write(self, columns: Columns) -> None:
        self.file.write_table(pa.table(columns, self.schema))


# ---------------------------------------------------------------------------------------------------------------------
# Helpers


class Draw:
    """Random numbers. Only the uniform draw of numpy is used: its stream is the same in every version of numpy."""

    def __init__(self, *seed: int) -> None:
        self.uniform = np.random.Generator(np.random.PCG64(seed)).random

    def chance(self, probability: Array | float, shape: tuple[int, ...] | int) -> Array:
        return self.uniform(shape) < probability

    def integers(self, low: Array | int, high: Array | int, shape: tuple[int, ...] | int) -> Array:
        """Whole numbers from `low` up to, not including, `high`."""
        return (low + np.floor(self.uniform(shape) * (np.asarray(high) - low))).astype(np.int64)

    def choice(self, shares: tuple[float, ...] | Array, shape: tuple[int, ...] | int) -> Array:
        """Indexes drawn with the probabilities `shares`; one row of them per drawn value if two-dimensional."""
        bounds = np.cumsum(shares, axis=-1)[..., :-1]
        return (self.uniform(shape)[..., None] >= bounds).sum(axis=-1)


def concat(parts: list[Rows]) -> Rows:
    """One named tuple of arrays from several."""
    return type(parts[0])(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def pick(rows: Rows, index: Array) -> Rows:
    """The rows of a named tuple of arrays at `index`."""
    return type(rows)(*(column[index] for column in rows))


def add_months(moment: Array, months: Array | int) -> Array:
    """The same day and time of day `months` later; days are at most 28."""
    month = moment.astype("M8[M]")
    return (month + months).astype("M8[s]") + (moment - month.astype("M8[s]"))


def to_billing_day(moment: Array) -> Array:
    """Moves days 29 to 31 to the first of the next month."""
    month = moment.astype("M8[M]")
    first_of_next = (month + 1).astype("M8[s]") + (moment - moment.astype("M8[D]").astype("M8[s]"))
    return np.where(moment.astype("M8[D]") - month.astype("M8[D]") >= np.timedelta64(28, "D"), first_of_next, moment)


def cents(amounts: Array) -> Array:
    """Rounds to whole cents."""
    return np.rint(amounts).astype(np.int64)


# ---------------------------------------------------------------------------------------------------------------------
# Catalogue


class Plans(NamedTuple):
    """The plans, as rows; `price` is cents per interval (metered: cents per unit), `lookup` finds the row."""

    columns: Columns
    price: Array
    is_flat: Array
    limit: Array
    lookup: Array  # [product, tier, interval, currency], -1 where there is none


def make_plans() -> Plans:
    """Every product and tier at every interval and currency; metered products are billed by the month."""
    lookup = np.full((len(PRODUCTS), len(TIERS), len(INTERVALS), len(CURRENCIES)), -1)
    rows, prices = [], []
    for p, product in enumerate(PRODUCTS):
        for tier, price in product.prices.items():
            for i, interval in enumerate(INTERVALS[:1] if p == API else INTERVALS):
                for c, currency in enumerate(CURRENCIES):
                    lookup[p, TIERS.index(tier), i, c] = len(rows)
                    seats = p == WORKSPACE and tier != "starter"
                    model = "metered" if p == API else "per_seat" if seats else "flat"
                    rows.append(
                        {
                            "plan_id": f"{product.short}_{tier}_{interval}_{currency.lower()}",
                            "product_id": product.product_id,
                            "plan_name": f"{product.name} {tier.title()}",
                            "tier_rank": TIERS.index(tier) + 1,
                            "pricing_model": model,
                            "billing_interval": interval,
                            "billing_interval_count": 1,
                            "currency": currency,
                            "usage_limit": product.limits.get(tier),
                        }
                    )
                    local = price * CURRENCY_PRICE[c]
                    prices.append(local * 100 if p == API else round(local * INTERVAL_PRICE[i]) * 100)
    table = pa.Table.from_pylist(rows, SCHEMAS["plans"])
    return Plans(
        {name: table[name] for name in table.column_names},
        np.array(prices),
        np.array([row["pricing_model"] == "flat" for row in rows]),
        np.array([row["usage_limit"] or 0 for row in rows]),
        lookup,
    )


def make_exchange_rates(draw: Draw, start: np.datetime64, months: int) -> Columns:
    """A rate on the first of every month: dollars per unit, a slow random walk."""
    steps = 1 + (draw.uniform((len(FIRST_RATE), months)) - 0.5) * 0.03
    rates = np.array(list(FIRST_RATE.values()))[:, None] * np.cumprod(steps, axis=1)
    return {
        "currency": np.repeat(list(FIRST_RATE), months),
        "effective_date": np.tile((start.astype("M8[M]") + np.arange(months)).astype("M8[D]"), len(FIRST_RATE)),
        "rate_to_reporting": decimals(np.rint(rates.ravel() * 1_000_000).astype(np.int64) * 100, RATE),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Customers


class Customers(NamedTuple):
    number: Array  # through all blocks, from 0
    parent: Array  # index within the block, -1 for none
    segment: Array  # at the start; behaviour follows it
    trait: Array
    country: Array
    channel: Array
    first_start: Array  # start of the first subscription
    created_at: Array


def is_internal(number: Array) -> Array:
    """Test customers of the business itself, outside all groups."""
    return number % 150 == 43


def make_customers(draw: Draw, first_number: int, count: int, start: np.datetime64, months: int) -> Customers:
    """`count` customers in the order in which they come; a group's parent comes before its subsidiaries."""
    position = draw.uniform(count)
    month = np.floor(months * position * (0.45 + 0.55 * position)).astype(np.int64)
    day = np.where(draw.chance(0.25, count), 0, draw.integers(0, 28, count))
    first_start = np.sort(
        (start.astype("M8[M]") + month).astype("M8[s]") + day * DAY + draw.integers(0, 86_400, count).astype("m8[s]")
    )
    segment = draw.choice(SEGMENT_SHARE, count)
    lead_time = draw.integers(60, 30 * 86_400, count).astype("m8[s]")
    number = first_number + np.arange(count)
    parent = np.where(draw.chance(0.09, count), draw.integers(0, np.arange(count), count), -1)
    parent[0] = -1
    parent[is_internal(number) | is_internal(number[parent])] = -1
    return Customers(
        number=number,
        parent=parent,
        segment=segment,
        trait=draw.choice(np.array(TRAIT_SHARE)[segment], count),
        country=draw.choice(COUNTRY_SHARE, count),
        channel=draw.choice(CHANNEL_SHARE, count),
        first_start=first_start,
        created_at=np.maximum(first_start - lead_time, start.astype("M8[s]")),
    )


def company_names(customers: Customers) -> pa.Array:
    """Names from the word lists; a subsidiary has the name of its group and its own country."""
    # 7411 is coprime to the number of names: they repeat only after all are used
    number = customers.number * 7411 % (len(NAME_FIRST) * len(NAME_SECOND) * len(NAME_LAST))
    pair, last = np.divmod(number, len(NAME_LAST))
    first, second = np.divmod(pair, len(NAME_SECOND))
    own = pc.binary_join_element_wise(label(NAME_FIRST, first), label(NAME_SECOND, second), label(NAME_LAST, last), " ")
    head = np.where(customers.parent >= 0, customers.parent, np.arange(len(own)))
    while (head != head[head]).any():
        head = head[head]
    subsidiary = pc.binary_join_element_wise(own.take(pa.array(head)), pa.array(COUNTRY_NAMES[customers.country]), " ")
    names = pc.if_else(pa.array(customers.parent >= 0), subsidiary, own)
    test_name = pc.binary_join_element_wise("Internal Test", pa.array(customers.number).cast(pa.string()), " ")
    return pc.if_else(pa.array(is_internal(customers.number)), test_name, names)


def customer_tables(draw: Draw, customers: Customers, ids: pa.Array, end: np.datetime64) -> dict[str, Columns]:
    """The customers as of today and their history: at most two changes, of the segment upwards or of the manager."""
    count = len(customers.number)
    changes = draw.choice((0.62, 0.28, 0.10), count)
    promoted = draw.chance(0.18, count)
    segment = customers.segment[:, None] + np.zeros(3, np.int64)
    segment[:, 1:] = np.minimum(segment[:, 1:] + promoted[:, None], len(SEGMENTS) - 1)
    is_managed = draw.chance(MANAGED[customers.segment], count)
    manager = np.where(is_managed, draw.integers(0, len(MANAGERS), count), -1)[:, None] + np.zeros(3, np.int64)
    for version in (1, 2):  # some steps on in the list, so that every change changes something
        steps = draw.integers(1, len(MANAGERS), count)
        manager[:, version] = (manager[:, version - 1] + steps) % len(MANAGERS)
    age = (end - customers.created_at).astype(np.int64)
    share = np.stack([np.zeros(count), 0.05 + 0.45 * draw.uniform(count), 0.55 + 0.45 * draw.uniform(count)], axis=1)
    valid_from = customers.created_at[:, None] + np.floor(age[:, None] * share).astype("m8[s]")

    row, version = np.nonzero(np.arange(3) <= changes[:, None])
    next_version = np.minimum(version + 1, 2)
    valid_to = np.where(version < changes[row], valid_from[row, next_version], NO_TIME)

    def attributes(row: Array, version: Array) -> Columns:
        return {
            "segment": label(SEGMENTS, segment[row, version]),
            "country": label(COUNTRIES, customers.country[row]),
            "acquisition_channel": label(CHANNELS, customers.channel[row]),
            "csm_owner": label(MANAGERS, manager[row, version]),
        }

    internal = np.flatnonzero(is_internal(customers.number))
    return {
        "customers": {
            "customer_id": ids,
            "parent_customer_id": label(ids, customers.parent),
            "customer_name": company_names(customers),
            **attributes(np.arange(count), changes),
            "created_at": customers.created_at,
        },
        "customer_versions": {
            "customer_id": label(ids, row),
            "valid_from": valid_from[row, version],
            "valid_to": valid_to,
            **attributes(row, version),
        },
        "customer_exclusions": {
            "customer_id": label(ids, internal),
            "reason": np.full(len(internal), "internal test account"),
        },
    }


def acquired_columns(draw: Draw, customers: Customers, start: np.datetime64, months: int) -> Columns:
    """The customers of a book of business, by index: about half of those who came first after it was bought."""
    acquired_at = (start.astype("M8[M]") + months // 2).astype("M8[s]") + 14 * DAY + np.timedelta64(15, "h")
    is_later = (customers.created_at >= acquired_at) & ~is_internal(customers.number)
    size = round(BOOK_SHARE * len(is_later))
    may_belong = np.flatnonzero(is_later)[: 2 * size]
    customer = np.sort(may_belong[np.argsort(draw.uniform(len(may_belong)))[:size]])
    return {"customer": customer, "acquired_at": np.full(len(customer), acquired_at)}


# ---------------------------------------------------------------------------------------------------------------------
# Subscriptions


class Subscriptions(NamedTuple):
    customer: Array  # index within the block
    segment: Array
    trait: Array
    currency: Array
    interval: Array  # index of INTERVALS
    term: Array  # months per billing interval
    started_at: Array
    trial_ends_at: Array
    billing_from: Array  # the begin of month 0
    end_month: Array  # the month at whose begin, or in which, it ends; NEVER
    ended_at: Array
    requested_at: Array
    reason: Array  # -1 while it runs
    pause_from: Array  # months, [from, to); NEVER for none
    pause_to: Array


def make_subscriptions(
    draw: Draw,
    customers: Customers,
    customer: Array,
    started_at: Array,
    trial_share: float,
    end: np.datetime64,
    months: int,
) -> Subscriptions:
    """One subscription for each index in `customer`, from birth to `end`, the midnight after the history."""
    count = len(customer)
    segment, trait = customers.segment[customer], customers.trait[customer]
    is_anchor = customers.number[customer] == 0  # stays, so that the last day of the history has an invoice
    interval = draw.choice(np.array(INTERVAL_SHARE)[segment], count)
    term = INTERVAL_MONTHS[interval]

    on_trial = draw.chance(np.where(segment == 2, 0.1, 1) * trial_share, count) & ~is_anchor
    trial_days = np.where(draw.chance(0.5, count), 14, 30)
    trial_ends_at = np.where(on_trial, to_billing_day(started_at + trial_days * DAY), NO_TIME)
    billing_from = np.where(on_trial, trial_ends_at, started_at)
    never_pays = on_trial & draw.chance(0.28, count)

    month = np.arange(months)
    churn = CHURN[segment, trait]
    at_renewal = np.minimum(churn * term, 0.6)[:, None] * (month % term[:, None] == 0)
    early = np.where(term == 12, 0.002, 0)[:, None] * (month % 12 != 0)
    leaves = draw.chance(at_renewal + early, (count, months)) & (month > 0) & ~is_anchor[:, None]
    end_month = np.where(leaves.any(axis=1), leaves.argmax(axis=1), NEVER)
    end_month[never_pays] = 0

    is_early = (end_month < NEVER) & (end_month % term != 0)
    reason = np.where(is_early, OTHER, draw.choice(REASON_SHARE, count))
    reason[(reason == PAYMENT_FAILED) & (never_pays | (term > 1))] = VOLUNTARY
    ended_at = (
        add_months(billing_from, np.where(end_month < NEVER, end_month, 0))
        + np.where(reason == PAYMENT_FAILED, 21, 0) * DAY
    )
    # some give up before the trial is over
    trial_part = np.floor(draw.uniform(count) * trial_days * 86_400).astype("m8[s]")
    ended_at = np.where(never_pays & draw.chance(0.4, count), started_at + trial_part, ended_at)
    ended_at[end_month == NEVER] = NO_TIME
    notice_days = draw.integers(1, np.where(term == 12, 75, 25), count)
    requested_at = np.where(never_pays | is_early, ended_at, ended_at - notice_days * DAY)
    requested_at[reason == PAYMENT_FAILED] = NO_TIME
    requested_at[~(requested_at < end)] = NO_TIME
    running = ~(ended_at < end)
    ended_at[running] = NO_TIME
    reason[running] = -1

    pause_from = np.where((term == 1) & draw.chance(0.45, count), draw.integers(2, 30, count), NEVER)
    pause_to = pause_from + draw.integers(1, 7, count)
    is_paused = (pause_to < end_month) & (pause_from < NEVER) & ~is_anchor
    is_paused &= add_months(billing_from, np.where(is_paused, pause_from, 0)) < end
    return Subscriptions(
        customer,
        segment,
        trait,
        COUNTRY_CURRENCY[customers.country[customer]],
        interval,
        term,
        started_at,
        trial_ends_at,
        billing_from,
        end_month,
        ended_at,
        requested_at,
        reason,
        np.where(is_paused, pause_from, NEVER),
        np.where(is_paused, pause_to, NEVER),
    )


def make_returns(
    draw: Draw, customers: Customers, left: Subscriptions, end: np.datetime64, months: int
) -> Subscriptions:
    """New subscriptions of customers who left: most after months, some as a renewal that came a few days late."""
    may_return = np.flatnonzero((left.end_month > 0) & ~np.isnat(left.ended_at))
    back = may_return[draw.chance(0.22, len(may_return))]
    late = draw.chance(0.3, len(back))
    days = np.where(late, draw.integers(2, 20, len(back)), draw.integers(50, 260, len(back)))
    started_at = to_billing_day(left.ended_at[back] + days * DAY)
    in_time = started_at < end
    return make_subscriptions(draw, customers, left.customer[back][in_time], started_at[in_time], 0, end, months)


def make_additions(draw: Draw, customers: Customers, share: float, end: np.datetime64, months: int) -> Subscriptions:
    """For a share of the customers a second subscription, which begins after the first, more often late than early."""
    customer = np.flatnonzero(draw.chance(share, len(customers.number)))
    first_start = customers.first_start[customer]
    age = (end - first_start).astype(np.int64) * np.sqrt(draw.uniform(len(customer)))
    started_at = to_billing_day(first_start + np.floor(age).astype("m8[s]"))
    in_time = started_at < end
    return make_subscriptions(draw, customers, customer[in_time], started_at[in_time], 0, end, months)


class Grid(NamedTuple):
    """Subscription months, [subscription, month]."""

    begins: Array
    is_live: Array  # within the subscription's life and the history
    is_paused: Array


def make_grid(subs: Subscriptions, end: np.datetime64, months: int) -> Grid:
    """The first `months` months of every subscription."""
    month = np.arange(months)
    begins = add_months(subs.billing_from[:, None], month)
    last = subs.end_month + (subs.reason == PAYMENT_FAILED)  # whose payment fails had begun one more month
    return Grid(
        begins,
        (month < last[:, None]) & (begins < end),
        (month >= subs.pause_from[:, None]) & (month < subs.pause_to[:, None]),
    )


def is_live_in(grid: Grid, sub: Array, month: Array) -> Array:
    """Whether each subscription lives in its month; no one does after the grid's last."""
    last = grid.is_live.shape[1] - 1
    return (month <= last) & grid.is_live[sub, np.minimum(month, last)]


# ---------------------------------------------------------------------------------------------------------------------
# Items


class Items(NamedTuple):
    sub: Array
    product: Array
    since: Array  # months, [since, until)
    until: Array
    tier: Array  # at the start


def make_items(draw: Draw, subs: Subscriptions, grid: Grid) -> Items:
    """A workspace for every subscription, in its order, then add-ons; the metered ones come last."""
    count = len(subs.customer)
    everyone = np.arange(count)
    first_tier = draw.choice(np.array(FIRST_TIER_SHARE)[subs.segment], count)
    items = [Items(everyone, np.full(count, WORKSPACE), np.zeros(count, np.int64), np.full(count, NEVER), first_tier)]
    for product, share in ((INSIGHTS, INSIGHTS_SHARE), (SUPPORT, SUPPORT_SHARE), (API, API_SHARE)):
        # the very first subscription has the metered product: usage is invoiced on the last day of the history
        takes = draw.chance(share[subs.segment], count) | ((product == API) & (everyone == 0))
        since = np.where(draw.chance(0.55, count) | (everyone == 0), 0, draw.integers(1, 24, count))
        term = subs.term
        until = -(-(since + draw.integers(5, 24, count)) // term) * term  # add-ons are dropped at a renewal
        until = np.where(draw.chance(0.15, count) & (product != API), until, NEVER)
        is_reached = (since == 0) | is_live_in(grid, everyone, since)
        sub = np.flatnonzero(takes & is_reached)
        tier = np.maximum(first_tier, LOWEST_TIER[product])
        items.append(Items(sub, np.full(len(sub), product), since[sub], until[sub], tier[sub]))
    return concat(items)


class States(NamedTuple):
    """What each fixed-price item is in each subscription month, [item, month], once the month's change is made."""

    is_live: Array
    plan: Array
    quantity: Array
    unit: Array  # cents per interval
    is_change: Array
    begins: Array  # when the month's change takes force: the month's begin, or some days later
    is_midway: Array


def make_states(draw: Draw, subs: Subscriptions, grid: Grid, items: Items, plans: Plans, end: np.datetime64) -> States:
    """At most one change of seats or tier a month, growth on any day and shrinkage at renewal; prices rise yearly."""
    sub, month = items.sub, np.arange(grid.is_live.shape[1])
    shape = (len(sub), len(month))
    segment, trait = subs.segment[sub], subs.trait[sub]
    is_live = grid.is_live[sub] & (month >= items.since[:, None]) & (month < items.until[:, None])
    is_free = is_live & ~grid.is_paused[sub] & (month > items.since[:, None]) & (month < subs.end_month[sub, None])
    renewal = month % subs.term[sub, None] == 0

    # one draw decides: shrinkage at its low end, growth at its high end
    fate = draw.uniform(shape)
    leaves_soon = month + 12 >= subs.end_month[sub, None]
    shrinks = (SEATS_DOWN[segment, trait] * subs.term[sub])[:, None] * np.where(leaves_soon, SHRINKS_BEFORE_CHURN, 1)
    seats_down = is_free & renewal & (fate < shrinks)
    tier_falls = TIER_DOWN[segment, trait] * subs.term[sub]
    tier_down = is_free & renewal & ~seats_down & (fate < shrinks + tier_falls[:, None])
    grows = 1 - SEATS_UP[segment, trait]
    seats_up = is_free & (fate >= grows[:, None])
    tier_up = is_free & ~seats_up & (fate >= (grows - TIER_UP[segment, trait])[:, None])

    size = draw.uniform(shape)
    factor = np.where(seats_up, 1 + 0.05 + size * SEAT_GAIN[trait][:, None], 1)
    factor = np.where(seats_down, 1 - 0.05 - size * 0.35, factor)
    low, high = SEATS[segment].T
    seats_at_first = low + np.floor((high - low) * draw.uniform(len(sub)) * draw.uniform(len(sub)))
    seats = np.clip(np.rint(seats_at_first[:, None] * np.cumprod(factor, axis=1)), 1, 6 * high[:, None])

    tier = items.tier[:, None] + np.cumsum(tier_up.astype(np.int64) - tier_down, axis=1)
    tier = np.clip(tier, LOWEST_TIER[items.product][:, None], len(TIERS) - 1)
    plan = plans.lookup[items.product[:, None], tier, subs.interval[sub, None], subs.currency[sub, None]]

    uplift = np.array([0, 0.03, 0.05, 0.07])[draw.choice((0.45, 0.2, 0.2, 0.15), shape)]
    conceded = np.where(seats_up & (size > 0.90), CONCESSION, 1)
    price_index = np.cumprod(np.where(is_free & (month % 12 == 0), 1 + uplift, 1) * conceded, axis=1)
    negotiated = 1 - 0.01 * draw.integers(0, np.array([1, 11, 21])[segment], len(sub))
    unit = cents(plans.price[plan] * negotiated[:, None] * price_index)
    quantity = np.where(plans.is_flat[plan], 1, seats).astype(np.int64)

    is_midway = (seats_up | tier_up) & (month % 12 != 0)
    begins = grid.begins[sub] + np.where(is_midway, draw.integers(1, 26, shape), 0) * DAY
    is_change = np.zeros(shape, bool)
    for state in (plan, quantity, unit):
        is_change[:, 1:] |= state[:, 1:] != state[:, :-1]
    return States(is_live, plan, quantity, unit, is_change & is_free & (begins < end), begins, is_midway)


def item_versions(
    subs: Subscriptions, items: Items, states: States, metered: Items, metered_plan: Array, grid: Grid
) -> Columns:
    """The change history of every item, without ids of items; metered items never change."""
    month = np.arange(states.is_live.shape[1])
    starts = (month == items.since[:, None]) & (states.is_live | (items.since[:, None] == 0))
    row, k = np.nonzero(states.is_change | starts)
    first = starts[row, k]
    next_row = np.append(row[1:], -1)

    def ends(of: Items) -> Array:
        is_removed = is_live_in(grid, of.sub, of.until)
        removed_at = grid.begins[of.sub, np.where(is_removed, of.until, 0)]
        return np.where(is_removed, removed_at, subs.ended_at[of.sub])

    def begins(of: Items) -> Array:
        return np.where(of.since == 0, subs.started_at[of.sub], grid.begins[of.sub, of.since])

    valid_from = np.where(first, begins(items)[row], states.begins[row, k])
    valid_to = np.where(next_row == row, np.append(valid_from[1:], NO_TIME), ends(items)[row])
    is_metered = np.repeat([False, True], [len(row), len(metered.sub)])
    filler = np.zeros(len(metered.sub), np.int64)
    return {
        "item": np.concatenate([row, len(items.sub) + np.arange(len(metered.sub))]),
        "sub": np.concatenate([items.sub[row], metered.sub]),
        "valid_from": np.concatenate([valid_from, begins(metered)]),
        "valid_to": np.concatenate([valid_to, ends(metered)]),
        "plan": np.concatenate([states.plan[row, k], metered_plan]),
        "quantity": pa.array(np.concatenate([states.quantity[row, k], filler]), mask=is_metered),
        "unit_amount": money(np.concatenate([states.unit[row, k], filler]), is_metered),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Discounts


class Discounts(NamedTuple):
    """Two possible discounts of each subscription, [subscription, 2]: one from the start, one at the first renewal."""

    duration: Array  # index of DURATIONS, -1 for none
    percent: Array  # 0 where it is an amount
    amount: Array  # cents per interval, off the workspace
    since: Array  # months, [since, until)
    until: Array


DURATIONS = ("once", "repeating", "forever")
ONCE, REPEATING, FOREVER = range(3)


def make_discounts(draw: Draw, subs: Subscriptions, states: States) -> Discounts:
    """One of six kinds from the start, and an offer at the first renewal to those who think of leaving."""
    count = len(subs.customer)
    # none, repeating percent, forever percent, once, repeating amount, forever amount
    kind = draw.choice((0.62, 0.15, 0.08, 0.07, 0.05, 0.03), count)
    duration = np.array([-1, REPEATING, FOREVER, ONCE, REPEATING, FOREVER])[kind]
    months = np.where(subs.term == 12, 12, np.array([3, 6, 12])[draw.integers(0, 3, count)])
    until = np.select([duration == ONCE, duration == REPEATING], [1, months], NEVER)
    percent = np.array([5, 10, 12.5, 15, 20, 25])[draw.integers(0, 6, count)]
    workspace = states.quantity[:count, 0] * states.unit[:count, 0]
    amount = np.maximum(cents(workspace / 1000), 1) * 100  # a tenth, in whole units of the currency

    offered = draw.chance(0.10, count)
    offer = np.array([10, 15, 20])[draw.integers(0, 3, count)]
    return Discounts(
        duration=np.stack([duration, np.where(offered, REPEATING, -1)], axis=1),
        percent=np.stack([np.where((kind > 0) & (kind < 4), percent, 0), np.where(offered, offer, 0)], axis=1),
        amount=np.stack([np.where(kind >= 4, amount, 0), np.zeros(count, np.int64)], axis=1),
        since=np.stack([np.zeros(count, np.int64), np.full(count, 12)], axis=1),
        until=np.stack([until, np.full(count, 24)], axis=1),
    )


def discount_columns(subs: Subscriptions, discounts: Discounts, end: np.datetime64) -> Columns:
    """The discounts whose first day the subscription lived to see, without ids."""
    starts_at = add_months(subs.billing_from[:, None], discounts.since)
    last = np.where(np.isnat(subs.ended_at), end, subs.ended_at)
    row, slot = np.nonzero((discounts.duration >= 0) & (starts_at < last[:, None]))
    duration, percent = discounts.duration[row, slot], discounts.percent[row, slot]
    months = np.where(duration == REPEATING, discounts.until[row, slot], 0)
    return {
        "sub": row,
        "item": np.where(percent == 0, row, -1),  # items begin with the workspace of each subscription
        "duration": label(DURATIONS, duration),
        "percent_off": decimals(np.rint(percent * 10_000), PERCENT, percent == 0),
        "amount_off": money(discounts.amount[row, slot], percent > 0),
        "starts_at": starts_at[row, slot],
        "ends_at": np.where(duration == REPEATING, add_months(subs.billing_from[row], months), NO_TIME),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Adjustments


def adjustment_columns(
    draw: Draw, customers: Customers, subs: Subscriptions, grid: Grid, states: States, end: np.datetime64, months: int
) -> Columns:
    """What finance adds to the MRR of a workspace in months at whose end its customer pays, by index of the customer.

    One outage for all; what was mis-billed is put right until the contract is renewed or left, or stays open.
    """
    count = len(customers.number)  # the first subscriptions of all, in their order; so are their workspaces
    billing_month = subs.billing_from[:count].astype("M8[M]")
    # those who never pause: only at the end of their lives is there nothing to adjust
    life = np.where(subs.pause_from[:count] < NEVER, 0, grid.is_live[:count].sum(axis=1))
    life[is_internal(customers.number)] = 0
    end_month = np.where(np.isnat(subs.ended_at[:count]), end, subs.ended_at[:count]).astype("M8[M]")
    last = np.minimum(life, (end_month - billing_month).astype(np.int64))  # months, [0, last)

    outage = (end.astype("M8[M]") - months // 3 - billing_month).astype(np.int64)
    wrong = draw.integers(0, np.maximum(last, 1), count)
    chosen = draw.uniform((2, count)) < np.array(ADJUSTED_SHARE)[:, None]
    month = np.stack([outage, wrong])
    reason, customer = np.nonzero(chosen & (month >= 0) & (month < last))
    k = month[reason, customer]

    monthly = states.quantity[customer, k] * states.unit[customer, k] / subs.term[customer] / 100
    dollars = monthly / CURRENCY_PRICE[subs.currency[customer]]
    share = np.where(reason == OUTAGE, -0.10, np.array([-0.15, -0.08, 0.06, 0.12])[draw.integers(0, 4, len(k))])
    renewal = (k // 12 + 1) * 12
    until = np.where(reason == OUTAGE, k + 1, np.minimum(renewal, last[customer]))
    is_open = (reason == CORRECTION) & np.isnat(subs.ended_at[customer])
    is_open &= draw.chance(0.4, len(k)) | (renewal > last[customer])
    month_to = (billing_month[customer] + until).astype("M8[D]")
    return {
        "customer": customer,
        "product_id": np.full(len(k), PRODUCTS[WORKSPACE].product_id),
        "month_from": (billing_month[customer] + k).astype("M8[D]"),
        "month_to": np.where(is_open, NO_DATE, month_to),
        "reason": label(ADJUSTMENT_REASONS, reason),
        "amount": money(np.sign(share) * np.maximum(np.rint(abs(share) * dollars), 1) * 100),
        "approved_by": label(APPROVERS, draw.integers(0, len(APPROVERS), len(k))),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Invoices


class Charges(NamedTuple):
    """Fixed-price lines before discount: `quantity` times `unit` cents times `share` of the interval."""

    item: Array
    month: Array
    plan: Array
    quantity: Array
    unit: Array
    share: Array
    is_proration: Array
    issued_at: Array
    service_start: Array
    service_end: Array


class Lines(NamedTuple):
    sub: Array
    item: Array  # -1 for none
    plan: Array  # -1 for none
    line_type: Array
    is_proration: Array
    quantity: Array
    amount: Array  # cents, net
    discount: Array  # cents
    issued_at: Array
    service_start: Array
    service_end: Array


def bare_lines(line_type: int, sub: Array, amount: Array, issued_at: Array, **more: Array) -> Lines:
    """Lines of `amount` cents that belong to no item, plan or service period, unless `more` says so."""
    nothing, no_date = np.full(len(sub), -1), np.full(len(sub), NO_DATE)
    lines = Lines(
        sub,
        item=nothing,
        plan=nothing,
        line_type=np.full(len(sub), line_type),
        is_proration=np.zeros(len(sub), bool),
        quantity=nothing,
        amount=amount,
        discount=np.zeros(len(sub), np.int64),
        issued_at=issued_at,
        service_start=no_date,
        service_end=no_date,
    )
    return lines._replace(**more)


def make_charges(subs: Subscriptions, grid: Grid, items: Items, states: States) -> Charges:
    """Everything a fixed-price item is billed for, in advance."""
    term, paused = subs.term[items.sub], grid.is_paused[items.sub]
    month = np.arange(paused.shape[1])
    renewal = month % term[:, None] == 0

    def charge(
        row: Array, k: Array, state_month: Array, issued_at: Array, share: Array | float, quantity: Array | None = None
    ) -> Charges:
        """From `issued_at` to the next renewal, at the state of `state_month`."""
        next_renewal = add_months(subs.billing_from[items.sub[row]], (k // term[row] + 1) * term[row])
        return Charges(
            row,
            k,
            states.plan[row, state_month],
            states.quantity[row, state_month] if quantity is None else quantity,
            states.unit[row, state_month],
            np.zeros(len(row)) + share,
            np.full(len(row), not np.isscalar(share)),
            issued_at,
            issued_at.astype("M8[D]"),
            next_renewal.astype("M8[D]"),
        )

    # the regular bill: a change later in the same month is not on it yet
    row, k = np.nonzero(states.is_live & ~paused & renewal)
    regular = charge(row, k, k - states.is_midway[row, k], grid.begins[items.sub[row], k], 1)

    # an add-on taken within the term, up to the renewal
    row = np.flatnonzero((items.since > 0) & (items.since % term != 0))
    k = items.since[row]
    joined = charge(row, k, k, grid.begins[items.sub[row], k], (term[row] - k % term[row]) / term[row])

    # growth within the term: more seats are one charge, a new plan is a credit for the old and a charge for the new
    row, k = np.nonzero(states.is_change & states.is_midway)
    begins, last_renewal = states.begins[row, k], grid.begins[items.sub[row], k // term[row] * term[row]]
    renews = add_months(subs.billing_from[items.sub[row]], (k // term[row] + 1) * term[row])
    left = (renews.astype("M8[D]") - begins.astype("M8[D]")) / (renews.astype("M8[D]") - last_renewal.astype("M8[D]"))
    swap = states.plan[row, k] != states.plan[row, k - 1]
    added = np.where(swap, states.quantity[row, k], states.quantity[row, k] - states.quantity[row, k - 1])
    grown = charge(row, k, k, begins, left, added)
    replaced = charge(row[swap], k[swap], k[swap] - 1, begins[swap], -left[swap])

    # a contract given up early: a credit for the rest of the term
    ended = subs.end_month[items.sub]
    has_ended = ~np.isnat(subs.ended_at[items.sub])
    row = np.flatnonzero(has_ended & (ended % term != 0) & (items.since < ended) & (items.until >= ended))
    k = ended[row]
    refunded = charge(row, k, k - 1, subs.ended_at[items.sub[row]], -(term[row] - k % term[row]) / term[row])
    return concat([regular, joined, grown, replaced, refunded])


def price_charges(subs: Subscriptions, items: Items, charges: Charges, discounts: Discounts) -> Lines:
    """Takes the discounts in force off the charges; an amount comes off the regular bill of the workspace only."""
    sub = items.sub[charges.item]
    month = charges.month[:, None]
    in_force = (discounts.since[sub] <= month) & (month < discounts.until[sub])
    kept = np.prod(1 - discounts.percent[sub] * in_force / 100, axis=1)
    amount_off = (discounts.amount[sub] * in_force).sum(axis=1)
    takes_amount = ~charges.is_proration & (items.product[charges.item] == WORKSPACE)
    gross = cents(charges.quantity * charges.unit * charges.share)
    net = cents(gross * kept)
    net = np.where(takes_amount, np.maximum(net - amount_off, 0), net)
    return bare_lines(
        RECURRING,
        sub,
        net,
        charges.issued_at,
        item=charges.item,
        plan=charges.plan,
        is_proration=charges.is_proration,
        quantity=charges.quantity,
        discount=gross - net,
        service_start=charges.service_start,
        service_end=charges.service_end,
    )


def usage_lines(
    draw: Draw,
    subs: Subscriptions,
    grid: Grid,
    metered: Items,
    metered_plan: Array,
    first_item: int,
    plans: Plans,
    end: np.datetime64,
) -> Lines:
    """One line per metered item and full calendar month, issued late on the month's last day."""
    sub = metered.sub
    shape = (len(sub), grid.is_live.shape[1])
    k = np.arange(shape[1])
    calendar_month = subs.billing_from[sub].astype("M8[M]")[:, None] + k
    until = np.where(np.isnat(subs.ended_at[sub]), end, subs.ended_at[sub]).astype("M8[M]")
    is_used = (k >= metered.since[:, None]) & (calendar_month < until[:, None]) & ~grid.is_paused[sub]

    limit = plans.limit[metered_plan][:, None]
    first_units = limit * (0.8 + 4 * draw.uniform((len(sub), 1)) * draw.uniform((len(sub), 1)))
    drift = np.cumprod(1 + USAGE_DRIFT[subs.trait[sub]][:, None] + np.zeros(shape), axis=1)
    season = 0.94 + 0.12 * draw.uniform(shape)
    units = np.rint(np.minimum(first_units * drift * season, 40 * limit)).astype(np.int64)
    amount = cents(np.maximum(units - limit, 0) * plans.price[metered_plan][:, None])
    late_at = (22 * 3600 + draw.integers(0, 7000, len(sub))).astype("m8[s]")

    row, k = np.nonzero(is_used)
    first_of_next = calendar_month[row, k] + 1
    return bare_lines(
        USAGE,
        sub[row],
        amount[row, k],
        first_of_next.astype("M8[s]") - DAY + late_at[row],
        item=first_item + row,
        plan=metered_plan[row],
        quantity=units[row, k],
        service_start=calendar_month[row, k].astype("M8[D]"),
        service_end=first_of_next.astype("M8[D]"),
    )


def onboarding_lines(draw: Draw, subs: Subscriptions, grid: Grid) -> Lines:
    """A one-time fee on the first bill of some of the larger customers."""
    pays = draw.chance(np.array([0.03, 0.4, 0.7])[subs.segment], len(subs.customer)) & grid.is_live[:, 0]
    sub = np.flatnonzero(pays)
    fee = np.array([400, 2000, 7500])[subs.segment[sub]] * CURRENCY_PRICE[subs.currency[sub]]
    return bare_lines(ONE_TIME, sub, cents(fee) * 100, subs.billing_from[sub], quantity=np.ones(len(sub), np.int64))


class Invoices(NamedTuple):
    sub: Array
    issued_at: Array
    due_at: Array
    paid_at: Array
    status: Array


def first_lines(invoice: Array) -> Array:
    """The place of the first line of each invoice, in lines that are sorted by invoice."""
    return np.flatnonzero(np.append(True, np.diff(invoice) != 0))


def group_lines(lines: Lines) -> tuple[Lines, Array]:
    """Lines in the order of their invoices, and each line's invoice: one per subscription and moment, by time."""
    lines = pick(lines, np.lexsort((lines.item, lines.sub, lines.issued_at)))
    is_first = np.append(True, (np.diff(lines.sub) != 0) | (np.diff(lines.issued_at) != np.timedelta64(0)))
    return lines, np.cumsum(is_first) - 1


def tax_lines(lines: Lines, invoice: Array, tax_percent: Array) -> tuple[Lines, Array]:
    """One tax line for each invoice of a taxed customer; `tax_percent` is by subscription."""
    first = first_lines(invoice)
    total = np.bincount(invoice, weights=lines.amount)
    tax = cents(total * tax_percent[lines.sub[first]] / 100)
    taxed = np.flatnonzero(tax)
    line = first[taxed]
    return bare_lines(TAX, lines.sub[line], tax[taxed], lines.issued_at[line]), taxed


def make_invoices(
    draw: Draw, customers: Customers, subs: Subscriptions, lines: Lines, invoice: Array, end: np.datetime64
) -> Invoices:
    """Most are paid in time, some late; what is not paid by the end is open."""
    first = first_lines(invoice)
    sub, issued_at, count = lines.sub[first], lines.issued_at[first], len(first)
    allowed = PAYMENT_DAYS[subs.segment[sub]]
    due_at = issued_at + allowed * DAY
    paid_at = issued_at + np.floor(draw.uniform(count) * allowed * 1.15 * 86_400).astype("m8[s]")
    is_forgotten = draw.chance(0.02, count) & (issued_at > end - 80 * DAY)
    has_failed = subs.reason[sub] == PAYMENT_FAILED
    failed_at = add_months(subs.billing_from[sub], np.where(has_failed, subs.end_month[sub], 0))
    # the first customer's usage is what completes the last month
    is_draft = draw.chance(0.15, count) & (issued_at > end - 2 * DAY) & (customers.number[subs.customer[sub]] > 0)
    status = np.select(
        [is_draft, has_failed & (issued_at >= failed_at), is_forgotten | (paid_at >= end)],
        [DRAFT, UNCOLLECTIBLE, OPEN],
        PAID,
    )
    due_at[is_draft] = NO_TIME
    paid_at[status != PAID] = NO_TIME
    return Invoices(sub, issued_at, due_at, paid_at, status)


def add_voids(draw: Draw, invoices: Invoices, lines: Lines, invoice: Array) -> tuple[Invoices, Lines, Array]:
    """Some invoices were made twice by mistake; the copy is void."""
    copied = np.flatnonzero(draw.chance(0.008, len(invoices.sub)) & (invoices.status != DRAFT))
    copy = pick(invoices, copied)
    copy = copy._replace(status=np.full(len(copied), VOID), paid_at=np.full(len(copied), NO_TIME))
    copy_of = np.full(len(invoices.sub), -1)
    copy_of[copied] = len(invoices.sub) + np.arange(len(copied))
    copied_lines = np.flatnonzero(copy_of[invoice] >= 0)
    return (
        concat([invoices, copy]),
        concat([lines, pick(lines, copied_lines)]),
        np.concatenate([invoice, copy_of[invoice[copied_lines]]]),
    )


def subscription_statuses(subs: Subscriptions, invoices: Invoices, end: np.datetime64) -> Array:
    """The status on the last day."""
    is_overdue = np.zeros(len(subs.customer), bool)
    is_overdue[invoices.sub[(invoices.status == OPEN) & (invoices.due_at < end)]] = True
    resumes_at = add_months(subs.billing_from, np.where(subs.pause_to < NEVER, subs.pause_to, 0))
    is_paused = (subs.pause_to < NEVER) & ~(resumes_at < end)
    has_ended = subs.reason >= 0
    return np.select(
        [
            has_ended & (subs.reason == PAYMENT_FAILED) & (subs.customer % 2 == 0),
            has_ended,
            subs.trial_ends_at >= end,
            is_paused,
            is_overdue,
        ],
        [UNPAID, CANCELED, TRIALING, PAUSED, PAST_DUE],
        ACTIVE,
    )


# ---------------------------------------------------------------------------------------------------------------------
# All together


def make_block(
    draw: Draw,
    draw_finance: Draw,
    draw_additions: Draw,
    ids: Ids,
    plans: Plans,
    first_number: int,
    count: int,
    start: np.datetime64,
    months: int,
    second_share: float,
) -> dict[str, Columns]:
    """Every table's rows for `count` customers, numbered from `first_number`.

    What only finance knows, adjustments and acquired customers, has a stream of its own, and so have the second
    subscriptions: where there are none, nothing else changes.
    """
    end = (start.astype("M8[M]") + months).astype("M8[s]")
    customers = make_customers(draw, first_number, count, start, months)
    subs = make_subscriptions(draw, customers, np.arange(count), customers.first_start, 0.45, end, months)
    returns = make_returns(draw, customers, subs, end, months)
    subs = concat([subs, returns, make_additions(draw_additions, customers, second_share, end, months)])
    grid = make_grid(subs, end, months)
    all_items = make_items(draw, subs, grid)
    is_metered = all_items.product == API
    items, metered = pick(all_items, ~is_metered), pick(all_items, is_metered)
    metered_plan = plans.lookup[API, metered.tier, 0, subs.currency[metered.sub]]
    states = make_states(draw, subs, grid, items, plans, end)
    discounts = make_discounts(draw, subs, states)

    fixed = price_charges(subs, items, make_charges(subs, grid, items, states), discounts)
    usage = usage_lines(draw, subs, grid, metered, metered_plan, len(items.sub), plans, end)
    lines, invoice = group_lines(concat([fixed, usage, onboarding_lines(draw, subs, grid)]))
    taxes, taxed = tax_lines(lines, invoice, TAX_PERCENT[customers.country[subs.customer]])
    invoices = make_invoices(draw, customers, subs, lines, invoice, end)
    invoices, lines, invoice = add_voids(draw, invoices, concat([lines, taxes]), np.append(invoice, taxed))
    order = np.argsort(invoice, kind="stable")
    lines, invoice = pick(lines, order), invoice[order]

    customer_ids, sub_ids = ids.take("cus", count), ids.take("sub", len(subs.customer))
    item_ids, invoice_ids = ids.take("si", len(all_items.sub)), ids.take("in", len(invoices.sub))
    plan_ids, currency = plans.columns["plan_id"], subs.currency

    versions = item_versions(subs, items, states, metered, metered_plan, grid)
    item, sub, plan = versions.pop("item"), versions.pop("sub"), versions.pop("plan")
    discount_rows = discount_columns(subs, discounts, end)
    discount_sub, discount_item = discount_rows.pop("sub"), discount_rows.pop("item")
    acquired = acquired_columns(draw_finance, customers, start, months)
    adjustments = adjustment_columns(draw_finance, customers, subs, grid, states, end, months)
    paused = np.flatnonzero(subs.pause_from < NEVER)
    resumed_at = add_months(subs.billing_from[paused], subs.pause_to[paused])
    return {
        **customer_tables(draw, customers, customer_ids, end),
        "acquired_customers": {"customer_id": label(customer_ids, acquired.pop("customer")), **acquired},
        "subscriptions": {
            "subscription_id": sub_ids,
            "customer_id": label(customer_ids, subs.customer),
            "status": label(SUBSCRIPTION_STATUSES, subscription_statuses(subs, invoices, end)),
            "started_at": subs.started_at,
            "trial_ends_at": subs.trial_ends_at,
            "cancel_requested_at": subs.requested_at,
            "ended_at": subs.ended_at,
            "ended_reason": label(ENDED_REASONS, subs.reason),
        },
        "subscription_item_versions": {
            "subscription_item_id": label(item_ids, item),
            "subscription_id": label(sub_ids, sub),
            "plan_id": label(plan_ids, plan),
            "currency": label(CURRENCIES, currency[sub]),
            **versions,
        },
        "subscription_pauses": {
            "subscription_id": label(sub_ids, paused),
            "paused_at": add_months(subs.billing_from[paused], subs.pause_from[paused]),
            "resumed_at": np.where(resumed_at < end, resumed_at, NO_TIME),
        },
        "discounts": {
            "discount_id": ids.take("dis", len(discount_sub)),
            "subscription_id": label(sub_ids, discount_sub),
            "subscription_item_id": label(item_ids, discount_item),
            **discount_rows,
        },
        "invoices": {
            "invoice_id": invoice_ids,
            "customer_id": label(customer_ids, subs.customer[invoices.sub]),
            "subscription_id": label(sub_ids, invoices.sub),
            "status": label(INVOICE_STATUSES, invoices.status),
            "issued_at": invoices.issued_at,
            "due_at": invoices.due_at,
            "paid_at": invoices.paid_at,
            "currency": label(CURRENCIES, currency[invoices.sub]),
        },
        "invoice_line_items": {
            "invoice_line_item_id": ids.take("il", len(invoice)),
            "invoice_id": label(invoice_ids, invoice),
            "subscription_id": label(sub_ids, lines.sub),
            "subscription_item_id": label(item_ids, lines.item),
            "plan_id": label(plan_ids, lines.plan),
            "line_type": label(LINE_TYPES, lines.line_type),
            "is_proration": lines.is_proration,
            "quantity": pa.array(lines.quantity, mask=lines.quantity < 0),
            "amount": money(lines.amount),
            "discount_amount": money(lines.discount),
            "currency": label(CURRENCIES, currency[lines.sub]),
            "service_start": lines.service_start,
            "service_end": lines.service_end,
        },
        "mrr_adjustments": {"customer_id": label(customer_ids, adjustments.pop("customer")), **adjustments},
    }


def generate(
    folder: Path,
    customers: int,
    months: int,
    start: date,
    seed: int,
    second_share: float,
    file_format: str,
    prefix: str,
) -> None:
    """Writes all tables to `folder`: `months` months from the month of `start`."""
    folder.mkdir(parents=True, exist_ok=True)
    first_day, plans, ids = np.datetime64(start), make_plans(), Ids()
    with ExitStack() as stack:
        writers = {name: Writer(folder, prefix, name, file_format) for name in SCHEMAS}
        for writer in writers.values():
            stack.enter_context(writer.file)
        writers["products"].write(
            {"product_id": [p.product_id for p in PRODUCTS], "product_name": [p.name for p in PRODUCTS]}
        )
        writers["plans"].write(plans.columns)
        writers["exchange_rates"].write(make_exchange_rates(Draw(seed, 0), first_day, months))
        for block, first in enumerate(range(0, customers, BLOCK), start=1):
            size = min(BLOCK, customers - first)
            draws = Draw(seed, block), Draw(seed, block, 1), Draw(seed, block, 2)
            tables = make_block(*draws, ids, plans, first, size, first_day, months, second_share)
            for name, columns in tables.items():
                writers[name].write(columns)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", metavar="OUT_DIR", type=Path)
    parser.add_argument("--customers", type=positive, default=300)
    parser.add_argument("--months", type=positive, default=48, help="length of the history")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2022, 1, 1), help="first month of the history")
    parser.add_argument("--seed", type=int, default=150)
    parser.add_argument(
        "--second-share", type=share, default=0, help="share of the customers that take a second subscription"
    )
    parser.add_argument("--format", dest="file_format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--prefix", default="", help="put before each file name")
    generate(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
