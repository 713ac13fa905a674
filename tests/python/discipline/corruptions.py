"""Small corruptions of a built ledger, and the data tests that each must turn red.

Every corruption is SQL on the finished tables of the edge-case data, which says what it needs and not whom it hits: the
first row, in the order of the key, that fits. A corruption keeps all that it can intact, so that the tests which look
only at a model's own subtraction stay green and the one that it was made for does not.
"""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = "marts.fct_customer_mrr_months"
MOVEMENTS = "marts.fct_mrr_movements"
EVENTS = "marts.fct_mrr_change_events"
WATERFALL = "marts.mrr_waterfall"
COHORTS = "marts.fct_cohort_snapshots"
RATES = "marts.retention_rates"
ACQUISITIONS = "marts.acquisition_cohort_retention"
CUSTOMERS = "marts.dim_customers"
PRODUCTS = "marts.dim_products"
DRIVERS = "marts.fct_mrr_movement_drivers"
PRODUCT_RATES = "marts.product_retention_rates"
SCORECARD = "marts.retention_scorecard"
DURABILITY = "marts.expansion_durability"
CONCENTRATION = "marts.expansion_concentration"
FIRST_EXPANSIONS = "marts.time_to_first_expansion"
CONTRACTIONS = "marts.contraction_to_churn"
INTERVALS = "intermediate.int_mrr_intervals"
PLAN_BALANCES = "intermediate.int_plan_balances"
POOL_BALANCES = "intermediate.int_pool_balances"
PRODUCT_BALANCES = "intermediate.int_product_balances"
CUSTOMER_BALANCES = "intermediate.int_customer_balances"
CONTRACTED_BALANCES = "intermediate.int_contracted_balances"
PAYING_ITEMS = "intermediate.int_subscription_items_paying"
VALUED_LINES = "intermediate.int_invoice_lines_valued"
PERIOD_RUNS = "intermediate.int_period_runs"
PLAN_CHANGES = "intermediate.int_plan_changes"
EXPANSION_OUTCOMES = "intermediate.int_expansion_outcomes"
VERSIONS_EXCLUDED = "intermediate.int_item_versions_excluded"
LINES_EXCLUDED = "intermediate.int_invoice_lines_excluded"
OTHERS_EXCLUDED = "intermediate.int_other_rows_excluded"
DAYS = "intermediate.int_days"

KEYS = {
    MONTHS: "customer_id, month_date",
    MOVEMENTS: "customer_id, month_date",
    EVENTS: "customer_id, item_type, item_id, changed_at",
    WATERFALL: "month_date",
    COHORTS: "period_type, period_start_date, customer_id",
    RATES: "period_type, period_start_date, dimension, dimension_value",
    ACQUISITIONS: "cohort_month_date, months_since",
    CUSTOMERS: "customer_id",
    PRODUCTS: "product_id",
    INTERVALS: "item_type, item_id, from_at",
    PLAN_BALANCES: "fx_basis, customer_id, product_id, plan_id, pool, month_date",
    POOL_BALANCES: "fx_basis, customer_id, product_id, pool, month_date",
    PRODUCT_BALANCES: "fx_basis, customer_id, product_id, month_date",
    CUSTOMER_BALANCES: "customer_id, month_date",
    CONTRACTED_BALANCES: "customer_id, changed_at",
    PAYING_ITEMS: "subscription_item_id, valid_from, paying_from_at",
    VALUED_LINES: "invoice_line_item_id",
    PERIOD_RUNS: "period_type, customer_id, first_period_start_date",
    PLAN_CHANGES: "customer_id, product_id, plan_id, pool, month_date",
    EXPANSION_OUTCOMES: "customer_id, month_date",
    DRIVERS: "customer_id, month_date, product_id, driver",
    PRODUCT_RATES: "period_type, period_start_date, product_id",
    SCORECARD: "month_date",
    DURABILITY: "month_date, driver",
    CONCENTRATION: "month_date",
    FIRST_EXPANSIONS: "dimension, dimension_value",
    CONTRACTIONS: "driver, horizon_months",
    VERSIONS_EXCLUDED: "subscription_item_id, valid_from",
    LINES_EXCLUDED: "invoice_line_item_id, reason",
    OTHERS_EXCLUDED: "source_table, row_key",
    DAYS: "day_date",
}


@dataclass(frozen=True)
class Corruption:
    """What is done to the ledger, and the tests that must notice; `trap` names the trap that it re-enacts."""

    name: str
    kills: tuple[str, ...]
    statements: tuple[str, ...]
    trap: str | None = None


def first_row(table: str, condition: str) -> str:
    """The one row of a table that comes first in the order of its key, among those that fit."""
    return f"rowid = (select rowid from {table} where {condition} order by {KEYS[table]} limit 1)"


def change_one(table: str, assignments: str, condition: str = "true") -> str:
    """Set columns in one row."""
    return f"update {table} set {assignments} where {first_row(table, condition)}"


def lose_one(table: str, condition: str = "true") -> str:
    """Delete one row."""
    return f"delete from {table} where {first_row(table, condition)}"


def copy_one(table: str, replaced: str, condition: str = "true") -> str:
    """Insert one row again, with other values in some columns."""
    return f"insert into {table} select * replace ({replaced}) from {table} where {first_row(table, condition)}"


def month_after(column: str) -> str:
    """The month after the one in a column."""
    return f"cast({column} + interval 1 month as date)"


OF_THE_LAST_MONTH = "month_date = (select last_month_date from intermediate.int_ledger_bounds)"
YEARLY_TOTAL = "period_type = 'year' and dimension = 'total'"
HAS_MORE_MONTHS = f"not {OF_THE_LAST_MONTH} and closing_mrr > 0"
# weekly and daily plans, which a missing branch would count as 0
ON_SHORT_INTERVALS = (
    "customer_id in (select customer_id from intermediate.int_mrr_intervals where plan_id in "
    "(select plan_id from staging.stg_billing__plans where billing_interval in ('day', 'week')))"
)
ON_YEARS = (
    "customer_id in (select customer_id from intermediate.int_mrr_intervals where plan_id in "
    "(select plan_id from staging.stg_billing__plans where billing_interval = 'year'))"
)
OPEN_ITEM = "item_type = 'subscription_item' and to_month_date is null and net_mrr >= 2"
NEVER_LEFT = "customer_id not in (select customer_id from marts.fct_mrr_movements where movement_type = 'churn')"
LEFT_IN_THE_FIRST_HALF = (
    "customer_id not in (select customer_id from marts.fct_customer_mrr_months where closing_mrr > 0 and "
    "month_date >= date '2024-07-01')"
)


MOVEMENT_CORRUPTIONS = (
    Corruption(
        "A movement is lost",
        (
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "movements_open_with_what_the_movement_before_closed_with",
            "movements_are_the_sum_of_their_products",
            "waterfall_is_the_sum_of_the_movements_of_each_type",
        ),
        (lose_one(MOVEMENTS, "movement_type = 'expansion'"),),
    ),
    Corruption(
        "A movement is written twice",
        (
            "fct_mrr_movements_have_one_row_per_customer_and_month",
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "movements_are_the_sum_of_their_products",
        ),
        (copy_one(MOVEMENTS, "customer_id as customer_id"),),
    ),
    Corruption(
        "A movement stands in a month in which nothing moved",
        ("movements_are_exactly_one_for_each_month_in_which_mrr_moved",),
        (
            "insert into marts.fct_mrr_movements select customer_id, month_date, 'expansion', opening_mrr, closing_mrr,"
            f" 0, 0, 0, 0, false, null, customer_mrr_month_key from {MONTHS} where "
            + first_row(MONTHS, "opening_mrr = closing_mrr"),
        ),
    ),
    Corruption(
        "Half of an expansion is left out of its movement",
        (
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "movements_are_the_sum_of_their_products",
        ),
        (
            change_one(
                MOVEMENTS,
                "closing_mrr = closing_mrr - mrr_change / 2, mrr_change = mrr_change / 2,"
                " above_peak_mrr = mrr_change / 2",
                "movement_type = 'expansion' and recovered_mrr = 0",
            ),
        ),
    ),
    Corruption(
        "A movement's closing MRR is 0.0001 off",
        (
            "movements_close_at_opening_plus_change",
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
        ),
        (change_one(MOVEMENTS, "closing_mrr = closing_mrr + 0.0001", "movement_type = 'contraction'"),),
    ),
    Corruption(
        "A movement's opening MRR and change are 0.0001 off",
        (
            "movements_open_with_what_the_movement_before_closed_with",
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "movements_are_the_sum_of_their_products",
        ),
        (
            change_one(
                MOVEMENTS,
                "opening_mrr = opening_mrr + 0.0001, mrr_change = mrr_change - 0.0001",
                "movement_type = 'contraction'",
            ),
        ),
    ),
    Corruption(
        "An expansion is called new",
        (
            "movements_agree_with_their_type",
            "movements_begin_with_new_and_return_only_after_churn",
            "movements_have_the_type_that_their_balances_say",
            "waterfall_is_the_sum_of_the_movements_of_each_type",
        ),
        (change_one(MOVEMENTS, "movement_type = 'new'", "movement_type = 'expansion'"),),
    ),
    Corruption(
        "A return is called expansion",
        (
            "movements_agree_with_their_type",
            "movements_begin_with_new_and_return_only_after_churn",
            "movements_have_the_type_that_their_balances_say",
        ),
        (change_one(MOVEMENTS, "movement_type = 'expansion'", "movement_type = 'reactivation'"),),
        trap="Size before zero in the CASE",
    ),
    Corruption(
        "Every loss to zero is called contraction",
        (
            "movements_agree_with_their_type",
            "movements_begin_with_new_and_return_only_after_churn",
            "movements_have_the_type_that_their_balances_say",
        ),
        (
            "update marts.fct_mrr_movements set movement_type = 'contraction', churn_reason = null"
            " where movement_type = 'churn'",
        ),
        trap="Size before zero in the CASE",
    ),
    Corruption(
        "A return is called new",
        (
            "movements_begin_with_new_and_return_only_after_churn",
            "movements_have_the_type_that_their_balances_say",
        ),
        (change_one(MOVEMENTS, "movement_type = 'new'", "movement_type = 'reactivation'"),),
    ),
    Corruption(
        "A customer's first payment is called a reactivation",
        (
            "movements_begin_with_new_and_return_only_after_churn",
            "movements_have_the_type_that_their_balances_say",
        ),
        (change_one(MOVEMENTS, "movement_type = 'reactivation'", "movement_type = 'new' and not is_acquired"),),
        trap='"Ever a customer" by start date',
    ),
    Corruption(
        "A churn comes without a payment before it",
        ("movements_begin_with_new_and_return_only_after_churn",),
        (lose_one(MOVEMENTS, f"movement_type = 'new' and not {NEVER_LEFT}"),),
    ),
    Corruption(
        "A swap of plans within one month is written as churn and new",
        (
            "fct_mrr_movements_have_one_row_per_customer_and_month",
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "movements_begin_with_new_and_return_only_after_churn",
        ),
        (
            "create temp table swapped as select * from marts.fct_customer_mrr_months where "
            + first_row(MONTHS, "opening_mrr = closing_mrr"),
            "insert into marts.fct_mrr_movements select customer_id, month_date, 'churn', opening_mrr, 0, -opening_mrr,"
            " 0, 0, 0, false, 'unknown', customer_mrr_month_key from swapped",
            "insert into marts.fct_mrr_movements select customer_id, month_date, 'new', 0, closing_mrr, closing_mrr,"
            " 0, closing_mrr, 0, false, null, customer_mrr_month_key from swapped",
        ),
        trap="Wrong grain",
    ),
    Corruption(
        "What a customer won back counts as above its peak",
        ("movements_recover_up_to_the_peak_and_no_further",),
        (change_one(MOVEMENTS, "recovered_mrr = 0, above_peak_mrr = mrr_change", "recovered_mrr > 0"),),
    ),
    Corruption(
        "0.0001 of a gain is neither recovered nor above the peak",
        (
            "movements_recovered_and_above_peak_sum_to_the_gain",
            "movements_recover_up_to_the_peak_and_no_further",
        ),
        (change_one(MOVEMENTS, "above_peak_mrr = above_peak_mrr - 0.0001", "above_peak_mrr > 0"),),
    ),
    Corruption(
        "A churn has lost its reason",
        (
            "movements_have_a_churn_reason_exactly_where_a_customer_churned",
            "waterfall_splits_churn_by_its_reason",
        ),
        (change_one(MOVEMENTS, "churn_reason = null", "movement_type = 'churn'"),),
    ),
    Corruption(
        "A contraction has a reason to churn",
        (
            "movements_have_a_churn_reason_exactly_where_a_customer_churned",
            "waterfall_splits_churn_by_its_reason",
        ),
        (change_one(MOVEMENTS, "churn_reason = 'voluntary'", "movement_type = 'contraction'"),),
    ),
    Corruption(
        "A churn has a reason that nobody knows",
        (
            "movements_have_a_churn_reason_exactly_where_a_customer_churned",
            "waterfall_splits_churn_by_its_reason",
        ),
        (change_one(MOVEMENTS, "churn_reason = 'involuntary'", "churn_reason = 'payment_failed'"),),
    ),
    Corruption(
        "An acquired customer who comes back is acquired again",
        (
            "movements_are_acquired_only_where_they_are_new",
            "waterfall_is_the_sum_of_the_movements_of_each_type",
        ),
        (change_one(MOVEMENTS, "is_acquired = true", "movement_type = 'reactivation'"),),
    ),
    Corruption(
        "An acquired customer is called won",
        ("waterfall_is_the_sum_of_the_movements_of_each_type",),
        (change_one(MOVEMENTS, "is_acquired = false", "is_acquired"),),
    ),
)

EVENT_CORRUPTIONS = (
    Corruption(
        "The change of an event is 0.0001 off",
        ("change_events_lead_from_before_to_after",),
        (change_one(EVENTS, "mrr_change = mrr_change + 0.0001"),),
    ),
    Corruption(
        "A price that stays the same is an event",
        ("change_events_lead_from_before_to_after",),
        (
            copy_one(
                EVENTS,
                "changed_at + interval 1 day as changed_at, mrr_after as mrr_before, 0 as mrr_change,"
                " customer_mrr_after as customer_mrr_before, null as movement_type",
                "mrr_after > 0",
            ),
        ),
    ),
    Corruption(
        "An event of an item is lost",
        ("change_events_of_an_item_begin_where_the_one_before_ended",),
        (lose_one(EVENTS, "mrr_before > 0 and mrr_after > 0"),),
    ),
    Corruption(
        "An item begins 0.0001 higher than it ended",
        ("change_events_of_an_item_begin_where_the_one_before_ended",),
        (change_one(EVENTS, "mrr_before = mrr_before + 0.0001, mrr_change = mrr_change - 0.0001", "mrr_before > 0"),),
    ),
    Corruption(
        "Whoever leaves at an instant has contracted",
        ("change_events_have_the_type_that_their_balances_say",),
        ("update marts.fct_mrr_change_events set movement_type = 'contraction' where movement_type = 'churn'",),
        trap="Size before zero in the CASE",
    ),
    Corruption(
        "Whoever comes back at an instant has expanded",
        ("change_events_have_the_type_that_their_balances_say",),
        ("update marts.fct_mrr_change_events set movement_type = 'expansion' where movement_type = 'reactivation'",),
        trap="Size before zero in the CASE",
    ),
    Corruption(
        "A swap of two items at one instant is churn",
        ("change_events_have_the_type_that_their_balances_say",),
        (change_one(EVENTS, "movement_type = 'churn'", "customer_mrr_before = customer_mrr_after"),),
        trap="Wrong grain",
    ),
    Corruption(
        "A customer's contracted MRR is 0.0001 off from an instant on",
        ("assert_change_events_read_the_ledger_at_every_month_end",),
        (
            "update marts.fct_mrr_change_events set customer_mrr_before = customer_mrr_before + 0.0001,"
            " customer_mrr_after = customer_mrr_after + 0.0001 where customer_id = (select min(customer_id)"
            " from marts.fct_mrr_change_events where customer_mrr_after > 0)",
        ),
        trap="Float money",
    ),
    Corruption(
        "Customers whose contracts have no end have no events",
        ("assert_change_events_read_the_ledger_at_every_month_end",),
        (f"delete from marts.fct_mrr_change_events where {NEVER_LEFT}",),
        trap="A spine that ends at the last `end_date`",
    ),
    Corruption(
        "Usage is a change of contract",
        ("assert_change_events_read_the_ledger_at_every_month_end",),
        (
            "insert into marts.fct_mrr_change_events select customer_id, item_type, item_id, from_at, 0, net_mrr,"
            f" net_mrr, 0, net_mrr, 'new', 'a key' from {INTERVALS} where item_type = 'usage_line' and net_mrr > 0"
            " and customer_id not in (select customer_id from marts.fct_mrr_change_events)",
        ),
    ),
)

CUSTOMER_MONTH_CORRUPTIONS = (
    Corruption(
        "One month of one customer opens 0.0001 too high",
        (
            "customer_months_open_with_what_the_month_before_closed_with",
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
        ),
        (change_one(MONTHS, "opening_mrr = opening_mrr + 0.0001", "opening_mrr > 0"),),
        trap="A bridge that does not chain",
    ),
    Corruption(
        "A customer's whole history is 0.0001 too high, as after sums of floats",
        ("assert_closing_mrr_is_what_staging_says", "customers_parents_subscriptions_and_items_sum_to_the_same"),
        (
            "update marts.fct_customer_mrr_months set opening_mrr = case when opening_mrr > 0 then opening_mrr + 0.0001"
            " else 0 end, closing_mrr = case when closing_mrr > 0 then closing_mrr + 0.0001 else 0 end,"
            " peak_mrr_before = case when peak_mrr_before > 0 then peak_mrr_before + 0.0001 else 0 end"
            f" where customer_id = (select min(customer_id) from {MONTHS})",
        ),
        trap="Float money",
    ),
    Corruption(
        "0.0001 is moved from one customer to another, so that the total still ties",
        ("assert_closing_mrr_is_what_staging_says", "dim_customers_current_mrr_is_the_last_closing_mrr"),
        (
            change_one(MONTHS, "closing_mrr = closing_mrr + 0.0001", OF_THE_LAST_MONTH),
            "update marts.fct_customer_mrr_months set closing_mrr = closing_mrr - 0.0001 where rowid = (select rowid"
            f" from marts.fct_customer_mrr_months where {OF_THE_LAST_MONTH} order by customer_id desc limit 1)",
        ),
        trap="Float money",
    ),
    Corruption(
        "A customer-month is lost",
        (
            "customer_months_have_no_holes_while_a_customer_pays",
            "customer_months_open_with_what_the_month_before_closed_with",
            "assert_closing_mrr_is_what_staging_says",
        ),
        (lose_one(MONTHS, f"opening_mrr = closing_mrr and {HAS_MORE_MONTHS}"),),
    ),
    Corruption(
        "A customer who never left is lost from the last month",
        (
            "customer_months_have_no_holes_while_a_customer_pays",
            "dim_customers_current_mrr_is_the_last_closing_mrr",
            "assert_closing_mrr_is_what_staging_says",
        ),
        (lose_one(MONTHS, f"{OF_THE_LAST_MONTH} and opening_mrr = closing_mrr"),),
        trap="A spine that ends at the last `end_date`",
    ),
    Corruption(
        "Customers with only open-ended subscriptions get no rows",
        ("assert_closing_mrr_is_what_staging_says", "customers_parents_subscriptions_and_items_sum_to_the_same"),
        (
            f"delete from marts.fct_customer_mrr_months where {NEVER_LEFT}",
            f"delete from marts.fct_mrr_movements where {NEVER_LEFT}",
            f"delete from marts.fct_cohort_snapshots where {NEVER_LEFT}",
        ),
        trap="A spine that ends at the last `end_date`",
    ),
    Corruption(
        "Customers who left before the spine begins vanish without a word",
        ("assert_closing_mrr_is_what_staging_says", "customers_parents_subscriptions_and_items_sum_to_the_same"),
        (
            f"delete from marts.fct_mrr_movements where {LEFT_IN_THE_FIRST_HALF}",
            f"delete from marts.fct_cohort_snapshots where {LEFT_IN_THE_FIRST_HALF}",
            f"delete from marts.fct_customer_mrr_months where {LEFT_IN_THE_FIRST_HALF}",
        ),
        trap="A spine with a hard-coded start",
    ),
    Corruption(
        "Customers on weekly and daily plans count 0",
        ("assert_closing_mrr_is_what_staging_says",),
        (
            f"delete from marts.fct_mrr_movements where {ON_SHORT_INTERVALS}",
            f"delete from marts.fct_cohort_snapshots where {ON_SHORT_INTERVALS}",
            f"delete from marts.fct_customer_mrr_months where {ON_SHORT_INTERVALS}",
        ),
        trap="Intervals mapped to zero",
    ),
    Corruption(
        "What is paid for a year counts in the month in which it is paid",
        ("assert_closing_mrr_is_what_staging_says",),
        (
            f"update marts.fct_customer_mrr_months set closing_mrr = closing_mrr * 12 where is_first_paid_month and"
            f" {ON_YEARS}",
            f"update marts.fct_customer_mrr_months set closing_mrr = 0 where not is_first_paid_month and {ON_YEARS}",
        ),
        trap="Amortising by payment",
    ),
    Corruption(
        "Of several coupons only the largest counts",
        ("assert_closing_mrr_is_what_staging_says",),
        (
            "update marts.fct_customer_mrr_months set closing_mrr = closing_mrr / (1 - coupons.smallest / 100) from"
            " (select customer_id, min(percent_off) as smallest, max(starts_at) as starts_at"
            " from staging.stg_billing__discounts inner join staging.stg_billing__subscriptions using (subscription_id)"
            " where percent_off is not null group by customer_id having count(*) > 1) as coupons"
            " where coupons.customer_id = fct_customer_mrr_months.customer_id and month_date > coupons.starts_at",
        ),
        trap="Only the largest coupon",
    ),
    Corruption(
        "Who has paused pays on",
        ("assert_closing_mrr_is_what_staging_says",),
        (
            "update marts.fct_customer_mrr_months set closing_mrr = opening_mrr where closing_mrr = 0 and customer_id"
            " in (select customer_id from staging.stg_billing__subscription_pauses"
            " inner join staging.stg_billing__subscriptions using (subscription_id))",
        ),
        trap="Status carried, never used",
    ),
    Corruption(
        "Today's MRR is written into every month of the past",
        ("assert_closing_mrr_is_what_staging_says", "customers_parents_subscriptions_and_items_sum_to_the_same"),
        (
            "update marts.fct_customer_mrr_months set"
            " opening_mrr = case when opening_mrr > 0 then dim_customers.current_mrr else 0 end,"
            " closing_mrr = dim_customers.current_mrr from marts.dim_customers"
            " where dim_customers.customer_id = fct_customer_mrr_months.customer_id and dim_customers.is_active",
        ),
        trap="Back-projecting the present",
    ),
    Corruption(
        "A month without MRR has a row",
        ("customer_months_hold_only_months_with_mrr",),
        (
            copy_one(
                MONTHS,
                f"{month_after('month_date')} as month_date, 0 as opening_mrr",
                f"closing_mrr = 0 and not {OF_THE_LAST_MONTH}",
            ),
        ),
    ),
    Corruption(
        "A customer's MRR is negative",
        ("customer_months_mrr_is_never_negative",),
        (change_one(MONTHS, "closing_mrr = -0.0001", "closing_mrr = 0"),),
    ),
    Corruption(
        "A customer pays for the first time twice",
        (
            "customer_months_first_paid_month_opens_at_zero",
            "customer_months_first_paid_month_is_the_one_without_a_past",
        ),
        (change_one(MONTHS, "is_first_paid_month = true", "not is_first_paid_month"),),
    ),
    Corruption(
        "A first paid month is not flagged",
        ("customer_months_first_paid_month_is_the_one_without_a_past",),
        (change_one(MONTHS, "is_first_paid_month = false", "is_first_paid_month"),),
    ),
    Corruption(
        "The peak forgets a month",
        ("customer_months_peak_is_the_highest_closing_mrr_before",),
        (change_one(MONTHS, "peak_mrr_before = opening_mrr", "peak_mrr_before > opening_mrr"),),
    ),
    Corruption(
        "0.0001 of an expansion is called the exchange rate",
        (
            "movements_are_exactly_one_for_each_month_in_which_mrr_moved",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
        ),
        (change_one(MONTHS, "fx_mrr = 0.0001", "opening_mrr > 0 and closing_mrr > opening_mrr"),),
    ),
)

WATERFALL_CORRUPTIONS = (
    Corruption(
        "The waterfall opens 0.0001 higher than the month before closed",
        (
            "waterfall_ties",
            "waterfall_opens_with_what_the_month_before_closed_with",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
        ),
        (change_one(WATERFALL, "opening_mrr = opening_mrr + 0.0001", "opening_mrr > 0"),),
    ),
    Corruption(
        "Every month opens at its first day and not where the month before closed",
        ("waterfall_opens_with_what_the_month_before_closed_with",),
        (
            "update marts.mrr_waterfall set opening_mrr = opening_mrr + new_mrr, new_mrr = 0",
            "update marts.mrr_waterfall set opening_customers = opening_customers + new_customers, new_customers = 0",
        ),
        trap="A bridge that does not chain",
    ),
    Corruption(
        "0.0001 of a month's new MRR is called expansion",
        (
            "waterfall_is_the_sum_of_the_movements_of_each_type",
            "monthly_retention_ties_to_the_bridge_without_new_customers",
        ),
        (
            change_one(
                WATERFALL,
                "new_mrr = new_mrr - 0.0001, expansion_mrr = expansion_mrr + 0.0001",
                "new_mrr > 0 and opening_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "The whole bridge is 0.0001 too high, and still ties and chains",
        ("waterfall_opens_and_closes_with_the_sum_of_its_customers",),
        (
            "update marts.mrr_waterfall set closing_mrr = closing_mrr + 0.0001, closing_arr = closing_arr + 0.0012,"
            " opening_mrr = case when opening_mrr > 0 then opening_mrr + 0.0001 else 0 end",
            change_one(WATERFALL, "new_mrr = new_mrr + 0.0001", "opening_mrr = 0"),
        ),
    ),
    Corruption(
        "A month is missing from the waterfall",
        (
            "waterfall_has_every_month_to_the_end_of_the_ledger",
            "waterfall_is_the_sum_of_the_movements_of_each_type",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
            "waterfall_opens_with_what_the_month_before_closed_with",
            "waterfall_opens_with_the_customers_that_the_month_before_closed_with",
            "monthly_retention_ties_to_the_bridge_without_new_customers",
            "customer_months_are_of_a_month_of_the_bridge",
            "movements_are_of_a_month_of_the_bridge",
            "movement_drivers_are_of_a_month_of_the_bridge",
            "acquisition_cohorts_begin_in_a_month_of_the_bridge",
            "expansion_durability_is_of_a_month_of_the_bridge",
            "expansion_concentration_is_of_a_month_of_the_bridge",
            "scorecards_are_of_a_month_of_the_bridge",
        ),
        (lose_one(WATERFALL, "opening_mrr > 0 and new_mrr > 0 and expansion_mrr > 0"),),
    ),
    Corruption(
        "An incomplete month follows the last one",
        ("waterfall_has_every_month_to_the_end_of_the_ledger",),
        (
            "insert into marts.mrr_waterfall select * replace ("
            + month_after("month_date")
            + " as month_date, closing_mrr as opening_mrr, 0 as new_mrr, 0 as acquired_mrr, 0 as reactivation_mrr,"
            " 0 as expansion_mrr, 0 as contraction_mrr, 0 as churn_mrr, 0 as voluntary_churn_mrr,"
            " 0 as payment_failed_churn_mrr, 0 as other_churn_mrr, 0 as adjustment_mrr,"
            " closing_customers as opening_customers, 0 as new_customers, 0 as acquired_customers,"
            " 0 as reactivation_customers, 0 as expansion_customers, 0 as contraction_customers, 0 as churn_customers,"
            " 0 as voluntary_churn_customers, 0 as payment_failed_churn_customers, 0 as other_churn_customers,"
            " null as quick_ratio, null as expansion_share_of_growth, false as is_net_negative_churn)"
            f" from marts.mrr_waterfall where {OF_THE_LAST_MONTH}",
        ),
        trap="`current_date` in models",
    ),
    Corruption(
        "One customer too many closes a month",
        (
            "waterfall_customers_tie",
            "waterfall_opens_with_the_customers_that_the_month_before_closed_with",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
        ),
        (change_one(WATERFALL, "closing_customers = closing_customers + 1", "opening_mrr > 0"),),
    ),
    Corruption(
        "A loss has the sign of a gain",
        ("waterfall_gains_and_losses_have_their_sign", "waterfall_ties"),
        (change_one(WATERFALL, "churn_mrr = -churn_mrr", "churn_mrr < 0"),),
    ),
    Corruption(
        "A quick ratio is one millionth off",
        ("waterfall_ratios_are_exact",),
        (change_one(WATERFALL, "quick_ratio = quick_ratio + 0.000001", "quick_ratio > 0"),),
    ),
    Corruption(
        "A month without losses has a quick ratio",
        ("waterfall_ratios_are_exact",),
        (change_one(WATERFALL, "quick_ratio = 0", "quick_ratio is null"),),
    ),
    Corruption(
        "ARR is not twelve times MRR",
        ("waterfall_annualizes_and_flags_its_own_month",),
        (change_one(WATERFALL, "closing_arr = closing_arr + 0.0001"),),
    ),
    Corruption(
        "A month that lost more than it expanded is flagged as net negative churn",
        ("waterfall_annualizes_and_flags_its_own_month",),
        (change_one(WATERFALL, "is_net_negative_churn = true", "not is_net_negative_churn"),),
    ),
    Corruption(
        "0.0001 of a month's expansion is called the exchange rate",
        (
            "waterfall_annualizes_and_flags_its_own_month",
            "waterfall_is_the_sum_of_the_movements_of_each_type",
            "waterfall_opens_and_closes_with_the_sum_of_its_customers",
        ),
        (change_one(WATERFALL, "fx_mrr = 0.0001, expansion_mrr = expansion_mrr - 0.0001", "expansion_mrr > 0"),),
    ),
    Corruption(
        "Bought customers are won",
        ("waterfall_is_the_sum_of_the_movements_of_each_type", "waterfall_ratios_are_exact"),
        (
            change_one(
                WATERFALL,
                "new_mrr = new_mrr + acquired_mrr, acquired_mrr = 0,"
                " new_customers = new_customers + acquired_customers, acquired_customers = 0",
                "acquired_mrr > 0 and quick_ratio is not null",
            ),
        ),
    ),
    Corruption(
        "0.0001 of a failed payment is a choice",
        ("waterfall_splits_churn_by_its_reason",),
        (
            change_one(
                WATERFALL,
                "payment_failed_churn_mrr = payment_failed_churn_mrr + 0.0001, voluntary_churn_mrr ="
                " voluntary_churn_mrr - 0.0001",
                "payment_failed_churn_mrr < 0",
            ),
        ),
    ),
    Corruption(
        "A customer who left for no known reason is in none",
        ("waterfall_reasons_sum_to_churn", "waterfall_splits_churn_by_its_reason"),
        (
            change_one(
                WATERFALL,
                "other_churn_mrr = 0, other_churn_customers = 0",
                "other_churn_customers > 0",
            ),
        ),
    ),
    Corruption(
        "What adjustments change in a month is 0.0001 off",
        ("assert_adjustments_are_what_the_pools_do_not_explain",),
        (change_one(WATERFALL, "adjustment_mrr = adjustment_mrr + 0.0001"),),
    ),
    Corruption(
        "Adjustments are not told apart",
        ("assert_adjustments_are_what_the_pools_do_not_explain",),
        ("update marts.mrr_waterfall set adjustment_mrr = 0",),
    ),
)

COHORT_CORRUPTIONS = (
    Corruption(
        "A customer who came later is slipped into a cohort",
        ("cohorts_hold_exactly_the_customers_who_open_the_period", "retention_rates_are_those_of_their_cohorts"),
        (
            copy_one(
                COHORTS,
                "(select min(customer_id) from marts.dim_customers where first_paid_month_date > date '2024-03-01')"
                " as customer_id",
                "period_type = 'year'",
            ),
        ),
    ),
    Corruption(
        "A customer who churned is removed from its cohort",
        ("cohorts_hold_exactly_the_customers_who_open_the_period", "retention_rates_are_those_of_their_cohorts"),
        (lose_one(COHORTS, "closing_mrr = 0"),),
    ),
    Corruption(
        "Cohorts and rates hold survivors only",
        (
            "cohorts_hold_exactly_the_customers_who_open_the_period",
            "monthly_retention_ties_to_the_bridge_without_new_customers",
        ),
        (
            "delete from marts.fct_cohort_snapshots where closing_mrr = 0",
            "update marts.retention_rates set cohort_customers = cast(cohort_customers * logo_retention as bigint),"
            " opening_mrr = opening_mrr - churned_mrr, churned_mrr = 0, logo_retention = 1,"
            " nrr = cast(closing_mrr / nullif(opening_mrr - churned_mrr, 0) as decimal(18, 6)),"
            " grr = cast(retained_mrr / nullif(opening_mrr - churned_mrr, 0) as decimal(18, 6))",
        ),
        trap="Survivors only",
    ),
    Corruption(
        "A customer who opened at 0 stands in a cohort",
        (
            "cohorts_hold_only_customers_who_pay_at_the_start",
            "cohorts_hold_exactly_the_customers_who_open_the_period",
        ),
        (
            copy_one(
                COHORTS,
                "(select min(customer_id) from marts.dim_customers where first_paid_month_date > date '2024-03-01')"
                " as customer_id, 0 as opening_mrr, 0 as retained_mrr, closing_mrr as expansion_mrr,"
                " 0 as contraction_mrr, 0 as churned_mrr",
                "period_type = 'year' and closing_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "A cohort reads a customer's MRR one month too early",
        ("cohorts_hold_exactly_the_customers_who_open_the_period",),
        (
            change_one(
                COHORTS,
                "closing_mrr = opening_mrr, retained_mrr = opening_mrr, expansion_mrr = 0, contraction_mrr = 0,"
                " churned_mrr = 0",
                "closing_mrr = 0",
            ),
        ),
    ),
    Corruption(
        "An incomplete period has a cohort",
        ("cohorts_hold_exactly_the_customers_who_open_the_period",),
        (
            f"insert into {COHORTS} select * replace ({month_after('period_start_date')} as period_start_date,"
            f" {month_after('period_end_date')} as period_end_date) from {COHORTS} where period_type = 'month' and"
            f" period_start_date = (select last_month_date from intermediate.int_ledger_bounds)",
        ),
    ),
    Corruption(
        "A whole period type is missing",
        ("cohorts_hold_exactly_the_customers_who_open_the_period",),
        ("delete from marts.fct_cohort_snapshots where period_type = 'trailing_12_months'",),
    ),
    Corruption(
        "A period ends a day late",
        ("cohorts_hold_exactly_the_customers_who_open_the_period", "retention_rates_are_those_of_their_cohorts"),
        (change_one(COHORTS, "period_end_date = cast(period_end_date + interval 1 day as date)"),),
    ),
    Corruption(
        "0.0001 of a cohort's opening is in none of its parts",
        ("cohort_parts_sum_to_their_balances",),
        (change_one(COHORTS, "churned_mrr = churned_mrr - 0.0001", "churned_mrr > 0"),),
    ),
    Corruption(
        "A part of a cohort is negative, and the parts still sum",
        ("cohort_parts_are_never_negative", "cohort_retains_the_smaller_of_opening_and_closing"),
        (
            change_one(
                COHORTS,
                "retained_mrr = closing_mrr, expansion_mrr = 0, contraction_mrr = opening_mrr - closing_mrr",
                "expansion_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "What a customer kept is churned and expanded, and the parts still sum",
        ("cohort_retains_the_smaller_of_opening_and_closing",),
        (
            change_one(
                COHORTS,
                "retained_mrr = 0, churned_mrr = opening_mrr, contraction_mrr = 0, expansion_mrr = closing_mrr",
                "closing_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "Today's segment stands on yesterday's cohort",
        ("cohorts_are_cut_by_the_attributes_at_the_start", "retention_rates_are_those_of_their_cohorts"),
        (
            "update marts.fct_cohort_snapshots set segment = dim_customers.segment from marts.dim_customers"
            " where dim_customers.customer_id = fct_cohort_snapshots.customer_id and dim_customers.segment is not null",
        ),
        trap="Today's segment on yesterday's cohort",
    ),
    Corruption(
        "One customer's owner is the one of the period's end",
        ("cohorts_are_cut_by_the_attributes_at_the_start",),
        (change_one(COHORTS, "csm_owner = csm_owner || ' (next)'", "closing_mrr > 0"),),
    ),
    Corruption(
        "A cohort is cut by the plan of another customer",
        ("assert_cohorts_are_cut_by_what_the_ledger_held_at_the_start",),
        (
            change_one(
                COHORTS,
                f"plan = (select max(plan) from {COHORTS}), billing_interval = '2 year'",
                f"plan != (select max(plan) from {COHORTS})",
            ),
        ),
    ),
    Corruption(
        "A cohort is cut by the MRR at its end",
        ("assert_cohorts_are_cut_by_what_the_ledger_held_at_the_start",),
        ("update marts.fct_cohort_snapshots set mrr_band = '1000+' where opening_mrr < 1000 and closing_mrr >= 1000",),
        trap="Today's segment on yesterday's cohort",
    ),
    Corruption(
        "A returning customer belongs to the year of its return",
        ("assert_cohorts_are_cut_by_what_the_ledger_held_at_the_start",),
        (change_one(COHORTS, "acquisition_year = acquisition_year + 1"),),
    ),
    Corruption(
        "Who left a cohort has no reason",
        (
            "cohorts_have_a_churn_reason_exactly_where_a_customer_left",
            "retention_rates_are_those_of_their_cohorts",
        ),
        (change_one(COHORTS, "churn_reason = null", "churned_mrr > 0"),),
    ),
    Corruption(
        "Who left and came back within a period has a reason",
        ("cohorts_have_a_churn_reason_exactly_where_a_customer_left",),
        (change_one(COHORTS, "churn_reason = 'unknown'", "closing_mrr > 0"),),
    ),
)

RATE_CORRUPTIONS = (
    Corruption(
        "One row of one dimension is doubled",
        (
            "retention_rates_have_one_row_per_period_and_dimension_value",
            "retention_rates_of_every_dimension_sum_to_the_total",
        ),
        (copy_one(RATES, "dimension as dimension", "dimension = 'segment'"),),
        trap="Fan-out",
    ),
    Corruption(
        "One value of one dimension is lost",
        ("retention_rates_of_every_dimension_sum_to_the_total", "retention_rates_are_those_of_their_cohorts"),
        (lose_one(RATES, "dimension = 'country'"),),
    ),
    Corruption(
        "A dimension is missing from one period",
        ("retention_rates_of_every_dimension_sum_to_the_total", "retention_rates_are_those_of_their_cohorts"),
        ("delete from marts.retention_rates where dimension = 'plan' and period_type = 'year'",),
    ),
    Corruption(
        "A period has parts and no total",
        (
            "retention_rates_of_every_dimension_sum_to_the_total",
            "monthly_retention_ties_to_the_bridge_without_new_customers",
        ),
        (lose_one(RATES, "dimension = 'total' and period_type = 'month'"),),
    ),
    Corruption(
        "GRR is above 1",
        ("retention_rates_are_within_their_bounds",),
        (change_one(RATES, "grr = 1.000001, nrr = 1.2"),),
    ),
    Corruption(
        "GRR is above NRR",
        ("retention_rates_are_within_their_bounds",),
        (change_one(RATES, "nrr = grr - 0.000001", "nrr = grr and nrr > 0 and period_type = 'month'"),),
    ),
    Corruption(
        "Logo retention is above 1",
        ("retention_rates_are_within_their_bounds",),
        (change_one(RATES, "logo_retention = 1.000001"),),
    ),
    Corruption(
        "A rate is null where its cohort pays",
        ("retention_rates_are_within_their_bounds", "retention_rates_are_exact"),
        (change_one(RATES, "nrr = null, grr = null"),),
    ),
    Corruption(
        "Expansion is 0.0001 more than closing less retained",
        (
            "retention_rates_expansion_is_the_gap_between_closing_and_retained",
            "retention_rates_are_those_of_their_cohorts",
        ),
        (change_one(RATES, "expansion_mrr = expansion_mrr + 0.0001"),),
    ),
    Corruption(
        "A month is held against an annual benchmark",
        ("benchmark_bands_are_set_on_annual_periods_only",),
        (change_one(RATES, "benchmark_band = '100_110', is_fragile = false", "period_type = 'month' and nrr = 1"),),
    ),
    Corruption(
        "A year has no benchmark",
        ("benchmark_bands_are_set_on_annual_periods_only",),
        (change_one(RATES, "benchmark_band = null", "period_type = 'year'"),),
    ),
    Corruption(
        "The lower bound of a band belongs to the band below it",
        ("benchmark_bands_hold_the_nrr_and_fragile_means_a_low_grr",),
        (change_one(RATES, "benchmark_band = '100_110'", "benchmark_band = '110_120' and nrr = 1.1"),),
    ),
    Corruption(
        "A growing cohort that leaks is not called fragile",
        ("benchmark_bands_hold_the_nrr_and_fragile_means_a_low_grr",),
        (change_one(RATES, "is_fragile = false", "is_fragile"),),
    ),
    Corruption(
        "NRR is one millionth off",
        ("retention_rates_are_exact", "retention_rates_are_those_of_their_cohorts"),
        (change_one(RATES, "nrr = nrr + 0.000001", "period_type = 'quarter'"),),
    ),
    Corruption(
        "Logo retention counts the wrong customers",
        ("retention_rates_are_those_of_their_cohorts",),
        (change_one(RATES, "logo_retention = logo_retention - 0.000001", "logo_retention > 0"),),
    ),
    Corruption(
        "NRR is read off the company-wide bridge, new customers and all",
        (
            "monthly_retention_ties_to_the_bridge_without_new_customers",
            "retention_rates_are_those_of_their_cohorts",
        ),
        (
            "update marts.retention_rates set closing_mrr = mrr_waterfall.closing_mrr,"
            " expansion_mrr = mrr_waterfall.closing_mrr - retained_mrr,"
            " nrr = cast(mrr_waterfall.closing_mrr / mrr_waterfall.opening_mrr as decimal(18, 6)),"
            " expansion_rate = cast((mrr_waterfall.closing_mrr - retained_mrr) / mrr_waterfall.opening_mrr"
            " as decimal(18, 6)) from marts.mrr_waterfall where period_type = 'month' and dimension = 'total'"
            " and month_date = period_start_date and mrr_waterfall.opening_mrr > 0",
        ),
        trap="Lazy NRR",
    ),
    Corruption(
        "The denominator of a year's NRR leaves out those who churned",
        ("retention_rates_are_those_of_their_cohorts", "retention_rates_of_every_dimension_sum_to_the_total"),
        (
            change_one(
                RATES,
                "opening_mrr = opening_mrr - churned_mrr, churned_mrr = 0,"
                " nrr = cast(closing_mrr / (opening_mrr - churned_mrr) as decimal(18, 6)),"
                " grr = cast(retained_mrr / (opening_mrr - churned_mrr) as decimal(18, 6))",
                YEARLY_TOTAL,
            ),
        ),
        trap="Survivors only",
    ),
    Corruption(
        "0.0001 of a cohort's churn has no reason",
        (
            "retention_rates_split_churn_without_a_rest",
            "retention_rates_are_those_of_their_cohorts",
            "retention_rates_of_every_dimension_sum_to_the_total",
        ),
        (change_one(RATES, "other_churned_mrr = other_churned_mrr - 0.0001", "other_churned_mrr > 0"),),
    ),
    Corruption(
        "In a cohort, failed payments are choices",
        ("retention_rates_are_those_of_their_cohorts", "retention_rates_of_every_dimension_sum_to_the_total"),
        (
            change_one(
                RATES,
                "voluntary_churned_mrr = voluntary_churned_mrr + payment_failed_churned_mrr,"
                " payment_failed_churned_mrr = 0, voluntary_churn_rate = voluntary_churn_rate +"
                " payment_failed_churn_rate, payment_failed_churn_rate = 0",
                "payment_failed_churned_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "A rate of voluntary churn is one millionth off",
        ("retention_rates_are_exact", "retention_rates_are_those_of_their_cohorts"),
        (change_one(RATES, "voluntary_churn_rate = voluntary_churn_rate + 0.000001", "voluntary_churn_rate > 0"),),
    ),
)

ACQUISITION_CORRUPTIONS = (
    Corruption(
        "A month of an acquisition cohort in which nothing is paid is left out",
        ("acquisition_cohorts_follow_exactly_the_customers_won",),
        (lose_one(ACQUISITIONS, "months_since > 0"),),
    ),
    Corruption(
        "Who churned still counts as active",
        ("acquisition_cohorts_follow_exactly_the_customers_won",),
        (
            change_one(
                ACQUISITIONS,
                "active_customers = cohort_customers, logo_retention = 1",
                "active_customers < cohort_customers",
            ),
        ),
    ),
    Corruption(
        "GRR of an acquisition cohort lets one customer's growth pay for another's loss",
        ("acquisition_cohorts_follow_exactly_the_customers_won",),
        (change_one(ACQUISITIONS, "grr = least(nrr, 1)", "grr < nrr and grr < 1"),),
    ),
    Corruption(
        "An acquisition cohort has lost something in its first month",
        ("acquisition_cohorts_start_whole",),
        (change_one(ACQUISITIONS, "grr = 0.999999", "months_since = 0"),),
    ),
    Corruption(
        "GRR of an acquisition cohort is above NRR",
        ("acquisition_cohort_rates_are_within_their_bounds",),
        (change_one(ACQUISITIONS, "grr = nrr + 0.000001", "nrr < 1"),),
    ),
    Corruption(
        "NRR of an acquisition cohort is one millionth off",
        ("acquisition_cohort_rates_are_exact", "acquisition_cohorts_follow_exactly_the_customers_won"),
        (change_one(ACQUISITIONS, "nrr = nrr + 0.000001", "months_since > 0"),),
    ),
)

DIMENSION_CORRUPTIONS = (
    Corruption(
        "A customer's MRR of today is 0.0001 off",
        ("dim_customers_current_mrr_is_the_last_closing_mrr",),
        (change_one(CUSTOMERS, "current_mrr = current_mrr + 0.0001", "is_active"),),
    ),
    Corruption(
        "A customer's first paid month is the month in which it signed up",
        ("dim_customers_current_mrr_is_the_last_closing_mrr",),
        (
            change_one(
                CUSTOMERS,
                "first_paid_month_date = cast(first_paid_month_date - interval 1 month as date)",
                "first_paid_month_date is not null",
            ),
        ),
    ),
    Corruption(
        "A customer of the ledger is missing from the dimension",
        (
            "dim_customers_current_mrr_is_the_last_closing_mrr",
            "customer_months_belong_to_a_customer",
            "movements_belong_to_a_customer",
            "movement_drivers_belong_to_a_customer",
            "change_events_belong_to_a_customer",
            "cohort_snapshots_belong_to_a_customer",
        ),
        (lose_one(CUSTOMERS, f"customer_id in (select customer_id from {DRIVERS} where driver = 'seat')"),),
    ),
    Corruption(
        "A product earns 0.0001 more than its customers pay",
        ("assert_products_earn_what_their_customers_pay",),
        (change_one(PRODUCTS, "current_mrr = current_mrr + 0.0001"),),
    ),
    Corruption(
        "A product counts a customer twice who has two of its plans",
        ("assert_products_earn_what_their_customers_pay",),
        (change_one(PRODUCTS, "active_customers = active_customers + 1"),),
    ),
    Corruption(
        "A product of the ledger is missing from the dimension",
        ("movement_drivers_belong_to_a_product", "product_retention_rates_belong_to_a_product"),
        (lose_one(PRODUCTS, f"product_id in (select product_id from {DRIVERS})"),),
    ),
)

INTERMEDIATE_CORRUPTIONS = (
    Corruption(
        "An item is counted twice, as after a join to the attempts of a retried card",
        (
            "customers_parents_subscriptions_and_items_sum_to_the_same",
            "plan_balances_are_the_sum_of_the_items_in_force",
            "pool_balances_less_their_shortfall_are_the_sum_of_the_items_in_force",
            "assert_products_earn_what_their_customers_pay",
            "mrr_intervals_has_one_row_per_key",
            "mrr_valuations_has_one_row_per_key",
        ),
        (copy_one(INTERVALS, "item_id as item_id", OPEN_ITEM),),
        trap="Fan-out",
    ),
    Corruption(
        "An item is split in two halves that sum to it",
        ("customers_parents_subscriptions_and_items_sum_to_the_same",),
        (
            change_one(INTERVALS, "net_mrr = net_mrr / 2", OPEN_ITEM),
            copy_one(INTERVALS, "item_id as item_id", OPEN_ITEM),
        ),
        trap="Fan-out",
    ),
    Corruption(
        "An interval ends before it begins",
        ("mrr_intervals_do_not_end_before_they_begin",),
        (change_one(INTERVALS, "to_at = from_at - interval 1 second"),),
    ),
    Corruption(
        "Intervals that cover no month end are valued",
        ("mrr_valuations_are_not_empty",),
        (
            "create or replace view intermediate.int_mrr_valuations as select 'closing' as fx_basis, * exclude"
            f" (tier_rank, currency, from_at, to_at) from {INTERVALS}",
        ),
    ),
    Corruption(
        "An item is paid for twice",
        (
            "subscription_items_paying_has_one_row_per_key",
            "subscription_price_intervals_has_one_row_per_key",
            "item_price_intervals_has_one_row_per_key",
        ),
        (copy_one(PAYING_ITEMS, "plan_id as plan_id"),),
        trap="Fan-out",
    ),
    Corruption(
        "An invoice line is counted twice",
        (
            "invoice_lines_counted_has_one_row_per_key",
            "invoice_line_price_intervals_has_one_row_per_key",
            "item_price_intervals_has_one_row_per_key",
        ),
        (copy_one(VALUED_LINES, "plan_id as plan_id"),),
        trap="Fan-out",
    ),
    Corruption(
        "A credit reverses two charges",
        ("credit_reversals_has_one_row_per_key",),
        ("insert into intermediate.int_credit_reversals (credit_line_item_id) select 'a credit' from range(2)",),
        trap="Fan-out",
    ),
    Corruption(
        "What is left of a charge is there twice",
        ("credited_charge_spans_has_one_row_per_key",),
        (
            "insert into intermediate.int_credited_charge_spans (charge_line_item_id, from_date)"
            " select 'a charge', date '2024-03-01' from range(2)",
        ),
        trap="Fan-out",
    ),
    Corruption(
        "A charge continues a credit twice",
        ("swapped_charges_has_one_row_per_key",),
        ("insert into intermediate.int_swapped_charges (invoice_line_item_id) select 'a charge' from range(2)",),
        trap="Fan-out",
    ),
    Corruption(
        "A gap is closed by two renewals",
        ("late_renewals_has_one_row_per_key",),
        (
            "insert into intermediate.int_late_renewals select 'a customer', 'a product', timestamp '2024-03-01',"
            " timestamp '2024-03-05' from range(2)",
        ),
        trap="Fan-out",
    ),
    Corruption(
        "An invoice stops its subscription once for each attempt to pay it",
        ("subscription_delinquencies_has_one_row_per_key",),
        (
            "insert into intermediate.int_subscription_delinquencies select 'an invoice', 'a subscription',"
            " timestamp '2024-03-01', null from range(2)",
        ),
        trap="Fan-out",
    ),
    Corruption(
        "A period reads its changes twice",
        ("period_changes_has_one_row_per_key",),
        (
            "create or replace view intermediate.int_period_changes as select period_type, customer_id, month_date as"
            f" period_start_date from {CUSTOMER_BALANCES} cross join intermediate.int_period_types, range(2)",
        ),
        trap="Fan-out",
    ),
    Corruption(
        "An item belongs to a pool that nobody knows",
        ("mrr_intervals_pool_is_known",),
        (change_one(INTERVALS, "pool = 'tiered'"),),
    ),
    Corruption(
        "A plan's balance is 0.0001 off",
        ("plan_balances_are_the_sum_of_the_items_in_force",),
        (change_one(PLAN_BALANCES, "closing_mrr = closing_mrr + 0.0001"),),
    ),
    Corruption(
        "A plan's balance ends too late",
        ("plan_balances_are_the_sum_of_the_items_in_force",),
        (
            change_one(
                PLAN_BALANCES,
                f"next_month_date = {month_after('next_month_date')}",
                "closing_mrr > 0 and next_month_date < date '2025-01-01'",
            ),
        ),
    ),
    Corruption(
        "What credits took below 0 is lost",
        (
            "pool_balances_less_their_shortfall_are_the_sum_of_the_items_in_force",
            "customers_parents_subscriptions_and_items_sum_to_the_same",
        ),
        (change_one(POOL_BALANCES, "shortfall_mrr = 0", "shortfall_mrr > 0"),),
    ),
    Corruption(
        "A pool's balance is negative",
        ("pool_balances_are_never_negative",),
        (change_one(POOL_BALANCES, "closing_mrr = -shortfall_mrr, shortfall_mrr = 0", "shortfall_mrr > 0"),),
    ),
    Corruption(
        "A pool's change is 0.0001 off",
        (
            "product_balances_know_what_changed_without_the_adjustments",
            "assert_change_events_read_the_ledger_at_every_month_end",
        ),
        (change_one(POOL_BALANCES, "mrr_change = mrr_change + 0.0001", "pool = 'flat'"),),
    ),
    Corruption(
        "What adjustments took below 0 is lost",
        (
            "product_balances_less_their_shortfall_are_the_sum_of_their_pools",
            "customers_parents_subscriptions_and_items_sum_to_the_same",
        ),
        (change_one(PRODUCT_BALANCES, "shortfall_mrr = 0", "shortfall_mrr > 0"),),
    ),
    Corruption(
        "A product's balance is negative",
        ("product_balances_are_never_negative",),
        (change_one(PRODUCT_BALANCES, "closing_mrr = -shortfall_mrr, shortfall_mrr = 0", "shortfall_mrr > 0"),),
    ),
    Corruption(
        "A product's balance is 0.0001 off",
        (
            "product_balances_less_their_shortfall_are_the_sum_of_their_pools",
            "customer_balances_are_the_sum_of_their_products",
        ),
        (change_one(PRODUCT_BALANCES, "closing_mrr = closing_mrr + 0.0001", "closing_mrr > 0"),),
    ),
    Corruption(
        "A product's change is 0.0001 off",
        ("movements_are_the_sum_of_their_products",),
        (change_one(PRODUCT_BALANCES, "mrr_change = mrr_change + 0.0001"),),
    ),
    Corruption(
        "A change of an adjustment is among what is billed",
        ("product_balances_know_what_changed_without_the_adjustments",),
        (change_one(PRODUCT_BALANCES, "unadjusted_change = mrr_change", "unadjusted_change != mrr_change"),),
    ),
    Corruption(
        "An instant of a customer opens 0.0001 higher than the one before left it",
        ("contracted_balances_open_with_what_the_change_before_left",),
        (change_one(CONTRACTED_BALANCES, "mrr_before = mrr_before + 0.0001", "mrr_before > 0"),),
    ),
    Corruption(
        "An instant of a customer is lost",
        ("contracted_balances_open_with_what_the_change_before_left",),
        (lose_one(CONTRACTED_BALANCES, "mrr_before > 0 and mrr_after > mrr_before"),),
    ),
    Corruption(
        "A customer's balance opens 0.0001 higher than it closed",
        (
            "customer_balances_open_with_what_the_change_before_closed_with",
            "customer_balances_close_at_opening_plus_change",
        ),
        (change_one(CUSTOMER_BALANCES, "opening_mrr = opening_mrr + 0.0001", "opening_mrr > 0"),),
    ),
    Corruption(
        "A customer's change is not the one between its balances",
        ("customer_balances_close_at_opening_plus_change",),
        (change_one(CUSTOMER_BALANCES, "mrr_change = mrr_change + 0.0001"),),
    ),
    Corruption(
        "0.0001 of a customer's balance is in none of its products",
        ("customer_balances_are_the_sum_of_their_products",),
        (
            change_one(
                CUSTOMER_BALANCES,
                "closing_mrr = closing_mrr + 0.0001, mrr_change = mrr_change + 0.0001",
                "closing_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "A customer's peak forgets a change",
        ("customer_balances_peak_is_the_highest_closing_mrr_before",),
        (change_one(CUSTOMER_BALANCES, "peak_mrr_before = opening_mrr", "peak_mrr_before > opening_mrr"),),
    ),
    Corruption(
        "Changes before a truncated window are forgotten",
        ("customer_balances_open_with_what_the_change_before_closed_with",),
        ("delete from intermediate.int_customer_balances where month_date < date '2024-07-01'",),
        trap="A truncated window in an incremental run",
    ),
    Corruption(
        "A run of periods opens at 0",
        ("period_runs_open_above_zero_and_end_after_they_begin",),
        (change_one(PERIOD_RUNS, "opening_mrr = 0"),),
    ),
    Corruption(
        "A run of periods ends before it begins",
        ("period_runs_open_above_zero_and_end_after_they_begin",),
        (change_one(PERIOD_RUNS, "last_period_start_date = cast(first_period_start_date - interval 1 month as date)"),),
    ),
    Corruption(
        "A subscription item that is neither counted nor excluded goes missing",
        ("assert_every_item_version_is_counted_or_excluded",),
        (lose_one(VERSIONS_EXCLUDED),),
        trap="Intervals mapped to zero",
    ),
    Corruption(
        "An invoice line that is neither counted nor excluded goes missing",
        ("assert_every_invoice_line_is_counted_or_excluded",),
        (lose_one(LINES_EXCLUDED, "reason = 'tax_line'"),),
        trap="Tax inside MRR",
    ),
    Corruption(
        "An adjustment that is neither counted nor excluded goes missing",
        ("assert_every_adjustment_is_counted_or_excluded",),
        (lose_one(OTHERS_EXCLUDED, "source_table = 'mrr_adjustments'"),),
    ),
    Corruption(
        "An adjustment is lost on the way to the ledger",
        ("assert_every_adjustment_is_counted_or_excluded",),
        (lose_one(INTERVALS, "item_type = 'adjustment' and to_month_date > from_month_date"),),
    ),
)

# rows whose shares are not known yet, so that a change of their amounts leaves no share wrong
NOT_ALL_HELD_YET = "held_after_12_months_mrr is null"
ALL_IN_TIME = "dimension = 'total'"

DRIVER_CORRUPTIONS = (
    Corruption(
        "A driver is lost",
        ("drivers_sum_to_the_change_of_every_retained_customer",),
        (lose_one(DRIVERS, "driver = 'seat' and mrr_change > 0"),),
    ),
    Corruption(
        "One of several drivers of a product is lost",
        ("drivers_sum_to_the_change_of_every_retained_customer", "assert_drivers_have_a_cause"),
        (
            lose_one(
                DRIVERS,
                "(customer_id, month_date, product_id) in (select (customer_id, month_date, product_id) from "
                "marts.fct_mrr_movement_drivers group by all having count(*) > 1)",
            ),
        ),
    ),
    Corruption(
        "A driver is 0.0001 more than the change",
        ("drivers_sum_to_the_change_of_every_retained_customer", "assert_drivers_have_a_cause"),
        (change_one(DRIVERS, "mrr_change = mrr_change + 0.0001", "mrr_change > 0"),),
    ),
    Corruption(
        "What a new customer pays is cross-sell",
        ("drivers_sum_to_the_change_of_every_retained_customer",),
        (
            f"insert into {DRIVERS} select customer_id, month_date, product_id, 'cross_sell', mrr_change, 0, 'a key'"
            f" from {PRODUCT_BALANCES} where (customer_id, month_date) in "
            f"(select (customer_id, month_date) from {MOVEMENTS} where movement_type = 'new') and mrr_change > 0",
        ),
    ),
    Corruption(
        "What a seat brought is put down to exchange rates",
        ("drivers_sum_to_the_change_of_every_retained_customer",),
        (change_one(DRIVERS, "driver = 'fx', manufactured_mrr = 0", "driver = 'seat'"),),
    ),
    Corruption(
        "More seats of a product are cross-sell",
        ("assert_drivers_have_a_cause",),
        (change_one(DRIVERS, "driver = 'cross_sell'", "driver = 'seat' and mrr_change > 0"),),
    ),
    Corruption(
        "A higher price is put down to seats",
        ("assert_drivers_have_a_cause",),
        (
            "update marts.fct_mrr_movement_drivers set driver = 'seat' where driver = 'price' and "
            "(customer_id, product_id, month_date) in (select (customer_id, product_id, month_date) from "
            "intermediate.int_plan_changes group by all having bool_and(opening_quantity = closing_quantity and "
            "opening_quantity > 0))",
        ),
    ),
    Corruption(
        "A higher price is put down to a discount that ends",
        ("assert_drivers_have_a_cause",),
        (
            "update marts.fct_mrr_movement_drivers set driver = 'discount', manufactured_mrr = greatest(mrr_change, 0) "
            "where driver = 'price' and (customer_id, product_id, month_date) in (select (customer_id, product_id, "
            "month_date) from intermediate.int_plan_changes group by all having bool_and(opening_gross_mrr = "
            "opening_mrr and closing_gross_mrr = closing_mrr))",
        ),
    ),
    Corruption(
        "A product that is new has more seats, not cross-sell",
        ("assert_drivers_have_a_cause",),
        (change_one(DRIVERS, "driver = 'seat'", "driver = 'cross_sell' and mrr_change > 0"),),
    ),
    Corruption(
        "What one product gained is another one's",
        ("assert_drivers_have_a_cause",),
        (
            change_one(
                DRIVERS,
                "product_id = (select min(product_id) from marts.dim_products)",
                "driver = 'seat' and product_id > (select min(product_id) from marts.dim_products)",
            ),
        ),
    ),
    Corruption(
        "A driver has a name that nobody knows",
        ("drivers_are_known_and_never_zero",),
        (change_one(DRIVERS, "driver = 'upsell'", "driver = 'price'"),),
    ),
    Corruption(
        "A driver that changed nothing has a row",
        ("drivers_are_known_and_never_zero",),
        (
            copy_one(
                DRIVERS,
                "'usage' as driver, 0 as mrr_change, 0 as manufactured_mrr",
                "driver = 'price' and mrr_change > 0",
            ),
        ),
    ),
    Corruption(
        "A price bought more than the driver brought",
        ("manufactured_mrr_is_a_part_of_what_its_driver_gained",),
        (change_one(DRIVERS, "manufactured_mrr = mrr_change + 0.0001", "driver = 'discount' and mrr_change > 0"),),
    ),
    Corruption(
        "A loss was bought with a price",
        ("manufactured_mrr_is_a_part_of_what_its_driver_gained",),
        (change_one(DRIVERS, "manufactured_mrr = -mrr_change", "mrr_change < 0"),),
    ),
    Corruption(
        "Usage was bought with a price",
        ("manufactured_mrr_is_a_part_of_what_its_driver_gained",),
        (change_one(DRIVERS, "manufactured_mrr = mrr_change", "driver = 'usage' and mrr_change > 0"),),
    ),
    Corruption(
        "A plan that is gone still has its seats",
        ("plan_changes_hold_nothing_without_an_item",),
        (change_one(PLAN_CHANGES, "closing_items = 0", "closing_quantity > 0"),),
    ),
    Corruption(
        "A plan has fewer items than none",
        ("plan_changes_hold_nothing_without_an_item",),
        (change_one(PLAN_CHANGES, "opening_items = -1", "opening_items = 0"),),
    ),
)

PRODUCT_RATE_CORRUPTIONS = (
    Corruption(
        "The cohort of a product is lost",
        ("assert_product_cohorts_read_the_ledger_at_both_ends",),
        (lose_one(PRODUCT_RATES, "closing_mrr > opening_mrr"),),
        trap="Survivors only",
    ),
    Corruption(
        "Who buys a product in the period is in its cohort",
        ("assert_product_cohorts_read_the_ledger_at_both_ends",),
        (
            change_one(
                PRODUCT_RATES,
                "cohort_customers = cohort_customers + 1, logo_retention = 1",
                "logo_retention = 1 and closing_mrr = retained_mrr",
            ),
        ),
    ),
    Corruption(
        "What is lost by staying customers is lost by leaving ones",
        ("assert_product_cohorts_read_the_ledger_at_both_ends",),
        (
            change_one(
                PRODUCT_RATES,
                "churned_mrr = churned_mrr + contraction_mrr, contraction_mrr = 0",
                "contraction_mrr > 0",
            ),
        ),
    ),
    Corruption(
        "A product's NRR is 0.000001 off",
        ("product_retention_rates_are_exact",),
        (change_one(PRODUCT_RATES, "nrr = nrr + 0.000001", "nrr > grr"),),
    ),
    Corruption(
        "A product keeps more than it opened with",
        ("product_retention_rates_are_within_their_bounds", "product_retention_rates_are_exact"),
        (change_one(PRODUCT_RATES, "grr = nrr", "nrr > 1"),),
    ),
    Corruption(
        "Growth of a product is counted as retained",
        ("product_retention_rates_are_within_their_bounds",),
        (change_one(PRODUCT_RATES, "retained_mrr = closing_mrr, grr = nrr", "expansion_mrr > 0 and nrr <= 1"),),
    ),
)

EXPANSION_CORRUPTIONS = (
    Corruption(
        "0.0001 that was won back is above the peak",
        ("assert_expansion_by_driver_is_that_of_the_movements",),
        (
            change_one(
                DURABILITY,
                "recovered_mrr = recovered_mrr - 0.0001, above_peak_mrr = above_peak_mrr + 0.0001",
                f"recovered_mrr > 0 and {NOT_ALL_HELD_YET}",
            ),
        ),
    ),
    Corruption(
        "A month's expansion lacks a driver",
        ("assert_expansion_by_driver_is_that_of_the_movements",),
        (lose_one(DURABILITY, f"expansion_mrr > 0 and {NOT_ALL_HELD_YET}"),),
    ),
    Corruption(
        "Expansions of exchange rates are durable",
        ("expansion_is_recovered_or_above_the_peak",),
        (change_one(DURABILITY, "driver = 'fx'", "driver = 'usage'"),),
    ),
    Corruption(
        "0.0001 of an expansion is neither won back nor above the peak",
        ("expansion_is_recovered_or_above_the_peak", "assert_expansion_by_driver_is_that_of_the_movements"),
        (
            change_one(
                DURABILITY, "recovered_mrr = recovered_mrr - 0.0001", f"recovered_mrr > 0 and {NOT_ALL_HELD_YET}"
            ),
        ),
    ),
    Corruption(
        "0.0001 that customers have lost since is held",
        ("assert_expansion_that_is_held_was_not_lost",),
        (
            change_one(
                DURABILITY,
                "held_after_3_months_mrr = held_after_3_months_mrr + 0.0001",
                f"held_after_3_months_mrr < above_peak_mrr and {NOT_ALL_HELD_YET}",
            ),
        ),
    ),
    Corruption(
        "What a customer holds after a year is all that it won",
        ("assert_expansion_that_is_held_was_not_lost",),
        (
            change_one(
                EXPANSION_OUTCOMES,
                "held_after_12_months_mrr = mrr_change",
                "held_after_12_months_mrr < mrr_change",
            ),
        ),
    ),
    Corruption(
        "A month that the ledger has not seen holds nothing",
        ("assert_expansion_that_is_held_was_not_lost",),
        (change_one(DURABILITY, "held_after_12_months_mrr = 0", f"above_peak_mrr <= 0 and {NOT_ALL_HELD_YET}"),),
    ),
    Corruption(
        "A share that is held is 0.000001 off",
        ("shares_held_are_exact",),
        (
            change_one(
                DURABILITY,
                "share_held_after_6_months = share_held_after_6_months - 0.000001",
                "above_peak_mrr > 0 and held_after_12_months_mrr is not null",
            ),
        ),
    ),
    Corruption(
        "The ten largest expansions are only the largest",
        ("assert_concentration_is_that_of_the_movements",),
        (change_one(CONCENTRATION, "top_10_share = top_1_share", "top_10_share > top_1_share"),),
    ),
    Corruption(
        "A month of a few large expansions is not concentrated",
        ("assert_concentration_is_that_of_the_movements",),
        (change_one(CONCENTRATION, "is_concentrated = false", "is_concentrated"),),
    ),
    Corruption(
        "The month that expands is left out",
        ("assert_concentration_is_that_of_the_movements",),
        (lose_one(CONCENTRATION, "expansion_mrr > 0"),),
    ),
    Corruption(
        "A tenth of the customers is rounded up once too often",
        ("expansion_shares_are_within_their_bounds",),
        (change_one(CONCENTRATION, "top_decile_customers = top_decile_customers + 1", "expansion_mrr > 0"),),
    ),
    Corruption(
        "The largest expansion is larger than all",
        ("expansion_shares_are_within_their_bounds", "assert_concentration_is_that_of_the_movements"),
        (change_one(CONCENTRATION, "top_1_share = 1.000001", "top_1_share = 1"),),
    ),
    Corruption(
        "Nothing is the share of no expansion",
        ("expansion_shares_are_within_their_bounds",),
        (change_one(CONCENTRATION, "top_1_share = 0", "expansion_mrr = 0"),),
    ),
    Corruption(
        "Who has not expanded is left out",
        ("assert_time_to_expansion_counts_who_has_not_expanded",),
        (change_one(FIRST_EXPANSIONS, "customers = expanded_customers, censored_customers = 0", ALL_IN_TIME),),
        trap="Survivors only",
    ),
    Corruption(
        "All customers expand more slowly than those whom the ledger has seen",
        ("assert_time_to_expansion_counts_who_has_not_expanded",),
        (
            change_one(
                FIRST_EXPANSIONS,
                "share_expanded_3_months = share_expanded_3_months / 2, share_expanded_6_months = "
                "share_expanded_6_months / 2, share_expanded_12_months = share_expanded_12_months / 2, "
                "median_months_to_expand = null, months_to_expand_third_quartile = null",
                ALL_IN_TIME,
            ),
        ),
    ),
    Corruption(
        "A channel forgets a customer",
        ("assert_time_to_expansion_counts_who_has_not_expanded",),
        (
            change_one(
                FIRST_EXPANSIONS,
                "customers = customers - 1, censored_customers = censored_customers - 1",
                "dimension = 'acquisition_channel' and censored_customers > 1",
            ),
        ),
    ),
    Corruption(
        "Fewer customers have expanded after a year than after half of it",
        ("shares_expanded_grow_with_time_and_count_everybody",),
        (
            change_one(
                FIRST_EXPANSIONS,
                "share_expanded_12_months = share_expanded_6_months - 0.000001",
                "dimension = 'acquisition_channel' and share_expanded_6_months > 0",
            ),
        ),
    ),
    Corruption(
        "Half of the customers have expanded before a quarter of them",
        ("shares_expanded_grow_with_time_and_count_everybody",),
        (
            change_one(
                FIRST_EXPANSIONS,
                "median_months_to_expand = months_to_expand_first_quartile - 1",
                "months_to_expand_first_quartile > 0",
            ),
        ),
    ),
    Corruption(
        "A customer who expanded has not expanded yet either",
        ("shares_expanded_grow_with_time_and_count_everybody",),
        (
            change_one(
                FIRST_EXPANSIONS,
                "censored_customers = censored_customers + 1",
                "dimension = 'acquisition_channel' and expanded_customers > 0",
            ),
        ),
    ),
    Corruption(
        "A contraction is counted twice",
        ("assert_churn_after_contraction_is_found_again_in_every_month",),
        (
            # the shares are 0 before and after
            change_one(
                CONTRACTIONS, "contractions = contractions + 1", "contractions > 0 and churned_after_contraction = 0"
            ),
        ),
    ),
    Corruption(
        "A driver of contractions is missing",
        ("assert_churn_after_contraction_is_found_again_in_every_month",),
        (f"delete from {CONTRACTIONS} where driver = 'price'",),
    ),
    Corruption(
        "Months with a contraction are compared with themselves",
        ("assert_churn_after_contraction_is_found_again_in_every_month",),
        (
            change_one(
                CONTRACTIONS,
                "comparison_customer_months = comparison_customer_months + contractions",
                "contractions > 0",
            ),
        ),
    ),
    Corruption(
        "More contractions churn than there were",
        ("contractions_that_churn_are_some_of_them",),
        (change_one(CONTRACTIONS, "churned_after_contraction = contractions + 1"),),
    ),
    Corruption(
        "A share that churns is 0.000001 off",
        ("churn_shares_are_exact",),
        (
            change_one(
                CONTRACTIONS,
                "churn_share_of_comparison = churn_share_of_comparison + 0.000001",
                "comparison_customer_months > 0",
            ),
        ),
    ),
    Corruption(
        "Contractions are a warning where nobody churned to compare with",
        ("churn_shares_are_exact",),
        (change_one(CONTRACTIONS, "churn_lift = 1", "churn_lift is null"),),
    ),
)

SCORECARD_CORRUPTIONS = (
    Corruption(
        "The scorecard knows a customer more",
        ("assert_scorecard_says_what_the_marts_say",),
        (change_one(SCORECARD, "tenured_customers = tenured_customers + 1"),),
    ),
    Corruption(
        "The scorecard's NRR is that of the month",
        ("assert_scorecard_says_what_the_marts_say",),
        (
            change_one(
                SCORECARD,
                "nrr = (select rates.nrr from marts.retention_rates as rates where rates.dimension = 'total' and "
                "rates.period_type = 'month' and rates.period_start_date = retention_scorecard.month_date)",
                "nrr is not null",
            ),
        ),
    ),
    Corruption(
        "A company is of the next stage",
        ("assert_scorecard_says_what_the_marts_say",),
        (change_one(SCORECARD, "arr_stage = '1-5M'", "arr_stage = '0-1M'"),),
    ),
    Corruption(
        "Fragile is not said",
        ("assert_scorecard_says_what_the_marts_say",),
        (change_one(SCORECARD, "verdict = replace(verdict, 'Fragile', 'Fine')", "is_fragile"),),
    ),
    Corruption(
        "A month of the scorecard is lost",
        ("assert_scorecard_says_what_the_marts_say",),
        (lose_one(SCORECARD, "nrr is not null"),),
    ),
    Corruption(
        "A judgement stands without a band",
        ("retention_scorecard_is_consistent", "assert_scorecard_says_what_the_marts_say"),
        (change_one(SCORECARD, "nrr_band = null", "nrr is not null"),),
    ),
    Corruption(
        "The target is held against NRR instead of GRR",
        ("retention_scorecard_is_consistent",),
        (
            change_one(
                SCORECARD,
                "target_expansion_rate = greatest(target_nrr_from - nrr, 0)",
                "nrr > grr and grr < target_nrr_from",
            ),
        ),
    ),
    Corruption(
        "Nobody knows what is needed, and still it is nothing",
        ("retention_scorecard_is_consistent",),
        (change_one(SCORECARD, "expansion_needed_mrr = 0", "nrr is null"),),
    ),
)

CALENDAR_CORRUPTIONS = (
    Corruption(
        "The metrics have no last day of a month",
        ("assert_days_are_those_of_the_ledgers_months",),
        (lose_one(DAYS, "day_date = date '2024-01-31'"),),
    ),
    Corruption(
        "The metrics know a day after the ledger's end",
        ("assert_days_are_those_of_the_ledgers_months",),
        (f"insert into {DAYS} select max(day_date) + 1 from {DAYS}",),
    ),
)

CORRUPTIONS = (
    *MOVEMENT_CORRUPTIONS,
    *EVENT_CORRUPTIONS,
    *CUSTOMER_MONTH_CORRUPTIONS,
    *WATERFALL_CORRUPTIONS,
    *COHORT_CORRUPTIONS,
    *RATE_CORRUPTIONS,
    *ACQUISITION_CORRUPTIONS,
    *DIMENSION_CORRUPTIONS,
    *INTERMEDIATE_CORRUPTIONS,
    *DRIVER_CORRUPTIONS,
    *PRODUCT_RATE_CORRUPTIONS,
    *EXPANSION_CORRUPTIONS,
    *SCORECARD_CORRUPTIONS,
    *CALENDAR_CORRUPTIONS,
)
