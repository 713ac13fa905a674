"""What the report shows of expansion: drivers, concentration, durability, and what comes before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from cohort_ledger.report.publication import columns_of, read


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


def read_drivers(connection: duckdb.DuckDBPyConnection) -> list[Driver]:
    """Sums of the last twelve months, the largest gain first."""
    return read(
        connection,
        Driver,
        """
        from (
            select driver,
                sum(greatest(mrr_change, 0)) as gained_mrr, sum(least(mrr_change, 0)) as lost_mrr,
                sum(manufactured_mrr) as manufactured_mrr, sum(mrr_change) as mrr_change
            from marts.fct_mrr_movement_drivers
            where month_date > (select max(month_date) - interval 12 month from marts.mrr_waterfall)
            group by driver
        )
        order by gained_mrr desc, driver
        """,
    )


def read_unknown_quantities(connection: duckdb.DuckDBPyConnection) -> list[UnknownQuantities]:
    """Products whose seats nobody knows; none where no such column is published."""
    if "lines_without_quantity" not in columns_of(connection, "dim_products"):
        return []
    return read(
        connection,
        UnknownQuantities,
        """
        from (select *, coalesce(product_name, product_id) as product from marts.dim_products)
        where lines_without_quantity > 0
        order by lines_without_quantity desc, product_id
        """,
    )


def read_concentration(connection: duckdb.DuckDBPyConnection) -> list[Concentration]:
    """Every month."""
    return read(connection, Concentration, "from marts.expansion_concentration order by month_date")


def read_durability(connection: duckdb.DuckDBPyConnection) -> Durability | None:
    """Sums of the latest months that have been seen for twelve more, at most twelve of them."""
    found = read(
        connection,
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


def read_first_expansion(connection: duckdb.DuckDBPyConnection) -> FirstExpansion | None:
    """Of all customers."""
    found = read(connection, FirstExpansion, "from marts.time_to_first_expansion where dimension = 'total'")
    return found[0] if found else None


def read_contraction_risk(connection: duckdb.DuckDBPyConnection) -> ContractionRisk | None:
    """Of all contractions, over six months."""
    found = read(
        connection, ContractionRisk, "from marts.contraction_to_churn where driver = 'all' and horizon_months = 6"
    )
    return found[0] if found else None
