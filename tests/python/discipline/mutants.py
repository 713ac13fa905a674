"""Mutants: one fragment of one model's compiled SQL, replaced by one that is wrong in a way that somebody could write.

A fragment has to occur exactly once in the model, so that a model that changes takes its mutants with it. A mutant with
`equivalent` cannot be noticed by anybody, for the reason that stands there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """What is changed in which model; `trap` names the row of the traps that it re-enacts."""

    model: str
    name: str
    old: str
    new: str
    trap: str | None = None
    equivalent: str | None = None


TRUNCATED = "A truncated window in an incremental run"
SIZE_BEFORE_ZERO = "Size before zero in the CASE"
STATUS_NEVER_USED = "Status carried, never used"

BILLING = (
    Mutant(
        "int_ledger_bounds", "A draft says where the ledger ends", "status not in ('draft', 'void')", "status != 'void'"
    ),
    Mutant(
        "int_ledger_bounds", "A void invoice says where the ledger ends", "not in ('draft', 'void')", "not in ('draft')"
    ),
    Mutant("int_ledger_bounds", "The ledger ends with the first invoice", "max(issued_at)", "min(issued_at)"),
    Mutant(
        "int_ledger_bounds",
        "A month is complete only after its last day",
        "cast(1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant(
        "int_ledger_bounds",
        "The month that has begun counts as complete",
        "cast(-1 as bigint) * interval 1 month",
        "cast(0 as bigint) * interval 1 month",
    ),
    Mutant(
        "int_ledger_bounds",
        "The ledger ends today",
        "coalesce(\n                issued_date,",
        "coalesce(\n                current_date,",
        trap="`current_date` in models",
    ),
    Mutant(
        "int_currency_rates",
        "The first rate counts",
        "order by exchange_rates.effective_date desc",
        "order by exchange_rates.effective_date asc",
    ),
    Mutant(
        "int_currency_rates",
        "A rate after the constant date counts",
        "where exchange_rates.effective_date <= ledger_bounds.constant_fx_date",
        "where true",
    ),
    Mutant(
        "int_currency_rates",
        "A rate of the constant date itself does not count",
        "exchange_rates.effective_date <= ledger_bounds.constant_fx_date",
        "exchange_rates.effective_date < ledger_bounds.constant_fx_date",
    ),
    Mutant(
        "int_currency_rates",
        "The reporting currency needs a rate",
        "currency = 'USD' then 1",
        "currency = 'XXX' then 1",
    ),
    Mutant("int_currency_rates", "Every rate of a currency counts", "and latest_rates.recency = 1", "", trap="Fan-out"),
    Mutant(
        "int_customers_rolled_up",
        "Excluded customers stay in",
        "customer_exclusions.customer_id is not null as",
        "false as",
    ),
    Mutant(
        "int_customers_rolled_up",
        "Every customer is its own parent",
        "where next_ancestor_id is null",
        "where generations = 0",
    ),
    Mutant(
        "int_customers_rolled_up",
        "Parents of parents are not found",
        "ancestry.generations < 100",
        "ancestry.generations < 1",
    ),
    Mutant(
        "int_plans_normalized",
        "A month has four weeks",
        "'week' then 52",
        "'week' then 48",
        trap="Intervals mapped to zero",
    ),
    Mutant(
        "int_plans_normalized", "Daily plans count 0", "'day' then 365", "'day' then 0", trap="Intervals mapped to zero"
    ),
    Mutant(
        "int_plans_normalized",
        "Annual plans count whole",
        "'year' then 1\n",
        "'year' then 12\n",
        trap="Amortising by payment",
    ),
    Mutant("int_plans_normalized", "A quarter is a month", "'quarter' then 4", "'quarter' then 12"),
    Mutant(
        "int_plans_normalized",
        "The count of intervals is forgotten",
        "billing_interval_count * 12 as months_per_year",
        "cast(12 as bigint) as months_per_year",
    ),
    Mutant(
        "int_plans_normalized",
        "The label of an interval forgets its count",
        "when billing_interval_count = 1 then",
        "when billing_interval_count >= 1 then",
    ),
    Mutant("int_subscription_items_priced", "Quantity is forgotten", "item_versions.quantity * cast(", "cast("),
    Mutant("int_subscription_items_priced", "Amounts are not converted", " * currency_rates.rate_numerator as", " as"),
    Mutant(
        "int_subscription_items_priced",
        "Today's quantity is written into every past month",
        "item_versions.quantity * cast(",
        "first_value(item_versions.quantity) over (partition by item_versions.subscription_item_id order by"
        " item_versions.valid_from desc) * cast(",
        trap="Back-projecting the present",
    ),
    Mutant(
        "int_subscription_items_priced",
        "A join to the rates fans out",
        "on item_versions.currency = currency_rates.currency",
        "on true",
        trap="Fan-out",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "Trials count",
        "coalesce(trial_ends_at, started_at)",
        "started_at",
        trap=STATUS_NEVER_USED,
    ),
    Mutant(
        "int_subscription_paying_windows",
        "Pauses count",
        "where paused_at < coalesce(",
        "where false and paused_at < coalesce(",
        trap=STATUS_NEVER_USED,
    ),
    Mutant(
        "int_subscription_paying_windows",
        "An open pause is no pause",
        "cast('9999-12-31' as timestamp)) as break_to_at\n    from subscription_pauses",
        "paused_at) as break_to_at\n    from subscription_pauses",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "An empty pause splits a window",
        "where paused_at < coalesce(",
        "where true or paused_at < coalesce(",
        equivalent="the two windows touch, and together cover the same month ends as the one",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "A pause within another one ends both",
        "max(break_to_at) over (",
        "last_value(break_to_at) over (",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "A subscription never ends",
        "least(gaps.gap_to_at, subscriptions.ended_at)",
        "gaps.gap_to_at",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "A cancellation counts when it is requested",
        "least(gaps.gap_to_at, subscriptions.ended_at)",
        "least(gaps.gap_to_at, coalesce(subscriptions.cancel_requested_at, subscriptions.ended_at))",
    ),
    Mutant(
        "int_subscription_items_paying",
        "Metered items have a price of their own",
        "where pool != 'metered'",
        "where true",
    ),
    Mutant(
        "int_subscription_items_paying",
        "An item is paid for before its subscription is",
        "greatest(priced_items.valid_from, windows.paying_from_at)",
        "priced_items.valid_from",
    ),
    Mutant(
        "int_subscription_items_paying",
        "A version is paid for from the start of its subscription",
        "greatest(priced_items.valid_from, windows.paying_from_at)",
        "windows.paying_from_at",
    ),
    Mutant(
        "int_subscription_items_paying",
        "An item outlives its subscription",
        "least(priced_items.valid_to, windows.paying_to_at)",
        "priced_items.valid_to",
    ),
    Mutant(
        "int_subscription_items_paying",
        "A version never ends",
        "least(priced_items.valid_to, windows.paying_to_at)",
        "windows.paying_to_at",
    ),
    Mutant(
        "int_subscription_items_paying",
        "What ends within a month counts in it",
        "cast(date_trunc('month', paying_to_at) as date)",
        "cast(date_trunc('month', paying_to_at) + interval 1 month as date)",
    ),
    Mutant(
        "int_subscription_items_paying",
        "What begins at midnight on the first belongs to the month before",
        "cast(date_trunc('month', paying_from_at) as date)",
        "cast(date_trunc('month', paying_from_at - interval 1 second) as date)",
    ),
    Mutant(
        "int_subscription_items_paying",
        "What ends at midnight on the first is in force that month",
        "cast(date_trunc('month', paying_to_at) as date)",
        "cast(date_trunc('month', paying_to_at + interval 1 month - interval 1 second) as date)",
    ),
    Mutant(
        "int_subscription_items_paying",
        "Versions outside the window stay",
        "where paying_from_at < coalesce(",
        "where true or paying_from_at < coalesce(",
    ),
    Mutant("int_subscription_items_discounted", "Once coupons touch MRR", "where duration != 'once'", "where true"),
    Mutant(
        "int_subscription_items_discounted",
        "Only the largest coupon counts",
        "where duration != 'once'",
        "where duration != 'once' qualify row_number() over (partition by subscription_id order by percent_off desc"
        " nulls last, discount_id) = 1",
        trap="Only the largest coupon",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "The largest amount off counts",
        "sum(coalesce(reduced.amount_off, 0))",
        "max(coalesce(reduced.amount_off, 0))",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount of one item holds for all",
        "or items.subscription_item_id = discounts.subscription_item_id",
        "or true",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount of the subscription holds for no item",
        "discounts.subscription_item_id is null\n                or ",
        "",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount holds in the month it ends",
        "and spans.from_month_date < reduced.to_month_date",
        "and spans.from_month_date <= reduced.to_month_date",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount misses its first month",
        "and spans.from_month_date >= reduced.from_month_date",
        "and spans.from_month_date > reduced.from_month_date",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount lasts a month longer",
        "cast(date_trunc('month', ends_at) as date)",
        "cast(date_trunc('month', ends_at) + interval 1 month as date)",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "The spans of two versions of an item mix",
        "partition by subscription_item_id, item_from_month_date",
        "partition by subscription_item_id",
    ),
    Mutant(
        "int_subscription_items_discounted",
        "A discount that begins later starts no span",
        "        from_month_date\n    from reduced\n",
        "        from_month_date\n    from reduced where from_month_date = item_from_month_date\n",
    ),
    Mutant(
        "int_subscription_mrr_intervals",
        "A discount takes a price below 0",
        "kept_denominator, 0\n        ) as net_price_numerator",
        "kept_denominator, -1000000000000\n        ) as net_price_numerator",
    ),
    Mutant(
        "int_subscription_mrr_intervals",
        "The amount is taken off before the percentage",
        "gross_price * kept_numerator - cast(cast(amount_off as decimal(38, 4)) * 10000 as hugeint) * kept_denominator",
        "(gross_price - cast(cast(amount_off as decimal(38, 4)) * 10000 as hugeint)) * kept_numerator",
    ),
    Mutant(
        "int_subscription_mrr_intervals",
        "Fractions are cut off",
        " * 2 + (kept_denominator * per_month_denominator))",
        " * 2)",
    ),
    Mutant("int_invoice_line_terms", "An inclusive end is not recognised", "or is_whole_months_inclusive or", "or"),
    Mutant(
        "int_invoice_line_terms",
        "An inclusive end loses its last day",
        "when is_whole_months_inclusive then day_after_end_date",
        "when is_whole_months_inclusive then service_end_date",
    ),
    Mutant("int_invoice_line_terms", "Nothing snaps to whole months", "100 <= 6 * 365", "100 <= 0 * 365"),
    Mutant("int_invoice_line_terms", "Everything near snaps to whole months", "100 <= 6 * 365", "100 <= 20 * 365"),
    Mutant(
        "int_invoice_line_terms", "Months are cut off and not rounded", "service_days * 24 + 365", "service_days * 24"
    ),
    Mutant(
        "int_invoice_line_terms",
        "Exactly 0.06 does not snap",
        "100 <= 6 * 365",
        "100 < 6 * 365",
        equivalent="0.06 of a month is 21.9 twelfths of a day: no whole number of days lies exactly there",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "A February counts as billed",
        "or terms.term_days >= 28 as",
        "or terms.term_days > 28 as",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "27 days count at their rate",
        "or terms.term_days >= 28 as",
        "or terms.term_days >= 27 as",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Annual bills count whole in the month of their last day",
        "or terms.term_days >= 28 as is_rate",
        "as is_rate",
        trap="Amortising by payment",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Draft invoices count",
        "status not in ('draft', 'void')",
        "status not in ('void')",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Void invoices count",
        "status not in ('draft', 'void')",
        "status not in ('draft')",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Recurring lines count twice",
        "where line_type in ('usage')",
        "where line_type in ('usage', 'recurring')",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Lines without a plan are lost",
        "coalesce(invoice_line_items.plan_id, 'unassigned')",
        "invoice_line_items.plan_id",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "The last day is the end of the period",
        "cast(-1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Usage counts in the month it ends",
        "when is_rate then cast(date_trunc('month', to_date) as date)",
        "when is_rate then cast(date_trunc('month', to_date) + interval 1 month as date)",
    ),
    Mutant(
        "int_invoice_line_mrr_intervals", "Credits count as charges", "sign(net_amount) *", "abs(sign(net_amount)) *"
    ),
    Mutant(
        "int_invoice_line_mrr_intervals",
        "Fractions of usage are cut off",
        "(((abs(net_amount) % (per_month_denominator)) * (per_month_numerator) * 2 + (per_month_denominator)) //",
        "(((abs(net_amount) % (per_month_denominator)) * (per_month_numerator) * 2) //",
    ),
    Mutant(
        "int_mrr_intervals", "Excluded customers are in the ledger", "where not customers.is_excluded", "where true"
    ),
    Mutant(
        "int_mrr_intervals",
        "Usage between two month ends has an empty interval",
        "where from_month_date < to_month_date",
        "where true",
    ),
    Mutant(
        "int_mrr_intervals",
        "The grain of the customer is not used",
        "customers.ledger_customer_id as customer_id",
        "customers.customer_id as customer_id",
    ),
    Mutant("int_mrr_intervals", "Usage is in the pool of fixed prices", "then 'metered'", "then 'flat'"),
    Mutant(
        "int_item_versions_excluded",
        "An empty version is in its subscription",
        "in_subscription.held_from_at >= in_subscription.held_to_at",
        "in_subscription.held_from_at > in_subscription.held_to_at",
    ),
    Mutant(
        "int_item_versions_excluded",
        "A version that ends with the trial is not in it",
        "in_subscription.held_to_at <= in_subscription.trial_ends_at",
        "in_subscription.held_to_at < in_subscription.trial_ends_at",
    ),
    Mutant(
        "int_item_versions_excluded",
        "What begins in the last month comes after it",
        "in_subscription.first_month_date > ledger_bounds.last_month_date",
        "in_subscription.first_month_date >= ledger_bounds.last_month_date",
    ),
    Mutant(
        "int_item_versions_excluded",
        "Paused versions are counted",
        "when not in_subscription.is_paying then 'paused'",
        "",
    ),
    Mutant(
        "int_invoice_lines_excluded",
        "A line that covers no month end is counted",
        "line_intervals.from_month_date >= line_intervals.to_month_date",
        "line_intervals.from_month_date > line_intervals.to_month_date",
    ),
    Mutant(
        "int_invoice_lines_excluded",
        "What begins in the last month comes after it",
        "line_intervals.from_month_date > ledger_bounds.last_month_date",
        "line_intervals.from_month_date >= ledger_bounds.last_month_date",
    ),
    Mutant(
        "int_invoice_lines_excluded",
        "Tax lines are neither counted nor listed",
        "when invoice_line_items.line_type = 'tax' then 'tax_line'",
        "",
        trap="Tax inside MRR",
    ),
)

LEDGER = (
    Mutant("int_plan_balances", "What ends is added again", "-net_mrr as mrr_change", "net_mrr as mrr_change"),
    Mutant(
        "int_plan_balances",
        "The last month is not in the ledger",
        "changes.month_date <= ledger_bounds.last_month_date",
        "changes.month_date < ledger_bounds.last_month_date",
    ),
    Mutant(
        "int_plan_balances",
        "Only recent changes are summed",
        "changes.month_date <= ledger_bounds.last_month_date",
        "changes.month_date <= ledger_bounds.last_month_date and changes.month_date >= date '2024-07-01'",
        trap=TRUNCATED,
    ),
    Mutant(
        "int_plan_balances",
        "Plans of a pool share one balance",
        "sum(mrr_change) over (\n            partition by customer_id, product_id, plan_id, pool",
        "sum(mrr_change) over (\n            partition by customer_id, product_id, pool",
    ),
    Mutant(
        "int_plan_balances",
        "Open intervals end too",
        "where to_month_date is not null",
        "where true",
        equivalent="the month of an open end is null, which the join to the ledger's bounds leaves out",
    ),
    Mutant(
        "int_pool_balances",
        "Credits make MRR negative",
        "greatest(net_mrr, 0) as closing_mrr",
        "net_mrr as closing_mrr",
    ),
    Mutant(
        "int_pool_balances", "Credits are forgotten", "greatest(-net_mrr, 0) as shortfall_mrr", "0 as shortfall_mrr"
    ),
    Mutant(
        "int_pool_balances",
        "The pools of a product share one balance",
        "sum(net_change) over (\n            partition by customer_id, product_id, pool",
        "sum(net_change) over (\n            partition by customer_id, product_id",
    ),
    Mutant(
        "int_pool_balances",
        "The change is read from the pool of another product",
        "lag(closing_mrr) over (\n                partition by customer_id, product_id, pool",
        "lag(closing_mrr) over (\n                partition by customer_id, pool",
    ),
    Mutant(
        "int_pool_balances",
        "Balances are sums of floats",
        "cast(closing_mrr as decimal(18, 4)) as closing_mrr",
        "cast(closing_mrr as double) as closing_mrr",
        trap="Float money",
    ),
    Mutant(
        "int_pool_balances",
        "Only recent changes are summed",
        "where net_change != 0",
        "where net_change != 0 and month_date >= date '2024-07-01'",
        trap=TRUNCATED,
    ),
    Mutant("int_customer_balances", "Months without a change are changes", "where mrr_change != 0", "where true"),
    Mutant(
        "int_customer_balances",
        "Recent months are cut before their opening is read",
        "where mrr_change != 0",
        "where mrr_change != 0 and month_date >= date '2024-07-01'",
        trap=TRUNCATED,
    ),
    Mutant(
        "int_customer_balances",
        "The peak holds this month too",
        "unbounded preceding and 1 preceding",
        "unbounded preceding and current row",
    ),
    Mutant(
        "int_customer_balances", "The peak is the lowest balance", "max(closing_mrr) over (", "min(closing_mrr) over ("
    ),
    Mutant(
        "int_customer_balances",
        "The peak is the balance before",
        "rows between unbounded preceding and 1 preceding",
        "rows between 1 preceding and 1 preceding",
    ),
    Mutant(
        "int_customer_balances",
        "The opening is another customer's closing",
        "lag(closing_mrr) over (\n            partition by customer_id\n",
        "lag(closing_mrr) over (\n",
    ),
    Mutant(
        "int_customer_balances",
        "A balance is one movement only",
        "sum(mrr_change) over (\n            partition by customer_id\n",
        "sum(mrr_change) over (\n            partition by customer_id, month_date\n",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Customers without an end have one row",
        "ledger_bounds.last_month_date) end",
        "customer_balances.month_date) end",
        trap="A spine that ends at the last `end_date`",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Months after a churn have rows",
        "case when customer_balances.closing_mrr = 0 then",
        "case when customer_balances.closing_mrr < 0 then",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Only customers of this spine have rows",
        "from customer_balances\n    cross join ledger_bounds",
        "from customer_balances\n    cross join ledger_bounds where customer_balances.month_date >= date '2024-01-01'",
        trap="A spine with a hard-coded start",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Every month opens like the first",
        "then opening_mrr else closing_mrr end",
        "then opening_mrr else opening_mrr end",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Months open where they close",
        "then opening_mrr else closing_mrr end",
        "then closing_mrr else closing_mrr end",
        trap="A bridge that does not chain",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "The peak is read at the change only",
        "else greatest(peak_mrr_before, closing_mrr)",
        "else peak_mrr_before",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "A return is a first month",
        "and peak_mrr_before = 0 as is_first_paid_month",
        "and opening_mrr = 0 as is_first_paid_month",
    ),
    Mutant(
        "fct_customer_mrr_months",
        "Two changes share a month",
        "cast(-1 as bigint) * interval 1 month",
        "cast(0 as bigint) * interval 1 month",
        trap="Fan-out",
    ),
    Mutant(
        "fct_mrr_movements",
        "Growth comes before new and return",
        "when opening_mrr = 0 and peak_mrr_before = 0 then 'new'",
        "when closing_mrr > opening_mrr and peak_mrr_before > 0 then 'expansion'\n"
        "            when opening_mrr = 0 and peak_mrr_before = 0 then 'new'",
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_movements",
        "Loss comes before churn",
        "when closing_mrr = 0 then 'churn'",
        "when closing_mrr < opening_mrr then 'contraction'\n            when closing_mrr = 0 then 'churn'",
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_movements",
        "Every return is new",
        "when opening_mrr = 0 and peak_mrr_before = 0 then",
        "when opening_mrr = 0 then",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who signed up before it paid has come back",
        "when opening_mrr = 0 and peak_mrr_before = 0 then 'new'",
        "when opening_mrr = 0 and peak_mrr_before = 0 and customer_id != 'first_subscription_crosses_no_month_end'"
        " then 'new'",
        trap='"Ever a customer" by start date',
    ),
    Mutant(
        "fct_mrr_movements",
        "Everything won is recovered",
        "least(closing_mrr, peak_mrr_before) - opening_mrr",
        "closing_mrr - opening_mrr",
    ),
    Mutant(
        "fct_mrr_movements",
        "What was never lost is recovered",
        "least(closing_mrr, peak_mrr_before) - opening_mrr, 0",
        "least(closing_mrr, peak_mrr_before), 0",
    ),
    Mutant(
        "fct_mrr_movements",
        "What is above the peak forgets what was recovered",
        "then mrr_change - recovered_mrr else 0",
        "then mrr_change else 0",
    ),
    Mutant(
        "fct_mrr_movements",
        "A movement for each product",
        "from customer_balances\n",
        "from (select customer_id, month_date, closing_mrr - mrr_change as opening_mrr, closing_mrr, mrr_change,"
        " 0 as peak_mrr_before from intermediate.int_pool_balances) as customer_balances\n",
        trap="Wrong grain",
    ),
    Mutant(
        "mrr_waterfall",
        "The spine has a hard-coded start",
        "min(month_date) as first_month_date",
        "date '2024-06-01' as first_month_date",
        trap="A spine with a hard-coded start",
    ),
    Mutant(
        "mrr_waterfall",
        "A month opens two months back",
        "lag(closing_mrr) over (order by month_date), 0)",
        "lag(closing_mrr, 2) over (order by month_date), 0)",
        trap="A bridge that does not chain",
    ),
    Mutant(
        "mrr_waterfall",
        "Churned customers stay in the count",
        "when movement_type = 'churn' then -1",
        "when movement_type = 'churn' then 0",
    ),
    Mutant(
        "mrr_waterfall",
        "Returned customers are not counted",
        "when movement_type in ('new', 'reactivation') then 1",
        "when movement_type in ('new') then 1",
    ),
    Mutant(
        "mrr_waterfall",
        "Contraction is left out of the bridge",
        "when movement_type = 'contraction' then mrr_change else 0",
        "when movement_type = 'contraction' then 0 else 0",
    ),
    Mutant(
        "mrr_waterfall",
        "The quick ratio forgets returns",
        "new_mrr + reactivation_mrr + expansion_mrr as gained_mrr",
        "new_mrr + expansion_mrr as gained_mrr",
    ),
    Mutant(
        "mrr_waterfall",
        "Losses are contraction only",
        "-(contraction_mrr + churn_mrr) as lost_mrr",
        "-contraction_mrr as lost_mrr",
    ),
    Mutant(
        "mrr_waterfall",
        "A month without movements is net negative",
        "expansion_mrr > lost_mrr",
        "expansion_mrr >= lost_mrr",
    ),
    Mutant("mrr_waterfall", "A year has four months", "closing_mrr * 12", "closing_mrr * 4"),
    Mutant(
        "mrr_exclusions",
        "Every pool has a shortfall",
        "where pool_balances.shortfall_mrr > 0",
        "where pool_balances.shortfall_mrr >= 0",
    ),
    Mutant(
        "mrr_exclusions", "The other coupons are listed", "discounts.duration = 'once'", "discounts.duration != 'once'"
    ),
    Mutant(
        "mrr_exclusions",
        "Subscriptions with items are listed",
        "item_versions.subscription_id is null then",
        "item_versions.subscription_id is not null then",
    ),
    Mutant(
        "mrr_exclusions",
        "Every customer is excluded",
        "    from customers\n    where is_excluded",
        "    from customers\n    where true",
    ),
    Mutant("dim_customers", "Excluded customers are in the dimension", "where not is_excluded", "where true"),
    Mutant(
        "dim_customers",
        "The first paid month is the last change",
        "min(month_date) as first_paid_month_date",
        "max(month_date) as first_paid_month_date",
    ),
    Mutant(
        "dim_customers",
        "A customer without MRR is active",
        "coalesce(current_balances.current_mrr, 0) > 0",
        "coalesce(current_balances.current_mrr, 0) >= 0",
    ),
    Mutant(
        "dim_customers",
        "Customers who never paid are lost",
        "left join current_balances",
        "inner join current_balances",
    ),
    Mutant(
        "dim_products", "Who left still counts", "case when current_mrr > 0 then 1", "case when current_mrr >= 0 then 1"
    ),
    Mutant(
        "dim_products",
        "The pools of a customer are customers",
        "    from pool_balances\n    group by\n        product_id,\n        customer_id",
        "    from pool_balances\n    group by\n        product_id,\n        customer_id,\n        pool",
    ),
)

RETENTION = (
    Mutant(
        "int_customer_attribute_versions",
        "The first version of a month holds",
        "order by version_number desc",
        "order by version_number asc",
    ),
    Mutant(
        "int_customer_attribute_versions",
        "Nothing holds before the first version",
        "when version_number = 1 then",
        "when version_number = 0 then",
    ),
    Mutant(
        "int_customer_attribute_versions",
        "A version holds from the month after",
        "else cast(date_trunc('month', valid_from) as date)",
        "else cast(date_trunc('month', valid_from) + interval 1 month as date)",
    ),
    Mutant(
        "int_customer_attribute_versions",
        "A version that was never in force holds",
        "where valid_from < coalesce(",
        "where true or valid_from < coalesce(",
    ),
    Mutant(
        "int_customer_plan_states",
        "The smallest plan is the plan",
        "order by closing_mrr desc",
        "order by closing_mrr asc",
    ),
    Mutant("int_customer_plan_states", "Of equal plans the last one counts", "plan_id asc", "plan_id desc"),
    Mutant(
        "int_customer_plan_states",
        "A pool that counts as 0 is a pricing model",
        "where pool_mrr > 0",
        "where pool_mrr >= -1000000",
    ),
    Mutant("int_customer_plan_states", "Two pools are one pricing model", "else 'mixed' end", "else min(pool) end"),
    Mutant(
        "int_customer_plan_states",
        "A plan is not held in the month it changes",
        "change_months.month_date >= plan_balances.month_date",
        "change_months.month_date > plan_balances.month_date",
    ),
    Mutant(
        "int_customer_plan_states",
        "A plan is held until after its change",
        "change_months.month_date < coalesce(",
        "change_months.month_date <= coalesce(",
    ),
    Mutant(
        "int_period_types",
        "The month that is running is complete",
        "cast(1 as bigint) * interval 1 month) as date) as ledger_end_date",
        "cast(2 as bigint) * interval 1 month) as date) as ledger_end_date",
    ),
    Mutant(
        "int_period_types",
        "A period is complete when it has begun",
        "cast(-length_months as bigint)",
        "cast(-step_months as bigint)",
    ),
    Mutant("int_period_types", "A quarter has two months", "3 as length_months", "2 as length_months"),
    Mutant("int_period_runs", "Who opens at 0 is in the cohort", "runs.opening_mrr > 0\n", "runs.opening_mrr >= 0\n"),
    Mutant(
        "int_period_runs",
        "Survivors only",
        "runs.opening_mrr > 0\n",
        "runs.opening_mrr > 0 and runs.closing_mrr > 0\n",
        trap="Survivors only",
    ),
    Mutant(
        "int_period_runs",
        "New customers are in the cohort",
        "runs.opening_mrr > 0\n",
        "(runs.opening_mrr > 0 or runs.closing_mrr > 0)\n",
        trap="Lazy NRR",
    ),
    Mutant(
        "int_period_runs",
        "The end of a period is read at its start",
        "cast(period_types.step_months - period_types.length_months as bigint)",
        "cast(period_types.step_months as bigint)",
    ),
    Mutant(
        "int_period_runs",
        "The attributes of a customer's first month hold for ever",
        "max(attribute_month_date) over (",
        "min(attribute_month_date) over (",
    ),
    Mutant(
        "int_period_runs",
        "The plan of a customer's first month holds for ever",
        "max(plan_state_month_date) over (",
        "min(plan_state_month_date) over (",
    ),
    Mutant(
        "int_period_runs",
        "Runs overlap",
        "cast(-period_types.step_months as bigint)",
        "cast(0 as bigint)",
        trap="Fan-out",
    ),
    Mutant(
        "int_period_runs",
        "Runs begin after the last complete period",
        "and runs.first_period_start_date <= period_types.last_period_start_date",
        "",
    ),
    Mutant(
        "int_period_runs",
        "A period opens with the changes of its first month",
        "cast(period_types.step_months as bigint)",
        "cast(0 as bigint)",
        trap="A bridge that does not chain",
    ),
    Mutant(
        "int_period_runs",
        "Balances of period types mix",
        "sum(opening_change) over (\n            partition by period_type, customer_id",
        "sum(opening_change) over (\n            partition by customer_id",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Today's segment stands on yesterday's cohort",
        "then customers.segment else attribute_versions.segment",
        "then customers.segment else customers.segment",
        trap="Today's segment on yesterday's cohort",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A null on purpose is filled with today's owner",
        "else attribute_versions.csm_owner",
        "else coalesce(attribute_versions.csm_owner, customers.csm_owner)",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Growth is retained",
        "least(opening_mrr, closing_mrr)",
        "greatest(opening_mrr, closing_mrr)",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Churn is contraction too",
        "case when closing_mrr > 0 then greatest",
        "case when closing_mrr >= 0 then greatest",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Who pays less has churned",
        "case when closing_mrr = 0 then opening_mrr",
        "case when closing_mrr < opening_mrr then opening_mrr",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A period ends on the first day of the next",
        "cast(-1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant("fct_cohort_snapshots", "The lower bound of a band belongs to the band below", ">= 100 then", "> 100 then"),
    Mutant(
        "fct_cohort_snapshots",
        "Cohorts are cut by their closing MRR",
        "when period_runs.opening_mrr >= 1000 then",
        "when period_runs.closing_mrr >= 1000 then",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Customers without an owner drop out of the dimension",
        "coalesce(csm_owner, '(none)')",
        "csm_owner",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "The plan is read from another month",
        "and period_runs.plan_state_month_date = plan_states.month_date",
        "and period_runs.plan_state_month_date >= plan_states.month_date",
        trap="Fan-out",
    ),
    Mutant(
        "retention_rates",
        "The denominator leaves out who churned",
        "sum(opening_mrr) as opening_mrr",
        "sum(case when closing_mrr > 0 then opening_mrr else 0 end) as opening_mrr",
        trap="Survivors only",
    ),
    Mutant(
        "retention_rates",
        "Every logo is retained",
        "case when closing_mrr > 0 then 1 else 0 end",
        "case when closing_mrr >= 0 then 1 else 0 end",
    ),
    Mutant("retention_rates", "A dimension is missing", "period_end_date, pricing_model)", "period_end_date, plan)"),
    Mutant("retention_rates", "NRR of 1.10 is in the band below", "when nrr < 1.1 then", "when nrr <= 1.1 then"),
    Mutant("retention_rates", "NRR of 1.20 is in the band below", "when nrr < 1.2 then", "when nrr <= 1.2 then"),
    Mutant("retention_rates", "A GRR at the threshold is fragile", "grr < 0.9 end", "grr <= 0.9 end"),
    Mutant("retention_rates", "Fragile needs no growth", "nrr >= 1 and grr", "nrr >= 0 and grr"),
    Mutant(
        "retention_rates",
        "Months have benchmarks",
        "when not (period_type in ('year', 'trailing_12_months')) or nrr is null then null",
        "",
    ),
    Mutant(
        "retention_rates",
        "NRR is rounded to four decimals",
        "as decimal(18, 6)\n    ) as nrr",
        "as decimal(18, 4)\n    ) as nrr",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Who comes back stays away",
        "when movements.movement_type in ('new', 'reactivation') then 1",
        "when movements.movement_type in ('new') then 1",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Who comes back is acquired again",
        "where movement_type = 'new'",
        "where movement_type in ('new', 'reactivation')",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Growth is retained",
        "            least(acquisitions.initial_mrr, movements.closing_mrr)",
        "            greatest(acquisitions.initial_mrr, movements.closing_mrr)",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Months without a change are left out",
        "    left join changes\n",
        "    inner join changes\n",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "The balances of cohorts mix",
        "sum(coalesce(changes.mrr_change, 0)) over (\n            partition by cohort_months.cohort_month_date\n",
        "sum(coalesce(changes.mrr_change, 0)) over (\n",
    ),
)

MUTANTS = (*BILLING, *LEDGER, *RETENTION)
