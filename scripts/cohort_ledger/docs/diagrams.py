"""Draw what the project holds, for docs/architecture.md: its layers, and the marts with their keys and references.

Both diagrams are Mermaid, made from the manifest alone. An arrow of the layers is a model that reads another, left out
where other arrows lead there too; a line between two marts is a `relationships` test, and the key of a mart is what its
`has_unique_grain` test says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from cohort_ledger import dbt
from cohort_ledger.errors import LedgerError
from cohort_ledger.project import PROJECT_DIR

PAGE = PROJECT_DIR / "docs/architecture.md"
MANIFEST = PROJECT_DIR / "target/manifest.json"
# the demo's rows stand in for the raw tables
RAW_FOLDERS = ("seeds/demo", "seeds/edge_cases", "models/staging/billing")
LAYERS = ("raw", "staging", "intermediate", "marts")


Folder = tuple[str, str]
Edge = tuple[Folder, Folder]


class Reference(NamedTuple):
    """A column of a mart whose values are keys of another mart."""

    mart: str
    column: str
    to: str
    field: str


def named(manifest: dict[str, Any], unique_id: str) -> dict[str, Any]:
    """The node or source of an id."""
    return manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]


def tests_of_marts(manifest: dict[str, Any], test: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mart and the arguments of every generic test of this name on a mart, in the order of their names."""
    for node in sorted(manifest["nodes"].values(), key=lambda node: node["name"]):
        if (node.get("test_metadata") or {}).get("name") == test:
            model = manifest["nodes"][node["attached_node"]]
            if model["schema"] == "marts":
                yield model["name"], node["test_metadata"]["kwargs"]


def references(manifest: dict[str, Any]) -> list[Reference]:
    """What the relationships tests of the marts say."""
    return sorted(
        Reference(mart, arguments["column_name"], arguments["to"].split("'")[1], arguments["field"])
        for mart, arguments in tests_of_marts(manifest, "relationships")
    )


def entity_diagram(manifest: dict[str, Any]) -> str:
    """Every mart with its key and the columns that refer to others."""
    keys = {mart: arguments["columns"] for mart, arguments in tests_of_marts(manifest, "has_unique_grain")}
    found = references(manifest)
    columns = {node["name"]: node["columns"] for node in manifest["nodes"].values() if node["name"] in keys}
    lines = ["erDiagram", "    direction LR"]
    for reference in found:
        # who refers by its whole key has at most one row for it
        many = "o|" if keys[reference.mart] == [reference.column] else "o{"
        lines.append(f"    {reference.to} ||--{many} {reference.mart} : {reference.column}")
    for mart, key in sorted(keys.items()):
        foreign = {reference.column for reference in found if reference.mart == mart}
        lines.append(f"    {mart} {{")
        for name in [*key, *sorted(foreign - set(key))]:
            roles = ", ".join(role for role, holds in (("PK", name in key), ("FK", name in foreign)) if holds)
            lines.append(f"        {columns[mart][name]['data_type']} {name} {roles}")
        lines.append("    }")
    return "\n".join(lines)


def place(node: dict[str, Any]) -> Folder:
    """The layer that a node is in, and its folder there."""
    folder = node["original_file_path"].rpartition("/")[0]
    if node["resource_type"] in ("seed", "source"):
        return "raw", "billing" if folder in RAW_FOLDERS else folder.rpartition("/")[2]
    _, layer, *areas = folder.split("/")
    return layer, "_".join(areas or [layer])


def reaches(edges: set[Edge], start: Folder, end: Folder) -> bool:
    """Whether the edges lead from one folder to another."""
    seen: set[Folder] = set()
    ahead = {start}
    while ahead:
        seen |= ahead
        ahead = {after for before, after in edges if before in ahead} - seen
    return end in seen


def reduced(edges: set[Edge], order: list[Folder]) -> set[Edge]:
    """The edges without those that others make up for; the ones that skip most folders go first."""
    kept = set(edges)
    for edge in sorted(edges, key=lambda edge: (order.index(edge[0]) - order.index(edge[1]), edge)):
        if reaches(kept - {edge}, *edge):
            kept.remove(edge)
    return kept


def layer_diagram(manifest: dict[str, Any]) -> str:
    """The folders of each layer and which of them reads which; every mart by name."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    read = {
        (place(named(manifest, parent)), place(model)) for model in models for parent in model["depends_on"]["nodes"]
    }
    folders = sorted({place(model) for model in models} | {start for start, _ in read})
    layers = dict.fromkeys([*LAYERS, *(layer for layer, _ in folders)])
    folders.sort(key=lambda folder: list(layers).index(folder[0]))
    sizes = Counter(place(model) for model in models)
    lines = ["flowchart LR"]
    for layer in layers:
        lines.append(f"    subgraph {layer}")
        for folder in folders:
            if folder[0] == layer:
                lines.append(f'        {"_".join(folder)}["{label(folder, models, sizes, len(manifest["sources"]))}"]')
        lines.append("    end")
    arrows = reduced({(start, end) for start, end in read if start != end}, folders)
    lines += [f"    {'_'.join(start)} --> {'_'.join(end)}" for start, end in sorted(arrows)]
    return "\n".join(lines)


def label(folder: Folder, models: list[dict[str, Any]], sizes: Counter[Folder], tables: int) -> str:
    """What a box says: the folder, and how many models or which marts are in it."""
    layer, area = folder
    if layer == "raw":
        return f"<b>{area}</b><br/>{tables} raw tables" if area == "billing" else f"<b>{area}</b><br/>seeds to edit"
    if layer == "marts":
        return "<br/>".join([f"<b>{area}</b>", *sorted(model["name"] for model in models if place(model) == folder)])
    return f"<b>{area}</b><br/>{sizes[folder]} models"


DIAGRAMS = {"layers": layer_diagram, "marts": entity_diagram}


def with_diagrams(text: str, manifest: dict[str, Any]) -> str:
    """The text with every diagram between its two markers."""
    for name, draw in DIAGRAMS.items():
        start, end = f"<!-- diagram of the {name}: made by `make diagrams` -->\n", "<!-- end of the diagram -->"
        before, found, rest = text.partition(start)
        if not found:
            raise LedgerError(f"{PAGE.name} has no marker {start.strip()}: put it where the diagram belongs")
        text = f"{before}{start}```mermaid\n{draw(manifest)}\n```\n{end}{rest.partition(end)[2]}"
    return text


def write_diagrams() -> None:
    """Rewrite the diagrams on docs/architecture.md, of the project as it is now."""
    exit_code, said = dbt.run_quietly("parse")
    if exit_code:
        raise LedgerError(f"dbt cannot parse the project:\n{said.strip()}")
    PAGE.write_text(with_diagrams(PAGE.read_text(), json.loads(MANIFEST.read_text())))
