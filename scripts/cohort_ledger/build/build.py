"""One dbt build, shown as a bar on a terminal and as dbt's own lines elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from cohort_ledger import dbt

# what ends one node; hooks are not counted
NODE_ENDS = ("LogModelResult", "LogSeedResult", "LogTestResult", "LogNodeNoOpResult", "SkippingDetails")
SUMMARY = "EndOfRunSummary"


@dataclass(frozen=True)
class Built:
    """How a build ended: dbt's exit code, and what it said."""

    exit_code: int
    said: str


def build(variables: str, *, target: Path | None = None, full_refresh: bool = False, verbose: bool = False) -> Built:
    """Build every table, with its data tests; the project's own selector leaves unit tests out.

    With a `target` of its own dbt leaves what it knows there, and writes no log.
    """
    console = Console(markup=False, highlight=False)
    is_bar = console.is_terminal and not verbose
    words = ["--use-colors" if console.is_terminal and not console.no_color else "--no-use-colors"]
    words += ["build", *(["--full-refresh"] if full_refresh else [])]
    words += ["--log-format", "json", "--log-format-file", "debug"] if is_bar else []
    said: list[str] = []
    with dbt.started(*words, variables=variables, target=target) as process:
        for line in with_a_bar(process.stdout, console) if is_bar else process.stdout:
            said.append(line)
            if not is_bar:
                print(line, end="", flush=True)
    return Built(process.returncode, "".join(said))


def with_a_bar(lines: Iterable[str], console: Console) -> Iterable[str]:
    """Follow a build by its events on a bar: how many nodes are done, and which is at work.

    Gives what is printed above the bar: what the project itself says, and at the end failures and warnings in full.
    """
    rest_of_the_line = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        BarColumn(bar_width=30),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, table_column=rest_of_the_line),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task, is_told = progress.add_task("reading the project", total=None, count=""), False
        for event in map(read_event, lines):
            info, data, bar = event["info"], event["data"], progress.tasks[task]
            if info["name"] == "LogStartLine":
                progress.update(task, description=data["description"], total=data["total"])
            elif info["name"] in NODE_ENDS:
                progress.update(task, advance=1, count=f"{bar.completed + 1:.0f}/{bar.total}")
            elif info["name"] == SUMMARY:
                is_told = bool(data["num_errors"] or data["num_warnings"])
            elif info["name"] == "StatsLine" or is_told or info["name"] == "JinjaLogInfo" or info["level"] != "info":
                console.print(Text.from_ansi(info["msg"]), soft_wrap=True)
                yield f"{info['msg']}\n"


def read_event(line: str) -> dict[str, Any]:
    """An event of dbt; what comes before it can write any, such as a traceback, is an error."""
    try:
        return json.loads(line)
    except ValueError:
        return {"info": {"name": "", "level": "error", "msg": line.rstrip("\n")}, "data": {}}
