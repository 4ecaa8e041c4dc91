"""Say why one partition is in the state it is in, down to the input dates that changed.

And further: when each changed, by which run or file, and what differs in its rows; for one
player, in that player's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from boxout.errors import UsageError
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY
from boxout.pipeline.partition_changes import (
    Change,
    brought_by,
    changes_since,
    own_change,
    own_record,
)
from boxout.pipeline.plan import plan_upstream
from boxout.pipeline.player_search import find_player
from boxout.pipeline.stage import Chunk, window_bounds
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

SHOWN_DATES = 10


@dataclass(frozen=True)
class InputRead:
    """What a partition reads of one input table in one window.

    Attributes
    ----------
    first, last
        The bounds of the window; None where it is open.
    partitions, ready
        Partitions of the input in the window, and those of them that may be read.
    changed
        Dates whose content changed since the partition was built; the newest ten.
    unready
        Dates that may not be read, with their state; the earliest ten.
    """

    table: str
    window: str
    first: date | None
    last: date | None
    partitions: int
    ready: int
    changed: tuple[date, ...]
    unready: tuple[tuple[date, str], ...]


@dataclass(frozen=True)
class Explanation:
    """Why a partition is in its state.

    Attributes
    ----------
    state, reason
        The state now, and one sentence that says why.
    built_by
        The run that built it last.
    own_change
        The last time that its own content changed; None before it was built.
    changes
        What it reads that has changed since it was built, and landing dates above it that
        have: the newest ten.
    checks
        Failing checks of the partition: name, season or date, failing, total.
    player_id, player
        The player whose rows were asked for, if one was.
    """

    table: str
    game_date: date
    season: str
    state: str
    reason: str
    rows: int
    built_at: datetime | None
    built_by: str | None
    own_change: Change | None
    changes: tuple[Change, ...]
    inputs: tuple[InputRead, ...]
    checks: tuple[dict[str, object], ...]
    player_id: int | None = None
    player: str | None = None


def explain_partition(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    day: date,
    player: str | None = None,
) -> Explanation:
    """Explain one partition.

    Parameters
    ----------
    player
        Name, part of a name, or id of the player whose rows to look at.

    Raises
    ------
    UsageError
        When the table should have no partition on that date, or there is no such player.
    """
    player_id, name = (None, None) if player is None else find_player(warehouse, player)
    plan_upstream(warehouse, graph, table)
    found = warehouse.records("SELECT * FROM partition_plan WHERE game_date = $1", [day])
    if not found:
        raise _no_partition(warehouse, table, day)
    row = found[0]
    inputs = tuple(
        _read(warehouse, name, window, day, row["built_at"])
        for name, windows in table.windows.items()
        for window in windows
    )
    checks = warehouse.records(
        "SELECT check_name, scope, severity, game_date, failing, total, at_least, detail "
        f"FROM {warehouse.in_full('ledger.check_results')} WHERE table_name = $1 AND NOT passed "
        "AND (game_date = $2 OR (game_date IS NULL AND season = $3)) ORDER BY ALL",
        [table.name, day, row["season"]],
    )
    own = own_record(warehouse, table, day)
    changed = {(read.table, on) for read in inputs for on in read.changed}
    built_at = row["built_at"]
    built_by = brought_by(warehouse, table.name, own[1], built_at) if own and built_at else None
    return Explanation(
        table.name,
        day,
        row["season"],
        row["state"],
        _reason(table, row, inputs),
        int(row["recorded_rows"]),
        built_at,
        built_by,
        # Where its content changed when it was built last, the same run did both.
        own_change(warehouse, table, day, own, player_id, built_by if own[0] == built_at else None)
        if own
        else None,
        changes_since(warehouse, graph, table, changed, day, built_at, player_id),
        inputs,
        tuple(checks),
        player_id,
        name,
    )


def _no_partition(warehouse: Warehouse, table: TableDefinition, day: date) -> UsageError:
    first, last = warehouse.rows("SELECT min(game_date), max(game_date) FROM partition_plan")[0]
    return UsageError(
        f"{table.name} has no partition on {day}: no game is scheduled and nothing is published.",
        f"its game dates are {first} to {last}" if first else f"{table.name} has no game date yet",
        "Choose a game date." if first else "Bring data in with `boxout ingest` or `boxout run`.",
    )


def _read(
    warehouse: Warehouse, name: str, window: str, day: date, built_at: datetime | None
) -> InputRead:
    first, last = window_bounds(window, Chunk(day, day, 1))
    low, high = first or date.min, last or date.max - timedelta(days=1)
    ready = ", ".join(f"'{state}'" for state in (*READY, "planned"))
    rows = warehouse.rows(
        f"SELECT game_date, state, state IN ({ready}), changed_at > $4 OR state = 'planned' "
        "FROM ledger_now WHERE table_name = $1 AND game_date BETWEEN $2 AND $3 ORDER BY 1",
        [name, low, high, built_at or datetime.max],
    )
    changed = [row[0] for row in rows if row[3]]
    unready = [(row[0], row[1]) for row in rows if not row[2]]
    return InputRead(
        name,
        window,
        first,
        last,
        len(rows),
        sum(1 for row in rows if row[2]),
        tuple(changed[-SHOWN_DATES:]),
        tuple(unready[:SHOWN_DATES]),
    )


def _reason(table: TableDefinition, row: dict[str, object], inputs: tuple[InputRead, ...]) -> str:
    state = row["state"]
    if state == "missing":
        return "It has never been built."
    if state == "stale":
        if row["recorded_code"] not in (None, table.code_hash):
            return "The table's own file has changed since it was built."
        if row["recorded_hash"] is None and row["recorded_rows"]:
            return "Other dates have been written with other columns since it was built."
        changed = [read for read in inputs if read.changed]
        if changed:
            return f"{changed[0].table} changed on {changed[0].changed[-1]} since it was built."
        return "Rows that it read have been withdrawn since it was built."
    if row["reason"]:
        return str(row["reason"])
    return {
        "fresh": "What it reads is what it was built from, and its contract holds.",
        "empty": "No game, or none that qualifies.",
        "bootstrap": "Built, but with too little history, by the table's own rule.",
        "waived": "Published past a failing check or a closed gate, on record.",
    }.get(str(state), "")
