"""The same input gives the same output, whatever the order of its rows and the number of threads."""

from __future__ import annotations

import random

from dbt_project import CompiledProject, Row, Tables, fetch_rows, load_raw
from reference.generate import random_raw


def built_relations(project: CompiledProject, raw: Tables, threads: int) -> dict[str, list[str]]:
    """Every row of every model, as sorted text."""
    with project.connect() as connection:
        connection.execute(f"set threads = {threads}")
        load_raw(connection, raw)
        project.build(connection)
        return {
            model.name: sorted(str(row) for row in fetch_rows(connection, f"select * from {model.relation}"))
            for model in project.models
        }


def shuffled(raw: Tables, rng: random.Random) -> Tables:
    """The same rows in another order."""
    return {name: rng.sample(rows, len(rows)) for name, rows in raw.items()}


def test_row_order_and_threads_change_nothing(compiled: CompiledProject) -> None:
    """Three orders of the same rows, with one and with four threads."""
    raw = random_raw(random.Random(20240229), customers=120, months=36)
    first = built_relations(compiled, raw, threads=1)
    assert first["fct_mrr_movements"]
    rng = random.Random(7)
    for threads in (1, 4, 4):
        assert built_relations(compiled, shuffled(raw, rng), threads) == first


def test_an_unchanged_rebuild_changes_nothing(compiled: CompiledProject) -> None:
    """Building twice in the same database gives the same rows."""

    def movements() -> list[Row]:
        return fetch_rows(connection, "select * from marts.fct_mrr_movements order by all")

    with compiled.connect() as connection:
        load_raw(connection, random_raw(random.Random(11), customers=60, months=24))
        compiled.build(connection)
        before = movements()
        compiled.build(connection)
        assert before
        assert movements() == before
