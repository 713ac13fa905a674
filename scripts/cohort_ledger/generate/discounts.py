"""Discounts from the start, and offers at the first renewal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cohort_ledger.generate.arrays import NEVER, NO_TIME, Array, Columns, Draw, add_months, cents
from cohort_ledger.generate.items import States
from cohort_ledger.generate.subscriptions import Subscriptions
from cohort_ledger.generate.tables import PERCENT, decimals, label, money


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
