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
        "where discounts.duration != 'once'",
        "where true",
    ),
    Mutant(
        "int_subscription_discounts",
        "Only the largest coupon counts",
        "where discounts.duration != 'once'",
        (
            "where discounts.duration != 'once' qualify row_number() over (partition by discounts.subscription_id "
            "order by discounts.percent_off desc nulls last, discounts.discount_id) = 1"
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
        "try_cast(cast(service_days * 24 + 365 as hugeint)",
        "try_cast(cast(service_days * 24 as hugeint)",
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
        "line_type in ('usage')",
        "line_type in ('usage', 'recurring')",
        equivalent="int_invoice_line_terms has no terms of lines that do not count",
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
        "line_type in ('recurring')",
        "line_type in ('usage', 'recurring')",
        equivalent="int_invoice_line_terms has no terms of lines that do not count",
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
        "when other_types.line_type = 'tax' then 'tax_line'",
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
    Mutant(
        "int_mrr_intervals",
        "A unit is priced after discounts",
        (
            "    case\n        when\n            price_intervals.pool in ('flat', 'per_seat')\n            and "
            "price_intervals.quantity > 0"
        ),
        (
            "    case\n        when price_intervals.quantity > 0 then cast(net_mrr / price_intervals.quantity as "
            "decimal(18, 4))\n        when\n            price_intervals.pool in ('flat', 'per_seat')\n            "
            "and price_intervals.quantity > 0"
        ),
    ),
    Mutant(
        "int_mrr_intervals",
        "The price of a unit is rounded twice",
        (
            "    case\n        when\n            price_intervals.pool in ('flat', 'per_seat')\n            and "
            "price_intervals.quantity > 0"
        ),
        (
            "    case\n        when price_intervals.quantity > 0 and price_intervals.gross_price > 0\n            "
            "then cast(gross_mrr / price_intervals.quantity as decimal(18, 4))\n        when\n            "
            "price_intervals.pool in ('flat', 'per_seat')\n            and price_intervals.quantity > 0"
        ),
    ),
    Mutant(
        "int_mrr_intervals",
        "A free item has a price of 0",
        "            and price_intervals.gross_price > 0",
        "            and price_intervals.gross_price >= 0",
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
        "int_plan_balances",
        "An item that ends is still there",
        "-1 as item_change",
        "0 as item_change",
    ),
    Mutant(
        "int_plan_balances",
        "Units of what ends are added again",
        "-quantity as quantity_change",
        "quantity as quantity_change",
    ),
    Mutant(
        "int_plan_balances",
        "What ends goes after discounts",
        "-gross_mrr as gross_change",
        "-net_mrr as gross_change",
    ),
    Mutant(
        "int_plan_balances",
        "A free item leaves no trace",
        "        item_change != 0\n        or quantity_change != 0",
        "        quantity_change != 0",
    ),
    Mutant(
        "int_plan_balances",
        "More units for the same money are no change",
        "        or quantity_change != 0\n",
        "",
    ),
    Mutant(
        "int_plan_balances",
        "A price that a discount makes up for is no change",
        "        or gross_change != 0\n",
        "",
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
        "sum(net_change) over (partition by fx_basis, customer_id, product_id, pool",
        "sum(net_change) over (partition by fx_basis, customer_id, product_id",
    ),
    Mutant(
        "int_pool_balances",
        "The change is read from the pool of another product",
        "lag(closing_mrr) over (partition by fx_basis, customer_id, product_id, pool",
        "lag(closing_mrr) over (partition by fx_basis, customer_id, pool",
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
        "    from changes\n",
        "    from changes where month_date >= date '2024-07-01'\n",
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
        "lag(closing_mrr) over (partition by fx_basis, customer_id",
        "lag(closing_mrr) over (partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_pool_balances",
        "What a discount takes all of is not there",
        "case when pool in ('flat', 'per_seat') then gross_mrr else net_mrr end > 0",
        "net_mrr > 0",
    ),
    Mutant(
        "int_pool_balances",
        "What is there once is there again with each change",
        "there - coalesce(lag(there)",
        "there - 0 * coalesce(lag(there)",
    ),
    Mutant(
        "int_pool_balances",
        "A pool that is there hides another one",
        "lag(there) over (partition by fx_basis, customer_id, product_id, pool order by",
        "lag(there) over (partition by fx_basis, customer_id, product_id order by",
    ),
    Mutant(
        "int_pool_balances",
        "A shortfall is forgotten with the next change",
        "coalesce(lag(shortfall_mrr)",
        "0 * coalesce(lag(shortfall_mrr)",
        under="invoices",
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
        "sum(net_change) over (partition by fx_basis, customer_id, product_id",
        "sum(net_change) over (partition by fx_basis, customer_id",
    ),
    Mutant(
        "int_product_balances",
        "The change is read from another product",
        "lag(closing_mrr) over (partition by fx_basis, customer_id, product_id",
        "lag(closing_mrr) over (partition by fx_basis, customer_id",
    ),
    Mutant(
        "int_product_balances",
        "A price that takes an adjustment's place is no change",
        "    from changes\n",
        "    from changes where net_change != 0\n",
    ),
    Mutant(
        "int_product_balances",
        "The rates of a balance mix",
        "sum(net_change) over (partition by fx_basis, customer_id",
        "sum(net_change) over (partition by customer_id",
        under="subscriptions",
    ),
    Mutant(
        "int_product_balances",
        "Only fixed pools are there",
        "sum(there_change) as",
        "sum(case when pool in ('flat', 'per_seat') then there_change else 0 end) as",
    ),
    Mutant(
        "int_product_balances",
        "What adjustments are short of is forgotten with the next change",
        "coalesce(lag(shortfall_mrr)",
        "0 * coalesce(lag(shortfall_mrr)",
    ),
    Mutant(
        "int_customer_balances",
        "Months without a change are changes",
        "month_opening_mrr != previous_closing_mrr\n",
        "true or month_opening_mrr != previous_closing_mrr\n",
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
        "where runs.opening_mrr > 0",
        "where runs.opening_mrr >= 0",
    ),
    Mutant(
        "int_period_runs",
        "Survivors only",
        "where runs.opening_mrr > 0",
        "where runs.opening_mrr > 0 and runs.closing_mrr > 0",
        trap="Survivors only",
    ),
    Mutant(
        "int_period_runs",
        "New customers are in the cohort",
        "where runs.opening_mrr > 0",
        "where (runs.opening_mrr > 0 or runs.closing_mrr > 0)",
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
        "int_cohort_runs",
        "Today's segment stands on yesterday's cohort",
        "then customers.segment else attribute_versions.segment",
        "then customers.segment else customers.segment",
        trap="Today's segment on yesterday's cohort",
    ),
    Mutant(
        "int_cohort_runs",
        "A null on purpose is filled with today's owner",
        "else attribute_versions.csm_owner",
        "else coalesce(attribute_versions.csm_owner, customers.csm_owner)",
    ),
    Mutant(
        "int_cohort_runs",
        "Growth is retained",
        "least(opening_mrr, closing_mrr)",
        "greatest(opening_mrr, closing_mrr)",
    ),
    Mutant(
        "int_cohort_runs",
        "Churn is contraction too",
        "case when closing_mrr > 0 then greatest",
        "case when closing_mrr >= 0 then greatest",
    ),
    Mutant(
        "int_cohort_runs",
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
        "int_cohort_runs",
        "The lower bound of a band belongs to the band below",
        ">= 100 then",
        "> 100 then",
    ),
    Mutant(
        "int_cohort_runs",
        "Cohorts are cut by their closing MRR",
        "when period_runs.opening_mrr >= 1000 then",
        "when period_runs.closing_mrr >= 1000 then",
    ),
    Mutant(
        "int_cohort_runs",
        "Customers without an owner drop out of the dimension",
        "coalesce(csm_owner, '(none)')",
        "csm_owner",
    ),
    Mutant(
        "int_cohort_runs",
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
        "int_cohort_runs",
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
        "int_cohort_runs",
        "A customer is acquired in a calendar year",
        "customers.first_paid_month_date + cast(9 as bigint)",
        "customers.first_paid_month_date + cast(0 as bigint)",
        under="subscriptions",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "The calendar begins with the last run",
        "min(cohort_runs.first_period_start_date)",
        "max(cohort_runs.first_period_start_date)",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Periods are named after another type of period",
        "complete_runs.period_type = periods.period_type\n        and",
        "true\n        and",
        trap="Fan-out",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A run without an end has one period",
        "least(cohort_runs.last_period_start_date, period_types.last_period_start_date)",
        "coalesce(cohort_runs.last_period_start_date, cohort_runs.first_period_start_date)",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A run goes on to the last complete period",
        "least(cohort_runs.last_period_start_date, period_types.last_period_start_date)",
        "period_types.last_period_start_date",
        trap="Fan-out",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "A run goes on after the last complete period",
        "least(cohort_runs.last_period_start_date, period_types.last_period_start_date)",
        "coalesce(cohort_runs.last_period_start_date, period_types.last_period_start_date)",
        equivalent="the calendar ends with the last complete period",
    ),
    Mutant(
        "fct_cohort_snapshots",
        "Runs begin after the last complete period",
        "            and cohort_runs.first_period_start_date <= period_types.last_period_start_date\n",
        "",
        equivalent="a run that ends before it begins has no period",
    ),
    Mutant(
        "int_cohort_sums",
        "The denominator leaves out who churned",
        "sum(opening_mrr) as opening_mrr",
        "sum(case when closing_mrr != 0 then opening_mrr else 0 end) as opening_mrr",
        trap="Survivors only",
    ),
    Mutant(
        "int_cohort_sums",
        "Every logo is retained",
        "cast(retained_customers as bigint) as retained_customers",
        "cast(cohort_customers as bigint) as retained_customers",
    ),
    Mutant(
        "int_cohort_sums",
        "A dimension is missing",
        "from changes_by_period\n",
        "from changes_by_period where dimension != 'pricing_model'\n",
    ),
    Mutant(
        "int_cohort_sums",
        "An unknown reason is in none",
        "case when cohort_runs.churn_reason in ('other', 'unknown') then",
        "case when cohort_runs.churn_reason in ('other') then",
    ),
    Mutant(
        "int_cohort_sums",
        "A failed payment is a choice",
        "case when cohort_runs.churn_reason in ('voluntary') then",
        "case when cohort_runs.churn_reason in ('voluntary', 'payment_failed') then",
    ),
    Mutant(
        "int_cohort_sums",
        "Who is out of a cohort stays in its sums",
        "-ended_runs.closing_mrr as closing_mrr",
        "0 as closing_mrr",
    ),
    Mutant(
        "int_cohort_sums",
        "A customer is out of the cohort with its last period",
        (
            "(ended_runs.last_period_start_date + cast(period_types.step_months as bigint) * interval 1 month) "
            "as date) as period_start_date"
        ),
        ("(ended_runs.last_period_start_date + cast(0 as bigint) * interval 1 month) as date) as period_start_date"),
    ),
    Mutant(
        "int_cohort_sums",
        "A month that is running is complete",
        "                and cohort_runs.first_period_start_date <= period_types.last_period_start_date\n",
        "",
    ),
    Mutant(
        "int_cohort_sums",
        "The cohorts of values end each other",
        "lead(period_start_date) over (\n            partition by period_type, dimension, dimension_value",
        "lead(period_start_date) over (\n            partition by period_type, dimension",
    ),
    Mutant(
        "int_cohort_sums",
        "The sums of period types mix",
        ("sum(closing_mrr) over (\n                partition by period_type, dimension, dimension_value\n"),
        "sum(closing_mrr) over (\n                partition by dimension, dimension_value\n",
    ),
    Mutant(
        "int_cohort_sums",
        "A value without a cohort has sums",
        "where cohorts.cohort_customers > 0",
        "where true",
    ),
    Mutant(
        "int_cohort_sums",
        "A period ends on the first day of the next",
        "cast(-1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant(
        "retention_rates",
        "The upper bound of a band belongs to it",
        "rates.nrr < benchmark_bands.to_ratio",
        "rates.nrr <= benchmark_bands.to_ratio",
    ),
    Mutant(
        "retention_rates",
        "The lower bound of a band does not belong to it",
        "rates.nrr >= coalesce(benchmark_bands.from_ratio, rates.nrr)",
        "rates.nrr > coalesce(benchmark_bands.from_ratio, rates.nrr - 1)",
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
        "rates.nrr >= 1 and rates.grr",
        "rates.nrr >= 0 and rates.grr",
    ),
    Mutant(
        "retention_rates",
        "Months have benchmarks",
        "    on\n        rates.period_type in ('year', 'trailing_12_months')\n        and rates.nrr >=",
        "    on\n        rates.nrr >=",
    ),
    Mutant(
        "retention_rates",
        "NRR is held against the bands of GRR",
        "where metric = 'nrr'",
        "where metric = 'grr'",
    ),
    Mutant(
        "retention_rates",
        "A band that GRR has too counts twice",
        "where metric = 'nrr'",
        "where true",
        trap="Fan-out",
    ),
    Mutant(
        "retention_rates",
        "What has no band is left out",
        "left join benchmark_bands",
        "inner join benchmark_bands",
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

DRIVERS = (
    Mutant(
        "int_intervals_below_first_price",
        "The first price is the lowest one",
        "order by from_at, unit_price",
        "order by unit_price",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "The last price is the first",
        "order by from_at, unit_price",
        "order by from_at desc, unit_price",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "Every plan has the customer's first price",
        "partition by customer_id, plan_id",
        "partition by customer_id",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "The first price itself is below it",
        "unit_price < first_unit_price",
        "unit_price <= first_unit_price",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "What costs more is below the first price",
        "unit_price < first_unit_price",
        "unit_price > first_unit_price",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "The first price is that of the first month end",
        "where unit_price is not null",
        "where unit_price is not null and from_month_date < coalesce(to_month_date, date '9999-12-31')",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "The first price is one of the first month",
        "order by from_at, unit_price",
        "order by from_month_date, unit_price",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "Of two first prices the higher one counts",
        "order by from_at, unit_price",
        "order by from_at, unit_price desc",
    ),
    Mutant(
        "int_intervals_below_first_price",
        "What rounds to nothing has a price",
        "unit_price > 0",
        "unit_price >= 0",
    ),
    Mutant(
        "int_plan_changes",
        "Only seats have plans",
        "where pool in ('flat', 'per_seat')",
        "where pool in ('per_seat')",
    ),
    Mutant(
        "int_plan_changes",
        "A price counts from the month after it begins",
        "changes.month_date >= intervals_below_first_price.from_month_date",
        "changes.month_date > intervals_below_first_price.from_month_date",
    ),
    Mutant(
        "int_plan_changes",
        "The price at the opening counts",
        "changes.month_date < intervals_below_first_price.to_month_date",
        "changes.month_date <= intervals_below_first_price.to_month_date",
    ),
    Mutant(
        "int_plan_changes",
        "A low price of one plan is that of all",
        "            and changes.plan_id = intervals_below_first_price.plan_id\n",
        "",
    ),
    Mutant(
        "int_plan_changes",
        "A plan opens with the changes of the month",
        " - mrr_change_at_closing as opening_mrr",
        " as opening_mrr",
    ),
    Mutant(
        "int_plan_changes",
        "The plans of a product share their units",
        "sum(quantity_change_at_opening) over (partition by customer_id, product_id, plan_id, pool order",
        "sum(quantity_change_at_opening) over (partition by customer_id, product_id, pool order",
    ),
    Mutant(
        "int_plan_changes",
        "A low price counts once for each interval",
        "    select distinct\n        changes.customer_id",
        "    select\n        changes.customer_id",
    ),
    Mutant(
        "int_plan_changes",
        "A plan closes at the rates of its closing",
        "sum(mrr_change_at_opening) over (",
        "sum(mrr_change_at_closing) over (",
        under="subscriptions",
    ),
    Mutant(
        "int_plan_changes",
        "A price closes at the rates of its closing",
        "sum(gross_change_at_opening) over (",
        "sum(gross_change_at_closing) over (",
        under="subscriptions",
    ),
    Mutant(
        "int_pool_changes",
        "Only a pool that closes below 0 is negative",
        "opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0",
        "closing_shortfall_mrr > 0",
        under="invoices",
    ),
    Mutant(
        "int_pool_changes",
        "Only a pool that opens below 0 is negative",
        "opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0",
        "opening_shortfall_mrr > 0",
        under="invoices",
    ),
    Mutant(
        "int_pool_changes",
        "The pools of a product share one balance",
        "sum(mrr_change_at_opening) over (partition by customer_id, product_id, pool order",
        "sum(mrr_change_at_opening) over (partition by customer_id, product_id order",
    ),
    Mutant(
        "int_pool_changes",
        "A pool closes at the rates of its closing",
        "sum(mrr_change_at_opening) over (",
        "sum(mrr_change_at_closing) over (",
        under="subscriptions",
    ),
    Mutant(
        "int_product_changes",
        "A product under a discount of 100 % is not there",
        "opening_pools_there > 0 and closing_pools_there > 0 as",
        "opening_mrr > 0 and closing_mrr > 0 as",
    ),
    Mutant(
        "int_product_changes",
        "A product that is there on one side is there",
        "opening_pools_there > 0 and closing_pools_there > 0 as",
        "opening_pools_there > 0 or closing_pools_there > 0 as",
    ),
    Mutant(
        "int_product_changes",
        "Only a product that closes below 0 is negative",
        "opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0",
        "closing_shortfall_mrr > 0",
    ),
    Mutant(
        "int_product_changes",
        "No product is ever below 0",
        "opening_shortfall_mrr > 0 or closing_shortfall_mrr > 0",
        "false",
    ),
    Mutant(
        "int_product_changes",
        "Who leaves has drivers",
        "customer_balances.closing_mrr > 0\n",
        "customer_balances.closing_mrr >= 0\n",
    ),
    Mutant(
        "int_product_changes",
        "Who comes has drivers",
        "(customer_balances.opening_mrr > 0 or customer_balances.month_date < changes.month_date)",
        "true",
    ),
    Mutant(
        "int_product_changes",
        "A change after the first month of a new customer has none",
        "(customer_balances.opening_mrr > 0 or customer_balances.month_date < changes.month_date)",
        "customer_balances.opening_mrr > 0",
    ),
    Mutant(
        "int_product_changes",
        "Changes that offset each other have no drivers",
        "changes.month_date >= customer_balances.month_date",
        "changes.month_date = customer_balances.month_date",
    ),
    Mutant(
        "int_product_changes",
        "The products of a customer share one balance",
        "sum(mrr_change_at_opening) over (partition by customer_id, product_id order",
        "sum(mrr_change_at_opening) over (partition by customer_id order",
    ),
    Mutant(
        "int_product_changes",
        "Exchange rates are a driver like any other",
        "sum(mrr_change_at_opening) over (",
        "sum(mrr_change_at_closing) over (",
        under="subscriptions",
    ),
    Mutant(
        "int_product_changes",
        "The least that a customer keeps is the first product's",
        "order by case when opening_mrr > 0 then 0 else 1 end, product_id",
        "order by product_id",
        under="subscriptions",
    ),
    Mutant(
        "int_product_changes",
        "The last change of a customer is that of every month after it",
        "case when is_change_of_customer then customer_mrr_change else 0 end",
        "customer_mrr_change",
        under="subscriptions",
    ),
    Mutant(
        "int_plan_drivers",
        "A seat costs what it costs at the end",
        "            when 'split' then sign((q1 - q0))",
        (
            "            when 'split' then cast(round(m1 * (q1 - q0) / q1) as hugeint)\n            when 'never' "
            "then sign((q1 - q0))"
        ),
    ),
    Mutant(
        "int_plan_drivers",
        "A seat costs what it costs before discounts",
        "            when 'split' then sign((q1 - q0))",
        (
            "            when 'split' then cast(round(g0 * (q1 - q0) / q0) as hugeint)\n            when 'never' "
            "then sign((q1 - q0))"
        ),
    ),
    Mutant(
        "int_plan_drivers",
        "Seats are cut off instead of rounded",
        "* (abs((q1 - q0))) * 2 + (nullif(abs(q0), 0)) as bigint)",
        "* (abs((q1 - q0))) * 2 as bigint)",
    ),
    Mutant(
        "int_plan_drivers",
        "A rate is cut off instead of rounded",
        "* (abs(rate_numerator)) * 2 + (nullif(abs(rate_denominator), 0)) as bigint)",
        "* (abs(rate_numerator)) * 2 as bigint)",
    ),
    Mutant(
        "int_plan_drivers",
        "A discount is a price",
        "(driver_rule = 'split' and is_undiscounted)",
        "driver_rule = 'split'",
    ),
    Mutant(
        "int_plan_drivers",
        "What rounding leaves is a discount",
        "('tier', 'price') or (driver_rule = 'split' and is_undiscounted) then",
        "('tier', 'price') then",
    ),
    Mutant(
        "int_plan_drivers",
        "Who has no discount at the end never had one",
        "g0 = m0 and g1 = m1",
        "g1 = m1",
    ),
    Mutant(
        "int_plan_drivers",
        "Another plan at the same tier is another tier",
        "kept_plan_id is null and is_other_tier = 1 then",
        "kept_plan_id is null then",
    ),
    Mutant(
        "int_plan_drivers",
        "Another tier is another price",
        "when driver_rule = 'split' and kept_plan_id is null and is_other_tier = 1 then 'tier'\n",
        "",
    ),
    Mutant(
        "int_plan_drivers",
        "A higher price of the same plan is a tier",
        "and kept_plan_id is null and is_other_tier = 1 then",
        "and kept_plan_id is not null then",
    ),
    Mutant(
        "int_plan_drivers",
        "A plan that comes is a price",
        "when driver_rule = 'tier' then 'tier'\n",
        "when driver_rule = 'tier' then 'price'\n",
    ),
    Mutant(
        "int_plan_drivers",
        "A plan that comes is seats",
        "            when opening_items = 0 or closing_items = 0 then 'tier'\n",
        "",
    ),
    Mutant(
        "int_plan_drivers",
        "A price of 0 goes before a quantity of 0",
        "            when q0 = 0 or q1 = 0 then 'seat'\n            when g0 <= 0 or g1 <= 0 then 'price'",
        "            when g0 <= 0 or g1 <= 0 then 'price'\n            when q0 = 0 or q1 = 0 then 'seat'",
    ),
    Mutant(
        "int_plan_drivers",
        "A free plan is split",
        "when g0 <= 0 or g1 <= 0 then",
        "when g0 < 0 or g1 < 0 then",
    ),
    Mutant(
        "int_plan_drivers",
        "A plan on one side is no swap but itself",
        "plan_changes.opening_items > 0 and plan_changes.closing_items > 0 then",
        "plan_changes.opening_items > 0 or plan_changes.closing_items > 0 then",
    ),
    Mutant(
        "int_plan_drivers",
        "All plans of a pool are one swap",
        "then plan_changes.plan_id\n",
        "then cast(null as varchar)\n",
    ),
    Mutant(
        "int_plan_drivers",
        "A plan under a discount of 100 % is not there",
        "plan_changes.opening_items > 0 and plan_changes.closing_items > 0 then",
        "plan_changes.opening_mrr > 0 and plan_changes.closing_mrr > 0 then",
    ),
    Mutant(
        "int_plan_drivers",
        "No tier is the first one",
        "        plans.tier_rank,\n",
        "        coalesce(plans.tier_rank, 1) as tier_rank,\n",
        equivalent="what has no tier is billed without a plan, and is the only plan of a product of its own",
    ),
    Mutant(
        "int_plan_drivers",
        "One tier that both sides have is enough",
        "max(case when is_tier_at_opening != is_tier_at_closing",
        "min(case when is_tier_at_opening != is_tier_at_closing",
    ),
    Mutant(
        "int_plan_drivers",
        "A plan is explained once for each pool of its product",
        "            and plan_changes.pool = pool_changes.pool\n",
        "",
        trap="Fan-out",
    ),
    Mutant(
        "int_plan_drivers",
        "A new product is explained plan by plan",
        "        product_changes.is_kept\n        and not product_changes.is_negative",
        "        not product_changes.is_negative",
    ),
    Mutant(
        "int_plan_drivers",
        "A product below 0 is explained plan by plan",
        "        and not product_changes.is_negative\n",
        "",
    ),
    Mutant(
        "int_plan_drivers",
        "A pool below 0 is explained plan by plan",
        "        and not pool_changes.is_negative\n",
        "",
        under="invoices",
    ),
    Mutant(
        "int_plan_drivers",
        "Seats that were there are gained",
        "cast(q1 - q0 as bigint)",
        "cast(q1 as bigint)",
    ),
    Mutant(
        "int_plan_drivers",
        "Nothing is below its first price",
        "is_below_first_price = 1 as",
        "false as",
    ),
    Mutant(
        "int_product_drivers",
        "A product that comes or goes is a price",
        "case when is_kept then 'price' else 'cross_sell' end",
        "'price'",
    ),
    Mutant(
        "int_product_drivers",
        "A product below 0 is cross-sell",
        "case when is_kept then 'price' else 'cross_sell' end",
        "'cross_sell'",
    ),
    Mutant(
        "int_product_drivers",
        "A product below 0 has no drivers",
        "        not is_kept\n        or is_negative\n",
        "        not is_kept\n",
    ),
    Mutant(
        "int_product_drivers",
        "Usage is a price",
        "case when pool_changes.pool = 'metered' then 'usage' else 'price' end",
        "'price'",
    ),
    Mutant(
        "int_product_drivers",
        "Adjustments are no driver",
        "pool_changes.pool in ('metered', 'adjustment')",
        "pool_changes.pool in ('metered')",
    ),
    Mutant(
        "int_product_drivers",
        "A pool below 0 is no driver",
        "('metered', 'adjustment') or pool_changes.is_negative)",
        "('metered', 'adjustment'))",
        under="invoices",
    ),
    Mutant(
        "int_product_drivers",
        "Usage of a product that comes is usage and cross-sell",
        "        product_changes.is_kept\n        and not product_changes.is_negative",
        "        not product_changes.is_negative",
    ),
    Mutant(
        "int_product_drivers",
        "Every product that comes is bought with a price",
        "drivers.is_sale and closing_below_first_price.customer_id is not null",
        "drivers.is_sale",
    ),
    Mutant(
        "int_product_drivers",
        "Usage and adjustments of a cheap product are bought with a price",
        "drivers.is_sale and closing_below_first_price.customer_id is not null",
        "closing_below_first_price.customer_id is not null",
    ),
    Mutant(
        "int_product_drivers",
        "A low price counts in the month in which it begins",
        "product_changes.month_date >= intervals_below_first_price.from_month_date",
        "product_changes.month_date = intervals_below_first_price.from_month_date",
        under="invoices",
    ),
    Mutant(
        "int_product_drivers",
        "A low price of one product is that of all",
        "            and product_changes.product_id = intervals_below_first_price.product_id\n",
        "",
    ),
    Mutant(
        "int_product_drivers",
        "A product that comes counts once for each low price",
        "    select distinct\n        product_changes.customer_id",
        "    select\n        product_changes.customer_id",
    ),
    Mutant(
        "int_product_drivers",
        "A product's seats are those at the end",
        "sum(closing_quantity - opening_quantity) as",
        "sum(closing_quantity) as",
    ),
    Mutant(
        "int_product_drivers",
        "What exchange rates do is a price",
        "        'fx' as driver",
        "        'price' as driver",
        under="subscriptions",
    ),
    Mutant(
        "int_product_drivers",
        "The least that a customer keeps stays in what exchange rates do",
        "fx_mrr - least_mrr as mrr_change",
        "fx_mrr as mrr_change",
        under="subscriptions",
    ),
    Mutant(
        "int_product_drivers",
        "The least that a customer keeps is no driver",
        "        'price' as driver,\n        least_mrr as mrr_change",
        "        'price' as driver,\n        0 as mrr_change",
        under="subscriptions",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "50 seats are no volume yet",
        "pieces.seats_gained < thresholds.volume_discount_seats",
        "pieces.seats_gained <= thresholds.volume_discount_seats",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "A volume discount is bought with a price",
        "(pieces.is_below_first_price and pieces.seats_gained < thresholds.volume_discount_seats)",
        "pieces.is_below_first_price",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "Only discounts buy with a price",
        "(pieces.is_below_first_price and pieces.seats_gained < thresholds.volume_discount_seats)",
        "false",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "A discount that ends buys nothing",
        "pieces.driver = 'discount'\n            or ",
        "",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "A discount that ends is a volume discount",
        "pieces.driver = 'discount'\n            or (pieces.is_below_first_price",
        "((pieces.driver = 'discount' or pieces.is_below_first_price)",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "More is bought than the driver brought",
        "greatest(least(manufactured_mrr, mrr_change), 0)",
        "greatest(manufactured_mrr, 0)",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "A loss is bought",
        "greatest(least(manufactured_mrr, mrr_change), 0)",
        "least(manufactured_mrr, mrr_change)",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "What is lost at a low price is set against what is bought",
        "        pieces.mrr_change > 0\n        and (",
        "        (",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "What sums to nothing has a row",
        "from summed\nwhere mrr_change != 0",
        "from summed",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "A threshold more doubles every driver",
        "where threshold = 'volume_discount_seats'",
        "where threshold in ('volume_discount_seats', 'ready_min_customers')",
        trap="Fan-out",
    ),
    Mutant(
        "fct_mrr_movement_drivers",
        "Drivers are rounded to cents",
        "cast(mrr_change as decimal(18, 4)) as mrr_change",
        "cast(round(mrr_change, 2) as decimal(18, 4)) as mrr_change",
    ),
)

PRODUCT_RETENTION = (
    Mutant(
        "int_product_period_runs",
        "Who buys a product in the period is in its cohort",
        "where runs.opening_mrr > 0",
        "where runs.opening_mrr >= 0",
    ),
    Mutant(
        "int_product_period_runs",
        "Who has given up the product is not in its cohort",
        "where runs.opening_mrr > 0",
        "where runs.opening_mrr > 0 and runs.closing_mrr > 0",
        trap="Survivors only",
    ),
    Mutant(
        "int_product_period_runs",
        "A period closes before it opens",
        "cast(period_types.step_months - period_types.length_months as bigint)",
        "cast(-period_types.length_months as bigint)",
    ),
    Mutant(
        "int_product_period_runs",
        "A period opens with the changes of its first month",
        "cast(period_types.step_months as bigint)",
        "cast(0 as bigint)",
    ),
    Mutant(
        "int_product_period_runs",
        "A run goes on into the next one",
        "cast(-period_types.step_months as bigint)",
        "cast(0 as bigint)",
    ),
    Mutant(
        "int_product_period_runs",
        "MRR of other products keeps who gave one up",
        "sum(closing_change) over (\n            partition by period_type, customer_id, product_id",
        "sum(closing_change) over (\n            partition by period_type, customer_id",
    ),
    Mutant(
        "int_product_period_runs",
        "Products open at the rates of the month's opening",
        "where product_balances.fx_basis = 'closing'",
        "where product_balances.fx_basis = 'month_opening'",
        under="subscriptions",
    ),
    Mutant(
        "int_product_period_runs",
        "A quarter closes at the rates of its last month",
        "when 3 then 'quarter_opening'",
        "when 3 then 'month_opening'",
        under="subscriptions",
    ),
    Mutant(
        "int_product_period_runs",
        "A year closes at the rates of its closing",
        "when 12 then 'year_opening'",
        "when 12 then 'closing'",
        under="subscriptions",
    ),
    Mutant(
        "product_retention_rates",
        "A period that has begun counts as complete",
        "            and changes.period_start_date <= period_types.last_period_start_date\n",
        "",
    ),
    Mutant(
        "product_retention_rates",
        "A customer is out of the cohort with its last period",
        "cast(period_types.step_months as bigint)",
        "cast(0 as bigint)",
    ),
    Mutant(
        "product_retention_rates",
        "Growth is retained",
        "least(opening_mrr, closing_mrr) as retained_mrr",
        "closing_mrr as retained_mrr",
    ),
    Mutant(
        "product_retention_rates",
        "Every logo is retained",
        "case when closing_mrr > 0 then 1 else 0 end",
        "case when closing_mrr >= 0 then 1 else 0 end",
    ),
    Mutant(
        "product_retention_rates",
        "Who leaves contracts as well",
        "case when closing_mrr > 0 then greatest(opening_mrr - closing_mrr, 0) else 0 end",
        "greatest(opening_mrr - closing_mrr, 0)",
    ),
    Mutant(
        "product_retention_rates",
        "Losses are negative expansion",
        "greatest(closing_mrr - opening_mrr, 0) as expansion_mrr",
        "closing_mrr - opening_mrr as expansion_mrr",
    ),
    Mutant(
        "product_retention_rates",
        "The runs of products end each other",
        "lead(period_start_date) over (\n            partition by period_type, product_id",
        "lead(period_start_date) over (\n            partition by period_type",
    ),
    Mutant(
        "product_retention_rates",
        "Months have benchmarks",
        "    on\n        rates.period_type in ('year', 'trailing_12_months')\n        and rates.nrr >=",
        "    on\n        rates.nrr >=",
    ),
    Mutant(
        "product_retention_rates",
        "The upper bound of a band belongs to it",
        "rates.nrr < benchmark_bands.to_ratio",
        "rates.nrr <= benchmark_bands.to_ratio",
    ),
    Mutant(
        "product_retention_rates",
        "NRR is held against the bands of GRR",
        "where metric = 'nrr'",
        "where metric = 'grr'",
    ),
    Mutant(
        "product_retention_rates",
        "Fragile needs no growth",
        "rates.nrr >= 1 and rates.grr",
        "rates.nrr >= 0 and rates.grr",
    ),
    Mutant(
        "product_retention_rates",
        "A product without customers has rates",
        "where cohorts.cohort_customers > 0",
        "where true",
    ),
    Mutant(
        "product_retention_rates",
        "A period ends with the first day of the next",
        "cast(-1 as bigint) * interval 1 day",
        "cast(0 as bigint) * interval 1 day",
    ),
    Mutant(
        "product_retention_rates",
        "NRR is rounded to four decimals",
        "as decimal(18, 6)\n    ) as nrr",
        "as decimal(18, 4)\n    ) as nrr",
    ),
)

EXPANSION = (
    Mutant(
        "int_expansion_outcomes",
        "Who comes back expands",
        "where movement_type = 'expansion'",
        "where movement_type in ('expansion', 'reactivation')",
    ),
    Mutant(
        "int_expansion_outcomes",
        "A loss comes off what was won back first",
        (
            "greatest(\n                expansions.above_peak_mrr\n                "
            "- greatest(mrr_later.mrr - mrr_later.mrr_after_3_months, 0),\n                0\n            )"
        ),
        (
            "least(expansions.above_peak_mrr, greatest(expansions.mrr_change "
            "- greatest(mrr_later.mrr - mrr_later.mrr_after_3_months, 0), 0))"
        ),
    ),
    Mutant(
        "int_expansion_outcomes",
        "What is gained since is held",
        "- greatest(mrr_later.mrr - mrr_later.mrr_after_6_months, 0)",
        "- (mrr_later.mrr - mrr_later.mrr_after_6_months)",
    ),
    Mutant(
        "int_expansion_outcomes",
        "Less than nothing is held",
        "- greatest(mrr_later.mrr - mrr_later.mrr_after_12_months, 0),\n                0\n",
        "- greatest(mrr_later.mrr - mrr_later.mrr_after_12_months, 0),\n                -1000000\n",
    ),
    Mutant(
        "int_expansion_outcomes",
        "Only what is won above the peak and then won back is held",
        "expansions.above_peak_mrr\n                - greatest(mrr_later.mrr - mrr_later.mrr_after_12_months, 0)",
        "expansions.mrr_change\n                - greatest(mrr_later.mrr - mrr_later.mrr_after_12_months, 0)",
    ),
    Mutant(
        "int_expansion_outcomes",
        "Half a year later is the month after it",
        "expansions.date_6_months_later < customer_balances.next_month_date",
        "expansions.date_3_months_later < customer_balances.next_month_date",
    ),
    Mutant(
        "int_expansion_outcomes",
        "Exchange rates keep what was lost",
        (
            "when expansions.month_date = customer_balances.month_date\n                    "
            "then customer_balances.closing_mrr_at_constant_rates"
        ),
        (
            "when expansions.month_date = customer_balances.month_date\n                    "
            "then customer_balances.closing_mrr"
        ),
        under="subscriptions",
    ),
    Mutant(
        "int_expansion_outcomes",
        "Only a change within the year is read",
        "customer_balances.next_month_date is null\n                            or expansions.date_12_months_later",
        "false\n                            or expansions.date_12_months_later",
    ),
    Mutant(
        "expansion_durability",
        "The last month is held for ever",
        "(summed.month_date + cast(3 as bigint) * interval 1 month) as date) <= ledger_bounds.last_month_date",
        "(summed.month_date + cast(3 as bigint) * interval 1 month) as date) <= date '9999-12-31'",
    ),
    Mutant(
        "expansion_durability",
        "The last month of the ledger has not been seen",
        "(summed.month_date + cast(12 as bigint) * interval 1 month) as date) <= ledger_bounds.last_month_date",
        "(summed.month_date + cast(12 as bigint) * interval 1 month) as date) < ledger_bounds.last_month_date",
    ),
    Mutant(
        "expansion_durability",
        "Drivers of nothing have expanding customers",
        "where customer_drivers.mrr_change != 0",
        "where true",
    ),
    Mutant(
        "expansion_durability",
        "Who loses by a driver does not count for it",
        "where customer_drivers.mrr_change != 0",
        "where customer_drivers.mrr_change > 0",
    ),
    Mutant(
        "expansion_durability",
        "A driver has won back no more than it brought",
        "        expansion_outcomes.recovered_mrr,",
        "        least(expansion_outcomes.recovered_mrr, customer_drivers.mrr_change) as recovered_mrr,",
    ),
    Mutant(
        "expansion_durability",
        "Shares are of what is above the peak",
        "expansion_outcomes.mrr_change as expansion_mrr",
        "expansion_outcomes.above_peak_mrr as expansion_mrr",
    ),
    Mutant(
        "expansion_durability",
        "Drivers share by the alphabet backwards",
        "order by customer_drivers.driver\n",
        "order by customer_drivers.driver desc\n",
    ),
    Mutant(
        "expansion_durability",
        "A driver has won back what the ones before it have, too",
        (
            "recovered_mrr_so_far - coalesce(\n                lag(recovered_mrr_so_far) over (partition by "
            "customer_id, month_date order by driver), 0\n            ) as"
        ),
        "recovered_mrr_so_far as",
    ),
    Mutant(
        "expansion_durability",
        "What was won back is above the peak",
        "sum(mrr_change - recovered_mrr) as",
        "sum(mrr_change) as",
    ),
    Mutant(
        "expansion_durability",
        "Negative drivers are left out",
        "sum(mrr_change) as expansion_mrr",
        "sum(greatest(mrr_change, 0)) as expansion_mrr",
    ),
    Mutant(
        "expansion_durability",
        "A customer counts once for each product",
        (
            "        customer_id,\n        month_date,\n        driver,\n        sum(mrr_change) as mrr_change,\n"
            "        sum(manufactured_mrr) as manufactured_mrr\n    from movement_drivers\n    group by\n        "
            "customer_id,\n        month_date,\n        driver\n"
        ),
        (
            "        customer_id,\n        month_date,\n        driver,\n        mrr_change,\n        "
            "manufactured_mrr\n    from movement_drivers\n"
        ),
    ),
    Mutant(
        "expansion_durability",
        "A share of nothing above the peak is a share",
        "then cast(\n        cast(sign(cast(cast(held_after_3_months_mrr",
        "then 0 * cast(\n        cast(sign(cast(cast(held_after_3_months_mrr",
    ),
    Mutant(
        "expansion_durability",
        "Exchange rates bear a share",
        "where driver != 'fx'",
        "where true",
        under="subscriptions",
    ),
    Mutant(
        "expansion_concentration",
        "A tenth is rounded down",
        "try_cast(expanding_customers + 9 as",
        "try_cast(expanding_customers as",
    ),
    Mutant(
        "expansion_concentration",
        "Nine are ten",
        "size_rank <= 10",
        "size_rank < 10",
    ),
    Mutant(
        "expansion_concentration",
        "The smallest expansions come first",
        "order by mrr_change desc, customer_id asc",
        "order by mrr_change asc, customer_id asc",
    ),
    Mutant(
        "expansion_concentration",
        "Of two equal expansions the other one comes first",
        "order by mrr_change desc, customer_id asc",
        "order by mrr_change desc, customer_id desc",
        equivalent="customers who bring the same change no share when they change places",
    ),
    Mutant(
        "expansion_concentration",
        "New customers expand",
        "where movement_type = 'expansion'",
        "where movement_type in ('expansion', 'new')",
    ),
    Mutant(
        "expansion_concentration",
        "Months without an expansion are left out",
        "left join summed",
        "inner join summed",
    ),
    Mutant(
        "expansion_concentration",
        "Both shares have to be large",
        "    or shares.top_decile_share >=",
        "    and shares.top_decile_share >=",
    ),
    Mutant(
        "expansion_concentration",
        "Half is not much yet",
        "shares.top_1_share >= thresholds",
        "shares.top_1_share > thresholds",
    ),
    Mutant(
        "expansion_concentration",
        "The threshold of one is that of a tenth",
        "threshold = 'concentrated_top_1_share'",
        "threshold = 'concentrated_top_decile_share'",
    ),
    Mutant(
        "expansion_concentration",
        "The customers at the end could expand",
        "        waterfall.opening_customers,\n        waterfall.expansion_mrr,",
        "        waterfall.closing_customers as opening_customers,\n        waterfall.expansion_mrr,",
    ),
    Mutant(
        "int_customer_first_expansions",
        "The last expansion is the first",
        "min(month_date) as month_date",
        "max(month_date) as month_date",
    ),
    Mutant(
        "int_customer_first_expansions",
        "Who comes back expands",
        "where movement_type = 'expansion'",
        "where movement_type in ('expansion', 'reactivation')",
    ),
    Mutant(
        "int_customer_first_expansions",
        "Who left is left out",
        "where first_paid_month_date is not null",
        "where current_mrr > 0",
        trap="Survivors only",
    ),
    Mutant(
        "int_customer_first_expansions",
        "The channel is today's",
        "            else versions_by_then.acquisition_channel",
        "            else customers.acquisition_channel",
    ),
    Mutant(
        "int_customer_first_expansions",
        "A channel that is unknown is today's",
        "when versions_by_then.customer_id is null then",
        "when versions_by_then.acquisition_channel is null then",
    ),
    Mutant(
        "int_customer_first_expansions",
        "The channel is the first one",
        "order by attribute_versions.month_date desc",
        "order by attribute_versions.month_date asc",
    ),
    Mutant(
        "int_customer_first_expansions",
        "The channel of the first paid month does not count",
        "customers.first_paid_month_date >= attribute_versions.month_date",
        "customers.first_paid_month_date > attribute_versions.month_date",
    ),
    Mutant(
        "int_customer_first_expansions",
        "A customer counts with each of its channels",
        "        and versions_by_then.recency = 1",
        "",
    ),
    Mutant(
        "time_to_first_expansion",
        "Who has not expanded is not at risk",
        "count(*) as leaving",
        "sum(expanded) as leaving",
        trap="Survivors only",
    ),
    Mutant(
        "time_to_first_expansion",
        "Who has not been seen for so long is at risk",
        (
            "            order by months desc\n            rows between unbounded preceding and current row\n"
            "        ) as at_risk"
        ),
        "        ) as at_risk",
    ),
    Mutant(
        "time_to_first_expansion",
        "Who expands leaves before the month",
        "rows between unbounded preceding and current row\n        ) as at_risk",
        "rows between unbounded preceding and 1 preceding\n        ) as at_risk",
    ),
    Mutant(
        "time_to_first_expansion",
        "Who has not expanded is seen for a month less",
        "coalesce(first_expansions.months_to_expand, first_expansions.observed_months) as months",
        "coalesce(first_expansions.months_to_expand, first_expansions.observed_months - 1) as months",
    ),
    Mutant(
        "time_to_first_expansion",
        "A horizon that nobody has seen has a share",
        "when summed.observed_months >= 3",
        "when summed.observed_months >= 0",
    ),
    Mutant(
        "time_to_first_expansion",
        "Everybody has to be seen for so long",
        "max(observed_months) as observed_months",
        "min(observed_months) as observed_months",
    ),
    Mutant(
        "time_to_first_expansion",
        "Half is more than half",
        "when not_expanded_share <= 0.5 then",
        "when not_expanded_share < 0.5 then",
    ),
    Mutant(
        "time_to_first_expansion",
        "Half is a quarter",
        "when not_expanded_share <= 0.5 then",
        "when not_expanded_share <= 0.75 then",
    ),
    Mutant(
        "time_to_first_expansion",
        "Within 6 months is in less than 6",
        "when months <= 6 then",
        "when months < 6 then",
    ),
    Mutant(
        "time_to_first_expansion",
        "Cohorts are years",
        "as TEXT), 1, 7)",
        "as TEXT), 1, 4)",
    ),
    Mutant(
        "int_contraction_spans",
        "The driver that gained most leads",
        "order by mrr_change asc, driver asc",
        "order by mrr_change desc, driver asc",
    ),
    Mutant(
        "int_contraction_spans",
        "Of two drivers the last one leads",
        "order by mrr_change asc, driver asc",
        "order by mrr_change asc, driver desc",
    ),
    Mutant(
        "int_contraction_spans",
        "Every driver leads",
        "            and ranked_drivers.loss_rank = 1\n",
        "",
        trap="Fan-out",
    ),
    Mutant(
        "int_contraction_spans",
        "The last churn comes next",
        "min(case",
        "max(case",
    ),
    Mutant(
        "int_contraction_spans",
        "A churn of the month itself comes next",
        "rows between 1 following and unbounded following",
        "rows between current row and unbounded following",
        equivalent="only months with MRR at their end are kept, and a month with churn has none",
    ),
    Mutant(
        "int_contraction_spans",
        "A run holds the month of the next change",
        "cast(-1 as bigint) * interval 1 month",
        "cast(0 as bigint) * interval 1 month",
    ),
    Mutant(
        "int_contraction_spans",
        "A month with a contraction is compared with itself",
        "case when driver is null then month_date else",
        "case when true then month_date else",
    ),
    Mutant(
        "int_contraction_spans",
        "Months without MRR are months",
        "where runs.closing_mrr > 0\n",
        "where runs.closing_mrr >= 0\n",
    ),
    Mutant(
        "int_contraction_spans",
        "Exchange rates lead",
        "where driver != 'fx'",
        "where true",
        under="subscriptions",
    ),
    Mutant(
        "int_contraction_spans",
        "Who still pays does not count",
        "last_month_date is null\n    or from_month_date",
        "from_month_date",
    ),
    Mutant(
        "contraction_to_churn",
        "Months whose horizon is not over count",
        "ledger_bounds.last_month_date + cast(-horizons.horizon_months as bigint)",
        "ledger_bounds.last_month_date + cast(0 as bigint)",
    ),
    Mutant(
        "contraction_to_churn",
        "A churn in the last month of the horizon is too late",
        "contraction_spans.churn_month_date + cast(-horizons.horizon_months as bigint)",
        "contraction_spans.churn_month_date + cast(1 - horizons.horizon_months as bigint)",
    ),
    Mutant(
        "contraction_to_churn",
        "A churn counts at any time",
        "contraction_spans.churn_month_date + cast(-horizons.horizon_months as bigint)",
        "contraction_spans.churn_month_date + cast(-1200 as bigint)",
    ),
    Mutant(
        "contraction_to_churn",
        "Every month is compared with",
        "sum(case when contraction_driver is null then customer_months else 0 end) as customer_months",
        "sum(customer_months) as customer_months",
    ),
    Mutant(
        "contraction_to_churn",
        "Every month is a contraction",
        "sum(case when contraction_driver is null then 0 else customer_months end) as contractions",
        "sum(customer_months) as contractions",
    ),
    Mutant(
        "contraction_to_churn",
        "Months without a contraction are led by nobody",
        "where contraction_driver is not null",
        "where true",
    ),
    Mutant(
        "contraction_to_churn",
        "A span ends before its last month",
        "last_month_date::timestamp )) + 1, 0) as customer_months",
        "last_month_date::timestamp )), 0) as customer_months",
    ),
    Mutant(
        "contraction_to_churn",
        "The lift is what comes on top",
        "    ) as churn_lift",
        "    ) - 1 as churn_lift",
    ),
    Mutant(
        "contraction_to_churn",
        "A span that the horizon cuts off is less than nothing",
        "greatest((date_diff('month', from_month_date::timestamp, last_month_date::timestamp )) + 1, 0) as",
        "(date_diff('month', from_month_date::timestamp, last_month_date::timestamp )) + 1 as",
    ),
    Mutant(
        "retention_scorecard",
        "NRR is that of the month",
        "period_type = 'trailing_12_months'",
        "period_type = 'month'",
    ),
    Mutant(
        "retention_scorecard",
        "NRR is that of the calendar year",
        "period_type = 'trailing_12_months'",
        "period_type = 'year'",
    ),
    Mutant(
        "retention_scorecard",
        "NRR is read a month late",
        "cast(11 as bigint)",
        "cast(12 as bigint)",
    ),
    Mutant(
        "retention_scorecard",
        "NRR is a segment's",
        "        and dimension = 'total'\n",
        "",
        trap="Fan-out",
    ),
    Mutant(
        "retention_scorecard",
        "The stage is read off MRR",
        "waterfall.closing_arr < arr_stages.to_arr",
        "waterfall.closing_mrr < arr_stages.to_arr",
    ),
    Mutant(
        "retention_scorecard",
        "Who has been there for three months is not tenured",
        "acquisition_cohorts.months_since >= thresholds.min_tenure_months",
        "acquisition_cohorts.months_since > thresholds.min_tenure_months",
    ),
    Mutant(
        "retention_scorecard",
        "Who ever paid is tenured",
        "sum(acquisition_cohorts.active_customers)",
        "sum(acquisition_cohorts.cohort_customers)",
    ),
    Mutant(
        "retention_scorecard",
        "GRR is held against the bands of NRR",
        "grr_bands.metric = 'grr'",
        "grr_bands.metric = 'nrr'",
    ),
    Mutant(
        "retention_scorecard",
        "The target is held against NRR",
        "greatest(months.target_nrr_from - months.grr, 0)",
        "greatest(months.target_nrr_from - months.nrr, 0)",
    ),
    Mutant(
        "retention_scorecard",
        "More than the target is needed less",
        "greatest(months.target_nrr_from * months.cohort_opening_mrr - months.cohort_closing_mrr, 0)",
        "months.target_nrr_from * months.cohort_opening_mrr - months.cohort_closing_mrr",
    ),
    Mutant(
        "retention_scorecard",
        "What is needed is of the month",
        "months.target_nrr_from * months.cohort_opening_mrr - months.cohort_closing_mrr",
        "months.target_nrr_from * months.opening_mrr - months.closing_mrr",
    ),
    Mutant(
        "retention_scorecard",
        "The lowest round is met",
        "order by funding_rounds.target_nrr desc",
        "order by funding_rounds.target_nrr asc",
    ),
    Mutant(
        "retention_scorecard",
        "Every round that is met has a row",
        "            and rounds_met.round_rank = 1",
        "",
    ),
    Mutant(
        "retention_scorecard",
        "NRR has to exceed a round",
        "months.nrr >= funding_rounds.target_nrr",
        "months.nrr > funding_rounds.target_nrr",
    ),
    Mutant(
        "retention_scorecard",
        "As many customers are fewer",
        "waterfall.closing_customers < waterfall.opening_customers",
        "waterfall.closing_customers <= waterfall.opening_customers",
    ),
    Mutant(
        "retention_scorecard",
        "Fewer customers are net negative churn",
        "is_net_negative_churn and has_fewer_customers as",
        "is_net_negative_churn or has_fewer_customers as",
    ),
    Mutant(
        "retention_scorecard",
        "Months without NRR are left out",
        "left join retention_rates",
        "inner join retention_rates",
    ),
    Mutant(
        "retention_scorecard",
        "Customers are enough to invest",
        "months.gross_mrr_churn_rate < thresholds.max_gross_churn\n        and months",
        "months",
    ),
    Mutant(
        "retention_scorecard",
        "Low churn is enough to invest",
        "\n        and months.tenured_customers >= thresholds.min_customers as",
        " as",
    ),
    Mutant(
        "retention_scorecard",
        "49 customers are enough to invest",
        "months.tenured_customers >= thresholds.min_customers",
        "months.tenured_customers >= thresholds.min_customers - 1",
    ),
    Mutant(
        "retention_scorecard",
        "A churn of 8 % is low",
        "months.gross_mrr_churn_rate < thresholds",
        "months.gross_mrr_churn_rate <= thresholds",
    ),
    Mutant(
        "retention_scorecard",
        "Without NRR nobody is ready",
        "case when grr is not null then is_ready_to_invest_in_expansion end as",
        "coalesce(is_ready_to_invest_in_expansion, false) as",
    ),
    Mutant(
        "retention_scorecard",
        "Fragile is not said",
        "when is_fragile then ' Fragile: expansion hides losses.' else",
        "when false then ' Fragile: expansion hides losses.' else",
    ),
    Mutant(
        "retention_scorecard",
        "Everybody should invest",
        "when is_ready_to_invest_in_expansion then ' Ready",
        "when true then ' Ready",
    ),
    Mutant(
        "retention_scorecard",
        "Above the target is below it",
        "when nrr < target_nrr_from then 'below'",
        "when nrr > target_nrr_from then 'below'",
    ),
    Mutant(
        "retention_scorecard",
        "Customers who leave are not mentioned",
        "when is_net_negative_churn and has_fewer_customers\n                    then",
        "when false\n                    then",
    ),
)

CALENDAR = (
    Mutant(
        "int_days",
        "The metrics begin with the latest change",
        "min(month_date)",
        "max(month_date)",
    ),
    Mutant(
        "int_days",
        "The metrics lack the last month",
        "ledger_bounds.last_month_date, to_months(1)",
        "ledger_bounds.last_month_date - interval 1 month, to_months(1)",
    ),
    Mutant(
        "int_days",
        "No month has 31 days",
        "generate_series(1, 31)",
        "generate_series(1, 30)",
    ),
    Mutant(
        "int_days",
        "A month begins with its second day",
        "day_numbers.generated_number - 1 as",
        "day_numbers.generated_number as",
    ),
    Mutant(
        "int_days",
        "Every month has 31 days",
        "where day_date < cast(",
        "where true or day_date < cast(",
    ),
)

MUTANTS = (*BILLING, *LEDGER, *RETENTION, *DRIVERS, *PRODUCT_RETENTION, *EXPANSION, *CALENDAR)
