"""Customers: who comes when, what they are called, how their attributes change, and who was bought."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cohort_ledger.generate.arrays import DAY, NO_TIME, Array, Columns, Draw
from cohort_ledger.generate.business import (
    BOOK_SHARE,
    CHANNEL_SHARE,
    CHANNELS,
    COUNTRIES,
    COUNTRY_NAMES,
    COUNTRY_SHARE,
    MANAGED,
    MANAGERS,
    NAME_FIRST,
    NAME_LAST,
    NAME_SECOND,
    SEGMENT_SHARE,
    SEGMENTS,
    TRAIT_SHARE,
)
from cohort_ledger.generate.tables import label


class Customers(NamedTuple):
    number: Array  # through all blocks, from 0
    parent: Array  # index within the block, -1 for none
    segment: Array  # at the start; behaviour follows it
    trait: Array
    country: Array
    channel: Array
    first_start: Array  # start of the first subscription
    created_at: Array


def is_internal(number: Array) -> Array:
    """Test customers of the business itself, outside all groups."""
    return number % 150 == 43


def make_customers(draw: Draw, first_number: int, count: int, start: np.datetime64, months: int) -> Customers:
    """`count` customers in the order in which they come; a group's parent comes before its subsidiaries."""
    position = draw.uniform(count)
    month = np.floor(months * position * (0.45 + 0.55 * position)).astype(np.int64)
    day = np.where(draw.chance(0.25, count), 0, draw.integers(0, 28, count))
    first_start = np.sort(
        (start.astype("M8[M]") + month).astype("M8[s]") + day * DAY + draw.integers(0, 86_400, count).astype("m8[s]")
    )
    segment = draw.choice(SEGMENT_SHARE, count)
    lead_time = draw.integers(60, 30 * 86_400, count).astype("m8[s]")
    number = first_number + np.arange(count)
    parent = np.where(draw.chance(0.09, count), draw.integers(0, np.arange(count), count), -1)
    parent[0] = -1
    parent[is_internal(number) | is_internal(number[parent])] = -1
    return Customers(
        number=number,
        parent=parent,
        segment=segment,
        trait=draw.choice(np.array(TRAIT_SHARE)[segment], count),
        country=draw.choice(COUNTRY_SHARE, count),
        channel=draw.choice(CHANNEL_SHARE, count),
        first_start=first_start,
        created_at=np.maximum(first_start - lead_time, start.astype("M8[s]")),
    )


def company_names(customers: Customers) -> pa.Array:
    """Names from the word lists; a subsidiary has the name of its group and its own country."""
    # 7411 is coprime to the number of names: they repeat only after all are used
    number = customers.number * 7411 % (len(NAME_FIRST) * len(NAME_SECOND) * len(NAME_LAST))
    pair, last = np.divmod(number, len(NAME_LAST))
    first, second = np.divmod(pair, len(NAME_SECOND))
    own = pc.binary_join_element_wise(label(NAME_FIRST, first), label(NAME_SECOND, second), label(NAME_LAST, last), " ")
    head = np.where(customers.parent >= 0, customers.parent, np.arange(len(own)))
    while (head != head[head]).any():
        head = head[head]
    subsidiary = pc.binary_join_element_wise(own.take(pa.array(head)), pa.array(COUNTRY_NAMES[customers.country]), " ")
    names = pc.if_else(pa.array(customers.parent >= 0), subsidiary, own)
    test_name = pc.binary_join_element_wise("Internal Test", pa.array(customers.number).cast(pa.string()), " ")
    return pc.if_else(pa.array(is_internal(customers.number)), test_name, names)


def customer_tables(draw: Draw, customers: Customers, ids: pa.Array, end: np.datetime64) -> dict[str, Columns]:
    """The customers as of today and their history: at most two changes, of the segment upwards or of the manager."""
    count = len(customers.number)
    changes = draw.choice((0.62, 0.28, 0.10), count)
    promoted = draw.chance(0.18, count)
    segment = customers.segment[:, None] + np.zeros(3, np.int64)
    segment[:, 1:] = np.minimum(segment[:, 1:] + promoted[:, None], len(SEGMENTS) - 1)
    is_managed = draw.chance(MANAGED[customers.segment], count)
    manager = np.where(is_managed, draw.integers(0, len(MANAGERS), count), -1)[:, None] + np.zeros(3, np.int64)
    for version in (1, 2):  # some steps on in the list, so that every change changes something
        steps = draw.integers(1, len(MANAGERS), count)
        manager[:, version] = (manager[:, version - 1] + steps) % len(MANAGERS)
    age = (end - customers.created_at).astype(np.int64)
    share = np.stack([np.zeros(count), 0.05 + 0.45 * draw.uniform(count), 0.55 + 0.45 * draw.uniform(count)], axis=1)
    valid_from = customers.created_at[:, None] + np.floor(age[:, None] * share).astype("m8[s]")

    row, version = np.nonzero(np.arange(3) <= changes[:, None])
    next_version = np.minimum(version + 1, 2)
    valid_to = np.where(version < changes[row], valid_from[row, next_version], NO_TIME)

    def attributes(row: Array, version: Array) -> Columns:
        return {
            "segment": label(SEGMENTS, segment[row, version]),
            "country": label(COUNTRIES, customers.country[row]),
            "acquisition_channel": label(CHANNELS, customers.channel[row]),
            "csm_owner": label(MANAGERS, manager[row, version]),
        }

    internal = np.flatnonzero(is_internal(customers.number))
    return {
        "customers": {
            "customer_id": ids,
            "parent_customer_id": label(ids, customers.parent),
            "customer_name": company_names(customers),
            **attributes(np.arange(count), changes),
            "created_at": customers.created_at,
        },
        "customer_versions": {
            "customer_id": label(ids, row),
            "valid_from": valid_from[row, version],
            "valid_to": valid_to,
            **attributes(row, version),
        },
        "customer_exclusions": {
            "customer_id": label(ids, internal),
            "reason": np.full(len(internal), "internal test account"),
        },
    }


def acquired_columns(draw: Draw, customers: Customers, start: np.datetime64, months: int) -> Columns:
    """The customers of a book of business, by index: about half of those who came first after it was bought."""
    acquired_at = (start.astype("M8[M]") + months // 2).astype("M8[s]") + 14 * DAY + np.timedelta64(15, "h")
    is_later = (customers.created_at >= acquired_at) & ~is_internal(customers.number)
    size = round(BOOK_SHARE * len(is_later))
    may_belong = np.flatnonzero(is_later)[: 2 * size]
    customer = np.sort(may_belong[np.argsort(draw.uniform(len(may_belong)))[:size]])
    return {"customer": customer, "acquired_at": np.full(len(customer), acquired_at)}
