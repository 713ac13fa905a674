"""A small valid set of raw tables, with at least one row in each, for tests that change one thing in it."""

from __future__ import annotations

import copy
from datetime import date, datetime
from decimal import Decimal

from dbt_project import Tables

JANUARY = datetime(2024, 1, 1)
JUNE = datetime(2024, 6, 30, 12)

TABLES: Tables = {
    "customers": [
        {"customer_id": "ann", "customer_name": "Ann", "segment": "SMB", "created_at": JANUARY},
        {"customer_id": "bob", "customer_name": "Bob", "parent_customer_id": "ann", "created_at": JANUARY},
        {"customer_id": "test", "customer_name": "Test", "created_at": JANUARY},
    ],
    "customer_versions": [
        {"customer_id": "ann", "valid_from": JANUARY, "valid_to": datetime(2024, 3, 1), "segment": "Micro"},
        {"customer_id": "ann", "valid_from": datetime(2024, 3, 1), "segment": "SMB"},
    ],
    "customer_exclusions": [{"customer_id": "test", "reason": "internal"}],
    "acquired_customers": [{"customer_id": "bob", "acquired_at": JANUARY}],
    "products": [{"product_id": "app", "product_name": "App"}],
    "plans": [
        {
            **{"plan_id": "team", "product_id": "app", "plan_name": "Team", "tier_rank": 1, "currency": "USD"},
            **{"pricing_model": "per_seat", "billing_interval": "month", "billing_interval_count": 1},
        },
        {
            **{"plan_id": "calls", "product_id": "app", "plan_name": "Calls", "tier_rank": 1, "currency": "USD"},
            **{"pricing_model": "metered", "billing_interval": "month", "billing_interval_count": 1},
        },
    ],
    "subscriptions": [
        {"subscription_id": "s-ann", "customer_id": "ann", "status": "active", "started_at": JANUARY},
        {
            **{"subscription_id": "s-bob", "customer_id": "bob", "status": "canceled", "started_at": JANUARY},
            **{"trial_ends_at": datetime(2024, 1, 15), "ended_at": datetime(2024, 5, 1), "ended_reason": "voluntary"},
        },
        {"subscription_id": "s-test", "customer_id": "test", "status": "active", "started_at": JANUARY},
    ],
    "subscription_item_versions": [
        {
            **{"subscription_item_id": "i-ann", "subscription_id": "s-ann", "plan_id": "team", "currency": "USD"},
            **{"quantity": 2, "unit_amount": Decimal("50"), "valid_from": JANUARY, "valid_to": datetime(2024, 3, 10)},
        },
        {
            **{"subscription_item_id": "i-ann", "subscription_id": "s-ann", "plan_id": "team", "currency": "USD"},
            **{"quantity": 3, "unit_amount": Decimal("50"), "valid_from": datetime(2024, 3, 10)},
        },
        {
            **{"subscription_item_id": "i-bob", "subscription_id": "s-bob", "plan_id": "team", "currency": "EUR"},
            **{"quantity": 1, "unit_amount": Decimal("40"), "valid_from": JANUARY},
        },
        {
            **{"subscription_item_id": "i-test", "subscription_id": "s-test", "plan_id": "team", "currency": "USD"},
            **{"quantity": 9, "unit_amount": Decimal("99"), "valid_from": JANUARY},
        },
    ],
    "subscription_pauses": [
        {"subscription_id": "s-ann", "paused_at": datetime(2024, 4, 2), "resumed_at": datetime(2024, 5, 2)}
    ],
    "discounts": [
        {
            **{"discount_id": "d-1", "subscription_id": "s-ann", "duration": "repeating", "percent_off": Decimal("10")},
            **{"starts_at": JANUARY, "ends_at": datetime(2024, 3, 1)},
        },
        {
            **{"discount_id": "d-2", "subscription_id": "s-bob", "subscription_item_id": "i-bob"},
            **{"duration": "forever", "amount_off": Decimal("5"), "starts_at": JANUARY},
        },
    ],
    "invoices": [
        {"invoice_id": "in-1", "customer_id": "ann", "status": "paid", "issued_at": JUNE, "currency": "USD"},
    ],
    "invoice_line_items": [
        {
            **{"invoice_line_item_id": "l-1", "invoice_id": "in-1", "plan_id": "calls", "line_type": "usage"},
            **{"is_proration": False, "amount": Decimal("12.34"), "discount_amount": Decimal("0"), "currency": "USD"},
            **{"service_start": date(2024, 6, 1), "service_end": date(2024, 7, 1)},
        },
        {
            **{"invoice_line_item_id": "l-2", "invoice_id": "in-1", "line_type": "tax", "currency": "USD"},
            **{"is_proration": False, "amount": Decimal("2.34"), "discount_amount": Decimal("0")},
        },
    ],
    "exchange_rates": [
        {"currency": "EUR", "effective_date": date(2024, 1, 1), "rate_to_reporting": Decimal("1.10000000")},
    ],
    "mrr_adjustments": [
        {
            **{"customer_id": "test", "product_id": "app", "month_from": date(2024, 3, 1)},
            **{"month_to": date(2024, 5, 1), "reason": "outage", "amount": Decimal("-7.5"), "approved_by": "Eve"},
        },
    ],
}


def small_company() -> Tables:
    """A fresh copy, free to be changed."""
    return copy.deepcopy(TABLES)
