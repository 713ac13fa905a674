"""Write the documentation of the project as one file that opens without a server or a network.

`dbt docs generate` reads the built database; its page, manifest and catalog become one HTML file, as with `--static`.
The file holds the project's code, its descriptions, and the names and types of the columns that are built: no row of
data. Times, ids of the run and folders of this machine are taken out, so that the same build gives the same file; what
the page would ask for while it loads is put right, so that it fetches nothing.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from cohort_ledger import dbt
from cohort_ledger.errors import LedgerError
from cohort_ledger.project import PROJECT_DIR
from cohort_ledger.warehouse import connect

PAGE = PROJECT_DIR / "cohort_ledger_docs.html"
# what says when, where and by whom dbt ran; a column may have such a name, too, and stays
OF_THIS_RUN = {
    *("compiled_path", "build_path", "root_path", "created_at", "generated_at", "invocation_id"),
    *("invocation_started_at", "run_started_at", "user_id", "env"),
}
# the page asks for these files as it loads: an icon that is not there, and addresses that are not filled in yet
REPAIRS = {
    """<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/>""": "",
    'xlink:href="{{ getIcon(': 'ng-attr-xlink:href="{{ getIcon(',
}


def generate(target: Path, variables: str) -> None:
    """Run `dbt docs generate` on the built database, with its artefacts in `target`."""
    exit_code, said = dbt.run_quietly("docs", "generate", variables=variables, target=target)
    if exit_code:
        raise LedgerError(f"no page was written, as dbt could not document the project:\n{said.strip()}")


def without_this_run(value: Any) -> Any:
    """The same without what differs from run to run and from machine to machine, and in one order."""
    if isinstance(value, dict):
        kept = {
            key: without_this_run(item)
            for key, item in value.items()
            if key not in OF_THIS_RUN or (isinstance(item, dict) and "name" in item)
        }
        # ids of nodes come in the order in which files were parsed; columns keep theirs
        return dict(sorted(kept.items())) if all("." in key for key in kept) else kept
    if isinstance(value, list):
        return [without_this_run(item) for item in value]
    return value


def static_page(target: Path) -> str:
    """The page of dbt with the artefacts in it."""
    page = (target / "index.html").read_text()
    inlined = {
        f'"{name.upper()}.JSON INLINE DATA"': without_this_run(json.loads((target / f"{name}.json").read_text()))
        for name in ("manifest", "catalog")
    }
    replacements = REPAIRS | {
        # a closing tag in a description would end the script that holds it
        marker: json.dumps(artefact, ensure_ascii=False).replace("</", "<\\/")
        for marker, artefact in inlined.items()
    }
    for old, new in replacements.items():
        if old not in page:
            raise LedgerError(f"dbt's page has changed, it does not hold {old}: see {Path(__file__).name}")
        page = page.replace(old, new)
    return page


def write_page(variables: str) -> Path:
    """The page of what is built; returns where it is."""
    connect().close()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), variables)
        PAGE.write_text(static_page(Path(folder)))
    return PAGE
