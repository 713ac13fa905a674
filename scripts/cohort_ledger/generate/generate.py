"""Write the raw billing tables of an invented B2B software business, always the same for the same arguments.

Customers are made in blocks, and within a block every step is one array operation. Money is in whole cents inside, in
major units in the files.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from cohort_ledger.generate.adjustments import adjustment_columns
from cohort_ledger.generate.arrays import NEVER, NO_TIME, Columns, Draw, add_months, concat, pick
from cohort_ledger.generate.business import (
    API,
    CURRENCIES,
    ENDED_REASONS,
    INVOICE_STATUSES,
    LINE_TYPES,
    PRODUCTS,
    SUBSCRIPTION_STATUSES,
    TAX_PERCENT,
)
from cohort_ledger.generate.catalogue import Plans, make_exchange_rates, make_plans
from cohort_ledger.generate.customers import acquired_columns, customer_tables, make_customers
from cohort_ledger.generate.discounts import discount_columns, make_discounts
from cohort_ledger.generate.invoices import add_voids, group_lines, make_invoices, subscription_statuses, tax_lines
from cohort_ledger.generate.items import item_versions, make_items, make_states
from cohort_ledger.generate.lines import make_charges, onboarding_lines, price_charges, usage_lines
from cohort_ledger.generate.subscriptions import make_additions, make_grid, make_returns, make_subscriptions
from cohort_ledger.generate.tables import SCHEMAS, Ids, Writer, label, money

BLOCK = 10_000  # customers at a time: bounds the memory


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
