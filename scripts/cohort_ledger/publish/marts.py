"""The marts that are published, as dbt's manifest documents them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cohort_ledger.errors import LedgerError


@dataclass(frozen=True)
class Column:
    """A documented column of a mart, and how a tool is to show it: its label, and a format as spreadsheets write it.

    `personal` says whose name it holds, `personal_if` in which rows. A key that holds it as its last part says so with
    `ends_with`, the column that it comes from.
    """

    name: str
    description: str
    label: str
    format: str | None
    personal: str | None
    personal_if: str | None
    ends_with: str | None


@dataclass(frozen=True)
class Mart:
    """A mart as dbt's manifest documents it."""

    name: str
    description: str
    columns: tuple[Column, ...]


def read_marts(manifest: dict[str, Any]) -> list[Mart]:
    """The marts of a manifest, by name."""
    marts = [
        Mart(node["name"], node["description"], tuple(map(read_column, node["columns"].values())))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    undocumented = [mart.name for mart in marts if not mart.columns]
    if undocumented:
        raise LedgerError(
            f"no column of {', '.join(undocumented)} is in its YAML, and only what is documented is published: list "
            "its columns, or keep it out of models/marts"
        )
    return sorted(marts, key=lambda mart: mart.name)


def read_column(column: dict[str, Any]) -> Column:
    """A column of a manifest; one of a user's own mart may have no label."""
    meta = column["meta"]
    dimension = meta.get("dimension", {})
    return Column(
        column["name"],
        column["description"],
        dimension.get("label") or column["name"].replace("_", " ").capitalize(),
        dimension.get("format"),
        meta.get("personal"),
        meta.get("personal_if"),
        meta.get("ends_with"),
    )
