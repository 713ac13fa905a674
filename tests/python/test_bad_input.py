"""Input that breaks the contract fails a named test that says table, column and key: raw tables, and those to edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from conftest import compile_project
from dbt_project import CompiledProject, Row, Tables, in_another_case, load_raw, load_raw_as_text, raw_columns
from small_company import small_company


@dataclass(frozen=True)
class BadRow:
    """A change to one row of the valid tables, the test that must fail, and the column and key that it must name."""

    table: str
    changes: Row
    test: str
    column: str
    key: str
    row: int = 0
    is_added: bool = False

    def apply(self) -> Tables:
        """The valid tables with this change, made in place or to an added copy of the row."""
        tables = small_company()
        row = tables[self.table][self.row]
        if self.is_added:
            tables[self.table].append({**row, **self.changes})
        else:
            row.update(self.changes)
        return tables

    def __str__(self) -> str:
        """Names the case in pytest's output."""
        return f"{self.table}-{'-'.join(f'{name}={value}' for name, value in self.changes.items()) or 'twice'}"


EARLY, LATE = datetime(2023, 1, 1), datetime(2024, 6, 1)
ITEM_KEY = "i-ann, 2024-01-01 00:00:00"
ADJUSTMENT_KEY = "test, app, 2024-03-01, outage"


def required(table: str, column: str, key: str) -> BadRow:
    """A required value that is missing."""
    return BadRow(table, {column: None}, f"{table}_required_values_are_present", column, key)


def orphan(table: str, column: str, parent: str, key: str) -> BadRow:
    """A reference to a row that does not exist."""
    return BadRow(table, {column: "nobody"}, f"{table}_{column}_exists_in_{parent}", column, key)


def twice(table: str, key_columns: str, key: str) -> BadRow:
    """A second row with the same key."""
    return BadRow(table, {}, f"{table}_have_one_row_per_key", key_columns, key, is_added=True)


BAD_ROWS = [
    twice("customers", "customer_id", "ann"),
    twice("customer_versions", "customer_id, valid_from", "ann, 2024-01-01 00:00:00"),
    twice("customer_exclusions", "customer_id", "test"),
    twice("acquired_customers", "customer_id", "bob"),
    twice("products", "product_id", "app"),
    twice("plans", "plan_id", "team"),
    twice("subscriptions", "subscription_id", "s-ann"),
    twice("subscription_item_versions", "subscription_item_id, valid_from", ITEM_KEY),
    twice("subscription_pauses", "subscription_id, paused_at", "s-ann, 2024-04-02 00:00:00"),
    twice("discounts", "discount_id", "d-1"),
    twice("invoices", "invoice_id", "in-1"),
    twice("invoice_line_items", "invoice_line_item_id", "l-1"),
    twice("exchange_rates", "currency, effective_date", "EUR, 2024-01-01"),
    twice("mrr_adjustments", "customer_id, product_id, month_from_date, reason", ADJUSTMENT_KEY),
    required("customers", "customer_id", "(null)"),
    required("customers", "customer_name", "ann"),
    required("products", "product_name", "app"),
    required("plans", "tier_rank", "team"),
    required("subscriptions", "started_at", "s-ann"),
    required("subscription_item_versions", "currency", ITEM_KEY),
    required("discounts", "starts_at", "d-1"),
    required("invoices", "issued_at", "in-1"),
    required("invoice_line_items", "amount", "l-1"),
    required("exchange_rates", "rate_to_reporting", "EUR, 2024-01-01"),
    required("acquired_customers", "acquired_at", "bob"),
    required("mrr_adjustments", "amount", ADJUSTMENT_KEY),
    required("mrr_adjustments", "approved_by", ADJUSTMENT_KEY),
    required("mrr_adjustments", "month_from", "test, app, (null), outage"),
    BadRow("customers", {"customer_id": " "}, "customers_required_values_are_present", "customer_id", " "),
    orphan("customers", "parent_customer_id", "customers", "ann"),
    orphan("customer_versions", "customer_id", "customers", "nobody, 2024-01-01 00:00:00"),
    orphan("customer_exclusions", "customer_id", "customers", "nobody"),
    orphan("acquired_customers", "customer_id", "customers", "nobody"),
    orphan("plans", "product_id", "products", "team"),
    orphan("subscriptions", "customer_id", "customers", "s-ann"),
    orphan("subscription_item_versions", "subscription_id", "subscriptions", ITEM_KEY),
    orphan("subscription_item_versions", "plan_id", "plans", ITEM_KEY),
    orphan("subscription_pauses", "subscription_id", "subscriptions", "nobody, 2024-04-02 00:00:00"),
    orphan("discounts", "subscription_id", "subscriptions", "d-1"),
    orphan("discounts", "subscription_item_id", "subscription_item_versions", "d-1"),
    orphan("invoices", "customer_id", "customers", "in-1"),
    orphan("invoices", "subscription_id", "subscriptions", "in-1"),
    orphan("invoice_line_items", "invoice_id", "invoices", "l-1"),
    orphan("invoice_line_items", "subscription_id", "subscriptions", "l-1"),
    orphan("invoice_line_items", "subscription_item_id", "subscription_item_versions", "l-1"),
    orphan("invoice_line_items", "plan_id", "plans", "l-1"),
    orphan("mrr_adjustments", "customer_id", "customers", "nobody, app, 2024-03-01, outage"),
    orphan("mrr_adjustments", "product_id", "products", "test, nobody, 2024-03-01, outage"),
    BadRow(
        "customer_versions",
        {"valid_to": EARLY},
        "customer_versions_valid_to_is_not_before_valid_from",
        *("valid_to", "ann, 2024-01-01 00:00:00"),
    ),
    BadRow("customer_versions", {"valid_to": LATE}, "customer_versions_do_not_overlap", "valid_from", "ann"),
    BadRow("plans", {"plan_id": "unassigned"}, "plans_plan_id_is_not_a_reserved_word", "plan_id", "unassigned"),
    BadRow("plans", {"plan_id": "adjustment"}, "plans_plan_id_is_not_a_reserved_word", "plan_id", "adjustment"),
    BadRow("plans", {"pricing_model": "tiered"}, "plans_pricing_model_is_known", "pricing_model", "team"),
    BadRow("plans", {"billing_interval": "fortnight"}, "plans_billing_interval_is_known", "billing_interval", "team"),
    BadRow(
        "plans",
        {"billing_interval_count": 0},
        "plans_billing_interval_count_is_at_least_1",
        *("billing_interval_count", "team"),
    ),
    BadRow("subscriptions", {"status": "ended"}, "subscriptions_status_is_known", "status", "s-ann"),
    BadRow("subscriptions", {"ended_reason": "bored"}, "subscriptions_ended_reason_is_known", "ended_reason", "s-ann"),
    BadRow(
        "subscriptions", {"ended_at": EARLY}, "subscriptions_ended_at_is_not_before_started_at", "ended_at", "s-ann"
    ),
    BadRow(
        "subscriptions",
        {"trial_ends_at": EARLY},
        "subscriptions_trial_ends_at_is_not_before_started_at",
        *("trial_ends_at", "s-ann"),
    ),
    BadRow(
        "subscriptions",
        {"status": "canceled"},
        "subscriptions_that_are_canceled_or_unpaid_have_an_end",
        *("ended_at", "s-ann"),
    ),
    BadRow(
        "subscriptions",
        {"status": "unpaid"},
        "subscriptions_that_are_canceled_or_unpaid_have_an_end",
        *("ended_at", "s-ann"),
    ),
    # codes are read without regard to case
    BadRow("subscriptions", {"status": "PAUSED"}, "assert_paused_subscriptions_have_an_open_pause", "status", "s-ann"),
    BadRow(
        "exchange_rates",
        {"currency": "eur"},
        "exchange_rates_have_one_row_per_key",
        *("currency, effective_date", "EUR, 2024-01-01"),
        is_added=True,
    ),
    BadRow(
        "subscriptions",
        {"status": "trialing"},
        "subscriptions_that_are_trialing_have_a_trial_end",
        *("trial_ends_at", "s-ann"),
    ),
    BadRow("subscriptions", {"status": "paused"}, "assert_paused_subscriptions_have_an_open_pause", "status", "s-ann"),
    BadRow(
        "subscription_item_versions",
        {"valid_to": EARLY},
        "subscription_item_versions_valid_to_is_not_before_valid_from",
        *("valid_to", ITEM_KEY),
    ),
    BadRow(
        "subscription_item_versions",
        {"valid_to": LATE},
        "subscription_item_versions_do_not_overlap",
        *("valid_from", "i-ann"),
    ),
    BadRow(
        "subscription_item_versions",
        {"quantity": -1},
        "subscription_item_versions_quantity_is_not_negative",
        *("quantity", ITEM_KEY),
    ),
    BadRow(
        "subscription_item_versions",
        {"unit_amount": Decimal(-1)},
        "subscription_item_versions_unit_amount_is_not_negative",
        *("unit_amount", ITEM_KEY),
    ),
    BadRow(
        "subscription_item_versions",
        {"quantity": None},
        "assert_non_metered_items_have_quantity_and_price",
        *("quantity", ITEM_KEY),
    ),
    BadRow(
        "subscription_item_versions",
        {"unit_amount": None},
        "assert_non_metered_items_have_quantity_and_price",
        *("unit_amount", ITEM_KEY),
    ),
    BadRow(
        "subscription_pauses",
        {"resumed_at": EARLY},
        "subscription_pauses_resumed_at_is_not_before_paused_at",
        *("resumed_at", "s-ann, 2024-04-02 00:00:00"),
    ),
    BadRow("discounts", {"duration": "twice"}, "discounts_duration_is_known", "duration", "d-1"),
    BadRow("discounts", {"ends_at": EARLY}, "discounts_ends_at_is_not_before_starts_at", "ends_at", "d-1"),
    BadRow(
        "discounts",
        {"amount_off": Decimal(1), "subscription_item_id": "i-ann"},
        "discounts_are_either_a_percentage_or_an_amount",
        *("percent_off", "d-1"),
    ),
    BadRow("discounts", {"percent_off": None}, "discounts_are_either_a_percentage_or_an_amount", "percent_off", "d-1"),
    BadRow("discounts", {"percent_off": Decimal(101)}, "discounts_percent_off_is_from_0_to_100", "percent_off", "d-1"),
    BadRow(
        "discounts", {"amount_off": Decimal(-1)}, "discounts_amount_off_is_not_negative", "amount_off", "d-2", row=1
    ),
    BadRow(
        "discounts",
        {"subscription_item_id": None},
        "discounts_of_an_amount_name_their_item",
        *("subscription_item_id", "d-2"),
        row=1,
    ),
    BadRow(
        "discounts",
        {"subscription_item_id": "i-bob"},
        "assert_discounted_items_belong_to_the_discounted_subscription",
        *("subscription_item_id", "d-1"),
    ),
    BadRow("invoices", {"status": "sent"}, "invoices_status_is_known", "status", "in-1"),
    BadRow("invoice_line_items", {"line_type": "fee"}, "invoice_line_items_line_type_is_known", "line_type", "l-1"),
    BadRow(
        "invoice_line_items",
        {"service_end": None},
        "invoice_line_items_have_a_service_period",
        *("service_start", "l-1"),
    ),
    BadRow(
        "invoice_line_items",
        {"service_end": EARLY.date()},
        "invoice_line_items_service_end_is_not_before_service_start",
        *("service_end", "l-1"),
    ),
    BadRow(
        "exchange_rates",
        {"rate_to_reporting": Decimal(0)},
        "exchange_rates_rate_to_reporting_is_positive",
        *("rate_to_reporting", "EUR, 2024-01-01"),
    ),
    BadRow(
        "mrr_adjustments",
        {"month_to": EARLY.date()},
        "mrr_adjustments_month_to_is_not_before_month_from",
        *("month_to", ADJUSTMENT_KEY),
    ),
    BadRow(
        "mrr_adjustments",
        {"month_from": date(2024, 3, 2)},
        "mrr_adjustments_month_from_is_the_first_day_of_a_month",
        *("month_from", "test, app, 2024-03-02, outage"),
    ),
    BadRow(
        "mrr_adjustments",
        {"month_to": date(2024, 4, 30)},
        "mrr_adjustments_month_to_is_the_first_day_of_a_month",
        *("month_to", ADJUSTMENT_KEY),
    ),
]


@pytest.mark.parametrize("bad_row", BAD_ROWS, ids=str)
def test_a_bad_row_fails_a_test_that_names_table_column_and_key(compiled: CompiledProject, bad_row: BadRow) -> None:
    """The named test fails, and its failing rows say where."""
    with compiled.connect() as connection:
        load_raw(connection, bad_row.apply())
        create_staging(compiled, connection)
        failing = compiled.failing_tests(connection)
    rows = failing[bad_row.test]
    assert any(row.get("column_name") == bad_row.column and row.get("row_key") == bad_row.key for row in rows), rows
    assert bad_row.table in bad_row.test or {row["table_name"] for row in rows} == {bad_row.table}


def create_staging(project: CompiledProject, connection: duckdb.DuckDBPyConnection) -> None:
    """Create the staging views only: what the tests of the input contract read."""
    for model in project.models:
        if model.name.startswith("stg_"):
            connection.execute(f"create view {model.relation} as {model.sql}")


@dataclass(frozen=True)
class BadSeed:
    """A change to a table that users edit, the test that must fail, and the column and key that it must name."""

    table: str
    statement: str
    test: str
    column: str
    key: str

    def __str__(self) -> str:
        """Names the case in pytest's output."""
        return f"{self.test}-{self.key}"


def changed_seed(table: str, change: str, where: str, test: str, column: str, key: str) -> BadSeed:
    """A row that is edited."""
    return BadSeed(table, f"update reference.{table} set {change} where {where}", test, column, key)


def seed_twice(table: str, where: str, key_columns: str, key: str) -> BadSeed:
    """A row that is there again."""
    statement = f"insert into reference.{table} from reference.{table} where {where}"
    return BadSeed(table, statement, f"{table}_have_one_row_per_key", key_columns, key)


def lost_seed(table: str, where: str, test: str, column: str, key: str) -> BadSeed:
    """A row that is deleted."""
    return BadSeed(table, f"delete from reference.{table} where {where}", test, column, key)


STRONG_NRR = "metric = 'nrr' and band = '110_120'"
BANDS_FOLLOW = ("benchmark_bands_follow_each_other", "from_ratio")
BANDS_SAY = ("benchmark_bands_are_of_nrr_or_grr_and_say_what_they_mean", "verdict")
STAGES_FOLLOW = ("arr_stages_follow_each_other", "from_arr")
STAGES_TARGET = ("arr_stages_have_a_target", "target_nrr_from")
ROUNDS_TARGET = ("funding_rounds_have_a_target", "target_nrr")
THRESHOLDS_VALUE = ("expansion_thresholds_have_a_value", "threshold_value")
THRESHOLDS_THERE = ("expansion_thresholds_are_all_there", "threshold")

BAD_SEEDS = [
    seed_twice("benchmark_bands", STRONG_NRR, "metric, band", "nrr, 110_120"),
    seed_twice("arr_stages", "arr_stage = '1-5M'", "arr_stage", "1-5M"),
    seed_twice("funding_rounds", "funding_round = 'Series A'", "funding_round", "Series A"),
    seed_twice("expansion_thresholds", "threshold = 'ready_min_customers'", "threshold", "ready_min_customers"),
    # a gap, an overlap, a band that ends before it begins, and an end without a band on either side
    changed_seed("benchmark_bands", "from_ratio = 1.11", STRONG_NRR, *BANDS_FOLLOW, "nrr, 1.110000, 1.200000"),
    changed_seed("benchmark_bands", "to_ratio = 1.25", STRONG_NRR, *BANDS_FOLLOW, "nrr, 1.200000, 1.300000"),
    changed_seed("benchmark_bands", "to_ratio = 1.05", STRONG_NRR, *BANDS_FOLLOW, "nrr, 1.100000, 1.050000"),
    lost_seed("benchmark_bands", STRONG_NRR, *BANDS_FOLLOW, "nrr, 1.200000, 1.300000"),
    lost_seed("benchmark_bands", "metric = 'grr' and band = 'below_90'", *BANDS_FOLLOW, "grr, 0.900000, 0.950000"),
    lost_seed("benchmark_bands", "metric = 'grr' and band = '95_plus'", *BANDS_FOLLOW, "grr, 0.900000, 0.950000"),
    changed_seed("benchmark_bands", "metric = 'mrr'", STRONG_NRR, *BANDS_SAY, "mrr, 110_120"),
    changed_seed("benchmark_bands", "verdict = null", STRONG_NRR, *BANDS_SAY, "nrr, 110_120"),
    changed_seed("arr_stages", "from_arr = 1", "arr_stage = '0-1M'", *STAGES_FOLLOW, "1.0000, 1000000.0000"),
    changed_seed("arr_stages", "to_arr = 4000000", "arr_stage = '1-5M'", *STAGES_FOLLOW, "5000000.0000, 20000000.0000"),
    lost_seed("arr_stages", "arr_stage = '20M+'", *STAGES_FOLLOW, "5000000.0000, 20000000.0000"),
    changed_seed("arr_stages", "target_nrr_from = null", "arr_stage = '20M+'", *STAGES_TARGET, "20M+"),
    changed_seed("arr_stages", "target_nrr_from = -1", "arr_stage = '0-1M'", *STAGES_TARGET, "0-1M"),
    changed_seed("arr_stages", "target_nrr_to = 0.5", "arr_stage = '0-1M'", *STAGES_TARGET, "0-1M"),
    changed_seed("funding_rounds", "target_nrr = null", "funding_round = 'Series B'", *ROUNDS_TARGET, "Series B"),
    changed_seed("funding_rounds", "target_nrr = -1", "funding_round = 'Series B'", *ROUNDS_TARGET, "Series B"),
    changed_seed(
        "expansion_thresholds",
        "threshold_value = null",
        "threshold = 'volume_discount_seats'",
        *(*THRESHOLDS_VALUE, "volume_discount_seats"),
    ),
    changed_seed(
        "expansion_thresholds",
        "threshold_value = -0.5",
        "threshold = 'concentrated_top_1_share'",
        *(*THRESHOLDS_VALUE, "concentrated_top_1_share"),
    ),
    changed_seed(
        "expansion_thresholds",
        "threshold = 'ready_customers'",
        "threshold = 'ready_min_customers'",
        *(*THRESHOLDS_THERE, "ready_min_customers"),
    ),
    *(
        lost_seed("expansion_thresholds", f"threshold = '{threshold}'", *THRESHOLDS_THERE, threshold)
        for threshold in (
            "volume_discount_seats",
            "concentrated_top_1_share",
            "concentrated_top_decile_share",
            "ready_max_gross_churn",
            "ready_min_customers",
            "ready_min_tenure_months",
        )
    ),
]


@pytest.mark.parametrize("bad_seed", BAD_SEEDS, ids=str)
def test_a_bad_row_of_a_table_to_edit_fails_a_test_that_names_it(compiled: CompiledProject, bad_seed: BadSeed) -> None:
    """The named test fails, and its failing rows say where."""
    with compiled.connect() as connection:
        load_raw(connection, small_company())
        assert connection.execute(bad_seed.statement).fetchall() == [(1,)]
        create_staging(compiled, connection)
        rows = compiled.failing_tests(connection)[bad_seed.test]
    named = {"table_name": bad_seed.table, "column_name": bad_seed.column, "row_key": bad_seed.key}
    assert named in [{name: row.get(name) for name in named} for row in rows], rows


def test_every_test_of_a_table_to_edit_is_seen_to_fail(compiled: CompiledProject) -> None:
    """A new one needs a bad row of its own."""
    tests = {
        test.name
        for test in compiled.tests
        if test.models and all(model.startswith("stg_reference__") for model in test.models)
    }
    assert tests == {bad_seed.test for bad_seed in BAD_SEEDS}


def test_the_valid_tables_fail_nothing(compiled: CompiledProject) -> None:
    """What the bad rows are changes of is itself good."""
    with compiled.connect() as connection:
        load_raw(connection, small_company())
        compiled.build(connection)
        assert not compiled.failing_tests(connection)


def test_a_trial_of_unknown_end_counts_when_it_has_ended(compiled: CompiledProject) -> None:
    """What the message says to write is good input; until then the subscription is listed, with all it would bring."""
    tables = small_company()
    ann = tables["subscriptions"][0]
    months, listed = {}, {}
    for trial_ends_at in (None, datetime(2099, 12, 31), datetime(9999, 12, 31), datetime(2024, 4, 1)):
        ann.update(status="trialing", trial_ends_at=trial_ends_at)
        with compiled.connect() as connection:
            load_raw(connection, tables)
            compiled.build(connection)
            failing = compiled.failing_tests(connection)
            if trial_ends_at is None:
                (row,) = failing.pop("subscriptions_that_are_trialing_have_a_trial_end")
                assert "until it is known, write a day after the ledger's end, such as 2099-12-31" in row["problem"]
            assert not failing
            of_ann = "where customer_id = 'ann' and opening_mrr + closing_mrr > 12.34 order by month_date"
            months[trial_ends_at] = connection.execute(
                f"select month_date, closing_mrr from marts.fct_customer_mrr_months {of_ann}"
            ).fetchall()
            listed[trial_ends_at] = connection.execute(
                "select row_count from marts.mrr_exclusions where reason = 'trial'"
            ).fetchall()
    assert months[datetime(2099, 12, 31)] == months[datetime(9999, 12, 31)] == []
    assert listed[datetime(2099, 12, 31)] == listed[datetime(9999, 12, 31)] == [(2,)]
    # the trial of 1 April, and a pause from the 2nd to 2 May
    assert months[datetime(2024, 4, 1)] == [
        (date(2024, 5, 1), Decimal(150)),
        (date(2024, 6, 1), Decimal("162.34")),
    ]


def test_a_trial_that_was_not_converted_never_counts(compiled: CompiledProject) -> None:
    """With its end, or that of the subscription; without one it reads as paid."""
    tables = small_company()
    bob = tables["subscriptions"][1]
    for trial_ends_at, is_paid in ((bob["ended_at"], False), (None, True)):
        bob["trial_ends_at"] = trial_ends_at
        with compiled.connect() as connection:
            load_raw(connection, tables)
            compiled.build(connection)
            assert not compiled.failing_tests(connection)
            moved = connection.execute("from marts.fct_mrr_movements where customer_id = 'bob'").fetchall()
            assert bool(moved) == is_paid


def test_a_currency_is_itself_in_any_case(compiled: CompiledProject) -> None:
    """And so is every other code: the marts are the same, and no test fails."""
    built = []
    for tables in (small_company(), in_another_case(small_company())):
        with compiled.connect() as connection:
            load_raw(connection, tables)
            compiled.build(connection)
            assert not compiled.failing_tests(connection)
            marts = [model.relation for model in compiled.models if '"marts"' in model.relation]
            built.append({mart: connection.execute(f"from {mart} order by all").fetchall() for mart in marts})
    assert built[0] == built[1]


@pytest.mark.parametrize(
    ("written", "near"),
    [
        *(("EURO", "EUR"), ("euros", "EUR"), ("ERU", "EUR"), ("US", "USD"), ("US$", "USD"), ("U", None)),
        *(("dollars", None), ("CHF", None)),
    ],
)
def test_a_currency_without_a_rate_is_named_with_what_may_be_meant(
    compiled: CompiledProject, written: str, near: str | None
) -> None:
    """With where it is, and the code that is as good as the same among those with a rate."""
    tables = small_company()
    for version in tables["subscription_item_versions"][2:]:
        version["currency"] = written
    with compiled.connect() as connection:
        load_raw(connection, tables)
        with pytest.raises(duckdb.Error) as raised:
            compiled.build(connection)
    meant = f"write {near} if that is meant, or " if near else ""
    assert (
        "exchange_rates.rate_to_reporting: no rate on or before 2024-06-30, the constant date, for currency "
        f"{written.upper()} (rows: 2, such as subscription_item_versions.currency of i-bob): "
        f"{meant}add the rate"
    ) in str(raised.value)


def test_empty_subscriptions_fail(compiled: CompiledProject) -> None:
    """A ledger of nothing is more likely a broken extract."""
    with compiled.connect() as connection:
        load_raw(connection, {**small_company(), "subscriptions": []})
        create_staging(compiled, connection)
        failing = compiled.failing_tests(connection)
    assert failing["assert_there_is_something_to_count"] == [
        {"table_name": "subscriptions", "problem": "the table is empty"}
    ]


def test_every_table_of_the_contract_has_its_three_tests(compiled: CompiledProject) -> None:
    """A new raw table cannot come without them."""
    names = {test.name for test in compiled.tests}
    for table in raw_columns():
        for rule in ("values_parse", "required_values_are_present", "have_one_row_per_key"):
            assert f"{table}_{rule}" in names


def change_parent(tables: Tables) -> None:
    """Ann is Bob's parent: make Bob Ann's."""
    tables["customers"][0]["parent_customer_id"] = "bob"


def drop_rates(tables: Tables) -> None:
    """Bob pays in euros."""
    tables["exchange_rates"] = []


def date_rates_later(tables: Tables) -> None:
    """The only rate is later than the constant date."""
    tables["exchange_rates"][0]["effective_date"] = datetime(2024, 7, 1).date()


def void_invoices(tables: Tables) -> None:
    """Leave no invoice that could set the as-of date."""
    tables["invoices"][0]["status"] = "void"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_parent, r"customers\.parent_customer_id: the parents of customer (ann|bob) form a cycle"),
        (
            drop_rates,
            r"exchange_rates\.rate_to_reporting: no rate .* currency EUR.*subscription_item_versions\.currency",
        ),
        (
            date_rates_later,
            r"exchange_rates\.rate_to_reporting: no rate on or before 2024-06-30, .* EUR .* i-bob.: add the rate",
        ),
        (void_invoices, r"invoices\.issued_at: .* set the var as_of_date"),
    ],
)
def test_what_only_the_whole_table_shows_stops_the_build(
    compiled: CompiledProject, change: Callable[[Tables], None], message: str
) -> None:
    """A model raises an error before anything is built on it."""
    tables = small_company()
    change(tables)
    with compiled.connect() as connection:
        load_raw(connection, tables)
        with pytest.raises(duckdb.Error, match=message):
            compiled.build(connection)


@pytest.fixture(scope="module")
def compiled_for_text(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """The project compiled for raw tables of text columns."""
    return compile_project(tmp_path_factory.mktemp("text"), load_raw_as_text)


@pytest.mark.parametrize(
    ("table", "column", "value", "key"),
    [
        ("plans", "tier_rank", "first", "team"),
        ("plans", "billing_interval_count", "1.5", "team"),
        ("subscription_item_versions", "quantity", "two", ITEM_KEY),
        ("subscription_item_versions", "unit_amount", "49,99", ITEM_KEY),
        ("subscription_item_versions", "unit_amount", "49.99999", ITEM_KEY),
        ("subscription_item_versions", "unit_amount", "1e3", ITEM_KEY),
        ("subscription_item_versions", "unit_amount", "", ITEM_KEY),
        ("subscriptions", "started_at", "31/01/2024", "s-ann"),
        ("subscriptions", "started_at", "2024-02-30", "s-ann"),
        ("subscriptions", "started_at", "2024-01-01 00:00:00+02:00", "s-ann"),
        ("discounts", "percent_off", "10%", "d-1"),
        ("invoice_line_items", "is_proration", "maybe", "l-1"),
        ("invoice_line_items", "amount", "12.34567", "l-1"),
        ("invoice_line_items", "service_start", "June", "l-1"),
        ("exchange_rates", "rate_to_reporting", "1.123456789", "EUR, 2024-01-01"),
        ("acquired_customers", "acquired_at", "in May", "bob"),
        ("mrr_adjustments", "amount", "-7,50", ADJUSTMENT_KEY),
        ("mrr_adjustments", "month_from", "March", "test, app, March, outage"),
        ("mrr_adjustments", "month_to", "2024-05", ADJUSTMENT_KEY),
    ],
)
def test_text_that_is_not_a_value_is_named(
    compiled_for_text: CompiledProject, table: str, column: str, value: str, key: str
) -> None:
    """Nothing is rounded or read as null on the way in."""
    tables = small_company()
    tables[table][0][column] = value
    with compiled_for_text.connect() as connection:
        load_raw_as_text(connection, tables)
        create_staging(compiled_for_text, connection)
        rows = compiled_for_text.failing_tests(connection)[f"{table}_values_parse"]
    named: dict[str, Any] = {"table_name": table, "column_name": column, "row_key": key, "raw_value": value}
    assert [{name: row[name] for name in named} for row in rows] == [named]


def test_text_and_types_give_the_same_marts(compiled: CompiledProject, compiled_for_text: CompiledProject) -> None:
    """An extract of text builds what a typed one builds."""
    built = []
    for project, load in ((compiled, load_raw), (compiled_for_text, load_raw_as_text)):
        with project.connect() as connection:
            load(connection, small_company())
            project.build(connection)
            assert not project.failing_tests(connection)
            built.append(connection.execute("from marts.fct_customer_mrr_months order by all").fetchall())
    assert built[0]
    assert built[0] == built[1]
