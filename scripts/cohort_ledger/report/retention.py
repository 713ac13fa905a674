"""What the report shows of retention: NRR and GRR, churn, the cuts of a cohort, and acquisition cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from cohort_ledger.publication import Marts
from cohort_ledger.report.reading import NO_VALUE, Naming, quotient

SHOWN_VALUES = 20
SHOWN_COHORTS = 24
# columns of a triangle that a screen has room for
SHOWN_AGES = 26
# dimension of retention_rates, what one of its values is called, and what several are
CUTS = (
    ("segment", "Segment", "Segments"),
    ("plan", "Plan", "Plans"),
    ("country", "Country", "Countries"),
    ("acquisition_channel", "Channel", "Channels"),
    ("csm_owner", "Owner", "Owners"),
)
CHURN_REASONS = ("voluntary", "payment_failed", "other")
LAST_PERIOD = "(select last_day(max(month_date)) from marts.mrr_waterfall)"


@dataclass(frozen=True)
class Scorecard:
    """A month of `retention_scorecard`."""

    month_date: date
    arr_stage: str
    target_nrr_from: Decimal
    target_nrr_to: Decimal | None
    nrr: Decimal | None
    grr: Decimal | None
    nrr_band: str | None
    grr_band: str | None
    is_fragile: bool | None
    has_fewer_customers: bool
    expansion_needed_mrr: Decimal | None
    verdict: str


@dataclass(frozen=True)
class Rate:
    """Trailing twelve months of a cohort, in total, of a value of a dimension or within a product."""

    name: str
    period_end_date: date
    cohort_customers: int
    opening_mrr: Decimal
    closing_mrr: Decimal
    nrr: Decimal | None
    grr: Decimal | None
    expansion_rate: Decimal | None
    logo_retention: Decimal | None
    benchmark_band: str | None
    is_fragile: bool | None


@dataclass(frozen=True)
class Cut:
    """The last twelve months by the values of a dimension at their start, the largest first."""

    dimension: str
    heading: str
    title: str
    rates: list[Rate]
    values: int

    @property
    def option(self) -> tuple[str, str]:
        """Its place in the selector."""
        return self.dimension, self.heading


@dataclass(frozen=True)
class Churn:
    """What a cohort lost in a period, of its MRR and of its customers, and why."""

    period_end_date: date
    cohort_customers: int
    opening_mrr: Decimal
    contraction_mrr: Decimal
    other_churned_mrr: Decimal
    grr: Decimal
    logo_retention: Decimal
    voluntary_churn_rate: Decimal
    payment_failed_churn_rate: Decimal
    voluntary_customers: int
    payment_failed_customers: int
    other_customers: int

    @property
    def gross_mrr_churn(self) -> Decimal:
        """Contraction and churn as a share of the opening MRR."""
        return 1 - self.grr

    @property
    def logo_churn(self) -> Decimal:
        """Who left, as a share of the cohort."""
        return 1 - self.logo_retention

    @property
    def mrr_shares(self) -> dict[str, Decimal]:
        """Parts of the gross MRR churn."""
        return {
            "contraction": quotient(self.contraction_mrr, self.opening_mrr),
            "voluntary": self.voluntary_churn_rate,
            "payment_failed": self.payment_failed_churn_rate,
            "other": quotient(self.other_churned_mrr, self.opening_mrr),
        }

    @property
    def logo_shares(self) -> dict[str, Decimal]:
        """Parts of the logo churn."""
        customers = (self.voluntary_customers, self.payment_failed_customers, self.other_customers)
        shares = (quotient(count, self.cohort_customers) for count in customers)
        return dict(zip(CHURN_REASONS, shares, strict=True))


@dataclass(frozen=True)
class CohortAge:
    """A cell of the retention triangle."""

    cohort_month_date: date
    months_since: int
    cohort_customers: int
    initial_mrr: Decimal
    mrr: Decimal
    retained_mrr: Decimal
    nrr: Decimal
    grr: Decimal


@dataclass(frozen=True)
class Triangle:
    """The latest acquisition cohorts, at every age or in equal steps."""

    cohorts: list[CohortAge]
    ages: list[int]
    step: int
    cells: dict[tuple[date, int], CohortAge]

    @property
    def customers(self) -> int:
        """Of all its cohorts, at first."""
        return sum(cohort.cohort_customers for cohort in self.cohorts)

    @property
    def initial_mrr(self) -> Decimal:
        """Of all its cohorts, at first."""
        return sum((cohort.initial_mrr for cohort in self.cohorts), Decimal(0))

    def ratio(self, cohort: CohortAge, age: int, measure: str) -> Decimal | None:
        """NRR or GRR of a cohort at an age that it has seen."""
        cell = self.cells.get((cohort.cohort_month_date, age))
        return cell and getattr(cell, measure)

    def total(self, age: int, measure: str) -> Decimal | None:
        """The same of all cohorts that have seen the age, weighted by what they paid at first."""
        seen = [cell for cell in self.cells.values() if cell.months_since == age]
        amount = {"nrr": "mrr", "grr": "retained_mrr"}[measure]
        return quotient(sum(getattr(cell, amount) for cell in seen), sum(cell.initial_mrr for cell in seen))


@dataclass(frozen=True)
class Band:
    """A benchmark band of NRR, by its name; an open end is null."""

    name: str
    from_ratio: Decimal | None
    to_ratio: Decimal | None


def read_scorecards(marts: Marts) -> list[Scorecard]:
    """Every month."""
    return marts.read(Scorecard, "from marts.retention_scorecard order by month_date")


def read_totals(marts: Marts) -> list[Rate]:
    """Trailing twelve months of all customers."""
    return marts.read(
        Rate,
        "from (select *, dimension as name from marts.retention_rates) "
        "where period_type = 'trailing_12_months' and dimension = 'total' order by period_end_date",
    )


def read_cut(marts: Marts, dimension: str, heading: str, title: str, name_of: Naming) -> Cut | None:
    """The last twelve months by a dimension; none where no customer has a value of it."""
    rates = marts.read(
        Rate,
        f"""
        from (select *, dimension_value as name from marts.retention_rates)
        where period_type = 'trailing_12_months' and dimension = ? and period_end_date = {LAST_PERIOD}
        order by opening_mrr desc, name
        """,
        [dimension],
    )
    if all(rate.name == NO_VALUE for rate in rates):
        return None
    shown = [replace(rate, name=name_of(rate.name)) for rate in rates[:SHOWN_VALUES]]
    return Cut(dimension, heading, title, shown, len(rates))


def read_products(marts: Marts) -> list[Rate]:
    """The last twelve months within each product, the largest first."""
    return marts.read(
        Rate,
        f"""
        from (
            select *, coalesce(product_name, product_id) as name
            from marts.product_retention_rates left join marts.dim_products using (product_id)
        )
        where period_type = 'trailing_12_months' and period_end_date = {LAST_PERIOD}
        order by opening_mrr desc, name, product_id
        """,
    )


def read_churn(marts: Marts, period_type: str, latest: int | None = None) -> list[Churn]:
    """The periods of a type, all or so many of the latest."""
    periods = marts.read(
        Churn,
        """
        from marts.retention_rates
        left join (
            select period_start_date,
                count(case when churn_reason = 'voluntary' then 1 end) as voluntary_customers,
                count(case when churn_reason = 'payment_failed' then 1 end) as payment_failed_customers,
                count(case when churn_reason in ('other', 'unknown') then 1 end) as other_customers
            from marts.fct_cohort_snapshots
            where period_type = $1
            group by period_start_date
        ) using (period_start_date)
        where period_type = $1 and dimension = 'total'
        order by period_end_date
        """,
        [period_type],
    )
    return periods[-latest:] if latest else periods


def read_triangle(marts: Marts) -> Triangle | None:
    """Of the latest cohorts; none where all customers are of the last month."""
    rows = marts.read(
        CohortAge,
        f"""
        from marts.acquisition_cohort_retention
        where cohort_month_date in (
            select distinct cohort_month_date from marts.acquisition_cohort_retention
            order by cohort_month_date desc limit {SHOWN_COHORTS}
        )
        order by cohort_month_date, months_since
        """,
    )
    oldest = max((row.months_since for row in rows), default=0)
    if not oldest:
        return None
    step = next(step for step in (1, 3, 6, 12, oldest) if oldest <= SHOWN_AGES * step)
    return Triangle(
        cohorts=[row for row in rows if row.months_since == 0],
        ages=list(range(step, oldest + 1, step)),
        step=step,
        cells={(row.cohort_month_date, row.months_since): row for row in rows},
    )


def read_bands(marts: Marts) -> list[Band]:
    """The bands of NRR, ascending."""
    query = "from docs.benchmark_bands where metric = 'nrr' order by from_ratio nulls first"
    return [Band(row["band"], row["from_ratio"], row["to_ratio"]) for row in marts.rows(query)]


def rate_at(rates: Sequence[Rate], month: date) -> Rate | None:
    """The trailing twelve months that end with a month."""
    return next((rate for rate in rates if rate.period_end_date.replace(day=1) == month), None)
