"""Invoice lines: what fixed-price items are billed in advance, usage, and one-time fees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cohort_ledger.generate.arrays import DAY, NO_DATE, Array, Draw, add_months, cents, concat
from cohort_ledger.generate.business import CURRENCY_PRICE, ONE_TIME, RECURRING, USAGE, USAGE_DRIFT, WORKSPACE
from cohort_ledger.generate.catalogue import Plans
from cohort_ledger.generate.discounts import Discounts
from cohort_ledger.generate.items import Items, States
from cohort_ledger.generate.subscriptions import Grid, Subscriptions


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
