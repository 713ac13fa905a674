"""The demo data keep the contract of the raw tables, and the same arguments always give the same bytes."""

import os
import shlex
import subprocess
from pathlib import Path

import duckdb
import pytest
from dbt_project import CLI

PROJECT = Path(__file__).parents[2]
DEMO = PROJECT / "seeds" / "demo"
DEMO_ARGUMENTS = shlex.split("--customers 300 --months 48 --start 2022-01-01 --seed 150 --format csv --prefix demo_")

KEYS = {
    "customers": "customer_id",
    "customer_versions": "customer_id, valid_from",
    "customer_exclusions": "customer_id",
    "acquired_customers": "customer_id",
    "products": "product_id",
    "plans": "plan_id",
    "subscriptions": "subscription_id",
    "subscription_item_versions": "subscription_item_id, valid_from",
    "subscription_pauses": "subscription_id, paused_at",
    "discounts": "discount_id",
    "invoices": "invoice_id",
    "invoice_line_items": "invoice_line_item_id",
    "exchange_rates": "currency, effective_date",
    "mrr_adjustments": "customer_id, product_id, month_from, reason",
}

NULLABLE = {
    "customers": "parent_customer_id csm_owner",
    "customer_versions": "valid_to csm_owner",
    "plans": "usage_limit",
    "subscriptions": "trial_ends_at cancel_requested_at ended_at ended_reason",
    "subscription_item_versions": "valid_to quantity unit_amount",
    "subscription_pauses": "resumed_at",
    "discounts": "subscription_item_id percent_off amount_off ends_at",
    "invoices": "subscription_id due_at paid_at",
    "invoice_line_items": "subscription_id subscription_item_id plan_id quantity service_start service_end",
    "mrr_adjustments": "month_to",
}

REFERENCES = [
    ("customers", "parent_customer_id", "customers", "customer_id"),
    ("customer_versions", "customer_id", "customers", "customer_id"),
    ("customer_exclusions", "customer_id", "customers", "customer_id"),
    ("acquired_customers", "customer_id", "customers", "customer_id"),
    ("plans", "product_id", "products", "product_id"),
    ("subscriptions", "customer_id", "customers", "customer_id"),
    ("subscription_item_versions", "subscription_id", "subscriptions", "subscription_id"),
    ("subscription_item_versions", "plan_id", "plans", "plan_id"),
    ("subscription_pauses", "subscription_id", "subscriptions", "subscription_id"),
    ("discounts", "subscription_id", "subscriptions", "subscription_id"),
    ("discounts", "subscription_item_id", "subscription_item_versions", "subscription_item_id"),
    ("invoices", "customer_id", "customers", "customer_id"),
    ("invoices", "subscription_id", "subscriptions", "subscription_id"),
    ("invoice_line_items", "invoice_id", "invoices", "invoice_id"),
    ("invoice_line_items", "subscription_id", "subscriptions", "subscription_id"),
    ("invoice_line_items", "subscription_item_id", "subscription_item_versions", "subscription_item_id"),
    ("invoice_line_items", "plan_id", "plans", "plan_id"),
    ("mrr_adjustments", "customer_id", "customers", "customer_id"),
    ("mrr_adjustments", "product_id", "products", "product_id"),
]

CODES = {
    ("plans", "pricing_model"): "flat per_seat metered",
    ("plans", "billing_interval"): "month quarter year",
    ("subscriptions", "status"): "trialing active past_due unpaid paused canceled",
    ("subscriptions", "ended_reason"): "voluntary payment_failed other",
    ("discounts", "duration"): "once repeating forever",
    ("invoices", "status"): "draft open paid void uncollectible",
    ("invoices", "currency"): "USD EUR GBP INR",
    ("invoice_line_items", "line_type"): "recurring usage one_time tax",
    ("customers", "segment"): "SMB Mid-Market Enterprise",
    ("customers", "acquisition_channel"): "organic paid_search partner outbound_sales",
    ("customers", "country"): "US CA GB DE FR NL IN",
}

INTERVALS = [
    ("customer_versions", "valid_from", "valid_to"),
    ("subscription_item_versions", "valid_from", "valid_to"),
    ("subscription_pauses", "paused_at", "resumed_at"),
    ("discounts", "starts_at", "ends_at"),
    ("subscriptions", "started_at", "trial_ends_at"),
    ("subscriptions", "started_at", "ended_at"),
    ("subscriptions", "started_at", "cancel_requested_at"),
    ("subscriptions", "cancel_requested_at", "ended_at"),
    ("invoices", "issued_at", "due_at"),
    ("invoices", "issued_at", "paid_at"),
    ("invoice_line_items", "service_start", "service_end"),
    ("mrr_adjustments", "month_from", "month_to"),
]

# each query gives the rows that break the sentence
RULES = {
    "versions of one item never overlap": """
        select * from subscription_item_versions
        qualify coalesce(valid_to, timestamp '9999-01-01')
            > lead(valid_from) over (partition by subscription_item_id order by valid_from)""",
    "versions of one customer follow each other without a gap": """
        select * from customer_versions
        qualify valid_to is distinct from lead(valid_from) over (partition by customer_id order by valid_from)""",
    "customers hold the attributes of their latest version": """
        select * from customers join customer_versions as versions using (customer_id)
        where versions.valid_to is null
            and (customers.segment, customers.country, customers.acquisition_channel, customers.csm_owner)
                is distinct from
                (versions.segment, versions.country, versions.acquisition_channel, versions.csm_owner)""",
    "every customer has a version": "from customers anti join customer_versions using (customer_id)",
    "an item stays in one subscription": """
        select subscription_item_id from subscription_item_versions
        group by all having count(distinct subscription_id) > 1""",
    "an item, its plan and its subscription have one currency": """
        select subscription_id
        from subscription_item_versions as versions join plans using (plan_id)
        group by all
        having count(distinct versions.currency) > 1 or bool_or(versions.currency <> plans.currency)""",
    "fixed-price versions have a quantity and a price, metered ones neither": """
        select * from subscription_item_versions join plans using (plan_id)
        where (pricing_model = 'metered') is distinct from (quantity is null)
            or (pricing_model = 'metered') is distinct from (unit_amount is null)""",
    "no price or quantity is negative": """
        select subscription_item_id from subscription_item_versions where quantity < 0 or unit_amount < 0
        union all
        select invoice_line_item_id from invoice_line_items where quantity < 0""",
    "versions begin within their subscription": """
        select * from subscription_item_versions join subscriptions using (subscription_id)
        where valid_from < started_at or valid_from > ended_at""",
    "a status has its dates": """
        select * from subscriptions
        left join subscription_pauses as pauses using (subscription_id)
        cross join history
        group by all
        having case status
            when 'canceled' then ended_at is null
            when 'unpaid' then ended_at is null
            when 'trialing' then trial_ends_at is null or trial_ends_at < history_end or ended_at is not null
            when 'paused' then ended_at is not null or not bool_or(paused_at is not null and resumed_at is null)
            else ended_at is not null or trial_ends_at >= history_end
                or bool_or(paused_at is not null and resumed_at is null)
        end""",
    "an ended subscription has a reason, a running one has none": """
        from subscriptions where (ended_at is null) <> (ended_reason is null)""",
    "past due means an overdue open invoice": """
        from subscriptions semi join (
            select subscription_id from invoices cross join history where status = 'open' and due_at < history_end
        ) using (subscription_id)
        where status = 'active'""",
    "pauses of one subscription never overlap": """
        from subscription_pauses
        qualify coalesce(resumed_at, timestamp '9999-01-01')
            > lead(paused_at) over (partition by subscription_id order by paused_at)""",
    "a discount is a percentage or an amount": """
        from discounts
        where (percent_off is null) = (amount_off is null)
            or percent_off not between 0 and 100 or amount_off < 0
            or (amount_off is not null and subscription_item_id is null)
            or (duration = 'repeating') <> (ends_at is not null)""",
    "a discount's item is in its subscription": """
        from discounts semi join subscription_item_versions as versions
            on discounts.subscription_item_id = versions.subscription_item_id
            and discounts.subscription_id <> versions.subscription_id""",
    "nothing happens after the history": """
        select issued_at from invoices cross join history where issued_at >= history_end or paid_at >= history_end
        union all
        select started_at from subscriptions cross join history
        where started_at >= history_end or ended_at >= history_end or cancel_requested_at >= history_end
        union all
        select valid_from from subscription_item_versions cross join history
        where valid_from >= history_end or valid_to >= history_end
        union all
        select valid_from from customer_versions cross join history where valid_from >= history_end
        union all
        select created_at from customers cross join history where created_at not between history_start and history_end
        union all
        select starts_at from discounts cross join history where starts_at >= history_end
        union all
        select paused_at from subscription_pauses cross join history
        where paused_at >= history_end or resumed_at >= history_end
        union all
        select acquired_at from acquired_customers cross join history
        where acquired_at not between history_start and history_end
        union all
        select month_from from mrr_adjustments cross join history
        where month_from < history_start or month_from >= history_end or month_to > history_end""",
    "acquired customers come in one deal, and start afterwards": """
        select acquired_at from acquired_customers
        where acquired_at <> (select min(acquired_at) from acquired_customers)
        union all
        select acquired_at from acquired_customers join customers using (customer_id) where created_at < acquired_at
        union all
        select acquired_at from acquired_customers join subscriptions using (customer_id)
        where started_at < acquired_at""",
    "an internal customer is neither acquired nor adjusted": """
        select customer_id from customer_exclusions
        where customer_id in (select customer_id from acquired_customers union select customer_id from mrr_adjustments)
        """,
    "adjustments are of whole months": """
        from mrr_adjustments
        where month_from <> date_trunc('month', month_from) or month_to <> date_trunc('month', month_to)
            or month_from = month_to""",
    "an adjusted customer pays more for the product at the end of each month than a credit takes": """
        with months as (
            select adjustments.*, unnest(generate_series(
                month_from::timestamp, coalesce(month_to, history_end::date) - interval 1 month, interval 1 month
            )) + interval 1 month as month_end
            from mrr_adjustments as adjustments cross join history
        )
        from months anti join (
            from subscription_item_versions as versions
            join plans using (plan_id)
            join subscriptions using (subscription_id)
            select customer_id, product_id, quantity, unit_amount, valid_to,
                greatest(valid_from, coalesce(trial_ends_at, started_at)) as paid_from,
                case billing_interval when 'month' then 1 when 'quarter' then 3 else 12 end as term,
                case versions.currency when 'INR' then 90 else 1 end as units_per_dollar
            where subscription_id not in (select subscription_id from subscription_pauses)
        ) as paid
            on months.customer_id = paid.customer_id
            and months.product_id = paid.product_id
            and months.month_end > paid.paid_from
            and (paid.valid_to is null or months.month_end <= paid.valid_to)
            and -months.amount < quantity * unit_amount / term / units_per_dollar""",
    "a valid invoice completes the last month": """
        select max(issued_at) as last_issued from invoices cross join history
        where status not in ('draft', 'void')
        group by history_end
        having max(issued_at) < history_end - interval 1 day""",
    "only a paid invoice was paid, only a draft has no due date": """
        from invoices where (status = 'paid') <> (paid_at is not null) or (status = 'draft') <> (due_at is null)""",
    "every invoice has a line": "from invoices anti join invoice_line_items using (invoice_id)",
    "an invoice, its lines and its subscription agree": """
        select * from invoice_line_items as lines
        join invoices using (invoice_id)
        join subscriptions on subscriptions.subscription_id = lines.subscription_id
        where lines.currency <> invoices.currency or subscriptions.customer_id <> invoices.customer_id
            or lines.subscription_id is distinct from invoices.subscription_id""",
    "a line's item has its plan at some time, in its subscription": """
        from invoice_line_items as lines anti join subscription_item_versions as versions
            on lines.subscription_item_id = versions.subscription_item_id
            and lines.subscription_id = versions.subscription_id
            and lines.plan_id = versions.plan_id
        where line_type in ('recurring', 'usage')""",
    "a line has a service period unless it is one-time or tax": """
        from invoice_line_items
        where (line_type in ('recurring', 'usage')) <> (service_start is not null)
            or (service_start is null) <> (service_end is null)
            or service_start = service_end""",
    "a regular line bills the version in force when it is issued": """
        select * from invoice_line_items as lines
        join invoices using (invoice_id)
        left join subscription_item_versions as versions
            on lines.subscription_item_id = versions.subscription_item_id
            and lines.plan_id = versions.plan_id
            and lines.quantity = versions.quantity
            and lines.amount + lines.discount_amount = versions.quantity * versions.unit_amount
            and issued_at >= (
                select greatest(versions.valid_from, coalesce(trial_ends_at, started_at))
                from subscriptions where subscriptions.subscription_id = versions.subscription_id
            )
            and (versions.valid_to is null or issued_at < versions.valid_to)
        where line_type = 'recurring' and not is_proration and versions.subscription_item_id is null""",
    "no item is billed twice for a day": """
        select * from invoice_line_items as lines join invoices using (invoice_id)
        where line_type in ('recurring', 'usage') and not is_proration and status <> 'void'
        qualify service_end
            > lead(service_start) over (partition by subscription_item_id order by service_start, service_end)""",
    "an item in force and not paused is billed without a gap": """
        select * from invoice_line_items as lines join invoices using (invoice_id)
        left join subscription_pauses as pauses
            on lines.subscription_id = pauses.subscription_id and paused_at::date = service_end
        where line_type = 'recurring' and not is_proration and status <> 'void'
        qualify coalesce(resumed_at::date, service_end)
            <> lead(service_start) over (partition by subscription_item_id order by service_start)""",
    "usage is invoiced on the last day of its calendar month": """
        select * from invoice_line_items join invoices using (invoice_id)
        where line_type = 'usage' and (
            service_start <> date_trunc('month', service_start)
            or service_end <> service_start + interval 1 month
            or issued_at::date <> last_day(service_start)
        )""",
    "a discount takes at most the whole price": """
        from invoice_line_items where not is_proration and (discount_amount < 0 or amount < 0)
            and line_type in ('recurring', 'usage')""",
    "parents come before their subsidiaries, so they form no cycle": """
        select * from customers join customers as parents on customers.parent_customer_id = parents.customer_id
        where length(parents.customer_id) > length(customers.customer_id)
            or (length(parents.customer_id) = length(customers.customer_id)
                and parents.customer_id >= customers.customer_id)""",
    "every foreign currency has a rate from the first month": """
        select distinct plans.currency from plans cross join history
        where plans.currency <> 'USD' and not exists (
            from exchange_rates
            where exchange_rates.currency = plans.currency and effective_date <= history_start and rate_to_reporting > 0
        )""",
}

# what a reader of the demo should find: each query counts
SHOWS = {
    "every subscription status": ("select count(distinct status) from subscriptions", 6),
    "every invoice status": ("select count(distinct status) from invoices", 5),
    "every line type": ("select count(distinct line_type) from invoice_line_items", 4),
    "every ended reason": ("select count(distinct ended_reason) from subscriptions", 3),
    "every discount duration": ("select count(distinct duration) from discounts", 3),
    "discounts by amount": ("select count(*) from discounts where amount_off is not null", 3),
    "four currencies": ("select count(distinct currency) from invoices", 4),
    "five countries": ("select count(distinct country) from customers", 5),
    "four acquisition channels": ("select count(distinct acquisition_channel) from customers", 4),
    "three billing intervals": (
        "select count(distinct billing_interval) from subscription_item_versions join plans using (plan_id)",
        3,
    ),
    "open pauses": ("select count(*) from subscription_pauses where resumed_at is null", 2),
    "groups two levels deep": (
        "select count(*) from customers join customers as parents on customers.parent_customer_id = parents.customer_id"
        " where parents.parent_customer_id is not null",
        1,
    ),
    "excluded customers": ("select count(*) from customer_exclusions", 2),
    "acquired customers who pay": (
        "select count(*) from acquired_customers semi join (from invoices where status = 'paid') using (customer_id)",
        5,
    ),
    "both reasons of adjustments": ("select count(distinct reason) from mrr_adjustments", 2),
    "credits for the outage": ("select count(*) from mrr_adjustments where reason = 'credit for an outage'", 2),
    "adjustments that add MRR": ("select count(*) from mrr_adjustments where amount > 0", 1),
    "open adjustments": ("select count(*) from mrr_adjustments where month_to is null", 1),
    "trials that never convert": ("select count(*) from subscriptions where ended_at <= trial_ends_at", 5),
    "scheduled cancellations": (
        "select count(*) from subscriptions where cancel_requested_at is not null and ended_at is null",
        1,
    ),
    "returns after at least a month": (
        "select count(*) from subscriptions as early join subscriptions as late using (customer_id)"
        " where late.started_at > early.ended_at + interval 1 month",
        5,
    ),
    "customers without a manager": ("select count(*) from customers where csm_owner is null", 10),
    "changes of segment": (
        "select count(*) from (select customer_id from customer_versions"
        " group by all having count(distinct segment) > 1)",
        5,
    ),
    "long prorations": (
        "select count(*) from invoice_line_items where is_proration and service_end - service_start >= 28",
        20,
    ),
    "credits": ("select count(*) from invoice_line_items where amount < 0", 10),
}


def generate(folder: Path, *arguments: str, **environment: str) -> Path:
    command = [*CLI, "generate", *arguments, folder]
    subprocess.run(command, check=True, env=os.environ | environment)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".parquet")}


@pytest.fixture(scope="module")
def parquet_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as Parquet: the later argument wins."""
    return generate(tmp_path_factory.mktemp("parquet"), *DEMO_ARGUMENTS, "--format", "parquet")


@pytest.fixture(scope="module")
def demo(parquet_demo: Path) -> duckdb.DuckDBPyConnection:
    """The committed CSV files, read with the types of the Parquet files."""
    connection = duckdb.connect()
    for table in KEYS:
        connection.execute(f"create table {table} as from '{parquet_demo}/demo_{table}.parquet' limit 0")
        connection.execute(f"copy {table} from '{DEMO}/demo_{table}.csv' (header, delimiter ',')")
    connection.execute(
        "create table history as select timestamp '2022-01-01' history_start, timestamp '2026-01-01' history_end"
    )
    return connection


def read_parquet(folder: Path) -> duckdb.DuckDBPyConnection:
    """Generated files of thirty months from July 2019 on."""
    connection = duckdb.connect()
    for table in KEYS:
        connection.execute(f"create view {table} as from '{folder}/{table}.parquet'")
    connection.execute(
        "create table history as select timestamp '2019-07-01' history_start, timestamp '2022-01-01' history_end"
    )
    return connection


OTHER_TIME = shlex.split("--months 30 --start 2019-07-01 --seed 3 --format parquet")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """More customers than one block holds, and another time."""
    return read_parquet(generate(tmp_path_factory.mktemp("many"), "--customers", "12000", *OTHER_TIME))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Most customers have a second subscription."""
    arguments = ("--customers", "2000", "--second-share", "0.8", *OTHER_TIME)
    return read_parquet(generate(tmp_path_factory.mktemp("second"), *arguments))


@pytest.fixture(params=["demo", "many", "second"])
def raw(request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("table", KEYS)
def test_keys_are_unique(raw: duckdb.DuckDBPyConnection, table: str) -> None:
    assert raw.execute(f"select {KEYS[table]} from {table} group by all having count(*) > 1").fetchall() == []


@pytest.mark.parametrize("table", KEYS)
def test_only_optional_columns_are_null(raw: duckdb.DuckDBPyConnection, table: str) -> None:
    columns = [name for name, *_ in raw.execute(f"describe {table}").fetchall()]
    required = [column for column in columns if column not in NULLABLE.get(table, "").split()]
    condition = " or ".join(f"{column} is null" for column in required)
    assert raw.execute(f"from {table} where {condition}").fetchall() == []


@pytest.mark.parametrize(("table", "column", "parent", "key"), REFERENCES)
def test_no_row_is_an_orphan(raw: duckdb.DuckDBPyConnection, table: str, column: str, parent: str, key: str) -> None:
    orphans = f"from {table} where {column} is not null and {column} not in (select {key} from {parent})"
    assert raw.execute(orphans).fetchall() == []


@pytest.mark.parametrize(("table", "column"), CODES)
def test_codes_are_known(raw: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    found = raw.execute(f"select distinct {column} from {table} where {column} is not null").fetchall()
    assert {code for (code,) in found} <= set(CODES[table, column].split())


@pytest.mark.parametrize(("table", "begin", "end"), INTERVALS)
def test_no_interval_ends_before_it_begins(raw: duckdb.DuckDBPyConnection, table: str, begin: str, end: str) -> None:
    assert raw.execute(f"from {table} where {end} < {begin}").fetchall() == []


@pytest.mark.parametrize("rule", RULES)
def test_rule(raw: duckdb.DuckDBPyConnection, rule: str) -> None:
    assert raw.execute(RULES[rule]).fetchall() == []


@pytest.mark.parametrize("sight", SHOWS)
def test_demo_shows(demo: duckdb.DuckDBPyConnection, sight: str) -> None:
    query, at_least = SHOWS[sight]
    assert demo.execute(query).fetchone()[0] >= at_least


@pytest.mark.parametrize(
    ("columns", "form"),
    [
        ("unit_amount amount_off amount discount_amount percent_off", r"-?\d+(\.\d{1,4})?"),
        ("rate_to_reporting", r"\d+(\.\d{1,8})?"),
        ("quantity usage_limit tier_rank billing_interval_count", r"\d+"),
        ("is_proration", "true|false"),
        ("service_start service_end effective_date month_from month_to", r"\d{4}-\d\d-\d\d"),
        (
            "created_at valid_from valid_to started_at trial_ends_at cancel_requested_at ended_at paused_at resumed_at"
            " starts_at ends_at issued_at due_at paid_at acquired_at",
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        ),
    ],
)
def test_csv_values_have_their_form(columns: str, form: str) -> None:
    checked = set()
    for table in KEYS:
        rows = duckdb.sql(f"from read_csv('{DEMO}/demo_{table}.csv', all_varchar = true)")
        for column in set(columns.split()) & set(rows.columns):
            assert rows.filter(f"not regexp_full_match({column}, '{form}')").fetchall() == [], (table, column)
            checked.add(column)
    assert checked == set(columns.split())


def test_parquet_columns_are_typed(parquet_demo: Path) -> None:
    types = {
        (column, kind)
        for table in (
            "subscription_item_versions",
            "invoice_line_items",
            "exchange_rates",
            "discounts",
            "mrr_adjustments",
        )
        for column, kind, *_ in duckdb.sql(f"describe from '{parquet_demo}/demo_{table}.parquet'").fetchall()
    }
    assert {
        ("unit_amount", "DECIMAL(18,4)"),
        ("amount", "DECIMAL(18,4)"),
        ("discount_amount", "DECIMAL(18,4)"),
        ("amount_off", "DECIMAL(18,4)"),
        ("percent_off", "DECIMAL(7,4)"),
        ("rate_to_reporting", "DECIMAL(18,8)"),
        ("quantity", "BIGINT"),
        ("is_proration", "BOOLEAN"),
        ("valid_from", "TIMESTAMP"),
        ("service_start", "DATE"),
        ("month_from", "DATE"),
        ("plan_id", "VARCHAR"),
    } <= types


@pytest.mark.parametrize("table", KEYS)
def test_csv_and_parquet_hold_the_same_rows(demo: duckdb.DuckDBPyConnection, parquet_demo: Path, table: str) -> None:
    typed = f"(from '{parquet_demo}/demo_{table}.parquet')"
    assert demo.execute(f"{typed} except all (from {table})").fetchall() == []
    assert demo.execute(f"(from {table}) except all {typed}").fetchall() == []


def test_the_committed_demo_is_a_fresh_run(tmp_path: Path) -> None:
    assert contents(DEMO) == contents(generate(tmp_path, *DEMO_ARGUMENTS))


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_number_of_threads_does_not_matter(tmp_path: Path, file_format: str) -> None:
    arguments = ("--customers", "500", "--format", file_format)
    one = generate(tmp_path / "one", *arguments, OMP_NUM_THREADS="1")
    four = generate(tmp_path / "four", *arguments, OMP_NUM_THREADS="4")
    assert contents(one) == contents(four)


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    one, two = (generate(tmp_path / seed, "--customers", "50", "--seed", seed) for seed in ("1", "2"))
    assert contents(one)["invoices.csv"] != contents(two)["invoices.csv"]


def test_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        generate(tmp_path, "--format", "xml")


def test_second_subscriptions_run_beside_the_first(
    many: duckdb.DuckDBPyConnection, second: duckdb.DuckDBPyConnection
) -> None:
    share_with_two = """
        select count(distinct early.customer_id) / (select count(*) from customers)
        from subscriptions as early join subscriptions as late using (customer_id)
        where early.started_at < late.started_at and (early.ended_at is null or late.started_at < early.ended_at)"""
    assert many.execute(share_with_two).fetchone()[0] == 0
    assert 0.3 < second.execute(share_with_two).fetchone()[0] < 0.8


@pytest.mark.parametrize("share", ["-0.1", "1.1"])
def test_a_share_is_between_0_and_1(tmp_path: Path, share: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        generate(tmp_path, "--second-share", share)
