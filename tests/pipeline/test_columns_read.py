"""What a table is said to read of its inputs is all that it reads."""

from __future__ import annotations

import pytest

from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.reads import find_columns_read
from boxout.pipeline.stage import COMPUTED as COMPUTED_ROWS
from boxout.pipeline.stage import DUE, choose_dates, input_slices, stage_table
from boxout.tables.syntax import sliced_query
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

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


EARLIER = [table for table in COMPUTED if table.earlier_columns]
BY_PLAYER = [table for table in COMPUTED if table.same_player]


@pytest.fixture
def late(warehouse, graph):
    """Choose the last dates of the season, most of which is earlier then."""

    def choose(table):
        forget_stale_partitions(warehouse)
        read_partitions(warehouse)
        plan_partitions(warehouse, graph, table)
        return choose_dates(
            warehouse,
            "SELECT * FROM partition_plan WHERE season = $1 ORDER BY game_date DESC LIMIT 9",
            [SEASON],
        )

    return choose


def assert_as_published(warehouse, name, rows="true"):
    published = (
        f"SELECT * FROM lake.{name} WHERE game_date IN (SELECT game_date FROM {DUE}) AND {rows}"
    )
    computed = f"FROM {COMPUTED_ROWS}"
    for ours, theirs in ((computed, published), (published, computed)):
        assert warehouse.rows(f"{ours} EXCEPT ALL {theirs}") == []
    return warehouse.scalar(f"SELECT count(*) FROM {COMPUTED_ROWS}")


@pytest.mark.parametrize("table", EARLIER, ids=lambda table: table.name)
def test_of_earlier_dates_a_table_gets_the_columns_it_names_and_needs_no_others(
    warehouse, late, table
):
    chunk = late(table)
    slices, seen = input_slices(table, chunk), 0
    for name, columns in table.earlier_columns.items():
        others = [c for c in warehouse.columns(f"lake.{name}") if c not in columns]
        present = ", ".join(f'count("{c}")' for c in others)
        earlier = f"SELECT count(*), {present} FROM ({slices[name]}) WHERE game_date < $1"
        rows, *values = warehouse.rows(earlier, [chunk.first])[0]
        seen += rows
        assert values == [0] * len(others)
    assert seen > 100
    stage_table(warehouse, table, chunk)
    assert assert_as_published(warehouse, table.name) > 100


@pytest.mark.parametrize("table", BY_PLAYER, ids=lambda table: table.name)
def test_a_player_s_rows_are_made_of_his_own_in_the_inputs_that_say_so(warehouse, late, table):
    chunk = late(table)
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE few AS SELECT DISTINCT player_id "
        f"FROM lake.{table.name} WHERE player_id % 5 = 2"
    )
    stage_table(warehouse, table, chunk, "few")
    computed = assert_as_published(warehouse, table.name, "player_id IN (FROM few)")
    staged = warehouse.scalar("SELECT count(*) FROM staged")
    assert 0 < computed < staged / 2


def test_columns_are_left_out_somewhere(graph):
    narrowed = [
        (table.name, name)
        for table in COMPUTED
        for name, (listed, read) in find_columns_read(graph, table).items()
        if read is not None and len(read) < len(listed)
    ]
    assert len(narrowed) > 15
