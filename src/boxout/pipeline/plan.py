"""Decide each partition's state from the schedule, the ledger and the code.

A partition is due when the fingerprint of what it reads, which `plan_query` finds, differs from
the one recorded at its building, and open when everything it reads is ready. When a season's
differs from the one that the season was last judged by, the season's checks are judged again.
Nothing here changes anything that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import (
    READY_SQL,
    forget_stale_partitions,
    known_dates,
    read_partitions,
)
from boxout.pipeline.plan_query import plan_query
from boxout.pipeline.resting import is_resting, note_resting, print_ledger
from boxout.tables.definition import RAW_PHASE, TableDefinition
from boxout.warehouse.ducklake import Warehouse

# The seasons of `partition_plan` to be judged again without computing any of their dates.
CHANGED_SEASONS = """
  SELECT season FROM partition_plan GROUP BY season
  HAVING NOT bool_or(is_due)
     AND bool_or(state IN ('fresh', 'bootstrap') AND recorded_rows > 0)
     AND arg_max(recorded_judged, built_at) IS DISTINCT FROM min(season_hash)
"""


@dataclass(frozen=True)
class TablePlan:
    """What is to be done for one table.

    Attributes
    ----------
    table
        Its name.
    counts
        Partitions by state: fresh, empty, bootstrap, waived, stale, missing, failed,
        blocked.
    due
        How many partitions are to be computed.
    first_due, last_due
        The range of dates to compute, or None.
    reasons
        Why partitions are blocked or failed, with the number of partitions each.
    """

    table: str
    counts: dict[str, int]
    due: int
    first_due: date | None
    last_due: date | None
    reasons: dict[str, int]


def plan_tables(
    warehouse: Warehouse,
    graph: Graph,
    planned: Callable[[TableDefinition], None] = lambda table: None,
    *,
    within: tuple[date, date] | None = None,
    forced: Collection[str] = (),
) -> list[TablePlan]:
    """Plan every table, assuming that what is due upstream will be built.

    Parameters
    ----------
    planned
        Called with each table while `partition_plan` is its own.
    within
        The first and last date that will be built; all when None. What is stale outside is left.
    forced
        Tables that are computed again where they are fresh.

    Returns
    -------
    list of TablePlan
        One a computed table, in dependency order.
    """
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    plans = []
    with warehouse.one_thread():
        for table in graph.computed:
            plan_partitions(warehouse, graph, table, force=table.name in forced)
            if within:
                _leave_outside(warehouse, table, *within)
            planned(table)
            plans.append(_summarise(warehouse, table))
            _assume_built(warehouse, table)
            if table.phase == RAW_PHASE:
                known_dates(warehouse)
    return plans


def _leave_outside(warehouse: Warehouse, table: TableDefinition, first: date, last: date) -> None:
    """Make nothing due outside a range, and nothing readable there that is stale."""
    outside = "game_date NOT BETWEEN $1 AND $2"
    warehouse.execute(
        "UPDATE ledger_now SET state = 'stale' WHERE table_name = $3 AND game_date IN "
        f"(SELECT game_date FROM partition_plan WHERE is_due AND {outside})",
        [first, last, table.name],
    )
    warehouse.execute(f"UPDATE partition_plan SET is_due = false WHERE {outside}", [first, last])
    print_ledger(warehouse, table.name)


def plan_upstream(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> None:
    """Plan one table, assuming that what is due upstream of it will be built."""
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    for upstream in graph.computed_upstream(table.name):
        if not is_resting(warehouse, upstream):
            plan_partitions(warehouse, graph, upstream)
            _assume_built(warehouse, upstream)
    if warehouse.ledger_version is None:  # something was assumed that is in no copy of the ledger
        known_dates(warehouse)
    plan_partitions(warehouse, graph, table)


def plan_partitions(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, *, force: bool = False
) -> None:
    """Create the temporary table `partition_plan` for one table from `ledger_now`.

    Columns: game_date, season, state (what the partition is now), is_due (open and to be
    computed), input_hash (what it would read), season_hash, is_open, reason, and the
    ledger's recorded_state, recorded_rows, recorded_hash.

    Parameters
    ----------
    force
        Make every open partition due, whatever the ledger says.
    """
    with warehouse.one_thread():
        if not force and is_resting(warehouse, table):
            warehouse.execute(_RESTING, [table.name])
            return
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE partition_plan AS {plan_query(graph, table)}",
            [table.name, force],
        )
        if warehouse.scalar(_HAS_NOTHING_TO_DO, [table.name]):
            note_resting(warehouse, table)


def carry_into_plan(warehouse: Warehouse, table: TableDefinition) -> None:
    """Bring `partition_plan` up to what a commit of one's own has just recorded of its due dates.

    Where nothing is left to be done then, the table is known to rest without being planned again.
    It holds where `ledger_now` has followed the commit, and nobody else has committed since the
    plan was made.
    """
    warehouse.execute(
        """
        UPDATE partition_plan AS p
        SET state = r.state, is_due = false, recorded_state = r.state,
            recorded_rows = r.row_count, recorded_input = r.input_hash,
            recorded_judged = r.judged_hash, built_at = r.built_at
        FROM ledger_now AS r
        WHERE r.table_name = $1 AND r.game_date = p.game_date AND p.is_due
        """,
        [table.name],
    )
    if warehouse.scalar(_HAS_NOTHING_TO_DO, [table.name]):
        note_resting(warehouse, table)


# The plan of a table of which all is ready: what is on record, and nothing due.
_RESTING = """
CREATE OR REPLACE TEMP TABLE partition_plan AS
SELECT game_date, season, input_hash,
       arg_max(judged_hash, built_at) OVER (PARTITION BY season) AS season_hash, true AS is_open,
       state AS recorded_state, row_count AS recorded_rows, content_hash AS recorded_hash,
       read_hashes AS recorded_reads, input_hash AS recorded_input,
       judged_hash AS recorded_judged, reason AS recorded_reason, code_hash AS recorded_code,
       built_at, changed_at, state, false AS is_due, reason
FROM ledger_now WHERE table_name = $1
"""
# Nothing is due, closed or failed, no season is to be judged again, no date is to be forgotten.
_HAS_NOTHING_TO_DO = f"""
SELECT count(*) FILTER (is_due OR NOT is_open OR state NOT IN ({READY_SQL})
                        OR recorded_input IS DISTINCT FROM input_hash) = 0
   AND count(*) = (SELECT count(*) FROM ledger_now WHERE table_name = $1)
   AND NOT EXISTS (FROM ({CHANGED_SEASONS}))
FROM partition_plan
"""


def _summarise(warehouse: Warehouse, table: TableDefinition) -> TablePlan:
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    first: date | None = None
    last: date | None = None
    due = 0
    for row in warehouse.records(
        """
        SELECT CASE WHEN is_due AND state = 'blocked' THEN 'stale' ELSE state END AS state,
               CASE WHEN state IN ('blocked', 'failed') THEN reason END AS reason,
               count(*) AS partitions, count(*) FILTER (is_due) AS due,
               min(CASE WHEN is_due THEN game_date END) AS first_due,
               max(CASE WHEN is_due THEN game_date END) AS last_due
        FROM partition_plan GROUP BY ALL
        """
    ):
        counts[row["state"]] = counts.get(row["state"], 0) + row["partitions"]
        due += row["due"]
        if row["reason"]:
            reasons[row["reason"]] = row["partitions"]
        if row["first_due"]:
            first = min(first or row["first_due"], row["first_due"])
            last = max(last or row["last_due"], row["last_due"])
    return TablePlan(table.name, counts, due, first, last, reasons)


def _assume_built(warehouse: Warehouse, table: TableDefinition) -> None:
    warehouse.ledger_version = None  # from here on `ledger_now` is no copy
    if not warehouse.scalar(
        "SELECT count(*) FROM partition_plan WHERE is_due OR state = 'blocked'"
    ):
        return
    warehouse.execute(
        "DELETE FROM ledger_now WHERE table_name = $1 AND game_date IN "
        "(SELECT game_date FROM partition_plan WHERE is_due OR state = 'blocked')",
        [table.name],
    )
    # Rows to come are unknown, so `planned` partitions count as scheduled games would.
    warehouse.execute(
        """
        INSERT INTO ledger_now (table_name, game_date, season, state, row_count, content_hash)
        SELECT $1, game_date, season, CASE WHEN is_due THEN 'planned' ELSE 'blocked' END,
               CASE WHEN is_due THEN greatest(recorded_rows, 1) ELSE recorded_rows END,
               CASE WHEN is_due THEN hash('planned', input_hash) ELSE recorded_hash END
        FROM partition_plan WHERE is_due OR state = 'blocked'
        """,
        [table.name],
    )
    print_ledger(warehouse, table.name)


def partition_plans(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return the rows of `partition_plan`, oldest first."""
    return warehouse.records("SELECT * FROM partition_plan ORDER BY game_date")
