"""Where the project and its files are, and which vars it has."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import yaml

from cohort_ledger.errors import LedgerError, in_one_line

PROJECT_DIR = Path(__file__).resolve().parents[2]
# where the project writes, so that nobody's raw tables can be there
OWN_SCHEMAS = ("demo", "edge_cases", "reference", "staging", "intermediate", "marts", "test_failures", "ledger_state")


def database_path() -> Path:
    """The working database: COHORT_LEDGER_DUCKDB_PATH, relative to the working directory as dbt reads it, or ours."""
    return Path(os.environ.get("COHORT_LEDGER_DUCKDB_PATH") or PROJECT_DIR / "cohort_ledger.duckdb")


def artefacts_dir() -> Path:
    """Where dbt leaves what it knows of a build to publish: beside the database, which only one process can write."""
    return database_path().with_suffix(".artefacts").absolute()


def publications_dir() -> Path:
    """Where publications are: COHORT_LEDGER_PUBLICATIONS_DIR, relative to the working directory, or ours."""
    return Path(os.environ.get("COHORT_LEDGER_PUBLICATIONS_DIR") or PROJECT_DIR / "publications")


def read_mapping(text: str, where: str) -> dict[str, Any]:
    """Names and values in YAML, its dates as text."""
    try:
        values = yaml.safe_load(text) or {}
        if not isinstance(values, dict):
            raise ValueError(f"'{values}' gives no name a value")
    except (yaml.YAMLError, ValueError) as error:
        raise LedgerError(
            f"{where} cannot be read ({in_one_line(error)}): write it as '{{demo_data: false, as_of_date: 2024-12-31}}'"
        ) from error
    return json.loads(json.dumps(values, default=str))


def read_project() -> dict[str, Any]:
    """What dbt_project.yml says."""
    return read_mapping((PROJECT_DIR / "dbt_project.yml").read_text(), "dbt_project.yml")


def effective_vars(given: str) -> dict[str, Any]:
    """The vars of the project, with those that were given on top."""
    project = read_project()
    # under the project's name they go before the others, as for dbt
    own = project["vars"].pop(project["name"], {})
    return {**project["vars"], **own, **read_mapping(given, "--vars")}


def declared_vars() -> dict[str, dict[str, Any]]:
    """Every var by its name, from the one list of them: type, nullable, one_of, default, says, since."""
    registry = (PROJECT_DIR / "macros/declared_vars.sql").read_text()
    found = re.search(r"set registry -%}(.*?){%- endset", registry, re.DOTALL)
    if not found:
        raise LedgerError("macros/declared_vars.sql declares no vars: put back what the project came with")
    return yaml.safe_load(found[1])


def default_vars() -> dict[str, Any]:
    """Every var with its default, as the project comes."""
    return {name: about["default"] for name, about in declared_vars().items()}
