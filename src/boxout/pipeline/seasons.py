"""Judge a season's checks again when it changed without any of its dates being computed.

A date that becomes blocked takes its rows out of the season, as if it had never been built:
what the season's other dates are must not depend on which of the two happened.
"""

from __future__ import annotations

from boxout.pipeline.contract import audit
from boxout.pipeline.failure_samples import sample_failures
from boxout.pipeline.graph import Graph
from boxout.pipeline.plan import CHANGED_SEASONS
from boxout.pipeline.publish import verify_inputs
from boxout.pipeline.record import record_seasons
from boxout.pipeline.record_incidents import record_incidents
from boxout.pipeline.stage import DUE, JUDGED, Chunk, show_staged
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse


def find_changed_seasons(warehouse: Warehouse) -> Chunk | None:
    """Create `judged_seasons`, those of `partition_plan` to be judged again without computing.

    Returns
    -------
    Chunk or None
        The dates that the seasons span, none of them due; None when there is no such season.
    """
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS {CHANGED_SEASONS}")
    first, last, dates = warehouse.rows(
        "SELECT min(game_date), max(game_date), count(*) FROM partition_plan "
        f"WHERE season IN (FROM {JUDGED})"
    )[0]
    return Chunk(first, last, dates) if dates else None


def judge_seasons(warehouse: Warehouse, table: TableDefinition, seasons: Chunk) -> None:
    """Evaluate the checks of `judged_seasons` on what is published of them."""
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {DUE} AS FROM partition_plan LIMIT 0")
    show_staged(warehouse, f"FROM {LAKE}.{table.name} LIMIT 0")
    audit(warehouse, table, seasons)
    sample_failures(warehouse, table)


def commit_seasons(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, run_id: str, planned_version: int
) -> int:
    """Record the verdict on `judged_seasons`; see `record_seasons`.

    Returns
    -------
    int
        How many partitions failed with their season.

    Raises
    ------
    InputsChangedError
        When an input changed or closed since the plan; nothing is written.
    """
    with warehouse.commit():
        verify_inputs(warehouse, graph, table, planned_version)
        failed = record_seasons(warehouse, table, run_id)
        record_incidents(warehouse, graph, table, run_id)
    warehouse.ledger_version = None
    return failed
