"""Write what follows from the one list of vars, macros/declared_vars.sql: defaults in dbt_project.yml, docs/vars.md."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import yaml

from cohort_ledger.project import PROJECT_DIR, declared_vars

DEFAULTS = PROJECT_DIR / "dbt_project.yml"
PAGE = PROJECT_DIR / "docs/vars.md"

TITLE = """# Vars

Every policy is a var: in `dbt_project.yml`, or with `--vars` (`VARS` of the make targets). A wrong value stops the run
with what is allowed, and so does a misspelt name in `--vars` (one in `dbt_project.yml` is dbt's to notice, and dbt does
not).
"""

Var = dict[str, Any]


def written(value: object) -> str:
    """A default as YAML writes it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n...\n").strip()
    return f"{value:.2f}" if isinstance(value, float) else text


def with_defaults(text: str, declared: dict[str, Var]) -> str:
    """The text of dbt_project.yml with every var's default, and what it means as a comment."""
    lines = []
    for name, about in declared.items():
        lines += textwrap.wrap(about["says"].replace("`", ""), 120, initial_indent="  # ", subsequent_indent="  # ")
        lines.append(f"  {name}: {written(about['default'])}")
    block = "\n".join(lines)
    return re.sub(r"(?<=\nvars:\n).*?(?=\n\S)", lambda _: block, text, count=1, flags=re.DOTALL)


def vars_page(declared: dict[str, Var]) -> str:
    """One row per var."""
    rows = ["| var | default | meaning | since |", "| --- | --- | --- | --- |"]
    for name, about in declared.items():
        default = "null" if about["default"] is None else f"`{written(about['default'])}`"
        rows.append(f"| `{name}` | {default} | {about['says']} | {about['since']} |")
    return "\n".join([TITLE, *rows, ""])


def write_vars() -> None:
    """Write both."""
    declared = declared_vars()
    DEFAULTS.write_text(with_defaults(DEFAULTS.read_text(), declared))
    PAGE.write_text(vars_page(declared))
