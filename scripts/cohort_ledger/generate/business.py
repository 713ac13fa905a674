"""What the invented business sells, to whom, and how its customers behave.

Rows of the behaviour tables are segments, columns are traits; probabilities are per month unless named.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

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
