"""A list of subscriptions with dates as DD-MM-YYYY and decimal commas into the raw tables of the project.

python docs/examples/subscriptions_only/map.py FOLDER: writes customers, products, plans, subscriptions and
subscription_item_versions. A number that stands in several rows is one subscription that was changed.
"""

import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent

TABLES = {
    "customers": """
        select distinct company as customer_id, company as customer_name, segment, country
        from subscriptions
    """,
    "products": "select distinct product as product_id, product as product_name from plans",
    "plans": """
        select
            plan as plan_id,
            product as product_id,
            plan as plan_name,
            tier as tier_rank,
            'per_seat' as pricing_model,
            billed as billing_interval,
            1 as billing_interval_count,
            'EUR' as currency
        from plans
    """,
    # one row a number: from its first row to the end of its last one, if that has an end
    "subscriptions": """
        select
            'S' || no as subscription_id,
            any_value(company) as customer_id,
            case when count("end") = count(*) then 'canceled' else 'active' end as status,
            min("start") as started_at,
            -- the day after the last day of the trial is the first one that is paid for
            max("trial until") + 1 as trial_ends_at,
            case when count("end") = count(*) then max("end") + 1 end as ended_at,
            replace(max(reason), ' ', '_') as ended_reason
        from subscriptions
        group by no
    """,
    # an item a plan, so that what is added later stands beside what was there, and what replaces it begins as it ends
    "subscription_item_versions": """
        select
            'S' || no || ' ' || plan as subscription_item_id,
            "start" as valid_from,
            "end" + 1 as valid_to,
            'S' || no as subscription_id,
            plan as plan_id,
            licences as quantity,
            price as unit_amount,
            'EUR' as currency
        from subscriptions
    """,
}


def main(folder: Path) -> None:
    """Write a CSV file for each raw table."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name in ("subscriptions", "plans"):
            connection.execute(
                f"create table {name} as from read_csv('{HERE / name}.csv', delim = ';', decimal_separator = ',', "
                "dateformat = '%d-%m-%Y')"
            )
        connection.execute("alter table subscriptions alter price type decimal(18,4)")
        for table, query in TABLES.items():
            connection.execute(f"copy (from ({query}) order by all) to '{folder / table}.csv' (header)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
