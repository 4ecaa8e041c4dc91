"""What state each partition of a table is in now, staleness included.

Asks the plan, which asks the schedule, the ledger and the code; decides nothing itself.
"""

from __future__ import annotations

from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY_SQL
from boxout.pipeline.plan import plan_tables
from boxout.warehouse.ducklake import Warehouse

FEATURE_STORE = "precompute.ml_feature_store"
COMPOSITE_FACTORS = "precompute.player_composite_factors"
PLAYER_SUMMARY = "analytics.player_game_summary"


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
    plan_tables(warehouse, with_inputs(graph, graph.table(name).name))
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS "
        f"SELECT game_date, season, state, state IN ({READY_SQL}) AS is_ready FROM partition_plan"
    )
