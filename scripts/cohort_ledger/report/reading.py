"""What the report makes of what it reads: quotients of sums, and what customers and owners are called."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from cohort_ledger.publication import Marts

# the value of a dimension for who has none
NO_VALUE = "(none)"

Naming = Callable[[str], str]


def quotient(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """A ratio of two sums, to 28 digits, so that writing it rounds it once; none of nothing."""
    return Decimal(numerator) / Decimal(denominator) if denominator else None


def numbered_names(kind: str) -> Naming:
    """A number in place of each name, by its first appearance; what stands for no name stays."""
    numbers: dict[str, str] = {}
    return lambda name: name if name == NO_VALUE else numbers.setdefault(name, f"{kind} {len(numbers) + 1}")


def names_of_customers(marts: Marts, masked: bool) -> Naming:
    """What a customer is called on the page: its name, else its key; masked, a number."""
    if masked:
        return numbered_names("Customer")
    names = {}
    # a publication whose personal data is dropped has no names
    if "customer_name" in marts.columns("dim_customers"):
        rows = marts.rows("select customer_id, customer_name from marts.dim_customers")
        names = {row["customer_id"]: row["customer_name"] for row in rows}
    return lambda customer_id: names.get(customer_id) or customer_id
