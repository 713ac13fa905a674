"""What the report shows, read from one publication: its marts, its documentation and its manifest, and nothing else.

Every number is a column of a mart, a sum of amounts or counts, the difference of two such numbers, or the quotient of
two sums, which is exact until it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cohort_ledger.publication import Marts, Publication, open_publication
from cohort_ledger.report.expansion import (
    Concentration,
    ContractionRisk,
    Driver,
    Durability,
    FirstExpansion,
    UnknownQuantities,
    read_concentration,
    read_contraction_risk,
    read_drivers,
    read_durability,
    read_first_expansion,
    read_unknown_quantities,
)
from cohort_ledger.report.ledger import (
    BridgeMonth,
    Difference,
    Exclusion,
    Mover,
    Restatements,
    read_exclusions,
    read_months,
    read_movers,
    read_reconciliation,
    read_restatements,
)
from cohort_ledger.report.reading import names_of_customers, numbered_names
from cohort_ledger.report.retention import (
    CUTS,
    Band,
    Churn,
    Cut,
    Rate,
    Scorecard,
    Triangle,
    rate_at,
    read_bands,
    read_churn,
    read_cut,
    read_products,
    read_scorecards,
    read_totals,
    read_triangle,
)

SHOWN_MONTHS_OF_CHURN = 24
# term on the page, and the published column whose description defines it
DEFINITIONS = (
    ("MRR", "dim_customers", "current_mrr"),
    ("ARR", "mrr_waterfall", "closing_arr"),
    ("Movement", "fct_mrr_movements", "movement_type"),
    ("Cohort", "retention_rates", "cohort_customers"),
    ("NRR", "retention_rates", "nrr"),
    ("GRR", "retention_rates", "grr"),
    ("Gap", "retention_rates", "expansion_rate"),
    ("Logo retention", "retention_rates", "logo_retention"),
    ("Gross MRR churn", "retention_scorecard", "gross_mrr_churn_rate"),
    ("Churn reason", "fct_mrr_movements", "churn_reason"),
    ("Benchmark band", "retention_rates", "benchmark_band"),
    ("Fragile", "retention_rates", "is_fragile"),
    ("Quick ratio", "mrr_waterfall", "quick_ratio"),
    ("Driver", "fct_mrr_movement_drivers", "driver"),
    ("Manufactured", "fct_mrr_movement_drivers", "manufactured_mrr"),
    ("Recovered", "fct_mrr_movements", "recovered_mrr"),
    ("Above peak", "fct_mrr_movements", "above_peak_mrr"),
    ("Concentrated", "expansion_concentration", "is_concentrated"),
    ("Reason not to be in MRR", "mrr_exclusions", "reason"),
    ("Amount not in MRR", "mrr_exclusions", "amount"),
)


@dataclass(frozen=True)
class Report:
    """Everything on the page. Months ascend, and the last one is the one reported on; none is there without data."""

    publication: Publication
    months: list[BridgeMonth]
    scorecards: list[Scorecard]
    totals: list[Rate]
    churn_of_years: list[Churn]
    churn_of_months: list[Churn]
    cuts: list[Cut]
    products: list[Rate]
    drivers: list[Driver]
    unknown_quantities: list[UnknownQuantities]
    concentration: list[Concentration]
    durability: Durability | None
    first_expansion: FirstExpansion | None
    contraction_risk: ContractionRisk | None
    triangle: Triangle | None
    movers_of_month: list[Mover]
    movers_of_quarter: list[Mover]
    reconciliation: list[Difference]
    restatements: Restatements | None
    exclusions: list[Exclusion]
    bands: list[Band]
    definitions: list[tuple[str, str]]
    masked: bool

    @property
    def month(self) -> BridgeMonth:
        """The month that is reported on."""
        return self.months[-1]

    @property
    def scorecard(self) -> Scorecard:
        """What that month means."""
        return self.scorecards[-1]

    @property
    def total(self) -> Rate | None:
        """The twelve months that it ends; none before there are twelve, or if nobody paid at their start."""
        return rate_at(self.totals, self.month.month_date)


def read_definitions(marts: Marts) -> list[tuple[str, str]]:
    """Terms with the published description of the column that each names."""
    rows = marts.rows("select model, column_name, description from docs.columns")
    texts = {(row["model"], row["column_name"]): row["description"] for row in rows}
    return [(term, texts[model, column]) for term, model, column in DEFINITIONS if (model, column) in texts]


def read_cuts(marts: Marts, masked: bool) -> list[Cut]:
    """Every cut that there is; masked, owners have numbers, the one with the largest book first."""
    names = {"csm_owner": numbered_names("Owner")} if masked else {}
    found = (read_cut(marts, *cut, name_of=names.get(cut[0], str)) for cut in CUTS)
    return [cut for cut in found if cut is not None]


def read_report(directory: Path, name: str | None = None, *, mask_names: bool = False) -> Report:
    """All of a publication that the page shows."""
    with open_publication(directory, name) as marts:
        name_of = names_of_customers(marts, mask_names)
        return Report(
            publication=marts,
            months=read_months(marts),
            scorecards=read_scorecards(marts),
            totals=read_totals(marts),
            churn_of_years=read_churn(marts, "trailing_12_months"),
            churn_of_months=read_churn(marts, "month", SHOWN_MONTHS_OF_CHURN),
            cuts=read_cuts(marts, mask_names),
            products=read_products(marts),
            drivers=read_drivers(marts),
            unknown_quantities=read_unknown_quantities(marts),
            concentration=read_concentration(marts),
            durability=read_durability(marts),
            first_expansion=read_first_expansion(marts),
            contraction_risk=read_contraction_risk(marts),
            triangle=read_triangle(marts),
            movers_of_month=read_movers(marts, 1, name_of),
            movers_of_quarter=read_movers(marts, 3, name_of),
            reconciliation=read_reconciliation(marts, name_of),
            restatements=read_restatements(marts),
            exclusions=read_exclusions(marts),
            bands=read_bands(marts),
            definitions=read_definitions(marts),
            masked=mask_names or marts.variables["personal_data"] != "shown",
        )
