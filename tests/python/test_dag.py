"""The DAG reads left to right, and a model fits on a screen or two; what does not yet is named here.

Each exception is to go when the ledger is kept in months. One that is no longer needed fails, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from conftest import compile_project
from dbt_project import read_manifest

MOST_LINES = 120
OUTGROWN = {
    "contraction_to_churn",
    "expansion_durability",
    "int_cohort_sums",
    "int_credit_reversals",
    "int_currency_rates",
    "int_customer_balances",
    "int_customer_fingerprints",
    "int_customer_plan_states",
    "int_discount_spans",
    "int_invoice_line_terms",
    "int_invoice_lines_excluded",
    "int_item_versions_excluded",
    "int_mrr_valuations",
    "int_period_changes",
    "int_plan_balances",
    "int_subscription_discounts",
    "int_swapped_charges",
    "mrr_exclusions",
    "product_retention_rates",
    "retention_scorecard",
    "time_to_first_expansion",
}

# folders of models, in the order in which they may read each other
AREAS = (
    "staging/reference",
    "staging/billing",
    "intermediate/billing",
    "intermediate/changes",
    "intermediate/ledger",
    "intermediate/drivers",
    "intermediate/retention",
    "intermediate/expansion",
    "marts/customers",
    "marts/ledger",
    "marts/retention",
    "marts/expansion",
)
# reader and what it reads: who has changed decides what an incremental build reads, and three models reuse a mart
READ_BACK = {
    ("int_cohort_runs", "dim_customers"),
    ("int_contraction_spans", "fct_mrr_movement_drivers"),
    ("int_contraction_spans", "fct_mrr_movements"),
    ("int_customer_first_expansions", "dim_customers"),
    ("int_customer_first_expansions", "fct_mrr_movements"),
    ("int_customers_rolled_up", "int_input_digest"),
    ("int_expansion_outcomes", "fct_mrr_movements"),
    ("int_invoice_lines_valued", "int_changed_customers"),
    ("int_ledger_bounds", "int_input_digest"),
    ("int_plans_normalized", "int_input_digest"),
    ("int_subscriptions_recognised", "int_changed_customers"),
}

MOST_MODELS_IN_A_ROW = 14
# what has changed is found out model by model, in front of every mart
MOST_MODELS_IN_A_ROW_TODAY = 30


@dataclass(frozen=True)
class Model:
    """A model's name, its folder, its lines, and what it reads."""

    name: str
    area: str
    lines: int
    parents: tuple[str, ...]


def models_of(manifest: dict[str, Any]) -> dict[str, Model]:
    """Every model of a manifest, by its name."""
    return {
        node["name"]: Model(
            node["name"],
            "/".join(node["original_file_path"].split("/")[1:3]),
            len(node["raw_code"].rstrip().splitlines()),
            tuple(parent.split(".")[-1] for parent in node["depends_on"]["nodes"] if parent.startswith("model.")),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """Of the project."""
    directory = tmp_path_factory.mktemp("dag")
    compile_project(directory)
    return models_of(read_manifest(directory / "ledger.duckdb"))


def outgrown(models: dict[str, Model]) -> set[str]:
    """The models that do not fit on two screens."""
    return {model.name for model in models.values() if model.lines > MOST_LINES}


def read_back(models: dict[str, Model]) -> set[tuple[str, str]]:
    """Reader and what it reads, where that is in a later area."""
    return {
        (model.name, parent)
        for model in models.values()
        for parent in model.parents
        if AREAS.index(models[parent].area) > AREAS.index(model.area)
    }


def models_in_a_row(models: dict[str, Model]) -> int:
    """How many models the longest way from staging to a mart holds, both included."""
    rows: dict[str, int] = {}

    def row(name: str) -> int:
        if name not in rows:
            rows[name] = 1 + max(map(row, models[name].parents), default=0)
        return rows[name]

    return max(map(row, models))


def test_every_model_is_in_a_known_area(models: dict[str, Model]) -> None:
    """A new folder has a place in the order, and none is named that is not there."""
    assert {model.area for model in models.values()} == set(AREAS)


def test_a_model_fits_on_two_screens(models: dict[str, Model]) -> None:
    """Who has shrunk is no exception any more."""
    assert outgrown(models) == OUTGROWN


def test_no_area_reads_a_later_one(models: dict[str, Model]) -> None:
    """No intermediate model reads a mart, and no area one that comes after it."""
    assert read_back(models) == READ_BACK


def test_no_way_to_a_mart_is_longer_than_has_a_reason(models: dict[str, Model]) -> None:
    """The reason stands beside the number."""
    assert MOST_MODELS_IN_A_ROW < models_in_a_row(models) <= MOST_MODELS_IN_A_ROW_TODAY


def test_the_gates_can_close() -> None:
    """A long model that reads a mart, four in a row."""
    made_up = {
        "stg": Model("stg", "staging/billing", 10, ()),
        "mart": Model("mart", "marts/ledger", 120, ("stg",)),
        "int": Model("int", "intermediate/ledger", 121, ("mart", "stg")),
        "later": Model("later", "marts/expansion", 1, ("int",)),
    }
    assert outgrown(made_up) == {"int"}
    assert read_back(made_up) == {("int", "mart")}
    assert models_in_a_row(made_up) == 4
