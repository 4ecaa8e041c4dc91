"""What a table is said to read of its inputs is all that it reads."""

from __future__ import annotations

import pytest

from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.reads import find_columns_read
from boxout.pipeline.stage import choose_dates, input_slices
from boxout.tables.syntax import sliced_query
from boxout.warehouse.ducklake import open_warehouse
from boxout.warehouse.home import Home

SEASON = "2024-25"
COMPUTED = load_graph().computed


@pytest.fixture(scope="module")
def warehouse(small_home):
    """The small league's project; only to be read."""
    with open_warehouse(Home(small_home)) as opened:
        opened.execute("SET threads = 1")
        yield opened


@pytest.mark.parametrize("table", COMPUTED, ids=lambda table: table.name)
def test_without_the_columns_that_it_does_not_read_a_table_is_the_same(warehouse, graph, table):
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    plan_partitions(warehouse, graph, table)
    chunk = choose_dates(warehouse, "SELECT * FROM partition_plan WHERE season = $1", [SEASON])
    slices = input_slices(table, chunk)
    for name, (listed, read) in find_columns_read(graph, table).items():
        unread = [column for column in listed if read is not None and column not in read]
        if unread:
            kinds = warehouse.columns(f"lake.{name}")
            nothing = ", ".join(f'NULL::{kinds[column]} AS "{column}"' for column in unread)
            slices[name] = f"SELECT * REPLACE ({nothing}) FROM ({slices[name]})"
    query = sliced_query(table.query, slices, table.name)
    blind = f"SELECT * FROM ({query}) AS result WHERE season = '{SEASON}'"
    published = f"SELECT * FROM lake.{table.name} WHERE season = '{SEASON}'"
    for ours, theirs in ((blind, published), (published, blind)):
        assert warehouse.rows(f"{ours} EXCEPT ALL {theirs}") == []


def test_columns_are_left_out_somewhere(graph):
    narrowed = [
        (table.name, name)
        for table in COMPUTED
        for name, (listed, read) in find_columns_read(graph, table).items()
        if read is not None and len(read) < len(listed)
    ]
    assert len(narrowed) > 15
