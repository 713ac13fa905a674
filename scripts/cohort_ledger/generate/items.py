"""What a subscription consists of, and how seats, tiers and prices of each item change from month to month."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cohort_ledger.generate.arrays import DAY, NEVER, NO_TIME, Array, Columns, Draw, cents, concat
from cohort_ledger.generate.business import (
    API,
    API_SHARE,
    CONCESSION,
    FIRST_TIER_SHARE,
    INSIGHTS,
    INSIGHTS_SHARE,
    LOWEST_TIER,
    SEAT_GAIN,
    SEATS,
    SEATS_DOWN,
    SEATS_UP,
    SHRINKS_BEFORE_CHURN,
    SUPPORT,
    SUPPORT_SHARE,
    TIER_DOWN,
    TIER_UP,
    TIERS,
    WORKSPACE,
)
from cohort_ledger.generate.catalogue import Plans
from cohort_ledger.generate.subscriptions import Grid, Subscriptions, is_live_in
from cohort_ledger.generate.tables import money


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
