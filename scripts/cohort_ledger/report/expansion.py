"""What the report shows of expansion: drivers, concentration, durability, and what comes before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cohort_ledger.publication import Marts


@dataclass(frozen=True)
class Driver:
    """What a driver did to retained customers in the last twelve months."""

    driver: str
    gained_mrr: Decimal
    manufactured_mrr: Decimal
    lost_mrr: Decimal
    mrr_change: Decimal


@dataclass(frozen=True)
class UnknownQuantities:
    """A product some of whose invoice lines say no quantity."""

    product: str
    lines_without_quantity: int


@dataclass(frozen=True)
class Concentration:
    """A month of `expansion_concentration`."""

    month_date: date
    expanding_customers: int
    opening_customers: int
    expansion_mrr: Decimal
    top_1_share: Decimal | None
    top_10_share: Decimal | None
    top_decile_share: Decimal | None
    is_concentrated: bool | None


@dataclass(frozen=True)
class Durability:
    """Expansion of the latest months, at most twelve, whose twelve months after have been seen."""

    from_month: date
    to_month: date
    expansion_mrr: Decimal
    recovered_mrr: Decimal
    above_peak_mrr: Decimal
    held_after_3_months_mrr: Decimal
    held_after_6_months_mrr: Decimal
    held_after_12_months_mrr: Decimal


@dataclass(frozen=True)
class FirstExpansion:
    """The total of `time_to_first_expansion`."""

    customers: int
    expanded_customers: int
    share_expanded_12_months: Decimal | None
    median_months_to_expand: int | None


@dataclass(frozen=True)
class ContractionRisk:
    """All contractions of `contraction_to_churn`, with a horizon of six months."""

    horizon_months: int
    churn_share_after_contraction: Decimal | None
    churn_share_of_comparison: Decimal | None
    churn_lift: Decimal | None


def read_drivers(marts: Marts) -> list[Driver]:
    """Sums of the last twelve months, the largest gain first."""
    drivers = [Driver(**row) for row in marts.driver_rows()]
    return sorted(drivers, key=lambda driver: (-driver.gained_mrr, driver.driver))


def read_unknown_quantities(marts: Marts) -> list[UnknownQuantities]:
    """Products whose seats nobody knows; none where no such column is published."""
    if "lines_without_quantity" not in marts.columns("dim_products"):
        return []
    return marts.read(
        UnknownQuantities,
        """
        from (select *, coalesce(product_name, product_id) as product from marts.dim_products)
        where lines_without_quantity > 0
        order by lines_without_quantity desc, product_id
        """,
    )


def read_concentration(marts: Marts) -> list[Concentration]:
    """Every month."""
    return marts.read(Concentration, "from marts.expansion_concentration order by month_date")


def read_durability(marts: Marts) -> Durability | None:
    """Sums of the latest months that have been seen for twelve more, at most twelve of them."""
    found = marts.read(
        Durability,
        """
        from (
            select min(month_date) as from_month, max(month_date) as to_month, sum(columns('_mrr$'))
            from marts.expansion_durability
            where month_date in (
                select distinct month_date from marts.expansion_durability
                where held_after_12_months_mrr is not null order by month_date desc limit 12
            )
        )
        where to_month is not null
        """,
    )
    return found[0] if found else None


def read_first_expansion(marts: Marts) -> FirstExpansion | None:
    """Of all customers."""
    found = marts.read(FirstExpansion, "from marts.time_to_first_expansion where dimension = 'total'")
    return found[0] if found else None


def read_contraction_risk(marts: Marts) -> ContractionRisk | None:
    """Of all contractions, over six months."""
    found = marts.read(ContractionRisk, "from marts.contraction_to_churn where driver = 'all' and horizon_months = 6")
    return found[0] if found else None
