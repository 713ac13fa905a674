"""Published worked examples that need a policy other than the defaults, each under that policy and with its source.

Those that the defaults show are in seeds/edge_cases. Each example is a handful of raw rows, written down here; the
project is compiled once for each set of vars.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import duckdb
import pytest
from conftest import compile_project
from dbt_project import CompiledProject, Row, Tables, fetch_rows, load_raw

CREATED = datetime(2022, 1, 1)


# ---------------------------------------------------------------- raw rows


PRODUCTS = [{"product_id": name, "product_name": name} for name in ("core", "addon", "calls")]
PLANS = [
    {
        **{"plan_id": plan_id, "product_id": product_id, "plan_name": plan_id, "tier_rank": 1, "currency": "USD"},
        **{"pricing_model": model, "billing_interval": interval, "billing_interval_count": 1},
    }
    for plan_id, product_id, model, interval in (
        ("monthly", "core", "flat", "month"),
        ("annual", "core", "flat", "year"),
        ("addon", "addon", "flat", "month"),
        ("metered", "calls", "metered", "month"),
    )
]


def contract(
    customer_id: str,
    *prices: tuple[str, str | int],
    until: str | None = None,
    requested: str | None = None,
    plan_id: str = "monthly",
    currency: str = "USD",
    reason: str | None = None,
    number: int = 1,
) -> Tables:
    """A subscription of one item at these prices, each from an instant on; all instants are written as ISO text."""
    starts = [datetime.fromisoformat(start) for start, _ in prices]
    name = f"{customer_id} {plan_id} {number}"
    return {
        "subscriptions": [
            {
                **{"subscription_id": name, "customer_id": customer_id, "started_at": starts[0]},
                **{"status": "active" if until is None else "canceled", "ended_reason": reason},
                "ended_at": None if until is None else datetime.fromisoformat(until),
                "cancel_requested_at": None if requested is None else datetime.fromisoformat(requested),
            }
        ],
        "subscription_item_versions": [
            {
                **{"subscription_item_id": name, "subscription_id": name, "plan_id": plan_id, "currency": currency},
                **{"quantity": 1, "unit_amount": Decimal(price), "valid_from": start, "valid_to": end},
            }
            for (_, price), start, end in zip(prices, starts, [*starts[1:], None], strict=True)
        ],
    }


def cancelled_annual_plan() -> Tables:
    """2,000 a year from 10 January 2024, cancelled on 15 September: paid for until the year is over."""
    return contract(
        "acme",
        ("2024-01-10", 2000),
        plan_id="annual",
        requested="2024-09-15",
        until="2025-01-10",
        reason="voluntary",
    )


def coupon(customer_id: str, percent: int, duration: str, starts: str, number: int = 1) -> Tables:
    """A percentage off the whole subscription of a customer to the monthly plan."""
    discount = {
        **{"discount_id": f"{customer_id} {number}", "subscription_id": f"{customer_id} monthly 1"},
        **{"duration": duration, "percent_off": Decimal(percent), "starts_at": datetime.fromisoformat(starts)},
    }
    return {"discounts": [discount]}


def bill(
    customer_id: str,
    *lines: tuple[str, str, str | int],
    plan_id: str | None = "monthly",
    line_type: str = "recurring",
    is_proration: bool = False,
    quantity: int = 1,
) -> Tables:
    """An invoice with lines that are each a service start, a service end and an amount."""
    invoice_id = f"{customer_id} {plan_id} {line_type} {lines[0][0]} {lines[0][2]}"
    first = datetime.fromisoformat(lines[0][0])
    return {
        "invoices": [
            {
                **{"invoice_id": invoice_id, "customer_id": customer_id, "status": "paid", "issued_at": first},
                **{"due_at": first, "paid_at": first, "currency": "USD"},
            }
        ],
        "invoice_line_items": [
            {
                **{"invoice_line_item_id": f"{invoice_id} {number}", "invoice_id": invoice_id, "plan_id": plan_id},
                **{"line_type": line_type, "is_proration": is_proration, "quantity": quantity, "currency": "USD"},
                **{"amount": Decimal(amount), "discount_amount": Decimal(0)},
                **{"service_start": date.fromisoformat(start), "service_end": date.fromisoformat(end)},
            }
            for number, (start, end, amount) in enumerate(lines, 1)
        ],
    }


def months(first: str, *amounts: str | int) -> list[tuple[str, str, str | int]]:
    """Lines for one calendar month each, from the first day of the month `first` on; a 0 is a month without a line."""
    start = date.fromisoformat(f"{first}-01")
    indexes = [start.year * 12 + start.month - 1 + number for number in range(len(amounts) + 1)]
    return lines_between([date(index // 12, index % 12 + 1, 1) for index in indexes], amounts)


def years(first: str, *amounts: str | int) -> list[tuple[str, str, str | int]]:
    """Lines for one year each, from the day `first` on; a 0 is a year without a line."""
    start = date.fromisoformat(first)
    return lines_between([start.replace(year=start.year + number) for number in range(len(amounts) + 1)], amounts)


def lines_between(days: list[date], amounts: tuple[str | int, ...]) -> list[tuple[str, str, str | int]]:
    """A line from each day to the next, but none for a 0."""
    spans = zip(pairwise(days), amounts, strict=True)
    return [(start.isoformat(), end.isoformat(), amount) for (start, end), amount in spans if amount != 0]


def rates(*euros: tuple[str, str]) -> Tables:
    """What one euro is worth in dollars, from each day on."""
    return {
        "exchange_rates": [
            {"currency": "EUR", "effective_date": date.fromisoformat(day), "rate_to_reporting": Decimal(rate)}
            for day, rate in euros
        ]
    }


def company(*parts: Tables, ends: str) -> Tables:
    """These rows with the products, plans and customers that they name, and a ledger that ends with the day `ends`."""
    tables: Tables = {"products": PRODUCTS, "plans": PLANS}
    for part in parts:
        for name, rows in part.items():
            tables.setdefault(name, []).extend(rows)
    holders = [*tables.get("subscriptions", []), *tables.get("invoices", [])]
    names = dict.fromkeys(row["customer_id"] for row in holders)
    tables["customers"] = [
        {"customer_id": name, "customer_name": name, "segment": "SMB", "created_at": CREATED} for name in names
    ]
    tables.setdefault("invoices", []).append(
        {
            **{"invoice_id": "the last one", "customer_id": next(iter(names)), "status": "paid", "currency": "USD"},
            "issued_at": datetime.fromisoformat(f"{ends} 12:00"),
        }
    )
    return tables


# ---------------------------------------------------------------- what the marts say


@dataclass(frozen=True)
class Ledger:
    """The marts of one example; amounts are read as short text, so that examples can be written like their sources."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[Row]:
        """The result of a query."""
        return fetch_rows(self.connection, sql)

    def movements(self, customer_id: str | None = None) -> list[str]:
        """`2024-01 new 100`, of one customer or of all."""
        found = self.rows("from marts.fct_mrr_movements order by month_date, movement_type, mrr_change")
        return [
            f"{row['month_date']:%Y-%m} {row['movement_type']} {short(row['mrr_change'])}"
            for row in found
            if customer_id in (None, row["customer_id"])
        ]

    def balances(self, customer_id: str) -> dict[str, str]:
        """Closing MRR by month, of the months in which the customer opens or closes with any."""
        found = self.rows(f"from marts.fct_customer_mrr_months where customer_id = '{customer_id}' order by month_date")
        return {f"{row['month_date']:%Y-%m}": short(row["closing_mrr"]) for row in found}

    def events(self, customer_id: str) -> list[str]:
        """`2024-01-10 00:00 100 to 100 new`: by how much an item changed, to what MRR of the customer."""
        found = self.rows(
            f"from marts.fct_mrr_change_events where customer_id = '{customer_id}' order by changed_at, mrr_change"
        )
        return [
            f"{row['changed_at']:%Y-%m-%d %H:%M} {short(row['mrr_change'])} to {short(row['customer_mrr_after'])} "
            f"{row['movement_type'] or 'unmoved'}"
            for row in found
        ]

    def month(self, month: str) -> dict[str, str]:
        """The month's bridge, without what is 0."""
        (found,) = self.rows(f"from marts.mrr_waterfall where month_date = '{month}-01'")
        return {name: short(value) for name, value in found.items() if isinstance(value, Decimal) and value}

    def rates(self, period_type: str, start: str) -> Row:
        """What the whole cohort of a period retained."""
        (found,) = self.rows(
            f"from marts.retention_rates where period_type = '{period_type}' and period_start_date = '{start}-01' "
            "and dimension = 'total'"
        )
        return found


def short(amount: Decimal) -> str:
    """An amount without the zeros at its end."""
    return f"{amount.normalize():f}" if amount else "0"


def nrr_and_grr(row: Row) -> tuple[str, str]:
    """The two rates as text."""
    return short(row["nrr"]), short(row["grr"])


@contextmanager
def ledger(project: CompiledProject, raw: Tables) -> Iterator[Ledger]:
    """The marts built from these rows; every data test holds on them."""
    with project.connect() as connection:
        load_raw(connection, raw)
        project.build(connection)
        assert project.failing_tests(connection) == {}
        yield Ledger(connection)


# ---------------------------------------------------------------- mrr_basis: invoices


@pytest.fixture(scope="module")
def on_invoices(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """Fixed MRR is what was billed."""
    return compile_project(tmp_path_factory.mktemp("invoices"), mrr_basis="invoices")


def test_billed_annual_plan_and_addon(on_invoices: CompiledProject) -> None:
    """ChartMogul help, 201244842: new 166.67, add-on + 60 and - 60, churn at the end of the paid year, reactivation."""
    raw = company(
        bill("acme", *years("2024-01-10", 2000), plan_id="annual", quantity=4),
        bill("acme", ("2024-03-05", "2024-04-05", 60), ("2024-04-05", "2024-05-05", 60), plan_id="addon", quantity=2),
        bill("acme", ("2025-03-03", "2025-04-03", 50)),
        ends="2025-03-31",
    )
    with ledger(on_invoices, raw) as marts:
        assert marts.movements() == [
            "2024-01 new 166.6667",
            "2024-03 expansion 60",
            "2024-05 contraction -60",
            "2025-01 churn -166.6667",
            "2025-03 reactivation 50",
        ]
        assert marts.month("2024-05") == {
            **{"opening_mrr": "226.6667", "contraction_mrr": "-60", "closing_mrr": "166.6667"},
            "closing_arr": "2000.0004",
        }
        assert marts.events("acme") == [
            "2024-01-10 00:00 166.6667 to 166.6667 new",
            "2024-03-05 00:00 60 to 226.6667 expansion",
            "2024-04-05 00:00 -60 to 226.6667 unmoved",
            "2024-04-05 00:00 60 to 226.6667 unmoved",
            "2024-05-05 00:00 -60 to 166.6667 contraction",
            "2025-01-10 00:00 -166.6667 to 0 churn",
            "2025-03-03 00:00 50 to 50 reactivation",
        ]


def test_billed_churn_has_the_reason_of_its_subscription(on_invoices: CompiledProject) -> None:
    """ChartMogul help, 201244842, whose lines name the subscription that the customer cancelled in September."""
    lines = bill("acme", *years("2024-01-10", 2000), plan_id="annual")
    lines["invoice_line_items"][0]["subscription_id"] = "acme annual 1"
    with ledger(on_invoices, company(lines, cancelled_annual_plan(), ends="2025-03-31")) as marts:
        assert marts.month("2025-01")["voluntary_churn_mrr"] == "-166.6667"


def test_prorated_lines_of_an_upgrade_are_not_mrr(on_invoices: CompiledProject) -> None:
    """ChartMogul help, 360012519560: 100 a month, then 250; half a month credited and charged is a swap to 250."""
    raw = company(
        bill("acme", *months("2024-01", 100, 100, 250)),
        bill("acme", ("2024-02-16", "2024-03-01", -50), ("2024-02-16", "2024-03-01", 125), is_proration=True),
        ends="2024-03-31",
    )
    with ledger(on_invoices, raw) as marts:
        assert marts.movements() == ["2024-01 new 100", "2024-02 expansion 150"]
        assert marts.balances("acme") == {"2024-01": "100", "2024-02": "250", "2024-03": "250"}


def test_a_prorated_seat_is_never_read_as_its_half_month(on_invoices: CompiledProject) -> None:
    """ChartMogul docs, prorated invoices: 50 a month, 25 for a seat from 16 March: it shows with the line of April."""
    raw = company(
        bill("acme", *months("2024-03", 50)),
        bill("acme", ("2024-03-16", "2024-04-01", 25), is_proration=True),
        bill("acme", *months("2024-04", 100), quantity=2),
        ends="2024-04-30",
    )
    with ledger(on_invoices, raw) as marts:
        assert marts.balances("acme") == {"2024-03": "50", "2024-04": "100"}
        assert marts.events("acme") == [
            "2024-03-01 00:00 50 to 50 new",
            "2024-04-01 00:00 -50 to 100 expansion",
            "2024-04-01 00:00 100 to 100 expansion",
        ]


@pytest.mark.parametrize("service_end", ["2025-01-15", "2025-01-14"], ids=["exclusive_end", "inclusive_end"])
def test_a_billed_year_is_a_twelfth_a_month(on_invoices: CompiledProject, service_end: str) -> None:
    """Stripe support, billing analytics: 1,200 a year is 100 in each of its months; traps.md, amortising."""
    raw = company(bill("acme", ("2024-01-15", service_end, 1200), plan_id="annual"), ends="2025-02-28")
    with ledger(on_invoices, raw) as marts:
        assert marts.balances("acme") == {**{f"2024-{month:02}": "100" for month in range(1, 13)}, "2025-01": "0"}


def test_billed_months_and_years_add_up(on_invoices: CompiledProject) -> None:
    """Stripe analytics glossary: 100 customers x 100 a month and 50 x 600 a year are 12,500 (not 800 x 50)."""
    monthly = [bill(f"monthly {number}", *months("2024-03", 100)) for number in range(100)]
    annual = [bill(f"annual {number}", *years("2024-03-01", 600), plan_id="annual") for number in range(50)]
    with ledger(on_invoices, company(*monthly, *annual, ends="2024-03-31")) as marts:
        assert marts.month("2024-03")["closing_mrr"] == "12500"
        assert marts.rows("select closing_customers from marts.mrr_waterfall") == [{"closing_customers": 150}]


def test_two_billed_subscriptions_that_end_in_turn(on_invoices: CompiledProject) -> None:
    """Stripe support, churn in Billing: first contraction, then churn; traps.md, wrong grain."""
    raw = company(bill("acme", *months("2024-04", 100)), bill("acme", *months("2024-04", 60, 60)), ends="2024-06-30")
    with ledger(on_invoices, raw) as marts:
        assert marts.movements() == ["2024-04 new 160", "2024-05 contraction -100", "2024-06 churn -60"]


@pytest.mark.parametrize(
    ("before", "after", "movement"),
    [
        pytest.param({"monthly": 500}, {"monthly": 100}, "contraction -400", id="chargebee_500_to_100"),
        pytest.param({"monthly": 50, "addon": 100}, {"addon": 100}, "contraction -50", id="chargebee_plan_dropped"),
        pytest.param({"monthly": 100}, {"monthly": 70}, "contraction -30", id="chargebee_100_to_70"),
        pytest.param({"monthly": 100}, {"monthly": 80}, "contraction -20", id="recurly_100_to_80"),
        pytest.param({"monthly": 5000}, {"monthly": 6000}, "expansion 1000", id="chargebee_5000_to_6000"),
    ],
)
def test_a_billed_change_is_no_churn(
    on_invoices: CompiledProject, before: dict[str, int], after: dict[str, int], movement: str
) -> None:
    """Chargebee, 251267, 264186 and recurring revenue; Recurly, 360028027591. GRR is what is left of the opening."""
    raw = company(
        *(bill("acme", *months("2024-06", amount), plan_id=plan_id) for plan_id, amount in before.items()),
        *(bill("acme", *months("2024-07", amount), plan_id=plan_id) for plan_id, amount in after.items()),
        ends="2024-07-31",
    )
    opening, closing = sum(before.values()), sum(after.values())
    with ledger(on_invoices, raw) as marts:
        assert marts.movements() == [f"2024-06 new {opening}", f"2024-07 {movement}"]
        found = marts.rates("month", "2024-07")
        assert found["churned_mrr"] == 0
        assert found["nrr"] == round(Decimal(closing) / opening, 6)
        assert found["grr"] == round(Decimal(min(opening, closing)) / opening, 6)


@pytest.mark.parametrize(
    ("april", "movements"), [(0, ["2024-03 new 100", "2024-04 churn -100"]), (100, ["2024-03 new 100"])]
)
def test_billed_mrr_is_that_of_the_last_day(on_invoices: CompiledProject, april: int, movements: list[str]) -> None:
    """Recurly support, 360027350412: 29 March to 29 April is 100 in March and 0 in April, unless it is renewed."""
    lines = [("2024-03-29", "2024-04-29", 100), *([("2024-04-29", "2024-05-29", april)] if april else [])]
    with ledger(on_invoices, company(bill("acme", *lines), ends="2024-04-30")) as marts:
        assert marts.movements() == movements


def test_billed_churn_counts_when_the_cycle_ends(on_invoices: CompiledProject) -> None:
    """ProfitWell/Paddle help, churn: 10 a month from 15 April, cancelled on 8 June: churn of 10 on 15 June."""
    raw = company(bill("acme", ("2024-04-15", "2024-05-15", 10), ("2024-05-15", "2024-06-15", 10)), ends="2024-06-30")
    with ledger(on_invoices, raw) as marts:
        assert marts.movements() == ["2024-04 new 10", "2024-06 churn -10"]
        assert marts.events("acme")[-1] == "2024-06-15 00:00 -10 to 0 churn"


PUBLISHED_RATES = [
    pytest.param([(10, 0), (30, 20), (20, 30), (40, 40)], "0.9", "0.8", "90_100", False, id="chartmogul_4414075567250"),
    pytest.param(
        *([(8000, 0), (20000, 15000), (30000, 45000), (42000, 42000)], "1.02", "0.87", "100_110", True),
        id="metric_guides_nrr",
    ),
    pytest.param(
        *([(1000000, 0), (2000000, 1500000), (7000000, 9500000)], "1.1", "0.85", "110_120", True),
        id="seed_articles_1_crore",
    ),
    pytest.param([(300, 200), (700, 900)], "1.1", "0.9", "110_120", False, id="seed_articles_expansion_of_20_points"),
    pytest.param([(250, 0), (750, 1150)], "1.15", "0.75", "110_120", True, id="seed_articles_fragile"),
]


@pytest.mark.parametrize(("customers", "nrr", "grr", "band", "is_fragile"), PUBLISHED_RATES)
def test_billed_years_retain_what_was_published(
    on_invoices: CompiledProject, customers: list[tuple[int, int]], nrr: str, grr: str, band: str, is_fragile: bool
) -> None:
    """The published rates over 2024, on invoices of a year each; who left stays in the denominator (traps.md)."""
    paid = [
        bill(f"customer {number}", *years("2023-12-01", 12 * before, 12 * after), plan_id="annual")
        for number, (before, after) in enumerate(customers)
    ]
    latecomer = bill("latecomer", *months("2024-11", 1000000, 9000000))
    with ledger(on_invoices, company(*paid, latecomer, ends="2024-12-31")) as marts:
        found = marts.rates("year", "2024-01")
        assert nrr_and_grr(found) == (nrr, grr)
        assert (found["benchmark_band"], found["is_fragile"]) == (band, is_fragile)
        assert found["cohort_customers"] == len(customers)
        assert short(found["opening_mrr"]) == str(sum(before for before, _ in customers))
        assert short(found["expansion_rate"]) == short(Decimal(nrr) - Decimal(grr))


def test_the_bridge_of_a_billed_month(on_invoices: CompiledProject) -> None:
    """ChartMogul help, 4414075567250: opening 100, churn 10, contraction 10, expansion 10, net churn 10 %."""
    raw = company(
        *(
            bill(f"customer {n}", *months("2024-01", *paid))
            for n, paid in enumerate([(10, 0), (30, 20), (20, 30), (40, 40)])
        ),
        ends="2024-02-29",
    )
    with ledger(on_invoices, raw) as marts:
        assert marts.month("2024-02") == {
            **{"opening_mrr": "100", "churn_mrr": "-10", "contraction_mrr": "-10", "expansion_mrr": "10"},
            **{"other_churn_mrr": "-10", "closing_mrr": "90", "closing_arr": "1080"},
            **{"quick_ratio": "0.5", "expansion_share_of_growth": "1"},
        }
        assert nrr_and_grr(marts.rates("month", "2024-02")) == ("0.9", "0.8")


# ---------------------------------------------------------------- late_renewal_grace_days, discount_policy: all


@pytest.fixture(scope="module")
def with_grace(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """A week for late renewals; `once` coupons lower MRR, too."""
    return compile_project(tmp_path_factory.mktemp("grace"), late_renewal_grace_days=7, discount_policy="all")


@pytest.mark.parametrize(
    ("renewed", "ends", "movements"),
    [
        pytest.param("2024-05-02 10:00", "2024-05-31", ["2024-03 new 100"], id="three_days_late"),
        pytest.param("2024-05-06 10:00", "2024-05-31", ["2024-03 new 100"], id="a_week_late"),
        pytest.param(
            "2024-05-06 10:01",
            "2024-05-31",
            ["2024-03 new 100", "2024-04 churn -100", "2024-05 reactivation 100"],
            id="a_minute_too_late",
        ),
        pytest.param(
            "2024-05-02 10:00",
            "2024-04-30",
            ["2024-03 new 100", "2024-04 churn -100"],
            id="not_yet_renewed",
        ),
    ],
)
def test_a_late_renewal_is_no_churn(with_grace: CompiledProject, renewed: str, ends: str, movements: list[str]) -> None:
    """Recurly support, 360027350412, renewed late: April is 100 as soon as the renewal is known and in time."""
    raw = company(
        contract("acme", ("2024-03-29 10:00", 100), until="2024-04-29 10:00"),
        contract("acme", (renewed, 100), number=2),
        ends=ends,
    )
    with ledger(with_grace, raw) as marts:
        assert marts.movements() == movements
        is_bridged = len(movements) == 1
        assert marts.balances("acme")["2024-04"] == ("100" if is_bridged else "0")
        assert any(event.endswith("churn") for event in marts.events("acme")) != is_bridged


def test_grace_never_outlasts_a_customer_who_left(with_grace: CompiledProject) -> None:
    """ProfitWell/Paddle help, churn: nobody renews, so the churn is still that of 15 June, not a week later."""
    raw = company(contract("acme", ("2024-04-15", 10), requested="2024-06-08", until="2024-06-15"), ends="2024-07-31")
    with ledger(with_grace, raw) as marts:
        assert marts.movements() == ["2024-04 new 10", "2024-06 churn -10"]
        assert marts.events("acme")[-1] == "2024-06-15 00:00 -10 to 0 churn"


def test_a_late_renewal_of_another_product_bridges_nothing(with_grace: CompiledProject) -> None:
    """Chargebee, 251267: the plan is gone, an add-on comes three days later; a gap is one product's."""
    raw = company(
        contract("acme", ("2024-03-29", 50), until="2024-04-29"),
        contract("acme", ("2024-05-02", 100), plan_id="addon"),
        ends="2024-05-31",
    )
    with ledger(with_grace, raw) as marts:
        assert marts.movements() == ["2024-03 new 50", "2024-04 churn -50", "2024-05 reactivation 100"]


@pytest.mark.parametrize(
    ("coupons", "movements"),
    [
        pytest.param([(50, "forever")], ["2024-03 new 200"], id="stripe_half_off_forever"),
        pytest.param([(50, "once")], ["2024-03 new 200", "2024-04 expansion 200"], id="stripe_half_off_once"),
        pytest.param([(10, "forever")], ["2024-03 new 360"], id="zuora_ten_percent_off"),
        pytest.param(
            [(10, "forever"), (20, "forever"), (50, "once")],
            ["2024-03 new 144", "2024-04 expansion 144"],
            id="traps_only_the_largest_coupon",
        ),
    ],
)
def test_every_coupon_lowers_mrr(
    with_grace: CompiledProject, coupons: list[tuple[int, str]], movements: list[str]
) -> None:
    """Stripe support, impact of discounts and coupons on MRR: half off for ever halves it; once, for the one term.

    Chargebee, 255043: 100 + 3 x 100, 50 % off, is 200. Zuora, MRR (contracted) changes export: 10 % off 100 is 90.
    """
    given = [coupon("acme", *row, "2024-03-15", number) for number, row in enumerate(coupons)]
    with ledger(with_grace, company(contract("acme", ("2024-03-15", 400)), *given, ends="2024-05-31")) as marts:
        assert marts.movements() == movements


# ---------------------------------------------------------------- churn_recognised_at, reactivation_window_months


@pytest.fixture(scope="module")
def at_request(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """Churn counts when it is asked for; who stays away for more than three months is new again."""
    return compile_project(
        tmp_path_factory.mktemp("request"), churn_recognised_at="cancel_request", reactivation_window_months=3
    )


@pytest.mark.parametrize(
    ("again", "price", "movement", "recovered"),
    [
        pytest.param("2024-12-03", 50, "2024-12 reactivation 50", "50", id="after_three_months"),
        pytest.param("2024-12-03", 300, "2024-12 reactivation 300", "166.6667", id="after_three_months_at_more"),
        pytest.param("2025-01-03", 50, "2025-01 new 50", "0", id="after_four_months"),
        pytest.param("2025-03-03", 300, "2025-03 new 300", "0", id="after_six_months_at_more"),
    ],
)
def test_an_annual_plan_churns_at_the_request(
    at_request: CompiledProject, again: str, price: int, movement: str, recovered: str
) -> None:
    """ChartMogul help, 201244842: the annual plan cancelled on 15 September, and the customer buys again later.

    Within the window a reactivation whatever its size, then new; never an expansion (traps.md, size before zero).
    """
    raw = company(
        cancelled_annual_plan(),
        contract("acme", (again, price)),
        ends="2025-03-31",
    )
    with ledger(at_request, raw) as marts:
        assert marts.movements() == ["2024-01 new 166.6667", "2024-09 churn -166.6667", movement]
        assert marts.month("2024-09")["voluntary_churn_mrr"] == "-166.6667"
        (last,) = marts.rows(f"from marts.fct_mrr_movements where month_date = '{again[:7]}-01'")
        assert short(last["recovered_mrr"]) == recovered
        assert last["recovered_mrr"] + last["above_peak_mrr"] == price
        assert marts.events("acme")[1] == "2024-09-15 00:00 -166.6667 to 0 churn"
        # a customer is acquired once, however often it is new
        assert marts.rows(
            "select distinct cohort_month_date, cohort_customers from marts.acquisition_cohort_retention"
        ) == [{"cohort_month_date": date(2024, 1, 1), "cohort_customers": 1}]


def test_a_paid_cycle_is_cut_at_the_request(at_request: CompiledProject) -> None:
    """ProfitWell/Paddle help, churn: cancelled on 8 June, paid to 15 June: churn on 8 June."""
    raw = company(
        contract("acme", ("2024-04-15", 10), requested="2024-06-08 10:00", until="2024-06-15"), ends="2024-06-30"
    )
    with ledger(at_request, raw) as marts:
        assert marts.movements() == ["2024-04 new 10", "2024-06 churn -10"]
        assert marts.events("acme") == ["2024-04-15 00:00 10 to 10 new", "2024-06-08 10:00 -10 to 0 churn"]


def test_requests_in_turn_are_contraction_then_churn(at_request: CompiledProject) -> None:
    """Stripe support, churn in Billing: both end on one day, but were cancelled one after the other."""
    raw = company(
        contract("acme", ("2024-04-02", 100), requested="2024-05-10", until="2024-07-02", reason="payment_failed"),
        contract("acme", ("2024-04-02", 60), requested="2024-06-10", until="2024-07-02", reason="voluntary", number=2),
        ends="2024-07-31",
    )
    with ledger(at_request, raw) as marts:
        assert marts.movements() == ["2024-04 new 160", "2024-05 contraction -100", "2024-06 churn -60"]
        assert marts.month("2024-06")["voluntary_churn_mrr"] == "-60"


def test_who_was_never_there_at_a_month_end_is_new(at_request: CompiledProject) -> None:
    """traps.md, "ever a customer" by start date: nor does the window make a return of it; the events know better."""
    raw = company(
        contract("acme", ("2024-02-05", 40), until="2024-02-20"),
        contract("acme", ("2024-04-09", 40), number=2),
        ends="2024-04-30",
    )
    with ledger(at_request, raw) as marts:
        assert marts.movements() == ["2024-04 new 40"]
        assert [event.split()[-1] for event in marts.events("acme")] == ["new", "churn", "reactivation"]


# ---------------------------------------------------------------- discount_policy: none, usage_policy: excluded


@pytest.fixture(scope="module")
def at_list_price(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """MRR is gross of discounts and without usage."""
    return compile_project(tmp_path_factory.mktemp("list_price"), discount_policy="none", usage_policy="excluded")


def test_no_coupon_lowers_mrr(at_list_price: CompiledProject) -> None:
    """Zuora's standard MRR: 10 % off 100 is still 100; and a full discount does not make a customer inactive."""
    raw = company(
        contract("acme", ("2024-03-15", 100)),
        *(coupon("acme", 10, "forever", "2024-03-15"), coupon("acme", 50, "once", "2024-04-15", 2)),
        contract("free", ("2024-03-15", 100)),
        coupon("free", 100, "forever", "2024-03-15"),
        ends="2024-05-31",
    )
    with ledger(at_list_price, raw) as marts:
        assert marts.movements("acme") == ["2024-03 new 100"]
        assert marts.movements("free") == ["2024-03 new 100"]
        assert marts.rows("select reason, row_count from marts.mrr_exclusions") == [
            {"reason": "discount_not_counted", "row_count": 3}
        ]


def test_usage_tax_and_fees_are_no_mrr(at_list_price: CompiledProject) -> None:
    """Stripe support, billing analytics: 1,200 a year is 100; traps.md, tax inside MRR."""
    raw = company(
        contract("acme", ("2024-02-29", 1200), plan_id="annual"),
        bill("acme", *months("2024-03", 40), plan_id="metered", line_type="usage"),
        bill("acme", *months("2024-03", 19), plan_id=None, line_type="tax"),
        bill("acme", *months("2024-03", 250), plan_id=None, line_type="one_time"),
        bill("only usage", *months("2024-03", 40), plan_id="metered", line_type="usage"),
        ends="2024-03-31",
    )
    with ledger(at_list_price, raw) as marts:
        assert marts.movements() == ["2024-02 new 100"]
        assert marts.rows("select reason, row_count from marts.mrr_exclusions order by reason") == [
            {"reason": "one_time_line", "row_count": 1},
            {"reason": "tax_line", "row_count": 1},
            {"reason": "usage_not_counted", "row_count": 2},
        ]


# ---------------------------------------------------------------- fx_policy: historical


@pytest.fixture(scope="module")
def at_closing_rates(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """Each month at its own exchange rate."""
    return compile_project(tmp_path_factory.mktemp("closing_rates"), fx_policy="historical")


def in_euros(*customers: tuple[int, int], changed: str) -> list[Tables]:
    """Customers from December 2023 on, who pay the second amount of euros from a day on, or leave where it is 0."""
    return [
        contract(f"customer {number}", ("2023-12-05", before), until=changed, currency="EUR")
        if after == 0
        else contract(f"customer {number}", ("2023-12-05", before), (changed, after), currency="EUR")
        for number, (before, after) in enumerate(customers)
    ]


def test_rates_of_a_month_do_not_move_with_the_euro(at_closing_rates: CompiledProject) -> None:
    """ChartMogul help, 4414075567250, in EUR at 1.10, then 1.20: GRR 0.80 and NRR 0.90, the rest is fx_mrr."""
    raw = company(
        *in_euros((10, 0), (30, 20), (20, 30), (40, 40), changed="2024-01-15"),
        rates(("2023-12-01", "1.10"), ("2024-01-20", "1.20")),
        ends="2024-01-31",
    )
    with ledger(at_closing_rates, raw) as marts:
        assert nrr_and_grr(marts.rates("month", "2024-01")) == ("0.9", "0.8")
        assert marts.rates("month", "2024-01")["cohort_customers"] == 4
        bridge = marts.month("2024-01")
        assert bridge == {
            **{"opening_mrr": "110", "churn_mrr": "-11", "contraction_mrr": "-11", "expansion_mrr": "11"},
            # 90 euros are left, worth 10 cents more each
            **{"other_churn_mrr": "-11", "fx_mrr": "9", "closing_mrr": "108", "closing_arr": "1296"},
            **{"quick_ratio": "0.5", "expansion_share_of_growth": "1"},
        }


@pytest.mark.parametrize(("customers", "nrr", "grr", "band", "is_fragile"), PUBLISHED_RATES)
def test_rates_of_a_year_do_not_move_with_the_euro(
    at_closing_rates: CompiledProject,
    customers: list[tuple[int, int]],
    nrr: str,
    grr: str,
    band: str,
    is_fragile: bool,
) -> None:
    """The published rates over 2024 in EUR, whose rate is another one each month; nobody who left is left out."""
    moving = [(f"2024-{month:02}-01", f"{1 + month * month % 7 / 10:.2f}") for month in range(1, 13)]
    raw = company(
        *in_euros(*customers, changed="2024-08-10"), rates(("2023-12-01", "0.50"), *moving), ends="2024-12-31"
    )
    with ledger(at_closing_rates, raw) as marts:
        for period_type in ("year", "trailing_12_months"):
            found = marts.rates(period_type, "2024-01")
            assert nrr_and_grr(found) == (nrr, grr)
            assert (found["benchmark_band"], found["is_fragile"]) == (band, is_fragile)
            assert found["cohort_customers"] == len(customers)
            assert found["opening_mrr"] == sum(before for before, _ in customers) * Decimal("0.50")
        closing_rate = Decimal(moving[-1][1])
        assert short(sum(after for _, after in customers) * closing_rate) == marts.month("2024-12")["closing_mrr"]
        moved = {row["month_date"] for row in marts.rows("from marts.fct_mrr_movements")}
        assert moved == {date(2023, 12, 1), date(2024, 8, 1)}


def test_a_falling_euro_is_no_contraction(at_closing_rates: CompiledProject) -> None:
    """Chargebee, recurring revenue, in EUR that lose half of their worth: 5,000 to 6,000 is GRR 1.00 and NRR 1.20."""
    raw = company(
        *in_euros((5000, 6000), changed="2024-01-15"),
        rates(("2023-12-01", "1.20"), ("2024-01-20", "0.60")),
        ends="2024-01-31",
    )
    with ledger(at_closing_rates, raw) as marts:
        assert marts.movements() == ["2023-12 new 6000", "2024-01 expansion 1200"]
        assert nrr_and_grr(marts.rates("month", "2024-01")) == ("1.2", "1")
        assert marts.month("2024-01")["fx_mrr"] == "-3600"


def test_a_rising_euro_hides_no_contraction(at_closing_rates: CompiledProject) -> None:
    """Recurly support, 360028027591, in EUR that gain half: 100 to 80 is contraction 20, though 120 is reported."""
    raw = company(
        *in_euros((100, 80), changed="2024-01-15"),
        rates(("2023-12-01", "1.00"), ("2024-01-20", "1.50")),
        ends="2024-01-31",
    )
    with ledger(at_closing_rates, raw) as marts:
        assert marts.movements() == ["2023-12 new 100", "2024-01 contraction -20"]
        assert marts.balances("customer 0") == {"2023-12": "100", "2024-01": "120"}
        assert nrr_and_grr(marts.rates("month", "2024-01")) == ("0.8", "0.8")


def test_a_rate_alone_moves_no_customer(at_closing_rates: CompiledProject) -> None:
    """Recurly support, 360027350412, in EUR and renewed: only `new`; who leaves and returns is seen to."""
    raw = company(
        *in_euros((100, 100), (100, 0), changed="2024-02-10"),
        contract("customer 1", ("2024-04-10", 500), currency="EUR", number=2),
        rates(*((f"202{3 + month // 13}-{(month - 1) % 12 + 1:02}-01", f"1.{month}") for month in range(12, 18))),
        ends="2024-05-31",
    )
    with ledger(at_closing_rates, raw) as marts:
        assert marts.movements("customer 0") == ["2023-12 new 112"]
        assert marts.movements("customer 1") == ["2023-12 new 112", "2024-02 churn -113", "2024-04 reactivation 575"]
        assert marts.balances("customer 0") == {
            **{"2023-12": "112", "2024-01": "113", "2024-02": "114", "2024-03": "115", "2024-04": "116"},
            "2024-05": "117",
        }
        # the events stay at the one constant rate, that of the as-of date
        assert marts.events("customer 0") == ["2023-12-05 00:00 117 to 117 new"]


# ---------------------------------------------------------------- fiscal_year_start_month


@pytest.fixture(scope="module")
def from_april(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """Fiscal years begin in April."""
    return compile_project(tmp_path_factory.mktemp("april"), fiscal_year_start_month=4)


@pytest.mark.parametrize(("customers", "nrr", "grr", "band", "is_fragile"), PUBLISHED_RATES)
def test_rates_of_a_fiscal_year(
    from_april: CompiledProject,
    customers: list[tuple[int, int]],
    nrr: str,
    grr: str,
    band: str,
    is_fragile: bool,
) -> None:
    """The published rates over FY2025, April 2024 to March 2025; no newcomer is in them (traps.md, lazy NRR)."""
    paid = [
        contract(f"customer {number}", ("2024-03-31 23:00", before), until="2025-03-31")
        if after == 0
        else contract(f"customer {number}", ("2024-03-31 23:00", before), ("2025-03-31", after))
        for number, (before, after) in enumerate(customers)
    ]
    newcomer = contract("newcomer", ("2024-04-01", 1000), ("2025-03-31", 10**7))
    with ledger(from_april, company(*paid, newcomer, ends="2025-04-30")) as marts:
        found = marts.rates("year", "2024-04")
        assert nrr_and_grr(found) == (nrr, grr)
        assert (found["benchmark_band"], found["is_fragile"]) == (band, is_fragile)
        assert (found["period_label"], found["period_end_date"]) == ("FY2025", date(2025, 3, 31))
        assert found["cohort_customers"] == len(customers)
        labels = marts.rows(
            "select distinct period_label from marts.retention_rates "
            "where period_type in ('quarter', 'year') order by all"
        )
        assert [row["period_label"] for row in labels] == ["FY2025", *(f"FY2025-Q{quarter}" for quarter in range(1, 5))]
        # won in March 2024, the last month of FY2024, and in April, the first of FY2025
        years_won = marts.rows(
            "select distinct customer_id = 'newcomer' as is_newcomer, acquisition_year "
            "from marts.fct_cohort_snapshots order by all"
        )
        assert [tuple(row.values()) for row in years_won] == [(False, 2024), (True, 2025)]
