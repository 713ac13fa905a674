"""Mutants: one fragment of one model's compiled SQL, replaced by one that is wrong in a way that somebody could write.

A fragment has to occur exactly once in the model, so that a model that changes takes its mutants with it. A mutant with
`equivalent` cannot be noticed by anybody, for the reason that stands there. A mutant of a rule that the default vars do
not run names the policies that it is compiled `under`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# two sets of vars that together run every policy
POLICIES: dict[str, dict[str, Any]] = {
    "subscriptions": {
        "late_renewal_grace_days": 15,
        "reactivation_window_months": 2,
        "paused_as": "active",
        "delinquent_after_days": 30,
        "discount_policy": "all",
        "churn_recognised_at": "cancel_request",
        "fx_policy": "historical",
        "fiscal_year_start_month": 4,
        "customer_grain": "parent",
    },
    "invoices": {
        "mrr_basis": "invoices",
        "late_renewal_grace_days": 15,
        "discount_policy": "none",
        "usage_policy": "excluded",
    },
}


@dataclass(frozen=True)
class Mutant:
    """What is changed in which model; `trap` names the row of the traps that it re-enacts."""

    model: str
    name: str
    old: str
    new: str
    trap: str | None = None
    equivalent: str | None = None
    under: str | None = None

    @property
    def label(self) -> str:
        """How it is called."""
        return f"{self.model}: {self.name}"


TRUNCATED = "A truncated window in an incremental run"
SIZE_BEFORE_ZERO = "Size before zero in the CASE"
STATUS_NEVER_USED = "Status carried, never used"

BILLING = (
    Mutant(
        "int_ledger_bounds",
        "A draft says where the ledger ends",
        "status not in ('draft', 'void')",
        "status != 'void'",
    ),
    Mutant(
        "int_ledger_bounds",
        "A void invoice says where the ledger ends",
        "not in ('draft', 'void')",
        "not in ('draft')",
    ),
    Mutant(
        "int_ledger_bounds",
        "The ledger ends with the first invoice",
        "max(issued_at)",
        "min(issued_at)",
    ),
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
    Mutant(
        "int_currency_rates",
        "Every rate of a currency counts",
        "and latest_rates.recency = 1",
        "",
        trap="Fan-out",
    ),
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
        "int_plans_normalized",
        "Daily plans count 0",
        "'day' then 365",
        "'day' then 0",
        trap="Intervals mapped to zero",
    ),
    Mutant(
        "int_plans_normalized",
        "Annual plans count whole",
        "'year' then 1\n",
        "'year' then 12\n",
        trap="Amortising by payment",
    ),
    Mutant(
        "int_plans_normalized",
        "A quarter is a month",
        "'quarter' then 4",
        "'quarter' then 12",
    ),
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
    Mutant(
        "int_plans_normalized",
        "A quarter's coupon lasts a month",
        "when 'quarter' then 3",
        "when 'quarter' then 1",
        under="subscriptions",
    ),
    Mutant(
        "int_plans_normalized",
        "A week's coupon lasts a day",
        "when 'week' then 7",
        "when 'week' then 1",
        under="subscriptions",
    ),
    Mutant(
        "int_plans_normalized",
        "A coupon of two years lasts one",
        "billing_interval_count\n        * case billing_interval when 'month' then 1",
        "1 * case billing_interval when 'month' then 1",
        under="subscriptions",
    ),
    Mutant(
        "int_subscriptions_recognised",
        "Trials count",
        "coalesce(subscriptions.trial_ends_at, subscriptions.started_at)",
        "subscriptions.started_at",
        trap=STATUS_NEVER_USED,
    ),
    Mutant(
        "int_subscriptions_recognised",
        "A subscription never ends",
        "subscriptions.ended_at as ends_at",
        "cast(null as timestamp) as ends_at",
    ),
    Mutant(
        "int_subscriptions_recognised",
        "A cancellation counts when it is requested",
        "subscriptions.ended_at as ends_at",
        "least(subscriptions.ended_at, subscriptions.cancel_requested_at) as ends_at",
    ),
    Mutant(
        "int_subscriptions_recognised",
        "The grain of the customer is not used",
        "customers.ledger_customer_id as customer_id",
        "customers.customer_id as customer_id",
    ),
    Mutant(
        "int_subscriptions_recognised",
        "Who asks to leave counts until the end",
        "least(subscriptions.ended_at, subscriptions.cancel_requested_at)",
        "subscriptions.ended_at",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "An invoice is delinquent when it is due",
        "cast(30 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "What is written off stops nothing",
        "status in ('open', 'uncollectible')",
        "status in ('open')",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "Void invoices stop",
        "status in ('open', 'uncollectible')",
        "status in ('open', 'uncollectible', 'void')",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "What is paid late stops nothing",
        "or (status = 'paid' and paid_at is not null)",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "What is paid late is never forgiven",
        "case when status = 'paid' then paid_at end",
        "cast(null as timestamp)",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_delinquencies",
        "Who paid in time was stopped",
        "where stopped_from_at < coalesce(",
        "where true or stopped_from_at < coalesce(",
        under="subscriptions",
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
        equivalent="the two windows touch, so that what is paid for goes and comes at one instant",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "A pause within another one ends both",
        "max(break_to_at) over (",
        "last_value(break_to_at) over (",
    ),
    Mutant(
        "int_subscription_paying_windows",
        "Pauses are breaks, whatever the policy",
        "where false\n",
        "where true\n",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_items_priced",
        "Quantity is forgotten",
        "item_versions.quantity * cast(",
        "cast(",
    ),
    Mutant(
        "int_subscription_items_priced",
        "Today's quantity is written into every past month",
        "item_versions.quantity * cast(",
        (
            "first_value(item_versions.quantity) over (partition by item_versions.subscription_item_id order by "
            "item_versions.valid_from desc) * cast("
        ),
        trap="Back-projecting the present",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "Metered items have a price of their own",
        "where pool != 'metered'",
        "where true",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "An item is paid for before its subscription is",
        "greatest(priced_items.valid_from, subscriptions.pays_from_at)",
        "priced_items.valid_from",
        equivalent="the windows of a subscription begin when it is paid for, and cut the item there",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "A version is paid for from the start of its subscription",
        "greatest(priced_items.valid_from, subscriptions.pays_from_at)",
        "subscriptions.pays_from_at",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "An item outlives its subscription",
        "least(priced_items.valid_to, subscriptions.ends_at)",
        "priced_items.valid_to",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "A version never ends",
        "least(priced_items.valid_to, subscriptions.ends_at)",
        "subscriptions.ends_at",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "A gap is closed by what is not yet paid for",
        "greatest(priced_items.valid_from, subscriptions.pays_from_at)",
        "priced_items.valid_from",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_items_contracted",
        "An excluded customer renews",
        "where not is_excluded",
        "where true",
        under="subscriptions",
    ),
    Mutant(
        "int_late_renewals",
        "A bill that is paid at once has lapsed",
        "cast(to_date as timestamp) as to_at",
        "cast(from_date as timestamp) as to_at",
        under="invoices",
    ),
    Mutant(
        "int_late_renewals",
        "The interval begun last ends an island",
        "max(to_at) over (",
        "last_value(to_at) over (",
        under="subscriptions",
    ),
    Mutant(
        "int_late_renewals",
        "Exactly the days of grace are too late",
        "islands.renewed_at <= ",
        "islands.renewed_at < ",
        under="subscriptions",
    ),
    Mutant(
        "int_late_renewals",
        "Grace is a day longer",
        "cast(15 as bigint) * interval 1 day",
        "cast(16 as bigint) * interval 1 day",
        under="subscriptions",
    ),
    Mutant(
        "int_late_renewals",
        "Another product is a renewal",
        "partition by customer_id, product_id",
        "partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_late_renewals",
        "A renewal after the ledger is known",
        "cast(1 as bigint) * interval 1 day",
        "cast(100 as bigint) * interval 1 day",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_items_paying",
        "Versions outside the window stay",
        "where paying_from_at < coalesce(",
        "where true or paying_from_at < coalesce(",
    ),
    Mutant(
        "int_subscription_items_paying",
        "What is paid for goes on through a break",
        "contracted_items.contracted_to_at), windows.paying_to_at",
        "contracted_items.contracted_to_at)",
        trap=STATUS_NEVER_USED,
    ),
    Mutant(
        "int_subscription_items_paying",
        "What is paid for began before the break",
        "greatest(contracted_items.contracted_from_at, windows.paying_from_at)",
        "contracted_items.contracted_from_at",
    ),
    Mutant(
        "int_subscription_items_paying",
        "A late renewal is no renewal",
        "coalesce(late_renewals.renewed_at, contracted_items.contracted_to_at)",
        "contracted_items.contracted_to_at",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_items_paying",
        "Whatever has ended lasts until the renewal",
        "contracted_items.contracted_to_at = late_renewals.lapsed_at",
        "contracted_items.contracted_to_at <= late_renewals.lapsed_at",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_items_paying",
        "A renewal of another product closes the gap",
        "\n            and contracted_items.product_id = late_renewals.product_id",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "Once coupons touch MRR",
        "where duration != 'once'",
        "where true",
    ),
    Mutant(
        "int_subscription_discounts",
        "Only the largest coupon counts",
        "where duration != 'once'",
        (
            "where duration != 'once' qualify row_number() over (partition by subscription_id order by percent_off "
            "desc nulls last, discount_id) = 1"
        ),
        trap="Only the largest coupon",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon that is to count does not",
        "discounts.duration = 'once'\n        and true",
        "discounts.duration = 'once'\n        and false",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon given before the first payment is lost",
        "greatest(discounts.starts_at, subscriptions.pays_from_at) as fell_at",
        "discounts.starts_at as fell_at",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon for one item lowers all",
        "or coupons.subscription_item_id = contracted_items.subscription_item_id",
        "or true",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A term that has begun is over",
        "else most_terms - 1",
        "else most_terms",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon lasts two terms",
        "cast((terms_before + 1) * term_months as bigint)",
        "cast((terms_before + 2) * term_months as bigint)",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon lowers what has ended",
        "and coupons.fell_at >= contracted_items.contracted_from_at",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_discounts",
        "A coupon that never began counts",
        "where coupons.fell_at < coalesce(",
        "where true or coupons.fell_at < coalesce(",
        under="subscriptions",
    ),
    Mutant(
        "int_discount_spans",
        "The largest amount off counts",
        "sum(coalesce(reduced.amount_off, 0))",
        "max(coalesce(reduced.amount_off, 0))",
    ),
    Mutant(
        "int_discount_spans",
        "A discount of one item holds for all",
        "or paying_items.subscription_item_id = discounts.subscription_item_id",
        "or true",
    ),
    Mutant(
        "int_discount_spans",
        "A discount of the subscription holds for no item",
        "discounts.subscription_item_id is null\n                or ",
        "",
    ),
    Mutant(
        "int_discount_spans",
        "A discount holds in the month it ends",
        "and spans.from_at < reduced.to_at",
        "and spans.from_at <= reduced.to_at",
    ),
    Mutant(
        "int_discount_spans",
        "A discount misses its first month",
        "and spans.from_at >= reduced.from_at",
        "and spans.from_at > reduced.from_at",
    ),
    Mutant(
        "int_discount_spans",
        "A discount lasts a month longer",
        "coalesce(to_at, cast('9999-12-31' as timestamp)) as ends_at",
        "coalesce(to_at + interval 1 month, cast('9999-12-31' as timestamp)) as ends_at",
    ),
    Mutant(
        "int_discount_spans",
        "The spans of two versions of an item mix",
        "partition by subscription_item_id, valid_from, paying_from_at",
        "partition by subscription_item_id",
    ),
    Mutant(
        "int_discount_spans",
        "A discount that begins later starts no span",
        "        from_at\n    from reduced\n",
        "        from_at\n    from reduced where from_at = paying_from_at\n",
    ),
    Mutant(
        "int_discount_spans",
        "A coupon of one plan lowers the next",
        "and (discounts.plan_id is null or paying_items.plan_id = discounts.plan_id)",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_discount_spans",
        "A discount on one product lowers the one before",
        "\n        and spans.valid_from = reduced.valid_from",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "What ends within a month counts in it",
        "cast(date_trunc('month', to_at) as date)",
        "cast(date_trunc('month', to_at) + interval 1 month as date)",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "What begins at midnight on the first belongs to the month before",
        "cast(date_trunc('month', from_at) as date)",
        "cast(date_trunc('month', from_at - interval 1 second) as date)",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "What ends at midnight on the first is in force that month",
        "cast(date_trunc('month', to_at) as date)",
        "cast(date_trunc('month', to_at + interval 1 month - interval 1 second) as date)",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "A discount takes a price below 0",
        "kept_denominator, 0\n        ) as net_price",
        "kept_denominator, -1000000000000\n        ) as net_price",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "The amount is taken off before the percentage",
        (
            "gross_price * kept_numerator - cast(cast(amount_off as decimal(38, 4)) * 10000 as hugeint) * "
            "kept_denominator"
        ),
        "(gross_price - cast(cast(amount_off as decimal(38, 4)) * 10000 as hugeint)) * kept_numerator",
    ),
    Mutant(
        "int_subscription_price_intervals",
        "The spans of one product are those of the one before, too",
        "\n            and paying_items.valid_from = discount_spans.valid_from",
        "",
        under="subscriptions",
    ),
    Mutant(
        "int_invoice_line_terms",
        "An inclusive end is not recognised",
        "or is_whole_months_inclusive or",
        "or",
    ),
    Mutant(
        "int_invoice_line_terms",
        "An inclusive end loses its last day",
        "when is_whole_months_inclusive then day_after_end_date",
        "when is_whole_months_inclusive then service_end_date",
    ),
    Mutant(
        "int_invoice_line_terms",
        "Nothing snaps to whole months",
        "100 <= 6 * 365",
        "100 <= 0 * 365",
    ),
    Mutant(
        "int_invoice_line_terms",
        "Everything near snaps to whole months",
        "100 <= 6 * 365",
        "100 <= 20 * 365",
    ),
    Mutant(
        "int_invoice_line_terms",
        "Months are cut off and not rounded",
        "service_days * 24 + 365",
        "service_days * 24",
    ),
    Mutant(
        "int_invoice_line_terms",
        "Exactly 0.06 does not snap",
        "100 <= 6 * 365",
        "100 < 6 * 365",
        equivalent="0.06 of a month is 21.9 twelfths of a day: no whole number of days lies exactly there",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "A February counts as billed",
        "or terms.term_days >= 28 as",
        "or terms.term_days > 28 as",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "27 days count at their rate",
        "or terms.term_days >= 28 as",
        "or terms.term_days >= 27 as",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Annual bills count whole in the month of their last day",
        "or terms.term_days >= 28 as is_rate",
        "as is_rate",
        trap="Amortising by payment",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Draft invoices count",
        "status not in ('draft', 'void')",
        "status not in ('void')",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Void invoices count",
        "status not in ('draft', 'void')",
        "status not in ('draft')",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Recurring lines count twice",
        "line_type = 'recurring' and false",
        "line_type = 'recurring' and true",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Lines without a plan are lost",
        "coalesce(invoice_line_items.plan_id, 'unassigned')",
        "invoice_line_items.plan_id",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "The last day is the end of the period",
        "cast(-1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Credits count as charges",
        "cast(cast(amount as decimal(38, 4)) * 10000 as hugeint) as net_price",
        "abs(cast(cast(amount as decimal(38, 4)) * 10000 as hugeint)) as net_price",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Usage is in the pool of fixed prices",
        "'usage' then 'metered'",
        "'usage' then 'flat'",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Usage counts, whatever the policy",
        "line_type = 'usage' and false",
        "line_type = 'usage' and true",
        under="invoices",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "A short proration is a rate",
        "(terms.term_days >= 28 or not invoice_line_items.is_proration)",
        "true",
        under="invoices",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "No proration is a rate",
        "(terms.term_days >= 28 or not invoice_line_items.is_proration)",
        "not invoice_line_items.is_proration",
        under="invoices",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "A fixed amount on a metered plan is usage",
        "when plans.pool = 'metered' then 'flat'",
        "when plans.pool = 'metered' then 'metered'",
        under="invoices",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "A short bill counts whole",
        "invoice_line_items.line_type = 'recurring' or terms.term_days >= 28",
        "terms.term_days >= 28",
        under="invoices",
    ),
    Mutant(
        "int_invoice_lines_counted",
        "Discounts lower MRR, whatever the policy",
        "then amount + discount_amount else",
        "then amount else",
        under="invoices",
    ),
    Mutant(
        "int_invoice_line_price_intervals",
        "Usage counts in the month it ends",
        "cast(date_trunc('month', bridged_to_date) as date)",
        "cast(date_trunc('month', bridged_to_date) + interval 1 month as date)",
    ),
    Mutant(
        "int_invoice_line_price_intervals",
        "A late renewal is no renewal",
        "coalesce(cast(late_renewals.renewed_at as date), counted_lines.to_date)",
        "counted_lines.to_date",
        under="invoices",
    ),
    Mutant(
        "int_item_price_intervals",
        "Excluded customers are in the ledger",
        "where not is_excluded",
        "where true",
    ),
    Mutant(
        "int_item_price_intervals",
        "Adjustments are forgotten",
        "inner join customers on adjustments.customer_id = customers.customer_id",
        "inner join customers on false",
    ),
    Mutant(
        "int_item_price_intervals",
        "An adjustment is one more fixed price",
        "'adjustment' as pool",
        "'flat' as pool",
    ),
    Mutant(
        "int_item_price_intervals",
        "An adjustment never ends",
        "adjustments.month_to_date as to_month_date",
        "cast(null as date) as to_month_date",
    ),
    Mutant(
        "int_item_price_intervals",
        "An adjustment is not rolled up to the parent",
        "customers.ledger_customer_id as customer_id",
        "customers.customer_id as customer_id",
    ),
    Mutant(
        "int_mrr_intervals",
        "Amounts are not converted",
        "inner join currency_rates on",
        (
            "inner join (select currency, 1 as rate_numerator, 1 as rate_denominator from currency_rates) as "
            "currency_rates on"
        ),
    ),
    Mutant(
        "int_mrr_intervals",
        "A join to the rates fans out",
        "on price_intervals.currency = currency_rates.currency",
        "on true",
        trap="Fan-out",
    ),
    Mutant(
        "int_mrr_intervals",
        "Fractions are cut off",
        (
            " * 2 + (price_intervals.net_price_denominator * price_intervals.per_month_denominator * "
            "currency_rates.rate_denominator))"
        ),
        " * 2)",
    ),
    Mutant(
        "int_currency_rate_spans",
        "The first rate of a month holds at its closing",
        "exchange_rates.effective_date desc",
        "exchange_rates.effective_date asc",
        under="subscriptions",
    ),
    Mutant(
        "int_currency_rate_spans",
        "A quarter opens two months back",
        "(next_month_date + cast(3 as bigint)",
        "(next_month_date + cast(2 as bigint)",
        under="subscriptions",
    ),
    Mutant(
        "int_currency_rate_spans",
        "A month opens at its own closing rate",
        "(next_month_date + cast(1 as bigint)",
        "(next_month_date + cast(0 as bigint)",
        under="subscriptions",
    ),
    Mutant(
        "int_currency_rate_spans",
        "What opens before the first rate is worth nothing",
        (
            "when rate_number = 1 then cast('0001-01-01' as date)\n                    else cast(\n\n    "
            "(month_date + cast(3 as bigint)"
        ),
        (
            "when false then cast('0001-01-01' as date)\n                    else cast(\n\n    (month_date + "
            "cast(3 as bigint)"
        ),
        under="subscriptions",
    ),
    Mutant(
        "int_mrr_valuations",
        "Usage between two month ends has an empty interval",
        'int_mrr_intervals"\n    where from_month_date',
        'int_mrr_intervals"\n    where true or from_month_date',
    ),
    Mutant(
        "int_mrr_valuations",
        "What began before its rate is worth it from the start",
        "greatest(price_intervals.from_month_date, rate_spans.from_month_date)",
        "price_intervals.from_month_date",
        under="subscriptions",
    ),
    Mutant(
        "int_mrr_valuations",
        "A rate holds in the month of the next one",
        "price_intervals.from_month_date < rate_spans.to_month_date",
        "price_intervals.from_month_date <= rate_spans.to_month_date",
        under="subscriptions",
    ),
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
    Mutant(
        "int_other_rows_excluded",
        "The other coupons are listed",
        "discounts.duration = 'once'",
        "discounts.duration != 'once'",
    ),
    Mutant(
        "int_other_rows_excluded",
        "Subscriptions with items are listed",
        "item_versions.subscription_id is null then",
        "item_versions.subscription_id is not null then",
    ),
    Mutant(
        "int_other_rows_excluded",
        "Every customer is excluded",
        "case when is_excluded then 'excluded_customer' end",
        "'excluded_customer'",
    ),
    Mutant(
        "int_other_rows_excluded",
        "An empty adjustment is counted",
        "adjustments.month_from_date >= adjustments.month_to_date",
        "adjustments.month_from_date > adjustments.month_to_date",
    ),
    Mutant(
        "int_other_rows_excluded",
        "An adjustment of the last month comes after it",
        "adjustments.month_from_date > ledger_bounds",
        "adjustments.month_from_date >= ledger_bounds",
    ),
)

LEDGER = (
    Mutant(
        "int_plan_balances",
        "What ends is added again",
        "-net_mrr as mrr_change",
        "net_mrr as mrr_change",
    ),
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
        "sum(mrr_change) over (\n            partition by fx_basis, customer_id, product_id, plan_id, pool",
        "sum(mrr_change) over (\n            partition by fx_basis, customer_id, product_id, pool",
    ),
    Mutant(
        "int_plan_balances",
        "Open intervals end too",
        "where to_month_date is not null",
        "where true",
        equivalent="the month of an open end is null, which the join to the ledger's bounds leaves out",
    ),
    Mutant(
        "int_plan_balances",
        "The rates of a balance mix",
        "sum(mrr_change) over (\n            partition by fx_basis, customer_id",
        "sum(mrr_change) over (\n            partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_pool_balances",
        "Credits make MRR negative",
        "else greatest(net_mrr, 0) end",
        "else net_mrr end",
    ),
    Mutant(
        "int_pool_balances",
        "Credits are forgotten",
        "else greatest(-net_mrr, 0) end",
        "else 0 end",
    ),
    Mutant(
        "int_pool_balances",
        "The pools of a product share one balance",
        "sum(net_change) over (\n            partition by fx_basis, customer_id, product_id, pool",
        "sum(net_change) over (\n            partition by fx_basis, customer_id, product_id",
    ),
    Mutant(
        "int_pool_balances",
        "The change is read from the pool of another product",
        "lag(closing_mrr) over (\n                partition by fx_basis, customer_id, product_id, pool",
        "lag(closing_mrr) over (\n                partition by fx_basis, customer_id, pool",
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
        "net_change != 0\n",
        "net_change != 0 and month_date >= date '2024-07-01'\n",
        trap=TRUNCATED,
    ),
    Mutant(
        "int_pool_balances",
        "Adjustments stop at 0 like any pool",
        "case when pool = 'adjustment' then net_mrr else",
        "case when false then net_mrr else",
    ),
    Mutant(
        "int_pool_balances",
        "A negative adjustment is a shortfall",
        "case when pool = 'adjustment' then 0 else",
        "case when false then 0 else",
    ),
    Mutant(
        "int_pool_balances",
        "The rates of a balance mix",
        "lag(closing_mrr) over (\n                partition by fx_basis, customer_id",
        "lag(closing_mrr) over (\n                partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_product_balances",
        "Adjustments make MRR negative",
        "greatest(net_mrr, 0) as closing_mrr",
        "net_mrr as closing_mrr",
    ),
    Mutant(
        "int_product_balances",
        "What adjustments take below 0 is forgotten",
        "greatest(-net_mrr, 0) as shortfall_mrr",
        "0 as shortfall_mrr",
    ),
    Mutant(
        "int_product_balances",
        "Adjustments are among what is unadjusted",
        "case when pool = 'adjustment' then 0 else mrr_change end",
        "mrr_change",
    ),
    Mutant(
        "int_product_balances",
        "An adjustment of one product lowers another",
        "sum(net_change) over (\n            partition by fx_basis, customer_id, product_id",
        "sum(net_change) over (\n            partition by fx_basis, customer_id",
    ),
    Mutant(
        "int_product_balances",
        "The change is read from another product",
        "lag(closing_mrr) over (\n                partition by fx_basis, customer_id, product_id",
        "lag(closing_mrr) over (\n                partition by fx_basis, customer_id",
    ),
    Mutant(
        "int_product_balances",
        "A price that takes an adjustment's place is no change",
        "or unadjusted_change != 0",
        "or false",
    ),
    Mutant(
        "int_product_balances",
        "The rates of a balance mix",
        "sum(net_change) over (\n            partition by fx_basis, customer_id",
        "sum(net_change) over (\n            partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_balances",
        "Months without a change are changes",
        "month_opening_mrr != previous_closing_mrr\n",
        "true or month_opening_mrr != previous_closing_mrr\n",
        equivalent=(
            "a month that opens and closes alike is no movement, and every month after a change has those balances too"
        ),
    ),
    Mutant(
        "int_customer_balances",
        "Recent months are cut before their opening is read",
        "from with_opening\n",
        "from (select * from with_opening where month_date >= date '2024-07-01') as with_opening\n",
        trap=TRUNCATED,
    ),
    Mutant(
        "int_customer_balances",
        "The peak holds this month too",
        (
            "max(closing_mrr) over (\n            partition by customer_id\n            order by month_date\n      "
            "      rows between unbounded preceding and 1 preceding"
        ),
        (
            "max(closing_mrr) over (\n            partition by customer_id\n            order by month_date\n      "
            "      rows between unbounded preceding and current row"
        ),
    ),
    Mutant(
        "int_customer_balances",
        "The peak is the lowest balance",
        "max(closing_mrr) over (",
        "min(closing_mrr) over (",
    ),
    Mutant(
        "int_customer_balances",
        "The peak is the balance before",
        (
            "max(closing_mrr) over (\n            partition by customer_id\n            order by month_date\n      "
            "      rows between unbounded preceding and 1 preceding"
        ),
        (
            "max(closing_mrr) over (\n            partition by customer_id\n            order by month_date\n      "
            "      rows between 1 preceding and 1 preceding"
        ),
    ),
    Mutant(
        "int_customer_balances",
        "The opening is another customer's closing",
        "lag(closing_mrr) over (partition by customer_id order",
        "lag(closing_mrr) over (order",
    ),
    Mutant(
        "int_customer_balances",
        "A balance is one movement only",
        "sum(closing_change) over (partition by customer_id order",
        "sum(closing_change) over (partition by customer_id, month_date order",
    ),
    Mutant(
        "int_customer_balances",
        "All MRR is adjusted",
        "closing_mrr - unadjusted_mrr as closing_adjustment_mrr",
        "closing_mrr as closing_adjustment_mrr",
    ),
    Mutant(
        "int_customer_balances",
        "An adjustment changes in every month in which something does",
        "- month_opening_unadjusted_mrr - previous_closing_adjustment_mrr as",
        "- month_opening_unadjusted_mrr as",
    ),
    Mutant(
        "int_customer_balances",
        "An adjustment in place of a price is no change",
        (
            "or closing_adjustment_mrr != previous_closing_adjustment_mrr\n        or month_opening_mrr - "
            "month_opening_unadjusted_mrr != previous_closing_adjustment_mrr\n"
        ),
        "",
    ),
    Mutant(
        "int_customer_balances",
        "Who left twice left at the first time",
        "max(case when opening_mrr > 0 and closing_mrr = 0",
        "min(case when opening_mrr > 0 and closing_mrr = 0",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_balances",
        "A rate is a movement",
        "month_opening_mrr - previous_closing_mrr as mrr_change",
        "closing_mrr - previous_closing_mrr as mrr_change",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_balances",
        "A rate makes a customer",
        "case when closing_mrr = 0 then 0 else greatest(month_opening_mrr, 0.0001) end",
        "greatest(month_opening_mrr, 0)",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_balances",
        "Who pays is inactive at another rate",
        "greatest(quarter_opening_mrr, 0.0001) end",
        "quarter_opening_mrr end",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_balances",
        "Adjustments move with the rate",
        "month_opening_mrr - month_opening_unadjusted_mrr - previous",
        "closing_mrr - month_opening_unadjusted_mrr - previous",
        under="subscriptions",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "The subscription that ended first decides",
        "subscriptions.ends_at desc",
        "subscriptions.ends_at asc",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "Of two that end together the last one decides",
        "subscriptions.subscription_id asc",
        "subscriptions.subscription_id desc",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "Who left before decides",
        "churns.month_date = valuations.to_month_date",
        "churns.month_date >= valuations.to_month_date",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "A subscription that goes on decides",
        "\n            and cast(date_trunc('month', subscriptions.ends_at) as date) <= churns.month_date",
        "",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "What was given away decides",
        "and net_mrr > 0",
        "and net_mrr >= 0",
    ),
    Mutant(
        "int_customer_churn_reasons",
        "No reason is another reason",
        "'unknown'",
        "'other'",
    ),
    Mutant(
        "int_customer_acquisitions",
        "The last acquisition counts",
        "min(acquired_customers.acquired_at)",
        "max(acquired_customers.acquired_at)",
    ),
    Mutant(
        "int_customer_acquisitions",
        "An excluded child was acquired",
        "where not is_excluded",
        "where true",
    ),
    Mutant(
        "int_contracted_changes",
        "Usage is contracted",
        "pool in ('flat', 'per_seat')",
        "pool in ('flat', 'per_seat', 'metered')",
    ),
    Mutant(
        "int_contracted_changes",
        "Adjustments are contracted",
        "pool in ('flat', 'per_seat')",
        "pool in ('flat', 'per_seat', 'adjustment')",
    ),
    Mutant(
        "int_contracted_changes",
        "What ends is added again",
        "-net_mrr as mrr_change",
        "net_mrr as mrr_change",
    ),
    Mutant(
        "int_contracted_changes",
        "The last month has no changes",
        "<= ledger_bounds.last_month_date",
        "< ledger_bounds.last_month_date",
    ),
    Mutant(
        "int_contracted_changes",
        "Changes after the ledger are known",
        "<= ledger_bounds.last_month_date",
        "<= ledger_bounds.last_month_date + interval 1 month",
    ),
    Mutant(
        "int_contracted_balances",
        "The pools of a customer share one balance",
        "sum(mrr_change) over (\n                partition by customer_id, product_id, pool",
        "sum(mrr_change) over (\n                partition by customer_id, pool",
    ),
    Mutant(
        "int_contracted_balances",
        "The change is read from another pool",
        "lag(pool_mrr) over (\n                partition by customer_id, product_id, pool",
        "lag(pool_mrr) over (\n                partition by customer_id",
    ),
    Mutant(
        "int_contracted_balances",
        "An instant opens with what it leaves",
        "mrr_after - mrr_change as mrr_before",
        "mrr_after as mrr_before",
    ),
    Mutant(
        "int_contracted_balances",
        "The peak holds this instant too",
        (
            "max(mrr_after) over (\n            partition by customer_id\n            order by changed_at\n        "
            "    rows between unbounded preceding and 1 preceding"
        ),
        (
            "max(mrr_after) over (\n            partition by customer_id\n            order by changed_at\n        "
            "    rows between unbounded preceding and current row"
        ),
    ),
    Mutant(
        "int_contracted_balances",
        "Only recent changes are summed",
        "from contracted_changes\n",
        "from contracted_changes where changed_at >= timestamp '2024-07-01'\n",
        trap=TRUNCATED,
    ),
    Mutant(
        "int_contracted_balances",
        "Credits make contracted MRR negative",
        "0\n        ) as pool_mrr",
        "-1000000000\n        ) as pool_mrr",
        under="invoices",
    ),
    Mutant(
        "int_contracted_balances",
        "Who left twice left at the first time",
        "max(case when mrr_after = 0 and mrr_change < 0",
        "min(case when mrr_after = 0 and mrr_change < 0",
        under="subscriptions",
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
        "from customer_balances\n",
        "from (select * from customer_balances where month_date >= date '2024-01-01') as customer_balances\n",
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
        "fct_customer_mrr_months",
        "A rate moves every month after it",
        "then fx_mrr else 0 end",
        "then fx_mrr else fx_mrr end",
        under="subscriptions",
        equivalent=(
            "the month after a rate has moved MRR opens at another rate than the one before, and so is "
            "a change of its own"
        ),
    ),
    Mutant(
        "fct_mrr_movements",
        "Growth comes before new and return",
        "when opening_mrr = 0 and closing_mrr > 0 and peak_mrr_before = 0 then 'new'",
        (
            "when closing_mrr > opening_mrr and peak_mrr_before > 0 then 'expansion'\n        when opening_mrr = 0 "
            "and closing_mrr > 0 and peak_mrr_before = 0 then 'new'"
        ),
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_movements",
        "Loss comes before churn",
        "when opening_mrr > 0 and closing_mrr = 0 then 'churn'",
        (
            "when closing_mrr < opening_mrr then 'contraction'\n        when opening_mrr > 0 and closing_mrr = 0 "
            "then 'churn'"
        ),
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_movements",
        "Every return is new",
        "and closing_mrr > 0 and peak_mrr_before = 0 then",
        "and closing_mrr > 0 then",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who signed up before it paid has come back",
        "and peak_mrr_before = 0 then 'new'",
        "and peak_mrr_before = 0 and customer_id != 'first_subscription_crosses_no_month_end' then 'new'",
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
        "then with_recovery.mrr_change - with_recovery.recovered_mrr",
        "then with_recovery.mrr_change",
    ),
    Mutant(
        "fct_mrr_movements",
        "A movement for each product",
        "from customer_balances\n",
        (
            "from (select customer_id, month_date, closing_mrr - mrr_change as opening_mrr, closing_mrr, "
            "mrr_change, 0 as adjustment_mrr, 0 as peak_mrr_before from intermediate.int_pool_balances) as "
            "customer_balances\n"
        ),
        trap="Wrong grain",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who is acquired in the month it first pays is not",
        "acquired_month_date <= with_recovery.month_date",
        "acquired_month_date < with_recovery.month_date",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who paid before it was bought is acquired",
        "acquisitions.acquired_month_date <= with_recovery.month_date",
        "acquisitions.customer_id is not null",
    ),
    Mutant(
        "fct_mrr_movements",
        "Whatever an acquired customer does is acquired",
        "with_recovery.movement_type = 'new'\n    and with_recovery.peak_mrr_before = 0",
        "true",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who comes back within the window is new",
        ")) > 2",
        ")) >= 2",
        under="subscriptions",
    ),
    Mutant(
        "fct_mrr_movements",
        "Who comes back late is acquired again",
        "\n    and with_recovery.peak_mrr_before = 0",
        "",
        under="subscriptions",
    ),
    Mutant(
        "fct_mrr_movements",
        "A movement ends at the closing rate",
        "opening_mrr + mrr_change as closing_mrr",
        "closing_mrr as closing_mrr",
        under="subscriptions",
    ),
    Mutant(
        "fct_mrr_change_events",
        "Growth comes before new and return",
        "when mrr_before = 0 and mrr_after > 0 and peak_mrr_before = 0 then 'new'",
        (
            "when mrr_after > mrr_before and peak_mrr_before > 0 then 'expansion'\n        when mrr_before = 0 and "
            "mrr_after > 0 and peak_mrr_before = 0 then 'new'"
        ),
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_change_events",
        "Loss comes before churn",
        "when mrr_before > 0 and mrr_after = 0 then 'churn'",
        ("when mrr_after < mrr_before then 'contraction'\n        when mrr_before > 0 and mrr_after = 0 then 'churn'"),
        trap=SIZE_BEFORE_ZERO,
    ),
    Mutant(
        "fct_mrr_change_events",
        "Every return is new",
        "and mrr_after > 0 and peak_mrr_before = 0 then",
        "and mrr_after > 0 then",
    ),
    Mutant(
        "fct_mrr_change_events",
        "A price that stays the same is an event",
        "where mrr_change != 0",
        "where true",
    ),
    Mutant(
        "fct_mrr_change_events",
        "The items of a customer share one history",
        "partition by customer_id, item_type, item_id\n",
        "partition by customer_id\n",
    ),
    Mutant(
        "fct_mrr_change_events",
        "Who comes back within the window is new",
        ")) > 2",
        ")) >= 2",
        under="subscriptions",
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
    Mutant(
        "mrr_waterfall",
        "A year has four months",
        "closing_mrr * 12",
        "closing_mrr * 4",
    ),
    Mutant(
        "mrr_waterfall",
        "Bought customers are new, too",
        "movement_type = 'new' and not is_acquired then mrr_change",
        "movement_type = 'new' then mrr_change",
    ),
    Mutant(
        "mrr_waterfall",
        "Bought growth is growth",
        "new_mrr + reactivation_mrr + expansion_mrr as gained_mrr",
        "new_mrr + acquired_mrr + reactivation_mrr + expansion_mrr as gained_mrr",
    ),
    Mutant(
        "mrr_waterfall",
        "Bought customers are not counted",
        "when movement_type in ('new', 'reactivation') then 1",
        "when movement_type in ('new', 'reactivation') and not is_acquired then 1",
    ),
    Mutant(
        "mrr_waterfall",
        "An unknown reason is in none",
        "churn_reason in ('other', 'unknown') then mrr_change",
        "churn_reason in ('other') then mrr_change",
    ),
    Mutant(
        "mrr_waterfall",
        "A failed payment is a choice",
        "churn_reason = 'voluntary' then 1",
        "churn_reason in ('voluntary', 'payment_failed') then 1",
    ),
    Mutant(
        "mrr_waterfall",
        "Adjustments of who did not move are forgotten",
        "sum(adjustment_mrr) as adjustment_mrr",
        "sum(case when mrr_change != 0 then adjustment_mrr else 0 end) as adjustment_mrr",
    ),
    Mutant(
        "mrr_waterfall",
        "Rates are left out of the bridge",
        "coalesce(movements_by_month.mrr_change, 0) + coalesce(balances_by_month.fx_mrr, 0)",
        "coalesce(movements_by_month.mrr_change, 0)",
        under="subscriptions",
    ),
    Mutant(
        "mrr_exclusions",
        "Every pool has a shortfall",
        "int_pool_balances\"\n    where\n        fx_basis = 'closing'\n        and shortfall_mrr > 0",
        "int_pool_balances\"\n    where\n        fx_basis = 'closing'\n        and shortfall_mrr >= 0",
    ),
    Mutant(
        "mrr_exclusions",
        "Every product has a shortfall",
        "int_product_balances\"\n    where\n        fx_basis = 'closing'\n        and shortfall_mrr > 0",
        "int_product_balances\"\n    where\n        fx_basis = 'closing'\n        and shortfall_mrr >= 0",
    ),
    Mutant(
        "mrr_exclusions",
        "A shortfall is there once and not each month",
        "        row_count,\n        -shortfall",
        "        1 as row_count,\n        -shortfall",
    ),
    Mutant(
        "mrr_exclusions",
        "The last month has no shortfall",
        "cast(1 as bigint) * interval 1 month",
        "cast(0 as bigint) * interval 1 month",
    ),
    Mutant(
        "dim_customers",
        "Excluded customers are in the dimension",
        "where not is_excluded",
        "where true",
    ),
    Mutant(
        "dim_customers",
        "The first paid month is the last change",
        "min(case when closing_mrr > 0 then month_date end)",
        "max(case when closing_mrr > 0 then month_date end)",
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
        "dim_customers",
        "A customer's first paid month is its first change",
        "min(case when closing_mrr > 0 then month_date end)",
        "min(month_date)",
    ),
    Mutant(
        "dim_products",
        "Who left still counts",
        "case when current_mrr > 0 then 1",
        "case when current_mrr >= 0 then 1",
    ),
    Mutant(
        "dim_products",
        "A product's MRR is at all rates",
        "where fx_basis = 'closing'",
        "where true",
        under="subscriptions",
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
    Mutant(
        "int_customer_plan_states",
        "Of equal plans the last one counts",
        "plan_id asc",
        "plan_id desc",
    ),
    Mutant(
        "int_customer_plan_states",
        "A pool that counts as 0 is a pricing model",
        "where pool_mrr > 0",
        "where pool_mrr >= -1000000",
    ),
    Mutant(
        "int_customer_plan_states",
        "Two pools are one pricing model",
        "else 'mixed' end",
        "else min(pool) end",
    ),
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
        "int_customer_plan_states",
        "A manual correction is a plan",
        "and plan_balances.pool != 'adjustment'",
        "",
    ),
    Mutant(
        "int_customer_plan_states",
        "The largest plan is so at any rate",
        "where fx_basis = 'closing'",
        "where fx_basis = 'constant'",
        under="subscriptions",
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
    Mutant(
        "int_period_types",
        "A quarter has two months",
        "3 as length_months",
        "2 as length_months",
    ),
    Mutant(
        "int_period_types",
        "A fiscal year begins in January",
        (
            "(date_trunc('year', cast(\n\n    (ledger_end_date + cast(9 as bigint) * interval 1 month) as date)) + "
            "cast(-9 as bigint)"
        ),
        (
            "(date_trunc('year', cast(\n\n    (ledger_end_date + cast(0 as bigint) * interval 1 month) as date)) + "
            "cast(0 as bigint)"
        ),
        under="subscriptions",
    ),
    Mutant(
        "int_period_changes",
        "The end of a period is read at its start",
        "cast(period_types.step_months - period_types.length_months as bigint)",
        "cast(period_types.step_months as bigint)",
    ),
    Mutant(
        "int_period_changes",
        "A period opens with the changes of its first month",
        "cast(period_types.step_months as bigint)",
        "cast(0 as bigint)",
        trap="A bridge that does not chain",
    ),
    Mutant(
        "int_period_changes",
        "A fiscal year begins in January",
        (
            "            when 12 then cast(\n\n    (date_trunc('year', cast(\n\n    (read_at_start.month_date + "
            "cast(9 as bigint) * interval 1 month) as date)) + cast(-9 as bigint)"
        ),
        (
            "            when 12 then cast(\n\n    (date_trunc('year', cast(\n\n    (read_at_start.month_date + "
            "cast(0 as bigint) * interval 1 month) as date)) + cast(0 as bigint)"
        ),
        under="subscriptions",
    ),
    Mutant(
        "int_period_changes",
        "A quarter closes at the rates of its last month",
        "then customer_balances.quarter_opening_change",
        "then customer_balances.month_opening_change",
        under="subscriptions",
    ),
    Mutant(
        "int_period_changes",
        "A year closes at the rates of its last quarter",
        "then customer_balances.year_opening_change",
        "then customer_balances.quarter_opening_change",
        under="subscriptions",
    ),
    Mutant(
        "int_period_runs",
        "Who opens at 0 is in the cohort",
        "runs.opening_mrr > 0\n",
        "runs.opening_mrr >= 0\n",
    ),
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
        "Balances of period types mix",
        "sum(opening_change) over (\n            partition by period_type, customer_id",
        "sum(opening_change) over (\n            partition by customer_id",
    ),
    Mutant(
        "int_period_runs",
        "A churn before the period gives its reason",
        "case when runs.closing_mrr = 0 then runs.churn_month_date end",
        "runs.churn_month_date",
    ),
    Mutant(
        "int_period_runs",
        "The first churn of a customer gives the reason of all",
        "max(churn_month_date) over (",
        "min(churn_month_date) over (",
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
    Mutant(
        "fct_cohort_snapshots",
        "The lower bound of a band belongs to the band below",
        ">= 100 then",
        "> 100 then",
    ),
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
        "fct_cohort_snapshots",
        "A trailing year is named after the month that follows it",
        "cast(11 as bigint)",
        "cast(12 as bigint)",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A quarter is named after its month",
        "extract(quarter from",
        "extract(month from",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Who came in December came in the year after",
        "cast(0 as bigint) * interval 1 month) as date)) as acquisition_year",
        "cast(1 as bigint) * interval 1 month) as date)) as acquisition_year",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A fiscal year is named after the year it begins in",
        "when 'year' then 'FY' || cast(extract(year from cast(\n\n    (period_start_date + cast(9 as bigint)",
        "when 'year' then 'FY' || cast(extract(year from cast(\n\n    (period_start_date + cast(0 as bigint)",
        under="subscriptions",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A customer is acquired in a calendar year",
        "customers.first_paid_month_date + cast(9 as bigint)",
        "customers.first_paid_month_date + cast(0 as bigint)",
        under="subscriptions",
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
    Mutant(
        "retention_rates",
        "A dimension is missing",
        "from cohorts\n",
        "from cohorts where dimension != 'pricing_model'\n",
    ),
    Mutant(
        "retention_rates",
        "NRR of 1.10 is in the band below",
        "when nrr < 1.1 then",
        "when nrr <= 1.1 then",
    ),
    Mutant(
        "retention_rates",
        "NRR of 1.20 is in the band below",
        "when nrr < 1.2 then",
        "when nrr <= 1.2 then",
    ),
    Mutant(
        "retention_rates",
        "A GRR at the threshold is fragile",
        "grr < 0.9 end",
        "grr <= 0.9 end",
    ),
    Mutant(
        "retention_rates",
        "Fragile needs no growth",
        "nrr >= 1 and grr",
        "nrr >= 0 and grr",
    ),
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
        "retention_rates",
        "A trailing year is named after the month that follows it",
        "cast(11 as bigint)",
        "cast(12 as bigint)",
    ),
    Mutant(
        "retention_rates",
        "An unknown reason is in none",
        "churn_reason in ('other', 'unknown') then",
        "churn_reason in ('other') then",
    ),
    Mutant(
        "retention_rates",
        "A failed payment is a choice",
        "churn_reason = 'voluntary' then",
        "churn_reason in ('voluntary', 'payment_failed') then",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Who comes back stays away",
        "case when customer_balances.closing_mrr > 0 then 1",
        (
            "case when customer_balances.closing_mrr > 0 and (customer_balances.opening_mrr > 0 or "
            "customer_balances.peak_mrr_before = 0) then 1"
        ),
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Who comes back is acquired again",
        "and peak_mrr_before = 0",
        "and opening_mrr = 0",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "Growth is retained",
        "            least(acquisitions.initial_mrr, customer_balances.closing",
        "            greatest(acquisitions.initial_mrr, customer_balances.closing",
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
        ("sum(coalesce(changes.mrr_change, 0)) over (\n            partition by cohort_months.cohort_month_date\n"),
        "sum(coalesce(changes.mrr_change, 0)) over (\n",
    ),
    Mutant(
        "acquisition_cohort_retention",
        "A cohort moves with the rates",
        "customer_balances.closing_mrr_at_constant_rates - customer_balances.opening_mrr_at_constant_rates",
        "customer_balances.closing_mrr - customer_balances.opening_mrr",
        under="subscriptions",
    ),
)

MUTANTS = (*BILLING, *LEDGER, *RETENTION)
