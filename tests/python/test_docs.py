"""What is written about the project is complete and true: columns, exposures, diagrams, how the numbers are made."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_project import PROJECT_DIR, fetch_rows
from playwright.sync_api import Page, sync_playwright

from cohort_ledger.docs import diagrams, walkthrough
from cohort_ledger.docs import page as docs_page
from cohort_ledger.errors import LedgerError

BUILT = ("staging", "intermediate", "marts", "demo", "reference")
COLUMNS = f"""
    select table_name as name, list(column_name order by ordinal_position) as columns
    from information_schema.columns
    where table_schema in {BUILT}
    group by all
"""


@dataclass(frozen=True)
class Documented:
    """A copy of the demo that `make build` builds, and what `dbt docs generate` writes about it."""

    database: Path
    target: Path
    manifest: dict[str, Any]

    def nodes(self, *resource_types: str) -> list[dict[str, Any]]:
        """Nodes of these types, also those that are disabled while the demo is read."""
        disabled = [node for versions in self.manifest["disabled"].values() for node in versions]
        nodes = [*self.manifest["nodes"].values(), *disabled]
        return [node for node in nodes if node["resource_type"] in resource_types]

    def says(self, described: dict[str, Any]) -> str:
        """A description in its own words: dbt puts no doc block into that of a disabled node."""
        docs = self.manifest["docs"]
        return re.sub(
            r"{{ doc\('(\w+)'\) }}",
            lambda block: docs[f"doc.cohort_ledger.{block[1]}"]["block_contents"],
            described["description"],
        ).strip()


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Documented:
    """The only dbt process of this module."""
    folder = tmp_path_factory.mktemp("docs")
    # its views know it by the name of the file
    database = folder / "cohort_ledger.duckdb"
    shutil.copy(PROJECT_DIR / database.name, database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COHORT_LEDGER_DUCKDB_PATH", str(database))
        docs_page.generate(folder / "target", "{}")
    return Documented(database, folder / "target", json.loads((folder / "target/manifest.json").read_text()))


@pytest.fixture
def demo(documented: Documented) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy; what a test writes is undone."""
    with duckdb.connect(str(documented.database)) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


@pytest.fixture(scope="module")
def page(documented: Documented) -> str:
    """The one file."""
    return docs_page.static_page(documented.target)


@pytest.fixture
def browser_page(page: str, tmp_path: Path) -> Iterator[Page]:
    """The file, open in a browser without a network; what it asks for or complains about fails the test."""
    (tmp_path / "docs.html").write_text(page)
    address = (tmp_path / "docs.html").as_uri()
    noticed: list[str] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        opened = browser.new_context(offline=True).new_page()
        opened.on("request", lambda request: noticed.append(request.url))
        opened.on("console", lambda message: noticed.append(message.text))
        opened.on("pageerror", lambda error: noticed.append(str(error)))
        opened.goto(address)
        yield opened
        browser.close()
    assert noticed == [address]


def test_every_column_that_is_built_is_described_and_no_other(
    documented: Documented, demo: duckdb.DuckDBPyConnection
) -> None:
    """In the order of the relation."""
    built = {row["name"]: row["columns"] for row in fetch_rows(demo, COLUMNS)}
    described = {
        node["name"]: list(node["columns"])
        for node in documented.manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert described == built


def test_every_column_of_a_seed_is_described_and_no_other(documented: Documented) -> None:
    """Also of the data set that is not read."""
    seeds = documented.nodes("seed")
    assert {seed["name"] for seed in seeds} == {path.stem for path in (PROJECT_DIR / "seeds").glob("*/*.csv")}
    for seed in seeds:
        with (PROJECT_DIR / seed["original_file_path"]).open(newline="") as file:
            assert list(seed["columns"]) == next(csv.reader(file)), seed["name"]


def test_nothing_is_without_a_description(documented: Documented) -> None:
    """Models, seeds and sources with their columns, and exposures."""
    tables = [*documented.nodes("model", "seed"), *documented.manifest["sources"].values()]
    described = {node["name"]: node for node in [*tables, *documented.manifest["exposures"].values()]}
    for table in tables:
        described |= {f"{table['name']}.{name}": column for name, column in table["columns"].items()}
    assert not [name for name, node in described.items() if not documented.says(node)]


def test_a_raw_column_means_the_same_wherever_it_is(documented: Documented) -> None:
    """In the contract, in both data sets that stand in for it, and in staging, which renames four dates."""
    relations = {node["name"]: node["columns"] for node in documented.nodes("model", "seed")}
    assert len(documented.manifest["sources"]) == 14
    for source in documented.manifest["sources"].values():
        contract = {name: documented.says(column) for name, column in source["columns"].items()}
        for stand_in in (f"demo_{source['name']}", f"edge_{source['name']}", f"stg_billing__{source['name']}"):
            found = {
                name if name in contract else name.removesuffix("_date"): documented.says(column)
                for name, column in relations[stand_in].items()
            }
            assert found == contract, stand_in


def test_exposures_have_the_owner_of_the_marts_and_read_public_models_alone(documented: Documented) -> None:
    """Of the report, the publication and the metrics."""
    exposures = {exposure["name"]: exposure for exposure in documented.manifest["exposures"].values()}
    assert set(exposures) == {"revenue_report", "publication", "metrics"}
    (group,) = documented.manifest["groups"].values()
    for exposure in exposures.values():
        assert {name: exposure["owner"][name] for name in ("name", "email")} == {
            name: group["owner"][name] for name in ("name", "email")
        }
        assert exposure["label"] and exposure["maturity"]
        read = [documented.manifest["nodes"][unique_id] for unique_id in exposure["depends_on"]["nodes"]]
        assert read
        assert {node["access"] for node in read} == {"public"}


def read_by(documented: Documented, exposure: str) -> set[str]:
    """The models that an exposure names."""
    nodes = documented.manifest["exposures"][f"exposure.cohort_ledger.{exposure}"]["depends_on"]["nodes"]
    return {unique_id.split(".")[-1] for unique_id in nodes}


def test_the_publication_is_of_all_marts(documented: Documented) -> None:
    """No more and no less."""
    assert read_by(documented, "publication") == {
        model["name"] for model in documented.nodes("model") if model["schema"] == "marts"
    }


def test_the_page_opens_from_disk_and_asks_for_nothing(browser_page: Page) -> None:
    """The overview, every column of a model, the lineage, and who reads it."""
    browser_page.get_by_role("heading", name="Cohort Ledger").wait_for()
    browser_page.get_by_role("link", name="stg_billing__subscriptions").click()
    browser_page.get_by_text("trial_ends_at").first.wait_for()
    browser_page.evaluate("location.hash = '#!/model/model.cohort_ledger.stg_billing__customers'")
    # a column that has the name of something that is taken out of the manifest
    browser_page.get_by_text("created_at").first.wait_for()
    browser_page.evaluate("location.hash = '#!/model/model.cohort_ledger.retention_rates'")
    browser_page.get_by_text("payment_failed_churn_rate").first.wait_for()
    assert "what the cohort retained" in browser_page.inner_text("body")
    browser_page.locator(".launcher").click()
    browser_page.locator("canvas").first.wait_for()
    browser_page.evaluate("location.hash = '#!/exposure/exposure.cohort_ledger.revenue_report'")
    browser_page.get_by_text("finance-data@example.com").first.wait_for()


def test_the_page_says_nothing_of_the_machine_or_the_time(documented: Documented, page: str) -> None:
    """But all of the models."""
    metadata = documented.manifest["metadata"]
    for told in (str(PROJECT_DIR), str(documented.target), metadata["invocation_id"], metadata["generated_at"][:10]):
        assert told not in page
    assert all(node["unique_id"] in page for node in documented.manifest["nodes"].values())


def test_a_page_that_dbt_has_changed_is_not_written(documented: Documented, tmp_path: Path) -> None:
    """What is put right must be there."""
    shutil.copytree(documented.target, tmp_path / "target", ignore=shutil.ignore_patterns("compiled"))
    index = tmp_path / "target/index.html"
    index.write_text(index.read_text().replace("shortcut icon", "icon"))
    with pytest.raises(LedgerError, match="dbt's page has changed"):
        docs_page.static_page(tmp_path / "target")


def test_the_diagrams_are_those_of_the_project(documented: Documented) -> None:
    """`make diagrams` writes them."""
    page = diagrams.PAGE.read_text()
    assert diagrams.with_diagrams(page, documented.manifest) == page, "run `make diagrams`"


def test_the_diagrams_show_every_mart_and_every_reference(documented: Documented) -> None:
    """With the marts that are read by no other."""
    layers, marts = diagrams.layer_diagram(documented.manifest), diagrams.entity_diagram(documented.manifest)
    for model in documented.nodes("model"):
        if model["schema"] == "marts":
            assert model["name"] in layers
            assert f"    {model['name']} {{" in marts
    tests = [
        node for node in documented.nodes("test") if (node.get("test_metadata") or {}).get("name") == "relationships"
    ]
    assert marts.count("||--") == len(tests) > 10


def test_an_arrow_is_left_out_only_where_others_lead_there() -> None:
    """The longest first."""
    raw, staging, ledger, marts = (("raw", ""), ("staging", ""), ("ledger", ""), ("marts", ""))
    chain = {(raw, staging), (staging, ledger), (ledger, marts)}
    order = [raw, staging, ledger, marts]
    assert diagrams.reduced(chain | {(raw, marts), (staging, marts)}, order) == chain
    assert diagrams.reduced(chain | {(marts, ledger)}, order) == chain | {(marts, ledger)}


def test_how_the_numbers_are_made_is_what_the_demo_says(demo: duckdb.DuckDBPyConnection) -> None:
    """`make walkthrough` writes it."""
    assert walkthrough.walkthrough(demo) == walkthrough.PAGE.read_text(), "run `make walkthrough`"


@pytest.mark.parametrize(
    ("wrong", "noticed"),
    [
        ("update marts.retention_rates set nrr = nrr + 0.000001", "NRR of"),
        ("update marts.fct_mrr_movement_drivers set mrr_change = mrr_change + 0.0001", "drivers"),
        ("update marts.fct_customer_mrr_months set closing_mrr = closing_mrr + 0.0001", "closing MRR"),
        ("update intermediate.int_mrr_intervals set net_mrr = net_mrr + 0.0001", "MRR of the interval"),
    ],
)
def test_how_the_numbers_are_made_is_not_written_of_wrong_numbers(
    demo: duckdb.DuckDBPyConnection, wrong: str, noticed: str
) -> None:
    """Every step is computed from the one before."""
    demo.execute(wrong)
    with pytest.raises(LedgerError, match=noticed):
        walkthrough.walkthrough(demo)


def test_how_the_numbers_are_made_is_of_the_demo_alone(demo: duckdb.DuckDBPyConnection) -> None:
    """Nobody's own customers get into the page."""
    demo.execute("drop schema demo cascade")
    with pytest.raises(LedgerError, match="is about the demo"):
        walkthrough.walkthrough(demo)


def test_the_report_reads_the_marts_that_its_exposure_names(documented: Documented) -> None:
    """As its queries name them; they ask for one more, where it is published."""
    package = PROJECT_DIR / "scripts/cohort_ledger"
    queries = "".join(path.read_text() for path in (package / "publication.py", *package.glob("report/*.py")))
    known = read_by(documented, "publication") | {"mrr_reconciliation"}
    named = set(re.findall(r"marts\.(\w+)", queries)) & known
    assert named - read_by(documented, "revenue_report") == {"mrr_reconciliation"}
    assert read_by(documented, "revenue_report") <= named


def test_the_metrics_are_defined_on_the_marts_that_their_exposure_names(documented: Documented) -> None:
    """As their semantic models name them."""
    parents = [model["depends_on"]["nodes"] for model in documented.manifest["semantic_models"].values()]
    assert read_by(documented, "metrics") == {unique_id.split(".")[-1] for nodes in parents for unique_id in nodes}
