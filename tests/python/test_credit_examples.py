"""Credits against a term, worked out by hand: what they end, what continues them, and what they leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import compile_project
from credit_examples import EXAMPLES, EXCLUDED, Example, all_tables
from test_published_examples import Ledger, ledger, short


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """All examples in one ledger on the basis of invoices; every data test holds."""
    project = compile_project(tmp_path_factory.mktemp("credits"), mrr_basis="invoices")
    with ledger(project, all_tables()) as built:
        yield built


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_credits_and_what_continues_them(marts: Ledger, example: Example) -> None:
    """`says` says why."""
    assert marts.movements(example.name) == list(example.movements), example.says
    if example.drivers:
        found = marts.rows(
            "select driver, sum(mrr_change) as mrr_change from marts.fct_mrr_movement_drivers "
            f"where customer_id = '{example.name}' group by driver"
        )
        assert {row["driver"]: short(row["mrr_change"]) for row in found} == example.drivers, example.says


def test_what_credits_take_out_of_mrr_is_listed(marts: Ledger) -> None:
    """Each line once, and what a credit asks beyond its charge for itself."""
    found = marts.rows("from marts.mrr_exclusions where source_table = 'invoice_line_items'")
    assert {row["reason"]: f"{row['row_count']} {short(row['amount'])}" for row in found} == EXCLUDED


def test_what_continues_a_discounted_charge_has_its_own_list_price(marts: Ledger) -> None:
    """Gross and net have the same rate."""
    (found,) = marts.rows(
        "select gross_mrr, net_mrr from intermediate.int_mrr_intervals "
        "where customer_id = 'upgraded at a discount' and plan_id = 'pro'"
    )
    assert (short(found["gross_mrr"]), short(found["net_mrr"])) == ("78.9995", "39.4997")
