"""The vars against a second opinion: any combination of them gives the rows of the Python reference."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import compile_project
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_against_reference import differences, nasty_raw

SEEDS_PER_COMBINATION = 6
NEED_SUBSCRIPTIONS = ("paused_as", "delinquent_after_days", "churn_recognised_at")

VARIABLES = {
    "mrr_basis": st.sampled_from(("subscriptions", "subscriptions", "invoices")),
    "as_of_date": st.sampled_from((None, None, "2022-06-17", "2023-12-31")),
    "close_lag_days": st.sampled_from((0, 1, 31)),
    "reporting_timezone": st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland")),
    "reporting_currency": st.sampled_from(("USD", "EUR", "JPY")),
    "fx_policy": st.sampled_from(("constant", "historical")),
    "constant_fx_date": st.sampled_from((None, "2021-05-05")),
    "customer_grain": st.sampled_from(("customer", "parent")),
    "fiscal_year_start_month": st.integers(1, 12),
    "late_renewal_grace_days": st.sampled_from((0, 1, 15, 60)),
    "reactivation_window_months": st.sampled_from((None, 0, 1, 3)),
    "paused_as": st.sampled_from(("inactive", "active")),
    "delinquent_after_days": st.sampled_from((None, 0, 30)),
    "discount_policy": st.sampled_from(("recurring", "all", "none")),
    "usage_policy": st.sampled_from(("included", "excluded")),
    "churn_recognised_at": st.sampled_from(("service_end", "cancel_request")),
}


def allowed(variables: dict[str, Any]) -> dict[str, Any]:
    """The vars without those that the basis of invoices refuses."""
    if variables["mrr_basis"] == "subscriptions":
        return variables
    return {name: value for name, value in variables.items() if name not in NEED_SUBSCRIPTIONS}


@pytest.mark.prove
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    # each combination is a start of dbt: a smaller one is not worth the search
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(variables=st.fixed_dictionaries(VARIABLES).map(allowed), seed=st.integers(0, 2**32))
def test_any_combination_of_vars_equals_the_reference(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, Any], seed: int
) -> None:
    """Every mart row and every data test, on several sets of raw tables for each combination."""
    project = compile_project(tmp_path_factory.mktemp("vars"), **variables)
    for number in range(SEEDS_PER_COMBINATION):
        customers, months = 5 + (seed + number) % 30, 6 + (seed + 7 * number) % 30
        raw = nasty_raw(seed + number, customers, months, variables)
        assert not differences(project, raw, variables)[:5]
