"""What state each partition of a table is in now, staleness included.

Asks the plan, which asks the schedule, the ledger and the code; decides nothing itself.
"""

from __future__ import annotations

import contextlib
from weakref import WeakKeyDictionary

from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY_SQL
from boxout.pipeline.plan import plan_tables
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb

FEATURE_STORE = "precompute.ml_feature_store"
COMPOSITE_FACTORS = "precompute.player_composite_factors"
PLAYER_SUMMARY = "analytics.player_game_summary"
SLATE = "precompute.slate"
NO_PLAYER_GAMES = "There are no player games yet."


def with_inputs(graph: Graph, name: str) -> Graph:
    """Return the part of a graph that a table is computed from, the table itself last."""
    needed = {name}
    for table in reversed(tuple(graph.tables.values())):
        if table.name in needed:
            needed |= set(table.windows)
    ordered = [table for table in graph.tables if table in needed and table != name]
    return Graph({table: graph.tables[table] for table in (*ordered, name)})


def read_states(warehouse: Warehouse, graph: Graph, name: str, relation: str) -> None:
    """Create a temporary table with the state of each partition of one table.

    Columns: game_date, season, state, is_ready. A partition whose inputs, at any distance,
    are to be computed again is `stale`, although what is published has not changed yet.

    Parameters
    ----------
    name
        The table, with its schema.
    relation
        The temporary table to create.
    """
    wanted = graph.table(name).name
    _plan_once(warehouse, graph, wanted)
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT game_date, season, state, "
        f"state IN ({READY_SQL}) AS is_ready FROM planned_states WHERE table_name = $1",
        [wanted],
    )


# Of which data version and tables each open warehouse holds `planned_states`.
_planned: WeakKeyDictionary[Warehouse, tuple[int, tuple[str, ...]]] = WeakKeyDictionary()


def _plan_once(warehouse: Warehouse, graph: Graph, wanted: str) -> None:
    """Create `planned_states` of the feature store's inputs, unless it is there already.

    The gates ask about several of them in a row, and a plan is of all that is above a table.
    """
    part = with_inputs(graph, FEATURE_STORE if FEATURE_STORE in graph.tables else wanted)
    if wanted not in part.tables:
        part = with_inputs(graph, wanted)
    known = (warehouse.version(), tuple(table.code_hash for table in part.tables.values()))
    if _planned.get(warehouse) == known:
        # a transaction that was rolled back has taken the table with it
        with contextlib.suppress(duckdb.CatalogException):
            warehouse.execute("SELECT 1 FROM planned_states LIMIT 0")
            return
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE planned_states "
        "(table_name VARCHAR, game_date DATE, season VARCHAR, state VARCHAR)"
    )

    def keep(table: TableDefinition) -> None:
        warehouse.execute(
            "INSERT INTO planned_states SELECT $1, game_date, season, state FROM partition_plan",
            [table.name],
        )

    plan_tables(warehouse, part, keep)
    _planned[warehouse] = known
