"""Files into the raw schema: exactly what they say, every problem with its place, and never half a load."""

from __future__ import annotations

import csv
import gzip
import random
import re
import signal
import stat
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_project import ARROW_TYPES, CLI, PROJECT_DIR, Tables, raw_columns
from small_company import small_company

from cohort_ledger import cli
from cohort_ledger.load import files as raw_files
from cohort_ledger.load import load as load_raw
from cohort_ledger.load import problems as raw_problems


class Files:
    """A directory of files and a database to load them into, in this process or in one of its own."""

    def __init__(self, root: Path) -> None:
        self.directory, self.database = root / "my [files]", root / "company.duckdb"
        self.directory.mkdir()

    def write(self, name: str, content: str | bytes) -> None:
        """One file."""
        (self.directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def write_csv(self, tables: Tables) -> None:
        """One CSV file per table, with every column of the contract."""
        for table, rows in tables.items():
            with (self.directory / f"{table}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(raw_columns()[table]), restval="")
                writer.writeheader()
                writer.writerows(rows)

    def write_parquet(self, table: str, columns: dict[str, pa.Array]) -> None:
        """One Parquet file."""
        pq.write_table(pa.table(columns), self.directory / f"{table}.parquet")

    def clear(self) -> None:
        """Remove the files."""
        for path in self.directory.iterdir():
            path.unlink()

    def load(
        self, *, append: bool = False, schema: str = "raw", limit: int = 1000, allow_empty: bool = False
    ) -> list[tuple[str, int, int, int]]:
        """Load, and what it did to each table."""
        loaded = load_raw.load(self.directory, self.database, schema, append, limit, allow_empty)
        return [(table.table, table.before, table.loaded, table.now) for table in loaded]

    def problems(self, **options: Any) -> list[str]:
        """What a load that must fail prints, with only the names of the files."""
        before = self.database.read_bytes() if self.database.exists() else None
        with pytest.raises(load_raw.BadFilesError) as raised:
            self.load(**options)
        assert (self.database.read_bytes() if self.database.exists() else None) == before
        assert {path.name for path in self.directory.parent.iterdir()} <= {self.directory.name, self.database.name}
        *problems, total = str(raised.value).replace(f"{self.directory}/", "").splitlines()
        assert re.fullmatch("[0-9]+ problems?: nothing was loaded", total)
        return problems

    def command(self, *arguments: str) -> list[str]:
        """The command as a user starts it."""
        return [*CLI, "load", str(self.directory), "--database", str(self.database), *arguments]

    def query(self, sql: str) -> list[tuple]:
        """Rows of the database."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """No file yet, and no database."""
    return Files(tmp_path)


def same_as_contract(rows: list[dict[str, Any]], table: str) -> list[tuple]:
    """Rows as tuples in the order of the contract's columns."""
    return sorted((tuple(row.get(name) for name in raw_columns()[table]) for row in rows), key=repr)


def test_csv_and_parquet_load_what_was_written(files: Files) -> None:
    """Every table and type of the contract; a second load, replacing or appending, changes nothing."""
    tables = small_company()
    files.write_csv({name: rows for name, rows in tables.items() if name not in ("invoices", "discounts", "plans")})
    for name in ("invoices", "discounts"):
        types = raw_columns()[name]
        columns = {
            column: pa.array([row.get(column) for row in tables[name]], ARROW_TYPES[types[column]]) for column in types
        }
        files.write_parquet(name, columns)
    plans = "\n".join([",".join(tables["plans"][0]), *(",".join(map(str, row.values())) for row in tables["plans"])])
    (files.directory / "plans.csv.gz").write_bytes(gzip.compress(plans.encode()))
    expected = {name: same_as_contract(rows, name) for name, rows in tables.items() if name != "plans"}
    counts = {name: len(rows) for name, rows in tables.items()}
    for append, before in ((False, 0), (False, 1), (True, 1)):
        assert sorted(files.load(append=append)) == [
            (name, before * counts[name], counts[name], counts[name]) for name in sorted(tables)
        ]
        with duckdb.connect(str(files.database), read_only=True) as connection:
            for name, rows in expected.items():
                assert sorted(connection.execute(f"from raw.{name}").fetchall(), key=repr) == rows
    types = files.query("select table_name, column_name, lower(data_type) from information_schema.columns")
    contract = {(table, name, data_type) for table, names in raw_columns().items() for name, data_type in names.items()}
    # a nullable column that the file does not have
    assert contract - set(types) == {("plans", "usage_limit", "bigint")}
    assert set(types) <= contract


def test_the_command_prints_one_line_per_table(files: Files) -> None:
    """And nothing about progress, where there is no terminal."""
    files.write_csv(small_company())
    done = subprocess.run(files.command(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "customers: 0 rows before, 3 loaded, 3 now" in lines
    assert len(lines) == len(raw_columns())
    assert stat.S_IMODE(files.database.stat().st_mode) == 0o600


ITEMS = "subscription_item_id,subscription_id,plan_id,currency,valid_from,valid_to,quantity,unit_amount\n"
ITEM = "i,s,p,USD,2024-01-01,,1,"


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        *(
            (value, True)
            for value in ("1", "1.5", "-1.0005", "1.00050000", "+1.", '"1"', "", '""', "99999999999999.9999")
        ),
        *(
            (value, False)
            for value in ("1.00005", "1e3", "1_000", "x", "0x1", "1.0.0", "123456789012345", '"1,5"', "$1")
        ),
    ],
)
def test_amounts_are_exact_or_refused(files: Files, value: str, is_good: bool) -> None:
    """Nothing is rounded; an empty value is null, quoted or not."""
    files.write("subscription_item_versions.csv", ITEMS + ITEM + value + "\n")
    text = value.strip('"')
    if is_good:
        files.load()
        expected = Decimal(text) if text else None
        assert files.query("select unit_amount from raw.subscription_item_versions") == [(expected,)]
    else:
        wanted = raw_files.WANTED["decimal(18,4)"]
        place = "subscription_item_versions.csv:2: unit_amount"
        assert files.problems() == [f"{place}: {wanted} {text!r}"]


def test_every_problem_is_listed_with_its_place(files: Files) -> None:
    """Types, missing values, keys and malformed lines, several in one line, around quoted line ends."""
    files.write(
        "products.csv", 'product_id,product_name,"a\nb"\nap,"A\npp",\n\nap,App,\n,  ,\nx,y\nx,\xff,\n'.encode("latin-1")
    )
    files.write(
        "exchange_rates.csv",
        "effective_date,rate_to_reporting,currency\r\n2024-02-30,1.123456789,EUR\r\n2024-01-01,1,GBP,x,y\r\n"
        '2024-01-01 10:00:00+02:00,1,"E\r\n""U"""\r\n2024-01-01,,GBP\r\n"2024-01-01T00:00",2,GBP\r\n'
        '\r\nx\r\n2024-01-02,"1"2,x\r\nno,1,1\r\n',
    )
    files.write("customer_exclusions.csv", 'customer_id,reason\na,"unterminated\nb,c\n')
    date, rate = raw_files.WANTED["date"], raw_files.WANTED["decimal(18,8)"]
    broken = raw_problems.MALFORMED["UNQUOTED VALUE"]
    assert files.problems() == [
        f"customer_exclusions.csv:2: reason: {broken}",
        f"exchange_rates.csv:2: effective_date: {date} '2024-02-30'",
        f"exchange_rates.csv:2: rate_to_reporting: {rate} '1.123456789'",
        "exchange_rates.csv:3: 5 fields where the header has 3",
        f"exchange_rates.csv:4: effective_date: {date} '2024-01-01 10:00:00+02:00'",
        "exchange_rates.csv:6: rate_to_reporting: missing",
        "exchange_rates.csv:7: currency, effective_date: the same key as in line 6: 'GBP, 2024-01-01'",
        "exchange_rates.csv:9: 1 fields where the header has 3",
        f"exchange_rates.csv:10: rate_to_reporting: {broken}",
        "products.csv:6: product_id: the same key as in line 3: 'ap'",
        "products.csv:7: product_id: missing",
        "products.csv:7: product_name: missing '  '",
        "products.csv:8: 2 fields where the header has 3",
        f"products.csv:9: product_name: not UTF-8: {raw_files.to_utf_8('WINDOWS-1252')}",
    ]
    assert files.problems(limit=2)[1:] == [
        f"exchange_rates.csv:2: effective_date: {date} '2024-02-30'",
        "and 12 more",
    ]
    assert files.problems(limit=0) == ["and 14 more"]


def test_lines_are_right_far_into_a_file(files: Files) -> None:
    """Where the engine reads a file in parts, with several threads."""
    rng, line, expected, lines = random.Random(7), 2, [], ["customer_id,reason\n"]
    for number in range(300_000):
        kind = rng.random()
        if kind < 0.0001:
            lines.append(f"{number},\n")
            expected.append(f"customer_exclusions.csv:{line}: reason: missing")
        elif kind < 0.0002:
            lines.append(f"{number}\n")
            expected.append(f"customer_exclusions.csv:{line}: 1 fields where the header has 2")
        else:
            lines.append(f'{number},"{"x" * 30}\n{"y" * 30} ""z"""\n' if kind < 0.1 else f'{number},5" {"z" * 60}\n')
        line += lines[-1].count("\n")
    files.write("customer_exclusions.csv", "".join(lines))
    assert len(expected) > 20
    assert files.problems() == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("products.csv", "product_id,name\na,b\n", "products.csv: product_name: the column is missing"),
        (
            "products.csv",
            "product_id;product_name\na;b\n",
            "products.csv: only one column, 'product_id;product_name': separate them by commas",
        ),
        ("products.csv", "", "products.csv: no header in the first line"),
        ("products.csv", "\nproduct_id,product_name\n", "products.csv: no header in the first line"),
        (
            "products.csv",
            "product_id,Product_ID,product_name\n",
            "products.csv: columns that are there twice: product_id",
        ),
        (
            "products.csv",
            "product_id,product_name\na,b\nc,d\r\n",
            "products.csv: line 3 ends differently from those before",
        ),
        ("products.csv.gz", "no gzip", "products.csv.gz: the header cannot be read"),
        ("products.parquet", "no parquet", "products.parquet: "),
        ("product.csv", "product_id,product_name\n", "product.csv: not the file of a raw table"),
        ("products", "product_id,product_name\n", "products: not the file of a raw table"),
        ("Products.XLSX", "", "Products.XLSX: not the file of a raw table"),
    ],
)
def test_files_that_cannot_be_loaded_are_named(files: Files, name: str, content: str, message: str) -> None:
    """Nothing is silently ignored."""
    files.write(name, content)
    assert any(message in line for line in files.problems())


def test_one_file_per_table(files: Files) -> None:
    """And at least one file."""
    with pytest.raises(raw_files.LoadError, match="holds no files; the raw tables are customers"):
        files.load()
    files.write_csv({"products": small_company()["products"]})
    files.write_parquet("products", {"product_id": pa.array(["a"]), "product_name": pa.array(["b"])})
    files.write("Products.CSV", "product_id,product_name\n")
    assert files.problems() == [
        "products.csv: a second file of products, beside Products.CSV",
        "products.parquet: a second file of products, beside Products.CSV",
    ]


def test_the_raw_tables_are_listed_once(files: Files) -> None:
    """At the end, however many files are no raw table's."""
    for name in ("product.csv", "customer.csv", "items.parquet"):
        files.write(name, "")
    *problems, tables = files.problems()
    wrong = "not the file of a raw table (.csv, .csv.gz, .parquet)"
    assert problems == [f"{name}: {wrong}" for name in ("customer.csv", "items.parquet", "product.csv")]
    assert tables == f"the raw tables are {', '.join(raw_columns())}"


def test_names_of_files_vary_in_case(files: Files) -> None:
    """As some systems write them."""
    names = {"products": "Products.CSV", "customer_exclusions": "CUSTOMER_EXCLUSIONS.csv.GZ"}
    files.write(names["products"], "PRODUCT_ID,Product_Name\na,App\n")
    files.write(names["customer_exclusions"], gzip.compress(b"customer_id,reason\nc,test\n"))
    files.write_parquet("Exchange_Rates", {"currency": pa.array(["EUR"])})
    (files.directory / "Exchange_Rates.parquet").rename(files.directory / "Exchange_Rates.PARQUET")
    assert files.problems() == [
        f"Exchange_Rates.PARQUET: {column}: the column is missing" for column in ("effective_date", "rate_to_reporting")
    ]
    (files.directory / "Exchange_Rates.PARQUET").unlink()
    assert sorted(files.load()) == [("customer_exclusions", 0, 1, 1), ("products", 0, 1, 1)]


PRODUCTS = "product_id,product_name\na,Größe\nb,B\nc,Größe\n"


@pytest.mark.parametrize(
    ("encoding", "mark", "named", "is_zipped"),
    [
        ("utf-16-le", b"\xff\xfe", "UTF-16", False),
        ("utf-16-be", b"\xfe\xff", "UTF-16", True),
        ("utf-16-le", b"", "UTF-16LE", False),
        ("utf-16-be", b"", "UTF-16BE", False),
        ("utf-32-le", b"\xff\xfe\0\0", "UTF-32", False),
        ("utf-32-be", b"\0\0\xfe\xff", "UTF-32", False),
    ],
)
def test_a_file_of_another_encoding_is_one_problem(
    files: Files, encoding: str, mark: bytes, named: str, is_zipped: bool
) -> None:
    """And not one for every column that cannot be found in it."""
    content = mark + PRODUCTS.encode(encoding)
    name = "products.csv.gz" if is_zipped else "products.csv"
    files.write(name, gzip.compress(content) if is_zipped else content)
    assert files.problems() == [f"{name}: not UTF-8 but {named}: {raw_files.to_utf_8(named)}"]
    assert f"iconv -f {named} -t UTF-8" in raw_files.to_utf_8(named)


def test_text_of_one_byte_a_letter_is_one_problem(files: Files) -> None:
    """In the rows with the first line and the number of the others, in the header for the file; others are listed."""
    what_to_do = raw_files.to_utf_8("WINDOWS-1252")
    files.write("products.csv", (PRODUCTS + "b,again\nd,Ä\n").encode("windows-1252"))
    found = [
        f"products.csv:2: product_name: not UTF-8, like 2 later lines: {what_to_do}",
        "products.csv:5: product_id: the same key as in line 3: 'b'",
    ]
    assert files.problems() == found
    assert files.problems(limit=1) == [found[0], "and 1 more"]
    files.write("products.csv", "product_id,product_name,Größe\na,App,L\n".encode("windows-1252"))
    assert files.problems() == [f"products.csv: the header is not UTF-8: {what_to_do}"]


def test_blanks_after_commas_are_no_part_of_names_and_values(files: Files) -> None:
    """In a file that has them in its header, and this is said; elsewhere a blank is a part of its value."""
    files.write("products.csv", 'product_id, product_name ,note\n a, "App", x\nb ,My app,\n c,"  ",\n')
    assert files.problems() == ["products.csv:4: product_name: missing"]
    files.write("products.csv", 'product_id, product_name ,note\n a, "App", x\nb ,My app,\n')
    done = subprocess.run(files.command(), capture_output=True, text=True, check=True)
    assert "products.csv: read without blanks around names and values, as its header has some\n" in done.stdout
    assert "products.csv: left out, as the contract does not know them: note\n" in done.stdout
    assert files.query("from raw.products order by all") == [("a", "App"), ("b", "My app")]
    files.write("products.csv", "product_id,product_name\na, App\n")
    files.load()
    assert files.query("from raw.products") == [("a", " App")]


def test_a_file_without_rows_does_not_empty_a_table(files: Files) -> None:
    """An extract that broke has a header, too; with the flag it is meant."""
    header = "product_id,product_name\n"
    files.write("products.csv", header)
    assert files.load() == [("products", 0, 0, 0)]
    assert files.load() == [("products", 0, 0, 0)]
    files.write("products.csv", header + "a,App\nb,B\n")
    files.load()
    files.write("products.csv", header)
    emptied = "no rows, which would leave raw.products empty (rows now: 2): if that is meant, add --allow-empty"
    refused = f"products.csv: {emptied}"
    assert files.problems() == [refused]
    assert files.load(append=True) == [("products", 2, 0, 2)]
    done = subprocess.run(files.command(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "1 problem: nothing was loaded"
    files.write("products.csv", header + "a\n")
    assert files.problems() == ["products.csv:2: 1 fields where the header has 2"]
    (files.directory / "products.csv").unlink()
    files.write_parquet("products", {name: pa.array([], pa.string()) for name in ("product_id", "product_name")})
    assert files.problems() == [refused.replace("csv", "parquet")]
    done = subprocess.run(files.command("--allow-empty"), capture_output=True, text=True, check=True)
    assert done.stdout == "products: 2 rows before, 0 loaded, 0 now\n"


def test_nullable_columns_may_be_absent(files: Files) -> None:
    """Every one of every table at once; they are named, because a misspelt one would be, too."""
    contract = raw_files.read_contract()
    tables = small_company()
    for name, rows in tables.items():
        required = [column.name for column in contract[name].columns if column.is_required]
        with (files.directory / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, required, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    done = subprocess.run(files.command(), capture_output=True, text=True, check=True)
    absent = {
        name: [column.name for column in table.columns if not column.is_required] for name, table in contract.items()
    }
    assert "created_at" in absent["customers"]
    for name, columns in absent.items():
        said = f"{name}.csv: null, as the file does not have them: {', '.join(columns)}\n"
        assert (said in done.stdout) == bool(columns)


def test_codes_of_keys_are_compared_without_regard_to_case(files: Files) -> None:
    """As the project reads them: a rate is there once, and an appended one takes the place of its own."""
    rates = "currency,effective_date,rate_to_reporting\nEUR,2024-01-01,1.1\n"
    files.write("exchange_rates.csv", rates + "eur,2024-01-01,1.2\n")
    assert files.problems() == [
        "exchange_rates.csv:3: currency, effective_date: the same key as in line 2: 'EUR, 2024-01-01'"
    ]
    files.write("exchange_rates.csv", rates + "Gbp,2024-01-01,1.2\n")
    files.load()
    files.write("exchange_rates.csv", rates.replace("EUR", "eur"))
    assert files.load(append=True) == [("exchange_rates", 2, 1, 2)]
    assert files.query("select currency from raw.exchange_rates order by all") == [("Gbp",), ("eur",)]


def test_extra_columns_are_left_out_and_names_vary_in_case(files: Files) -> None:
    """What the contract does not know is not loaded, and said; a byte order mark is no part of a name."""
    files.write("README.md", "where this comes from")
    files.write("products.csv", '\ufeffProduct_ID,"my ""notes""",PRODUCT_NAME\r\na,x,"b, c"\r\n')
    done = subprocess.run(files.command(), capture_output=True, text=True, check=True)
    assert 'products.csv: left out, as the contract does not know them: my "notes"\n' in done.stdout
    assert "README.md: left out, as it is neither CSV nor Parquet\n" in done.stdout
    assert files.query("from raw.products") == [("a", "b, c")]


def test_parquet_types_that_are_not_exact_are_refused(files: Files) -> None:
    """Text is read as in CSV files, doubles by their shortest digits, instants in UTC; 32-bit floats are no money."""
    january = pa.array([1704067200000000000, 1704067200000000001], pa.int64())
    columns = {
        "subscription_item_id": pa.array([1, 2]),
        "subscription_id": pa.array(["s", "s"]).dictionary_encode(),
        "plan_id": pa.array([None, "p"]),
        "currency": pa.array(["USD", "USD"]),
        "valid_from": january.cast(pa.timestamp("ns", "Europe/Berlin")),
        "valid_to": pa.array(["2025-01-01", "later"]),
        "quantity": pa.array([1, 2], pa.int32()),
        "unit_amount": pa.array([0.1, 0.1], pa.float32()),
    }
    files.write_parquet("subscription_item_versions", columns)
    name, moment = "subscription_item_versions.parquet", raw_files.WANTED["timestamp"]
    amount = f"{name}: unit_amount: a column of type FLOAT cannot be read exactly as decimal(18,4)"
    found = files.problems()
    assert found[:2] == [amount, f"{name}:1: plan_id: missing"]
    assert f"{name}:2: valid_to: {moment} 'later'" in found
    columns["plan_id"], columns["valid_to"] = columns["currency"], pa.array(["2025-01-01", None])
    columns["valid_from"] = pa.array([1704067200000000] * 2).cast(pa.timestamp("us", "Europe/Berlin"))
    columns["unit_amount"] = pa.array([0.1, 0.1 + 0.2])
    files.write_parquet("subscription_item_versions", columns)
    wanted = raw_files.WANTED["decimal(18,4)"]
    assert files.problems() == [f"{name}:2: unit_amount: {wanted} '0.30000000000000004'"]
    columns["unit_amount"] = pa.array([0.1, 1234.5678])
    files.write_parquet("subscription_item_versions", columns)
    files.load()
    assert files.query(
        "select subscription_item_id, valid_from::text, unit_amount from raw.subscription_item_versions"
    ) == [
        ("1", "2024-01-01 00:00:00", Decimal("0.1000")),
        ("2", "2024-01-01 00:00:00", Decimal("1234.5678")),
    ]


def test_append_replaces_rows_by_key(files: Files) -> None:
    """Other rows and other tables stay; a table of other columns or types is not appended to."""
    files.write_csv({name: small_company()[name] for name in ("products", "exchange_rates")})
    files.load()
    files.clear()
    rates = "currency,effective_date,rate_to_reporting\nEUR,{},1.2\nGBP,2024-01-01,1.3\n"
    files.write("exchange_rates.csv", rates.format("2024-01-01"))
    assert files.load(append=True) == [("exchange_rates", 1, 2, 2)]
    files.write("exchange_rates.csv", rates.format("2024-02-01"))
    assert files.load(append=True) == [("exchange_rates", 2, 2, 3)]
    assert files.query("select currency, rate_to_reporting::double from raw.exchange_rates order by all") == [
        *(("EUR", 1.2), ("EUR", 1.2), ("GBP", 1.3))
    ]
    assert files.query("select count(*) from raw.products") == [(1,)]
    with duckdb.connect(str(files.database)) as connection:
        connection.execute("alter table raw.exchange_rates alter effective_date type text")
        connection.execute("alter table raw.exchange_rates drop rate_to_reporting")
        connection.execute("alter table raw.exchange_rates add column note text")
    place, cannot = "exchange_rates.csv: ", "cannot append: the column"
    assert files.problems(append=True)[:3] == [
        f"{place}effective_date: {cannot} is VARCHAR in the table, DATE in the contract; replace the table",
        f"{place}note: {cannot} is in the table, but not in the contract; replace the table",
        f"{place}rate_to_reporting: {cannot} is not in the table; replace the table",
    ]
    assert files.load() == [("exchange_rates", 3, 2, 2)]
    with duckdb.connect(str(files.database)) as connection:
        connection.execute("create view raw.customers as select 1 as customer_id")
    files.write_csv({"customers": small_company()["customers"]})
    with pytest.raises(duckdb.Error, match='Existing object "customers" is of type View'):
        files.load()
    assert files.query("select count(*) from raw.exchange_rates") == [(2,)]


def test_a_database_in_use_is_one_clear_line(files: Files) -> None:
    """And so is everything else that the command line can get wrong."""
    files.write_csv({"products": small_company()["products"]})
    files.load()
    with duckdb.connect(str(files.database)):
        done = subprocess.run(files.command(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: .*company\.duckdb is in use by another process.*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--schema", "Marts"], "the project writes there itself"),
        (["--database", "raw.duckdb"], "the file has the name of a schema in it"),
        (["--database", "nowhere/x.duckdb"], "nowhere is not a directory"),
        (["--max-errors", "-1"], "should be greater than or equal to 0"),
    ],
)
def test_wrong_arguments_are_refused(
    files: Files,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the usage."""
    monkeypatch.setenv("TERMINAL_WIDTH", "300")
    monkeypatch.setattr(sys, "argv", ["cohort-ledger", "load", str(files.directory), *arguments])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_a_schema_may_have_any_other_name(files: Files) -> None:
    """Quotes and spaces too."""
    files.write_csv({"products": small_company()["products"]})
    files.load(schema='my "own" raw')
    assert files.query('from "my ""own"" raw".products') == [("app", "App")]


ROWS = 100_000


def write_version(files: Files, version: str) -> None:
    """Two tables whose rows all say the same."""
    rows = "".join(f"c{number},{version}\n" for number in range(ROWS))
    files.write("customer_exclusions.csv", "customer_id,reason\n" + rows)
    files.write("products.csv", "product_id,product_name\n" + rows)


def loaded_versions(files: Files) -> list[tuple]:
    """The versions in both tables, with their rows."""
    return files.query(
        "select product_name, count(*) from raw.products group by all "
        "union all select reason, count(*) from raw.customer_exclusions group by all"
    )


def test_a_killed_load_leaves_all_or_nothing(files: Files) -> None:
    """Killed at any point: a new file is not there or complete, an old one holds the old rows or the new."""
    rng = random.Random(11)
    write_version(files, "version 0")
    started = time.monotonic()
    subprocess.run(files.command(), check=True, capture_output=True)
    duration = time.monotonic() - started
    files.database.unlink()
    held, kills = None, 0
    for version in range(1, 9):
        write_version(files, f"version {version}")
        process = subprocess.Popen(files.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # the first third of the time goes into imports
        time.sleep(duration * rng.uniform(0.35, 1.05))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        if held is None and not files.database.exists():
            continue
        found = loaded_versions(files)
        assert found in ([(held, ROWS)] * 2, [(f"version {version}", ROWS)] * 2)
        held = found[0][0]
    assert kills
    write_version(files, "the last")
    subprocess.run(files.command(), check=True, capture_output=True)
    assert loaded_versions(files) == [("the last", ROWS)] * 2
    assert {path.name for path in files.database.parent.iterdir()} == {files.database.name, files.directory.name}


def test_patterns_and_tables_are_those_of_the_project() -> None:
    """What loads is what the tests of a build let through."""
    test = (PROJECT_DIR / "tests/generic/values_parse.sql").read_text()
    assert dict(re.findall(r"^    '([\w(),]+)': '(.*)',$", test, re.M)) == raw_files.PATTERNS
    contract = raw_files.read_contract()
    assert {
        name: {column.name: column.sql_type.lower() for column in table.columns} for name, table in contract.items()
    } == {name: dict(columns) for name, columns in raw_columns().items()}
    known = {column.data_type for table in contract.values() for column in table.columns}
    assert known == set(raw_files.SAME_TYPES) == set(raw_files.TEXT_TYPES) == {*raw_files.PATTERNS, "string"}
