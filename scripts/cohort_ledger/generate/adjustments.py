"""What finance adds to MRR by hand."""

from __future__ import annotations

import numpy as np

from cohort_ledger.generate.arrays import NEVER, NO_DATE, Columns, Draw
from cohort_ledger.generate.business import (
    ADJUSTED_SHARE,
    ADJUSTMENT_REASONS,
    APPROVERS,
    CORRECTION,
    CURRENCY_PRICE,
    OUTAGE,
    PRODUCTS,
    WORKSPACE,
)
from cohort_ledger.generate.customers import Customers, is_internal
from cohort_ledger.generate.items import States
from cohort_ledger.generate.subscriptions import Grid, Subscriptions
from cohort_ledger.generate.tables import label, money


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
