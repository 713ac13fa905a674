"""Why the customers who stay pay more or less: the second implementation of the drivers, from the rules alone.

Like the ledger, it is deliberately naive: both sides of a month are read from scratch, product by product, and what
changed between them is cut into signed parts that sum to it exactly. Money is `Decimal` with 4 places in the reporting
currency per month; everything in between is an exact `Fraction`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from reference.ledger import (
    ADJUSTMENT,
    SMALLEST,
    ZERO,
    Contracted,
    Contracts,
    Ledger,
    Piece,
    Row,
    add_months,
    closing_balance,
    convert,
    group_rows,
    in_force_from,
    round_half_away,
    sum_of_pools,
    total,
)

FIXED_POOLS = ("flat", "per_seat")
# A price under the customer's first one is earned by buying so many more.
VOLUME_QUANTITY = 50


@dataclass(frozen=True)
class Part:
    """A part of a product's change that one driver bears; `is_bought` where a lower price may have paid for it."""

    driver: str
    amount: Decimal
    is_bought: bool = False


@dataclass(frozen=True)
class Side:
    """What a plan or a swap comes to on one side of a month: quantity, if known, and gross and net MRR."""

    quantity: int | None
    gross: Decimal
    net: Decimal


# ---------------------------------------------------------------- the first price


def unit_price(ledger: Ledger, currency: str, gross: Fraction, quantity: int | None) -> Decimal | None:
    """Return what one unit costs per month before discounts, at the constant rate; None for what has no price.

    What is free has none, nor what is of an unknown quantity.
    """
    if quantity is None or quantity <= 0:
        return None
    price = convert(gross / quantity, ledger.rates.constant(currency))
    return price if price > 0 else None


def pays_first(contracts: Contracts, contracted: Contracted) -> datetime | None:
    """Return the first moment that an item version is paid for; None if it never is.

    That is where it starts, or where what stops it then ends.
    """
    ends = [end for _, end in contracts.stops(contracted.item["subscription_id"]) if end is not None]
    paying = [at for at in (contracted.start, *ends) if contracts.is_paying(contracted, at, in_force_from)]
    return min(paying, default=None)


def first_unit_prices(ledger: Ledger, customer_id: str) -> dict[str, Decimal]:
    """Return by plan what one unit cost in the customer's earliest paying interval of it, the lowest of several."""
    contracts = ledger.contracts
    found: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for contracted in contracts.contracted_by[customer_id]:
        share = contracts.item_share(contracted, [])
        start, price = (
            pays_first(contracts, contracted),
            unit_price(ledger, share.currency, share.gross, share.quantity),
        )
        if start is not None and price is not None:
            found[share.plan_id].append((start, price))
    for line in contracts.recurring_by[customer_id]:
        price = unit_price(ledger, line.currency, line.gross, line.quantity)
        if price is not None:
            found[line.plan_id].append((contracts.midnights(line)[0], price))
    return {plan_id: min(priced)[1] for plan_id, priced in found.items()}


def plans_under_first_price(
    ledger: Ledger, customer_id: str, month: date, first_prices: dict[str, Decimal]
) -> frozenset[str]:
    """Return the plans of which an item closes a month at a unit price above 0 and under the first contracted one."""
    under = set()
    for share in ledger.shares.get((customer_id, month), []):
        if share.pool in FIXED_POOLS:
            price = unit_price(ledger, share.currency, share.gross, share.quantity)
            if price is not None and price < first_prices[share.plan_id]:
                under.add(share.plan_id)
    return frozenset(under)


# ---------------------------------------------------------------- one product in one month


def in_pool(pieces: Iterable[Piece], *pools: str) -> list[Piece]:
    """Return the pieces of some pools."""
    return [piece for piece in pieces if piece.pool in pools]


def net(pieces: Iterable[Piece]) -> Decimal:
    """Return the sum of the MRR of pieces, below 0 if that is what it is."""
    return total(piece.mrr for piece in pieces)


def quantity(pieces: Iterable[Piece]) -> int | None:
    """Return the sum of the quantities of pieces that are not free, None where one is unknown."""
    quantities = [piece.quantity for piece in pieces if piece.gross > 0]
    return None if None in quantities else sum(quantities)


def added(before: int | None, after: int | None) -> int:
    """Return what was added to a quantity; nothing that is known, where either is unknown."""
    return 0 if before is None or after is None else after - before


def side(pieces: list[Piece]) -> Side:
    """Return what pieces come to."""
    return Side(quantity(pieces), total(piece.gross for piece in pieces), net(pieces))


def is_there(pieces: list[Piece]) -> bool:
    """Say whether a product is there: gross above 0 in a fixed pool, or usage above 0, or adjustments above 0."""
    fixed = any(total(piece.gross for piece in in_pool(pieces, pool)) > 0 for pool in FIXED_POOLS)
    return fixed or net(in_pool(pieces, "metered")) > 0 or net(in_pool(pieces, ADJUSTMENT)) > 0


def is_below_zero(pieces: list[Piece]) -> bool:
    """Say whether adjustments take a product below 0."""
    return sum_of_pools(pieces) + net(in_pool(pieces, ADJUSTMENT)) < 0


def is_cheaper(plan_ids: Iterable[str], more: int, under: frozenset[str]) -> bool:
    """Say whether one of some plans has a price under its first one, and not for so many more as earn that."""
    return more < VOLUME_QUANTITY and any(plan_id in under for plan_id in plan_ids)


def product_parts(ledger: Ledger, opening: list[Piece], closing: list[Piece], under: frozenset[str]) -> Iterator[Part]:
    """Yield what changed one product of one customer from what it has at the opening to what it has at the closing.

    `under` holds the plans with a price under the customer's first one.
    """
    change = closing_balance(closing) - closing_balance(opening)
    if not (is_there(opening) and is_there(closing)):
        yield from cross_sell_parts(opening, closing, change, under)
    elif is_below_zero(opening) or is_below_zero(closing):
        yield Part("price", change)
    else:
        yield Part("usage", sum_of_pools(in_pool(closing, "metered")) - sum_of_pools(in_pool(opening, "metered")))
        yield Part("price", net(in_pool(closing, ADJUSTMENT)) - net(in_pool(opening, ADJUSTMENT)))
        for pool in FIXED_POOLS:
            yield from pool_parts(ledger, in_pool(opening, pool), in_pool(closing, pool), under)


def cross_sell_parts(
    opening: list[Piece], closing: list[Piece], change: Decimal, under: frozenset[str]
) -> Iterator[Part]:
    """Yield the change of a product that comes or goes: apart what comes of each plan, the rest as one.

    What counts as 0 for being negative, a product or a pool of it, has no plans that bring anything.
    """
    rest = change
    if not (is_below_zero(opening) or is_below_zero(closing)):
        for pool in FIXED_POOLS:
            pools = in_pool(opening, pool), in_pool(closing, pool)
            if any(net(pieces) < 0 for pieces in pools):
                continue
            before, after = (group_rows(pieces, lambda piece: piece.plan_id) for pieces in pools)
            for plan_id, pieces in sorted(after.items()):
                come = net(pieces) - net(before[plan_id])
                more = added(quantity(before[plan_id]), quantity(pieces))
                yield Part("cross_sell", come, is_cheaper([plan_id], more, under))
                rest -= come
    yield Part("cross_sell", rest)


def pool_parts(ledger: Ledger, opening: list[Piece], closing: list[Piece], under: frozenset[str]) -> Iterator[Part]:
    """Yield what changed one fixed pool: plan by plan, and what stands on one side only as one swap."""
    if net(opening) < 0 or net(closing) < 0:
        yield Part("price", sum_of_pools(closing) - sum_of_pools(opening))
        return
    before, after = (group_rows(pieces, lambda piece: piece.plan_id) for pieces in (opening, closing))
    for plan_id in sorted(before.keys() & after.keys()):
        sides = side(before[plan_id]), side(after[plan_id])
        yield from compare(*sides, "price", is_cheaper([plan_id], added(*(one.quantity for one in sides)), under))

    gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    sold, bought = (
        side([piece for name in names for piece in by_plan[name]]) for names, by_plan in ((gone, before), (come, after))
    )
    is_bought = is_cheaper(come, added(sold.quantity, bought.quantity), under)
    if gone and come:
        yield from compare(sold, bought, "price" if ranks(ledger, gone) == ranks(ledger, come) else "tier", is_bought)
    elif gone or come:
        yield Part("tier", bought.net - sold.net, is_bought)


def ranks(ledger: Ledger, plan_ids: list[str]) -> set[int | None]:
    """Return the tier ranks of plans; to have none is a rank of its own."""
    return {ledger.plans[plan_id]["tier_rank"] if plan_id in ledger.plans else None for plan_id in plan_ids}


def compare(opening: Side, closing: Side, rate_driver: str, is_bought: bool) -> Iterator[Part]:
    """Yield what changed a plan, or a swap with both sides: its quantity, its price or tier, and its discounts."""
    change = closing.net - opening.net
    q0, q1 = opening.quantity, closing.quantity
    if q0 is None or q1 is None:
        q0 = q1 = 1
    if q0 == 0 or q1 == 0:
        yield Part("seat", change, is_bought)
        return
    if opening.gross <= 0 or closing.gross <= 0:
        yield Part("price", change, is_bought)
        return
    g0, g1, m0 = Fraction(opening.gross), Fraction(closing.gross), Fraction(opening.net)
    seat = round_half_away(m0 * (q1 - q0) / q0, 4)
    yield Part("seat", seat, is_bought)
    if opening.gross == opening.net and closing.gross == closing.net:
        yield Part(rate_driver, change - seat, is_bought)
        return
    rate = round_half_away(m0 * (g1 * q0 - q1 * g0) / (g0 * q0), 4)
    yield Part(rate_driver, rate, is_bought)
    yield Part("discount", change - seat - rate, True)


# ---------------------------------------------------------------- the fact


def customer_parts(ledger: Ledger, customer_id: str, month: date, under: frozenset[str]) -> Iterator[tuple[str, Part]]:
    """Yield what changed a customer's MRR in a month that it opens and closes above 0, each with its product.

    The closing is read at the opening's rates; what the rates themselves changed is `fx`.
    """
    readings = (add_months(month, -1), 0), (month, 1), (month, 0)
    opening, closing, own = (
        group_rows(ledger.valued(customer_id, at, lag), lambda piece: piece.product_id) for at, lag in readings
    )
    for product_id in sorted({**opening, **closing}):
        before, after, at_own_rates = opening[product_id], closing[product_id], own[product_id]
        for part in product_parts(ledger, before, after, under):
            yield product_id, part
        yield product_id, Part("fx", closing_balance(at_own_rates) - closing_balance(after))

    # Who pays at its own rates is never without MRR at others.
    if closing_balance(ledger.valued(customer_id, month, 1)) != ledger.closing(customer_id, month, 1):
        first = min(product_id for product_id, pieces in opening.items() if closing_balance(pieces) > 0)
        yield first, Part("price", SMALLEST)
        yield first, Part("fx", -SMALLEST)


def fct_mrr_movement_drivers(ledger: Ledger) -> list[Row]:
    """One row per customer, month, product and driver of a customer who stays; money per month, signed.

    `manufactured_mrr` is the part that was bought with a lower price: never below 0 or above the row's change.
    """
    facts = []
    for customer_id in ledger.customer_ids:
        first_prices = first_unit_prices(ledger, customer_id)
        for month in ledger.months:
            if ledger.opening(customer_id, month) == 0 or ledger.closing(customer_id, month) == 0:
                continue
            under = plans_under_first_price(ledger, customer_id, month, first_prices)
            parts = customer_parts(ledger, customer_id, month, under)
            by_driver = group_rows(parts, lambda found: (found[0], found[1].driver))
            for (product_id, driver), found in sorted(by_driver.items()):
                change = total(part.amount for _, part in found)
                bought = total(part.amount for _, part in found if part.is_bought and part.amount > 0)
                if change != 0:
                    facts.append(
                        {
                            "customer_id": customer_id,
                            "month_date": month,
                            "product_id": product_id,
                            "driver": driver,
                            "mrr_change": change,
                            "manufactured_mrr": max(ZERO, min(bought, change)),
                        }
                    )
    return facts


def changes_by_driver(drivers: list[Row]) -> dict[tuple[str, date], dict[str, Decimal]]:
    """Return by customer and month what each driver changed over all products, by name; neither `fx` nor zero sums."""
    months = group_rows(drivers, lambda row: (row["customer_id"], row["month_date"]))
    found = {}
    for key, facts in months.items():
        sums = {name: total(row["mrr_change"] for row in facts if row["driver"] == name) for name in names_of(facts)}
        found[key] = {name: change for name, change in sums.items() if name != "fx" and change != 0}
    return found


def names_of(drivers: list[Row]) -> list[str]:
    """Return the drivers that rows hold, in alphabetical order."""
    return sorted({row["driver"] for row in drivers})
