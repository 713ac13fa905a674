"""What must stay in step: the gate with the staging models, and the places in which the vars are listed."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
import yaml
from conftest import compile_project
from dbt_project import PROJECT_DIR, raw_columns, read_manifest

from cohort_ledger.docs import vars as vars_page
from cohort_ledger.project import OWN_SCHEMAS, declared_vars, default_vars, read_project


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the compiled project."""
    directory = tmp_path_factory.mktemp("manifest")
    compile_project(directory)
    return read_manifest(directory / "ledger.duckdb")


@pytest.fixture(scope="module")
def parents(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """By the name of a model, the names of what it comes after."""
    return {
        node["name"]: {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def ancestors(name: str, parents: dict[str, set[str]]) -> set[str]:
    """Everything that a model comes after."""
    found: set[str] = set()
    left = [name]
    while left:
        new = parents.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def test_nothing_is_built_before_all_input_has_passed(parents: dict[str, set[str]]) -> None:
    """Every model that is not staging comes after the gate, and the gate after all of staging and its tests.

    The gate is the digest of the input: it reads all there is, so that no change goes without notice either.
    """
    seeds = {path.stem for path in (PROJECT_DIR / "seeds/reference").glob("*.csv")}
    staging = {f"stg_billing__{table}" for table in raw_columns()} | {f"stg_reference__{seed}" for seed in seeds}
    assert staging == {name for name in parents if name.startswith("stg_")}
    gate = "int_input_digest"
    assert parents[gate] == staging
    beside_the_gate = {
        name for name in parents if not name.startswith("stg_") and gate not in {name, *ancestors(name, parents)}
    }
    # what these hold is read by no mart that does not wait for the gate itself
    assert beside_the_gate == {
        *("int_subscription_delinquencies", "int_invoices_judged"),
        *("int_invoice_lines_issued", "int_invoice_line_terms"),
    }


def test_the_project_and_its_loader_know_the_same_schemas_as_their_own() -> None:
    """Neither reads raw tables there, nor loads them there."""
    check = (PROJECT_DIR / "macros/check_vars.sql").read_text()
    own = re.search(r"set own_schemas = \[(.*?)\]", check, re.DOTALL)
    assert own
    assert set(re.findall(r"'(\w+)'", own.group(1))) == set(OWN_SCHEMAS)


def test_the_vars_are_the_same_everywhere() -> None:
    """In the registry, in dbt_project.yml and on their page; `cohort-ledger docs vars` writes both."""
    declared = declared_vars()
    defaults = vars_page.DEFAULTS.read_text()
    assert vars_page.with_defaults(defaults, declared) == defaults
    assert yaml.safe_load(defaults)["vars"] == {name: about["default"] for name, about in declared.items()}
    assert vars_page.PAGE.read_text() == vars_page.vars_page(declared)


def test_the_defaults_of_the_vars_are_those_of_the_project() -> None:
    """As `cohort-ledger check` knows them, to say which are not default."""
    assert default_vars() == read_project()["vars"]


def test_every_incremental_model_comes_after_what_says_whether_it_has_changed(
    manifest: dict[str, Any], parents: dict[str, set[str]]
) -> None:
    """It does not read it, so that only the DAG can see to it."""
    said_by = {"changed_customers": "int_changed_customers", "when_changed": "int_input_digest"}
    strategies = {
        node["name"]: node["config"]["incremental_strategy"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
    }
    assert strategies
    assert not [name for name, strategy in strategies.items() if said_by[strategy] not in ancestors(name, parents)]


def test_the_rule_version_is_that_of_the_macros() -> None:
    """dbt keeps digests of models, not of macros; a changed rule must not meet tables of the old one."""
    digest = hashlib.sha256()
    for path in sorted((PROJECT_DIR / "macros").glob("*.sql")):
        if path.name != "rule_version.sql":
            digest.update(path.name.encode() + path.read_bytes())
    expected = digest.hexdigest()[:16]
    found = re.search(r"return\('(\w+)'\)", (PROJECT_DIR / "macros/rule_version.sql").read_text())
    assert found and found.group(1) == expected, (
        f"macros have changed: macros/rule_version.sql has to return '{expected}'"
    )


def test_unit_tests_run_where_they_are_asked_for_and_say_only_what_they_change(manifest: dict[str, Any]) -> None:
    """The defaults stand in dbt_project.yml alone; with other vars a unit test has no meaning."""
    selectors = yaml.safe_load((PROJECT_DIR / "selectors.yml").read_text())["selectors"]
    left_out = {"exclude": [{"method": "test_type", "value": "unit"}]}
    assert [selector["name"] for selector in selectors if selector.get("default")] == ["everything_but_unit_tests"]
    for selector in selectors:
        definition = selector["definition"]
        assert left_out in definition.get("union", []) or definition.get("exclude") == left_out["exclude"]
    defaults = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())["vars"]
    for unit_test in manifest["unit_tests"].values():
        variables = (unit_test["overrides"] or {}).get("vars", {})
        assert not [name for name, value in variables.items() if value == defaults[name]], unit_test["name"]
