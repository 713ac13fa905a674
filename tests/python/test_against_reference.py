"""The marts against a second opinion: every row of every mart equals the Python reference, on data made to be nasty."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from conftest import IS_LONG, compile_project
from dbt_project import CompiledProject, Tables, fetch_rows, in_another_case, load_raw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.generate import random_raw
from reference.ledger import Settings, build_marts

SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "parents_in_new_york": {"customer_grain": "parent", "reporting_timezone": "America/New_York"},
    "euros_in_kolkata_with_lag": {
        **{"reporting_currency": "eur", "reporting_timezone": "Asia/Kolkata", "close_lag_days": 5},
    },
    "invoices": {"mrr_basis": "invoices"},
    "invoices_of_parents_in_euros": {
        **{"mrr_basis": "invoices", "customer_grain": "parent", "reporting_currency": "EUR"},
        **{"late_renewal_grace_days": 15, "discount_policy": "none"},
    },
    "earlier_dates_and_other_bands": {
        **{"as_of_date": "2022-06-17", "constant_fx_date": "2021-05-05"},
        **{"mrr_band_floors": [0, 50.5, 700], "fragile_grr_threshold": 0.5, "fiscal_year_start_month": 7},
    },
    "lenient": {"late_renewal_grace_days": 14, "paused_as": "active", "reactivation_window_months": 2},
    "strict": {"delinquent_after_days": 30, "usage_policy": "excluded", "discount_policy": "none"},
    "early": {"churn_recognised_at": "cancel_request", "discount_policy": "all", "late_renewal_grace_days": 30},
    "historical_rates": {"fx_policy": "historical"},
    "historical_rates_of_parents": {
        **{"fx_policy": "historical", "customer_grain": "parent", "fiscal_year_start_month": 2},
        **{"reactivation_window_months": 3, "reporting_timezone": "America/New_York"},
    },
}
# enough to see every policy and every kind of rate in `make test`
SOME = (
    *("defaults", "invoices_of_parents_in_euros", "earlier_dates_and_other_bands"),
    *("strict", "early", "historical_rates_of_parents"),
)


def reference_settings(variables: dict[str, Any]) -> Settings:
    """The reference's settings for a set of dbt vars."""
    typed = dict(variables)
    if "reporting_currency" in typed:
        typed["reporting_currency"] = typed["reporting_currency"].upper()
    for name in ("as_of_date", "constant_fx_date"):
        if typed.get(name) is not None:
            typed[name] = date.fromisoformat(typed[name])
    if "mrr_band_floors" in typed:
        typed["mrr_band_floors"] = tuple(Decimal(str(floor)) for floor in typed["mrr_band_floors"])
    if "fragile_grr_threshold" in typed:
        typed["fragile_grr_threshold"] = Decimal(str(typed["fragile_grr_threshold"]))
    return Settings(**typed)


def nasty_raw(seed: int, customers: int, months: int, variables: dict[str, Any]) -> Tables:
    """Adversarial but valid raw tables that hold what the vars make a difference for."""
    only_invoices = variables.get("mrr_basis") == "invoices"
    return random_raw(
        random.Random(seed),
        customers,
        months,
        recurring_lines=only_invoices,
        subscriptions=not only_invoices or seed % 2 == 0,
        late_business=seed % 3 != 0,
        corrections=seed % 5 != 0,
        mixed_case=seed % 4 == 0,
    )


def differences(project: CompiledProject, raw: Tables, variables: dict[str, Any]) -> list[str]:
    """The data tests that fail, and what the built marts and the reference do not agree on.

    The reference reads codes in one case, the project in any.
    """
    found = []
    with project.connect() as connection:
        load_raw(connection, in_another_case(raw))
        project.build(connection)
        found += project.failing_tests(connection)
        for name, rows in build_marts(raw, reference_settings(variables)).items():
            columns = ", ".join(rows[0]) if rows else "*"
            built = Counter(
                tuple(str(value) for value in row.values())
                for row in fetch_rows(connection, f"select {columns} from marts.{name}")
            )
            expected = Counter(tuple(str(value) for value in row.values()) for row in rows)
            found += [f"{name} ({columns}) has {row}" for row in built - expected]
            found += [f"{name} ({columns}) lacks {row}" for row in expected - built]
    return found


@pytest.fixture(scope="module", params=SETTINGS if IS_LONG else SOME)
def project_and_variables(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CompiledProject, dict[str, Any]]:
    """The project compiled with one of the sets of vars."""
    variables = SETTINGS[request.param]
    return compile_project(tmp_path_factory.mktemp(request.param), **variables), variables


@pytest.mark.longer
@settings(
    max_examples=10 if IS_LONG else 3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(seed=st.integers(0, 2**32), customers=st.integers(1, 40), months=st.integers(1, 40))
def test_every_mart_row_equals_the_reference(
    project_and_variables: tuple[CompiledProject, dict[str, Any]], seed: int, customers: int, months: int
) -> None:
    """Adversarial but valid raw tables, as reference/generate.py describes them."""
    project, variables = project_and_variables
    assert not differences(project, nasty_raw(seed, customers, months, variables), variables)[:5]
