"""Invoices: lines that are billed at one moment, their tax, and whether they are paid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cohort_ledger.generate.arrays import DAY, NEVER, NO_TIME, Array, Draw, add_months, cents, concat, pick
from cohort_ledger.generate.business import (
    ACTIVE,
    CANCELED,
    DRAFT,
    OPEN,
    PAID,
    PAST_DUE,
    PAUSED,
    PAYMENT_DAYS,
    PAYMENT_FAILED,
    TAX,
    TRIALING,
    UNCOLLECTIBLE,
    UNPAID,
    VOID,
)
from cohort_ledger.generate.customers import Customers
from cohort_ledger.generate.lines import Lines, bare_lines
from cohort_ledger.generate.subscriptions import Subscriptions


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
