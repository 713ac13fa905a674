"""Credits against a term, and swaps billed as credit and charge: the second implementation, from the rules alone.

Like the ledger, it is deliberately naive: every credit looks at every charge, and what is left of a charge is counted
anew from the credits that came before. Amounts are in the currency of their line, rates are per month, shares of a
charge have 1 = all of it; everything is an exact `Fraction`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]

# A share that a credit takes of a charge is what is left of it, if it is as near as this.
NEAR = Fraction(2, 100)


@dataclass(frozen=True, eq=False)
class Billed:
    """A recurring line of an invoice that counts, over the dates [`start`, `end`) that its term covers.

    `gross` and `net` are its own rates per month; `is_rated` is false where it does not count by itself.
    """

    line: Row
    invoice: Row
    start: date
    end: date
    gross: Fraction
    net: Fraction
    is_rated: bool

    @property
    def line_id(self) -> str:
        """Return the id of the line."""
        return self.line["invoice_line_item_id"]

    @property
    def issued_at(self) -> datetime:
        """Return when the line was billed."""
        return self.invoice["issued_at"]

    @property
    def amount(self) -> Fraction:
        """Return what was billed, after discounts; a credit is negative."""
        return Fraction(self.line["amount"])

    @property
    def days(self) -> int:
        """Return the length of the interval."""
        return (self.end - self.start).days

    def holds(self, other: Billed) -> bool:
        """Say whether the interval holds another line's."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Billed) -> bool:
        """Say whether the interval has a day in common with another line's."""
        return self.start < other.end and other.start < self.end

    def belongs_with(self, other: Billed) -> bool:
        """Say whether two lines are of one invoiced customer, currency and, where both name one, subscription."""
        return (
            self.invoice["customer_id"] == other.invoice["customer_id"]
            and self.line["currency"] == other.line["currency"]
            and agree(self.line, other.line, "subscription_id")
        )


@dataclass(frozen=True)
class Reversal:
    """What a credit takes back: of its charge the share `taken`, for which `applied` of its amount is used.

    `left` is what is left of the charge over the credit's interval. The rest of the credit's amount is excess.
    """

    credit: Billed
    charge: Billed
    taken: Fraction
    applied: Fraction
    left: Fraction


@dataclass(frozen=True)
class Kept:
    """A part of a line's interval, with what is in force there: its rates per month and its quantity, if known."""

    billed: Billed
    start: date
    end: date
    gross: Fraction
    net: Fraction
    quantity: int | None


def agree(one: Row, other: Row, column: str) -> bool:
    """Say whether two lines have the same in a column, or one of them nothing."""
    return None in (one.get(column), other.get(column)) or one[column] == other[column]


# ---------------------------------------------------------------- which charge a credit reverses


def find_reversals(lines: Iterable[Billed]) -> list[Reversal]:
    """Return what every credit takes of a charge, in order of issue, then id; a credit may find none."""
    lines = list(lines)
    credits = sorted((line for line in lines if line.amount < 0), key=lambda line: (line.issued_at, line.line_id))
    found: list[Reversal] = []
    for credit in credits:
        charges = [charge for charge in lines if is_charge_of(charge, credit) and left_of(charge, credit, found) > 0]
        if charges:
            charge = min(charges, key=lambda one: preference(one, credit))
            found.append(reverse(credit, charge, left_of(charge, credit, found)))
    return found


def preference(charge: Billed, credit: Billed) -> tuple[bool, bool, timedelta, str]:
    """Return a key that sorts the charge that a credit is rather for first.

    That is one that ends with it; then one issued before it, for what is issued with it comes in place of what is
    credited; then the latest issued; then the smallest id.
    """
    since = credit.issued_at - charge.issued_at
    return charge.end != credit.end, since == timedelta(0), since, charge.line_id


def is_charge_of(charge: Billed, credit: Billed) -> bool:
    """Say whether a credit can be meant for a charge."""
    return (
        charge.amount > 0
        and charge.belongs_with(credit)
        and charge.line["plan_id"] == credit.line["plan_id"]
        and agree(charge.line, credit.line, "subscription_item_id")
        and charge.issued_at <= credit.issued_at
        and charge.holds(credit)
    )


def left_of(charge: Billed, credit: Billed, earlier: list[Reversal]) -> Fraction:
    """Return the share of a charge that earlier credits which meet a credit have left."""
    return 1 - sum(
        (one.taken for one in earlier if one.charge is charge and one.credit.meets(credit)), start=Fraction(0)
    )


def reverse(credit: Billed, charge: Billed, left: Fraction) -> Reversal:
    """Return what a credit takes of what is left of a charge, by the charge's rate per day."""
    asked = -credit.amount * charge.days / (charge.amount * credit.days)
    if abs(asked - left) <= NEAR:
        return Reversal(credit, charge, left, -credit.amount, Fraction(0))
    taken = min(asked, left)
    return Reversal(credit, charge, taken, -credit.amount * taken / asked, left - taken)


# ---------------------------------------------------------------- which charge continues what was credited


def swapped_by(charge: Billed, reversals: list[Reversal]) -> list[Reversal]:
    """Return what credits over a charge's interval have taken by its issue, if the charge continues that; else nothing.

    Of each charge that they reversed they must have left nothing there, and this charge must not be among these.
    """
    group = [
        one
        for one in reversals
        if one.credit.belongs_with(charge)
        and (one.credit.start, one.credit.end) == (charge.start, charge.end)
        and one.credit.issued_at <= charge.issued_at
    ]
    emptied = [one.charge for one in group if one.left == 0]
    is_continued = charge.amount > 0 and charge not in emptied
    return [one for one in group if one.charge in emptied] if is_continued else []


def rates_of(billed: Billed, reversals: list[Reversal]) -> tuple[Fraction, Fraction]:
    """Return gross and net per month: of a line that continues a swap in proportion to what was taken; else its own.

    What was taken, net, over what was credited for it says what one unit that is billed for these days is per month.
    """
    swapped = swapped_by(billed, reversals)
    if not swapped:
        return billed.gross, billed.net
    per_credited = sum(one.taken * rates_of(one.charge, reversals)[1] for one in swapped) / -sum(
        one.credit.amount for one in swapped
    )
    return (billed.amount + Fraction(billed.line["discount_amount"])) * per_credited, billed.amount * per_credited


# ---------------------------------------------------------------- what is kept


def keep(lines: Iterable[Billed]) -> list[Kept]:
    """Return what is in force of recurring lines, part by part: credits that reverse are taken off and no lines."""
    lines = list(lines)
    customers = {line.invoice["customer_id"]: None for line in lines}
    return [
        kept
        for customer_id in customers
        for kept in keep_of([line for line in lines if line.invoice["customer_id"] == customer_id])
    ]


def keep_of(lines: list[Billed]) -> list[Kept]:
    """Return what is in force of one customer's lines."""
    reversals = find_reversals(lines)
    spent = {one.credit for one in reversals}
    return [
        kept
        for line in lines
        if line not in spent and (line.is_rated or swapped_by(line, reversals))
        for kept in cut(line, reversals)
    ]


def cut(billed: Billed, reversals: list[Reversal]) -> list[Kept]:
    """Return what is kept of a line between the ends of the credits against it, where anything is."""
    credits = [one for one in reversals if one.charge is billed]
    ends = {billed.start, billed.end}
    for one in credits:
        ends |= {one.credit.start, one.credit.end}
    gross, net = rates_of(billed, reversals)
    parts = []
    for start in sorted(ends - {billed.end}):
        end = min(later for later in ends if later > start)
        over_it = [one for one in credits if one.credit.start <= start and end <= one.credit.end]
        share = 1 - sum((one.taken for one in over_it), start=Fraction(0))
        if share > 0:
            quantity = quantity_left(billed.line["quantity"], [one.credit.line["quantity"] for one in over_it])
            parts.append(Kept(billed, start, end, gross * share, net * share, quantity))
    return parts


def quantity_left(own: int | None, credited: list[int | None]) -> int | None:
    """Return what is left of a line's quantity; a credit takes off a part of it, or else says nothing of it."""
    if own is None:
        return None
    taken = sum(quantity for quantity in credited if quantity is not None and 0 < quantity < own)
    return own - taken if taken < own else own
