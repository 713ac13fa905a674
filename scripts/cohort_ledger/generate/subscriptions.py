"""Subscriptions on a grid of *subscription months*: month k begins k calendar months after billing began.

Billing begins on one of the days 1 to 28, so that adding months never has to clamp.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cohort_ledger.generate.arrays import DAY, NEVER, NO_TIME, Array, Draw, add_months, to_billing_day
from cohort_ledger.generate.business import (
    CHURN,
    COUNTRY_CURRENCY,
    INTERVAL_MONTHS,
    INTERVAL_SHARE,
    OTHER,
    PAYMENT_FAILED,
    REASON_SHARE,
    VOLUNTARY,
)
from cohort_ledger.generate.customers import Customers


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
