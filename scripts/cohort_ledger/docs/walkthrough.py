"""Write docs/how_the_numbers_are_made.md: one customer of the built demo, from its invoice lines to its part of NRR.

Every result on the page is computed here from the rows shown before it, exactly, and the page is written only if the
models hold the same.
"""

# ruff: noqa: RUF001 - the page has the signs of arithmetic

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import duckdb

from cohort_ledger.errors import LedgerError
from cohort_ledger.project import PROJECT_DIR
from cohort_ledger.sql import rows
from cohort_ledger.warehouse import connect

PAGE = PROJECT_DIR / "docs/how_the_numbers_are_made.md"

# Whom the page is about: in the latest twelve months at both ends, with all that makes a price (seats, a plan billed by
# the year, a currency to convert, a percentage off at some time), usage, and a month in which seats and price changed.
CUSTOMER = """
    with period as (
        select customer_id, period_start_date, period_end_date
        from marts.fct_cohort_snapshots
        where period_type = 'trailing_12_months' and closing_mrr > 0
        qualify period_start_date = max(period_start_date) over ()
    ),
    items as (
        select intervals.*, plans.billing_interval
        from intermediate.int_mrr_intervals as intervals
        inner join intermediate.int_plans_normalized as plans on intervals.plan_id = plans.plan_id
        where intervals.item_type = 'subscription_item'
    )
    select drivers.customer_id, drivers.month_date, drivers.product_id, period.period_start_date
    from marts.fct_mrr_movement_drivers as drivers
    inner join period
        on drivers.customer_id = period.customer_id
        and drivers.month_date between period.period_start_date and period.period_end_date
    where
        (drivers.customer_id, drivers.product_id) in (select customer_id, product_id from items)
        and (drivers.customer_id, drivers.product_id) not in (
            select customer_id, product_id from items where billing_interval != 'year'
        )
        and drivers.customer_id in (
            select items.customer_id
            from items
            inner join intermediate.int_currency_rates as rates on items.currency = rates.currency
            where rates.rate_numerator != rates.rate_denominator
        )
        and drivers.customer_id in (
            select customer_id from intermediate.int_subscription_discounts where percent_off is not null
        )
        and drivers.customer_id not in (
            select customer_id from intermediate.int_subscription_discounts where amount_off is not null
        )
        and drivers.customer_id in (
            select customer_id from marts.fct_mrr_movement_drivers where driver = 'usage'
        )
        and (
            select count(*)
            from staging.stg_billing__subscriptions as subscriptions
            where subscriptions.customer_id = drivers.customer_id
        ) = 1
    group by all
    having list_sort(list(driver)) = ['price', 'seat']
    order by drivers.customer_id, abs(sum(drivers.mrr_change)) desc
    limit 1
"""

Row = dict[str, Any]


def link(model: str) -> str:
    """A model's name that leads to its SQL."""
    (path,) = PROJECT_DIR.glob(f"models/**/{model}.sql")
    return f"[`{model}`](../{path.relative_to(PROJECT_DIR)})"


def text(value: object) -> str:
    """A value as it is stored; numbers with thousands apart."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return f"{value:,}".replace("-", "−")
    return str(value)


def table(rows: Iterable[Row]) -> str:
    """A Markdown table with the rows' own names as its heading, numbers to the right."""
    rows = list(rows)
    numeric = {name for name in rows[0] if any(isinstance(row[name], Decimal | int) for row in rows)}
    lines = [list(rows[0]), ["---:" if name in numeric else "---" for name in rows[0]]]
    lines += [[text(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def blocks(*parts: str) -> str:
    """Parts of the page, one after the other."""
    return "\n\n".join(parts)


def prose(words: str) -> str:
    """A paragraph, broken into lines."""
    return textwrap.fill(" ".join(words.split()), 120, break_long_words=False, break_on_hyphens=False)


def code(lines: Iterable[str]) -> str:
    """Lines of arithmetic."""
    return "\n".join(["```text", *lines, "```"])


def operand(value: Decimal | int) -> str:
    """A number after a sign of arithmetic."""
    return f"({text(value)})" if value < 0 else text(value)


def rounded(exact: Fraction, places: int = 4) -> Decimal:
    """To so many decimals, half away from zero, as the models round."""
    size = int(abs(exact) * 10**places + Fraction(1, 2))
    return Decimal(size if exact >= 0 else -size).scaleb(-places)


def agree(what: str, computed: object, stored: object) -> None:
    """Stop where the arithmetic of the page is not that of the models."""
    if computed != stored:
        raise LedgerError(f"{what}: the page computes {computed}, the models hold {stored}")


def short(month: date) -> str:
    """A month in words."""
    return f"{month:%B %Y}"


class Walk:
    """The customer, the month that is looked at closely, and the twelve months to the end of the ledger."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        chosen = self.rows(CUSTOMER)
        if not chosen:
            raise LedgerError(
                f"no customer of the demo has all that the page shows: see CUSTOMER in {Path(__file__).name}"
            )
        self.customer, self.month, self.product, self.period = chosen[0].values()
        self.of_customer = f"customer_id = '{self.customer}'"
        self.of_month = f"month_date = date '{self.month}'"
        self.of_period = f"period_type = 'trailing_12_months' and period_start_date = date '{self.period}'"
        self.of_year = f"month_date >= date '{self.period}'"

    def rows(self, query: str) -> list[Row]:
        """The result of a query as dictionaries."""
        return rows(self.connection, query)

    def row(self, query: str) -> Row:
        """The one row of a query."""
        (found,) = self.rows(query)
        return found

    def raw_rows(self) -> str:
        """What the billing system holds: contract, discounts, and the lines invoiced in the month."""
        versions = self.rows(f"""
            select versions.subscription_item_id as item, versions.plan_id as plan, versions.quantity as seats,
                versions.unit_amount, versions.currency, versions.valid_from, versions.valid_to
            from demo.demo_subscription_item_versions as versions
            inner join demo.demo_subscriptions as subscriptions using (subscription_id)
            where {self.of_customer} order by item, valid_from
        """)
        discounts = self.rows(f"""
            select discounts.discount_id as discount, discounts.duration, discounts.percent_off, discounts.starts_at,
                discounts.ends_at
            from demo.demo_discounts as discounts
            inner join demo.demo_subscriptions as subscriptions using (subscription_id)
            where {self.of_customer} order by starts_at
        """)
        lines = self.rows(f"""
            select lines.invoice_line_item_id as line, lines.line_type as type, lines.quantity, lines.amount,
                lines.currency, lines.service_start, lines.service_end,
                coalesce('no: `' || excluded.reason || '`', 'yes') as "MRR?"
            from demo.demo_invoice_line_items as lines
            inner join demo.demo_invoices as invoices using (invoice_id)
            left join intermediate.int_invoice_lines_excluded as excluded using (invoice_line_item_id)
            where {self.of_customer} and date_trunc('month', invoices.issued_at) = date '{self.month}' order by line
        """)
        return blocks(
            "## 1. What the billing system holds",
            prose("""
                The contract is one row per subscription item and time in which plan, seats and price stayed the same;
                prices are per billing interval of the plan, for seats a year. Times are UTC, an end is exclusive. The
                metered item has no price of its own.
            """),
            table(versions),
            "Its discounts:",
            table(discounts),
            prose(f"""
                Invoiced in {short(self.month)}. With the var `mrr_basis` at its default, `subscriptions`, what is fixed
                comes from the contract, and only usage from invoices; tax and one-time lines are never MRR.
                {link("mrr_exclusions")} counts every row that is left out, with its reason.
            """),
            table(lines),
            prose(f"""
                Staging ({link("stg_billing__subscription_item_versions")},
                {link("stg_billing__invoice_line_items")} and others) sets types and names and changes nothing else.
            """),
        )

    def prices(self) -> str:
        """Intervals of constant price and their MRR, each computed again."""
        intervals = self.rows(f"""
            select prices.from_at, prices.to_at, prices.quantity, prices.gross_price, prices.net_price,
                prices.net_price_denominator, prices.per_month_numerator, prices.per_month_denominator,
                rates.rate_numerator, rates.rate_denominator, prices.currency, mrr.gross_mrr, mrr.net_mrr,
                mrr.from_month_date, mrr.to_month_date, versions.unit_amount,
                (
                    select list(discounts.percent_off order by discounts.discount_id)
                    from intermediate.int_subscription_discounts as discounts
                    where discounts.subscription_id = prices.subscription_id
                        and coalesce(discounts.subscription_item_id, versions.subscription_item_id)
                            = versions.subscription_item_id
                        and discounts.from_at <= prices.from_at
                        and prices.from_at < coalesce(discounts.to_at, timestamp '9999-12-31')
                ) as percents_off
            from intermediate.int_subscription_price_intervals as prices
            inner join intermediate.int_currency_rates as rates using (currency)
            inner join intermediate.int_mrr_intervals as mrr
                on prices.subscription_item_id = mrr.item_id and prices.from_at = mrr.from_at
            inner join staging.stg_billing__subscription_item_versions as versions
                on prices.subscription_item_id = versions.subscription_item_id
                and prices.valid_from = versions.valid_from
            where prices.{self.of_customer} and prices.product_id = '{self.product}'
            order by prices.from_at
        """)
        shown, sums = [], []
        for interval in intervals:
            whole = Fraction(interval["quantity"]) * Fraction(interval["unit_amount"])
            percents = interval["percents_off"] or [Decimal(0)]
            left = prod(1 - Fraction(percent) / 100 for percent in percents)
            factor = Fraction(int(interval["per_month_numerator"]), int(interval["per_month_denominator"]))
            rate = Fraction(int(interval["rate_numerator"]), int(interval["rate_denominator"]))
            mrr = rounded(whole * left * factor * rate)
            agree(f"price of the interval from {interval['from_at']}", whole * 10000, interval["gross_price"])
            agree(f"MRR of the interval from {interval['from_at']}", mrr, interval["net_mrr"])
            shown.append(
                {
                    "from": interval["from_at"],
                    "to": interval["to_at"],
                    "seats": interval["quantity"],
                    f"price a year, {interval['currency']}": rounded(whole),
                    "off": " and ".join(f"{percent.normalize():f} %" for percent in percents),
                    "MRR": interval["net_mrr"],
                    "counts from": f"{interval['from_month_date']:%Y-%m}",
                    "no longer in": f"{interval['to_month_date']:%Y-%m}" if interval["to_month_date"] else "",
                }
            )
            sums.append(
                f"{interval['quantity']} × {interval['unit_amount'].normalize():f} × "
                + " × ".join(f"(1 − {percent.normalize():f} %)" for percent in percents)
                + f" × {factor} × {rounded(rate, 6)} = {mrr:,}"
            )
        return blocks(
            "## 2. Prices become MRR",
            prose(f"""
                {link("int_subscription_items_paying")} takes trials and pauses out of the contract,
                {link("int_discount_spans")} says which discounts hold when, and
                {link("int_subscription_price_intervals")} cuts the contract where either changes.
                {link("int_mrr_intervals")} makes each price one month's, converts it at one exchange rate for the whole
                history ({link("int_currency_rates")}), and rounds once.
            """),
            table(shown),
            "Seats × price × what the discount leaves × part of a year × exchange rate:",
            code(sums),
            "An interval counts in every month at whose last instant it is in force.",
        )

    def usage(self) -> str:
        """The arithmetic of the month's usage."""
        lines = self.rows(f"""
            select lines.amount, lines.currency, counted.per_month_numerator, counted.per_month_denominator,
                rates.rate_numerator, rates.rate_denominator, mrr.net_mrr
            from staging.stg_billing__invoice_line_items as lines
            inner join intermediate.int_invoice_lines_counted as counted using (invoice_line_item_id)
            inner join intermediate.int_currency_rates as rates on lines.currency = rates.currency
            inner join intermediate.int_mrr_intervals as mrr on counted.invoice_line_item_id = mrr.item_id
            where counted.{self.of_customer} and mrr.from_month_date = date '{self.month}' order by mrr.item_id
        """)
        sums = []
        for line in lines:
            months = Fraction(int(line["per_month_denominator"]), int(line["per_month_numerator"]))
            rate = Fraction(int(line["rate_numerator"]), int(line["rate_denominator"]))
            agree("MRR of usage", rounded(Fraction(line["amount"]) / months * rate), line["net_mrr"])
            sums.append(
                f"{line['amount']:,} {line['currency']} ÷ {months} month × {rounded(rate, 6)} = {line['net_mrr']:,}"
            )
        return code(sums)

    def in_force(self, month: str) -> list[Row]:
        """What is in force at the end of a month, per plan."""
        return self.rows(f"""
            select plans.plan_name as plan, valuations.pool, sum(valuations.quantity)::bigint as quantity,
                sum(valuations.net_mrr)::decimal(18, 4) as mrr
            from intermediate.int_mrr_valuations as valuations
            inner join intermediate.int_plans_normalized as plans using (plan_id)
            where valuations.{self.of_customer} and valuations.fx_basis = 'closing'
                and valuations.from_month_date <= {month}
                and {month} < coalesce(valuations.to_month_date, date '9999-12-31')
            group by all order by plan
        """)

    def month_ends(self) -> tuple[str, list[Row], list[Row]]:
        """The balance before and at the end of the month."""
        balance = self.row(f"from marts.fct_customer_mrr_months where {self.of_customer} and {self.of_month}")
        before = self.in_force(f"cast(date '{self.month}' - interval 1 month as date)")
        after = self.in_force(f"date '{self.month}'")
        agree("opening MRR", sum(row["mrr"] for row in before), balance["opening_mrr"])
        agree("closing MRR", sum(row["mrr"] for row in after), balance["closing_mrr"])
        ends = {row["plan"]: row for row in after}
        shown = [
            {
                "plan": row["plan"],
                "quantity before": row["quantity"],
                "MRR before": row["mrr"],
                "quantity after": ends[row["plan"]]["quantity"],
                "MRR after": ends[row["plan"]]["mrr"],
            }
            for row in before
        ]
        total = {
            "plan": "**together**",
            "quantity before": None,
            "MRR before": balance["opening_mrr"],
            "quantity after": None,
            "MRR after": balance["closing_mrr"],
        }
        page = blocks(
            f"## 3. {short(self.month)}: what is in force becomes a balance",
            prose(f"""
                Usage counts as it was billed ({link("int_invoice_line_terms")}, {link("int_invoice_lines_counted")}):
            """),
            self.usage(),
            prose(f"""
                The ledger is a running sum of what begins and ends, per plan ({link("int_plan_balances")}), pool,
                product and customer ({link("int_customer_balances")}). {link("fct_customer_mrr_months")} holds the last
                line: the month opens with what the month before closed with.
            """),
            table([*shown, total]),
        )
        return page, before, after

    def movement(self, before: Sequence[Row], after: Sequence[Row]) -> str:
        """The month's movement, and its drivers computed again."""
        movement = self.row(f"from marts.fct_mrr_movements where {self.of_customer} and {self.of_month}")
        drivers = self.rows(f"""
            select product_id as product, driver, mrr_change as change
            from marts.fct_mrr_movement_drivers where {self.of_customer} and {self.of_month} order by driver
        """)
        by_driver = {row["driver"]: row["change"] for row in drivers}
        (seats_before,) = (row for row in before if row["pool"] == "per_seat")
        (seats_after,) = (row for row in after if row["pool"] == "per_seat")
        (used_before,) = (row for row in before if row["pool"] == "metered")
        (used_after,) = (row for row in after if row["pool"] == "metered")
        change = seats_after["mrr"] - seats_before["mrr"]
        moved = seats_after["quantity"] - seats_before["quantity"]
        seat = rounded(Fraction(moved) * Fraction(seats_before["mrr"]) / seats_before["quantity"])
        usage = used_after["mrr"] - used_before["mrr"]
        agree("drivers", {"seat": seat, "price": change - seat, "usage": usage}, by_driver)
        agree("sum of the drivers", sum(by_driver.values()), movement["mrr_change"])
        return blocks(
            "## 4. Why it moved",
            prose(f"""
                {text(movement["closing_mrr"])} − {text(movement["opening_mrr"])} = {text(movement["mrr_change"])}: the
                one movement of this customer and month, a **{movement["movement_type"]}**
                ({link("fct_mrr_movements")}). {link("fct_mrr_movement_drivers")} says why, per product;
                {link("int_plan_drivers")} computes it plan by plan.
            """),
            table(drivers),
            code(
                (
                    f"seat:  seats at the old net price, {operand(moved)} × {text(seats_before['mrr'])}"
                    f" ÷ {seats_before['quantity']} = {text(seat)}",
                    f"price: the rest of that plan's change, {text(change)} − {operand(seat)} = {text(change - seat)}",
                    f"usage: the change of the metered plan, {text(used_after['mrr'])} − {text(used_before['mrr'])}"
                    f" = {text(usage)}",
                )
            ),
        )

    def year(self) -> str:
        """Every movement of the twelve months, which lead from the cohort's opening to its closing."""
        months = self.rows(f"""
            select strftime(month_date, '%Y-%m') as month, opening_mrr as opening, movement_type as movement,
                mrr_change as change, recovered_mrr as "of it recovered", closing_mrr as closing
            from marts.fct_mrr_movements where {self.of_customer} and {self.of_year} order by month_date
        """)
        snapshot = self.row(f"from marts.fct_cohort_snapshots where {self.of_customer} and {self.of_period}")
        opening, closing = snapshot["opening_mrr"], snapshot["closing_mrr"]
        agree("the movements' sum", opening + sum(month["change"] for month in months), closing)
        agree("retained MRR", min(opening, closing), snapshot["retained_mrr"])
        names = ("opening_mrr", "closing_mrr", "retained_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr")
        return blocks(
            "## 5. Twelve months, two readings",
            prose("""
                All movements of the twelve months. What an expansion only wins back, up to the highest balance before,
                is recovered and not new.
            """),
            table(months),
            prose(f"""
                A cohort reads the customer twice, at the first and at the last instant of its period, whatever lies
                between ({link("int_period_runs")}, {link("int_cohort_runs")}). {link("fct_cohort_snapshots")} for the
                twelve months to {snapshot["period_end_date"]}, with the segment that the customer had at their start:
            """),
            table([{name: snapshot[name] for name in names} | {"segment": snapshot["segment"]}]),
            prose(f"""
                Retained is the smaller of the two readings: min({opening:,}, {closing:,}) =
                {snapshot["retained_mrr"]:,}.
            """),
        )

    def rates(self) -> str:
        """NRR and GRR of the segment and of all, summed again from the snapshots."""
        snapshot = self.row(f"from marts.fct_cohort_snapshots where {self.of_customer} and {self.of_period}")
        segment = snapshot["segment"]
        shown, sums = [], []
        for dimension, value, condition in (("segment", segment, f"segment = '{segment}'"), ("total", "all", "true")):
            cohort = self.row(f"""
                select count(*) as customers, sum(opening_mrr)::decimal(18, 4) as opening,
                    sum(closing_mrr)::decimal(18, 4) as closing, sum(retained_mrr)::decimal(18, 4) as retained
                from marts.fct_cohort_snapshots where {self.of_period} and {condition}
            """)
            rate = self.row(f"""
                from marts.retention_rates
                where {self.of_period} and dimension = '{dimension}' and dimension_value = '{value}'
            """)
            nrr = rounded(Fraction(cohort["closing"]) / Fraction(cohort["opening"]), 6)
            grr = rounded(Fraction(cohort["retained"]) / Fraction(cohort["opening"]), 6)
            agree(f"NRR of {value}", nrr, rate["nrr"])
            agree(f"GRR of {value}", grr, rate["grr"])
            gained = snapshot["closing_mrr"] - snapshot["opening_mrr"]
            part = rounded(Fraction(gained) / Fraction(cohort["opening"]) * 100)
            name = value if dimension == "segment" else "all customers"
            shown.append({"cohort": name} | cohort | {"NRR": nrr, "GRR": grr})
            sums += (
                f"NRR of {name}: {cohort['closing']:,} ÷ {cohort['opening']:,} = {nrr}",
                f"  what this customer does to it: {text(gained)} ÷ {text(cohort['opening'])}"
                f" = {text(part)} percentage points",
            )
        return blocks(
            "## 6. Its part of NRR",
            prose(f"""
                {link("retention_rates")} sums the snapshots of a cohort and divides once: NRR = Σ closing ÷ Σ opening,
                GRR = Σ retained ÷ Σ opening.
            """),
            table(shown),
            code(sums),
        )

    def page(self) -> str:
        """The whole page."""
        contract, prices = self.raw_rows(), self.prices()
        month_ends, before, after = self.month_ends()
        parts = (contract, prices, month_ends, self.movement(before, after), self.year(), self.rates())
        introduction = prose(f"""
            One customer of the demo, `{self.customer}`, from its contract and invoice lines to its part of net revenue
            retention. Every result below was computed from the rows above it, and the models hold the same. MRR is in
            the reporting currency, with the four decimals that are stored. Why each rule is what it is:
            [decision log](decision_log.md).
        """)
        title = "<!-- Written by `make walkthrough` from the built demo: do not edit. -->\n# How the numbers are made"
        return blocks(title, introduction, *parts) + "\n"


def walkthrough(connection: duckdb.DuckDBPyConnection) -> str:
    """The page, from a built demo."""
    if not connection.execute("from information_schema.tables where table_schema = 'demo'").fetchone():
        raise LedgerError("the page is about the demo: run `make build` without vars first")
    return Walk(connection).page()


def write_walkthrough() -> Path:
    """The page of the demo as it is built; returns where it is."""
    with connect() as connection:
        PAGE.write_text(walkthrough(connection))
    return PAGE
