"""Arrays as the generator uses them: rows, calendar months, whole cents, and draws that every numpy makes alike."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

Array: TypeAlias = np.ndarray
Columns: TypeAlias = dict[str, Array | pa.Array]
Rows = TypeVar("Rows", bound=tuple)  # a named tuple of arrays of one length


NEVER = 10_000  # a subscription month after any history
DAY = np.timedelta64(86_400, "s")
NO_TIME = np.datetime64("NaT", "s")
NO_DATE = np.datetime64("NaT", "D")


class Draw:
    """Random numbers. Only the uniform draw of numpy is used: its stream is the same in every version of numpy."""

    def __init__(self, *seed: int) -> None:
        self.uniform = np.random.Generator(np.random.PCG64(seed)).random

    def chance(self, probability: Array | float, shape: tuple[int, ...] | int) -> Array:
        return self.uniform(shape) < probability

    def integers(self, low: Array | int, high: Array | int, shape: tuple[int, ...] | int) -> Array:
        """Whole numbers from `low` up to, not including, `high`."""
        return (low + np.floor(self.uniform(shape) * (np.asarray(high) - low))).astype(np.int64)

    def choice(self, shares: tuple[float, ...] | Array, shape: tuple[int, ...] | int) -> Array:
        """Indexes drawn with the probabilities `shares`; one row of them per drawn value if two-dimensional."""
        bounds = np.cumsum(shares, axis=-1)[..., :-1]
        return (self.uniform(shape)[..., None] >= bounds).sum(axis=-1)


def concat(parts: list[Rows]) -> Rows:
    """One named tuple of arrays from several."""
    return type(parts[0])(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def pick(rows: Rows, index: Array) -> Rows:
    """The rows of a named tuple of arrays at `index`."""
    return type(rows)(*(column[index] for column in rows))


def add_months(moment: Array, months: Array | int) -> Array:
    """The same day and time of day `months` later; days are at most 28."""
    month = moment.astype("M8[M]")
    return (month + months).astype("M8[s]") + (moment - month.astype("M8[s]"))


def to_billing_day(moment: Array) -> Array:
    """Moves days 29 to 31 to the first of the next month."""
    month = moment.astype("M8[M]")
    first_of_next = (month + 1).astype("M8[s]") + (moment - moment.astype("M8[D]").astype("M8[s]"))
    return np.where(moment.astype("M8[D]") - month.astype("M8[D]") >= np.timedelta64(28, "D"), first_of_next, moment)


def cents(amounts: Array) -> Array:
    """Rounds to whole cents."""
    return np.rint(amounts).astype(np.int64)
