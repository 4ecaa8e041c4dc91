"""A landing table whose definition has other columns than it was made with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_files import BOX_LINES

from boxout.errors import WarehouseError
from boxout.pipeline.content_audit import audit_content
from boxout.pipeline.graph import build_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.preparation import prepare

BOX = "landing.bref_player_boxscores"
FIRST_DAY = f"SELECT * FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-24'"
ASSISTS = "CAST(i.ast AS INTEGER) AS ast"
TWICE = "CAST(i.ast * 2 AS INTEGER) AS ast_twice"
CORRECTION = f"SELECT * REPLACE (7 AS ast) FROM ({FIRST_DAY})"


def redefined(graph, old, new):
    """The graph with another query of the box lines, as another version may have it."""
    table = graph.tables[BOX]
    assert old in table.query
    other = replace(table, query=table.query.replace(old, new, 1))
    return build_graph(graph.tables | {BOX: other})


def content(warehouse, columns):
    return warehouse.rows(f"SELECT {columns} FROM lake.{BOX} ORDER BY ALL")


@pytest.fixture
def box(write, empty, graph):
    """A file whose first day another has corrected."""
    first, second = write("box.parquet", BOX_LINES), write("correction.parquet", CORRECTION)
    ingest_files(empty, graph, [first, second])
    return first


def test_a_new_column_is_there_and_filled_from_the_files(box, empty, graph):
    wider = redefined(graph, ASSISTS, f"{ASSISTS}, -- assists\n  {TWICE}")
    assert ingest_files(empty, wider, [box])[0].is_known
    assert content(empty, "DISTINCT ast, ast_twice") == [(2, 4), (7, 14)]
    assert audit_content(empty, [wider.tables[BOX]]).passed
    aside = "lake.overlaps.bref_player_boxscores"
    assert empty.rows(f"SELECT DISTINCT ast, ast_twice FROM {aside}") == [(2, 4)]
    version = empty.version()
    ingest_files(empty, wider, [box])
    assert empty.version() == version


def test_a_column_that_is_no_more_goes_and_every_hash_is_of_what_is_left(box, empty, graph):
    old = next(line for line in graph.tables[BOX].query.splitlines() if " AS blk" in line)
    narrower = redefined(graph, f"{old}\n", "")
    prepare(empty, narrower)
    assert "blk" not in empty.columns(f"lake.{BOX}")
    assert audit_content(empty, [narrower.tables[BOX]]).passed
    assert len(content(empty, "*")) == 48


def test_a_wider_type_is_taken_over(box, empty, graph):
    wider = redefined(graph, ASSISTS, "CAST(i.ast AS BIGINT) AS ast")
    ingest_files(empty, wider, [box])
    assert empty.columns(f"lake.{BOX}")["ast"] == "BIGINT"
    assert content(empty, "DISTINCT ast") == [(2,), (7,)]
    assert audit_content(empty, [wider.tables[BOX]]).passed


def test_a_type_that_cannot_be_taken_over_says_so_and_changes_nothing(box, empty, graph):
    other = redefined(graph, ASSISTS, "CAST(i.ast AS BOOLEAN) AS ast")
    before = empty.version()
    with pytest.raises(WarehouseError, match="cannot be given the columns") as refused:
        prepare(empty, other)
    assert "new project" in refused.value.next_step
    assert empty.version() == before
    assert empty.columns(f"lake.{BOX}")["ast"] == "INTEGER"
