"""Plans with their prices, and exchange rates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cohort_ledger.generate.arrays import Array, Columns, Draw
from cohort_ledger.generate.business import (
    API,
    CURRENCIES,
    CURRENCY_PRICE,
    FIRST_RATE,
    INTERVAL_PRICE,
    INTERVALS,
    PRODUCTS,
    TIERS,
    WORKSPACE,
)
from cohort_ledger.generate.tables import RATE, SCHEMAS, decimals


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
