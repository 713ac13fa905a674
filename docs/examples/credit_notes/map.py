"""Lines of invoices and credit notes, as an invoicing system exports them, into the raw tables of the project.

python docs/examples/credit_notes/map.py FOLDER: writes customers, products, plans, invoices and invoice_line_items.
"""

import sys
from pathlib import Path

import duckdb

LINES = Path(__file__).with_name("lines.csv")

TABLES = {
    "customers": "select distinct customer_no as customer_id, customer as customer_name from lines",
    # everything that is sold belongs to one product here
    "products": "select 'suite' as product_id, 'Suite' as product_name",
    # an item is a plan; what is charged once, and tax, is none
    "plans": """
        from (values
            ('STARTER-YEAR', 'Starter', 1, 'flat', 'year'),
            ('PRO-YEAR', 'Pro', 2, 'flat', 'year'),
            ('PRO-MONTH', 'Pro, monthly', 2, 'flat', 'month'),
            ('TEAM-YEAR', 'Team', 1, 'per_seat', 'year')
        ) as plans (plan_id, plan_name, tier_rank, pricing_model, billing_interval)
        select *, 'suite' as product_id, 1 as billing_interval_count, 'USD' as currency
    """,
    "invoices": """
        select distinct
            document as invoice_id,
            customer_no as customer_id,
            'paid' as status,
            date as issued_at,
            currency
        from lines
    """,
    "invoice_line_items": """
        select
            document || ' ' || position as invoice_line_item_id,
            document as invoice_id,
            case when item not in ('SETUP', 'VAT') then item end as plan_id,
            case item when 'SETUP' then 'one_time' when 'VAT' then 'tax' else 'recurring' end as line_type,
            false as is_proration,
            quantity,
            -- a credit note says what it gives back, and not that it is negative
            case type when 'credit note' then -net else net end as amount,
            case type when 'credit note' then -discount else discount end as discount_amount,
            currency,
            -- "to" is the last day: an end that is meant inclusively is understood as it is
            "from" as service_start,
            "to" as service_end
        from lines
    """,
}


def main(folder: Path) -> None:
    """Write a CSV file for each raw table."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        types = {"net": "decimal(18,4)", "discount": "decimal(18,4)"}
        connection.execute(f"create table lines as from read_csv('{LINES}', types = {types})")
        for table, query in TABLES.items():
            connection.execute(f"copy (from ({query}) order by all) to '{folder / table}.csv' (header)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
