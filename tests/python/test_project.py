"""What must stay in step: the gate with the staging models, and the places in which the vars are listed."""

from __future__ import annotations

import re

import pytest
import yaml
from conftest import compile_project
from dbt_project import PROJECT_DIR, raw_columns, read_manifest
from load_raw import OWN_SCHEMAS


def test_nothing_is_built_before_all_input_has_passed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every model that is not staging comes after the gate, and the gate after all of staging and its tests."""
    directory = tmp_path_factory.mktemp("manifest")
    compile_project(directory)
    manifest = read_manifest(directory / "ledger.duckdb")
    parents = {
        node["name"]: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }

    def ancestors(name: str) -> set[str]:
        found = set(parents.get(name, ()))
        return found.union(*(ancestors(parent) for parent in found)) if found else found

    seeds = {path.stem for path in (PROJECT_DIR / "seeds/reference").glob("*.csv")}
    staging = {f"stg_billing__{table}" for table in raw_columns()} | {f"stg_reference__{seed}" for seed in seeds}
    assert staging == {name for name in parents if name.startswith("stg_")}
    assert parents["int_ledger_bounds"] == staging
    beside_the_gate = {
        name for name in parents if not name.startswith("stg_") and "int_ledger_bounds" not in ancestors(name)
    }
    # what these hold is read by no mart that does not wait for the gate itself
    assert beside_the_gate == {
        *("int_ledger_bounds", "int_customers_rolled_up", "int_plans_normalized", "int_customer_acquisitions"),
        *("int_subscriptions_recognised", "int_subscription_delinquencies", "int_subscription_paying_windows"),
        *("int_subscription_items_priced", "int_subscription_items_contracted", "int_subscription_discounts"),
        *("int_invoice_line_terms", "int_invoice_lines_counted", "int_customer_attribute_versions"),
    }


def test_the_project_and_its_loader_know_the_same_schemas_as_their_own() -> None:
    """Neither reads raw tables there, nor loads them there."""
    check = (PROJECT_DIR / "macros/check_vars.sql").read_text()
    own = re.search(r"set own_schemas = \[(.*?)\]", check, re.DOTALL)
    assert own
    assert set(re.findall(r"'(\w+)'", own.group(1))) == set(OWN_SCHEMAS)


def test_the_vars_are_the_same_everywhere() -> None:
    """In dbt_project.yml, in the check that refuses unknown ones, and in the README."""
    project = set(yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())["vars"])
    check = (PROJECT_DIR / "macros/check_vars.sql").read_text()
    known = re.search(r"set known = \[(.*?)\]", check, re.DOTALL)
    assert known
    assert set(re.findall(r"'(\w+)'", known.group(1))) == project
    assert set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", (PROJECT_DIR / "README.md").read_text(), re.M)) >= project
