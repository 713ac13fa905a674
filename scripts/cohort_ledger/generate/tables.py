"""The raw tables as files: their columns and types, exact decimals, ids that number rows through all blocks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from cohort_ledger.generate.arrays import Array, Columns
from cohort_ledger.generate.business import words

MONEY = pa.decimal128(18, 4)
PERCENT = pa.decimal128(7, 4)
RATE = pa.decimal128(18, 8)
TYPES = {  # of the columns that are not text
    column: column_type
    for column_type, columns in (
        (pa.timestamp("s"), "created_at valid_from valid_to started_at trial_ends_at cancel_requested_at ended_at"),
        (pa.timestamp("s"), "paused_at resumed_at starts_at ends_at issued_at due_at paid_at acquired_at"),
        (pa.date32(), "service_start service_end effective_date month_from month_to"),
        (MONEY, "unit_amount amount_off amount discount_amount"),
        (PERCENT, "percent_off"),
        (RATE, "rate_to_reporting"),
        (pa.int64(), "quantity usage_limit"),
        (pa.int32(), "tier_rank billing_interval_count"),
        (pa.bool_(), "is_proration"),
    )
    for column in words(columns)
}
SCHEMAS = {
    table: pa.schema([(column, TYPES.get(column, pa.string())) for column in words(columns)])
    for table, columns in {
        "customers": "customer_id parent_customer_id customer_name segment country acquisition_channel csm_owner"
        " created_at",
        "customer_versions": "customer_id valid_from valid_to segment country acquisition_channel csm_owner",
        "customer_exclusions": "customer_id reason",
        "acquired_customers": "customer_id acquired_at",
        "products": "product_id product_name",
        "plans": "plan_id product_id plan_name tier_rank pricing_model billing_interval billing_interval_count"
        " currency usage_limit",
        "subscriptions": "subscription_id customer_id status started_at trial_ends_at cancel_requested_at ended_at"
        " ended_reason",
        "subscription_item_versions": "subscription_item_id valid_from valid_to subscription_id plan_id quantity"
        " unit_amount currency",
        "subscription_pauses": "subscription_id paused_at resumed_at",
        "discounts": "discount_id subscription_id subscription_item_id duration percent_off amount_off starts_at"
        " ends_at",
        "invoices": "invoice_id customer_id subscription_id status issued_at due_at paid_at currency",
        "invoice_line_items": "invoice_line_item_id invoice_id subscription_id subscription_item_id plan_id line_type"
        " is_proration quantity amount discount_amount currency service_start service_end",
        "exchange_rates": "currency effective_date rate_to_reporting",
        "mrr_adjustments": "customer_id product_id month_from month_to reason amount approved_by",
    }.items()
}


def decimals(units: Array, kind: pa.Decimal128Type, missing: Array | None = None) -> pa.Array:
    """Exact decimals from whole `units` of the last decimal place of `kind`; null where `missing`."""
    words = np.empty((len(units), 2), "<i8")
    words[:, 0] = units
    words[:, 1] = words[:, 0] >> 63  # the sign fills the upper half of the 128 bits
    column = pa.Decimal128Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)])
    return column if missing is None else pc.if_else(pa.array(missing), None, column)


def money(cents: Array, missing: Array | None = None) -> pa.Array:
    """Amounts in major units from whole cents."""
    return decimals(cents.astype(np.int64) * 100, MONEY, missing)


def label(names: tuple[str, ...] | pa.Array, index: Array) -> pa.Array:
    """The names at `index`; null where it is negative."""
    return pa.array(names, pa.string()).take(pa.array(index, pa.int64(), mask=index < 0))


class Ids:
    """Numbers ids through all blocks: `cus_000001`, `cus_000002`, ..."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()

    def take(self, prefix: str, count: int) -> pa.Array:
        numbers = pa.array(np.arange(count) + self.used[prefix] + 1).cast(pa.string())
        self.used[prefix] += count
        return pc.binary_join_element_wise(prefix, pc.utf8_lpad(numbers, 6, "0"), "_")


class Writer:
    """One file of one table, written batch by batch."""

    def __init__(self, folder: Path, prefix: str, table: str, file_format: str) -> None:
        path = folder / f"{prefix}{table}.{file_format}"
        self.schema = SCHEMAS[table]
        if file_format == "csv":
            options = csv.WriteOptions(quoting_style="none", quoting_header="none")
            self.file = csv.CSVWriter(path, self.schema, write_options=options)
        else:
            self.file = parquet.ParquetWriter(path, self.schema, compression="zstd", coerce_timestamps="us")

    def write(self, columns: Columns) -> None:
        self.file.write_table(pa.table(columns, self.schema))
