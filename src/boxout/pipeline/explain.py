"""Say why one partition is in the state it is in, down to the input dates that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from boxout.errors import UsageError
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY
from boxout.pipeline.plan import plan_upstream
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
    checks
        Failing checks of the partition: name, season or date, failing, total.
    """

    table: str
    game_date: date
    season: str
    state: str
    reason: str
    rows: int
    built_at: datetime | None
    inputs: tuple[InputRead, ...]
    checks: tuple[dict[str, object], ...]


def explain_partition(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, day: date
) -> Explanation:
    """Explain one partition.

    Raises
    ------
    UsageError
        When the table should have no partition on that date.
    """
    plan_upstream(warehouse, graph, table)
    found = warehouse.records("SELECT * FROM partition_plan WHERE game_date = $1", [day])
    if not found:
        raise UsageError(
            f"{table.name} has no partition on {day}: "
            "no game is scheduled and nothing is published.",
            table.name,
            "Choose a game date; `boxout plan` lists the range of dates.",
        )
    row = found[0]
    inputs = tuple(
        _read(warehouse, name, window, day, row["built_at"])
        for name, windows in table.windows.items()
        for window in windows
    )
    checks = warehouse.records(
        "SELECT check_name, scope, severity, game_date, failing, total, at_least, detail "
        "FROM lake.ledger.check_results WHERE table_name = $1 AND NOT passed "
        "AND (game_date = $2 OR (game_date IS NULL AND season = $3)) ORDER BY ALL",
        [table.name, day, row["season"]],
    )
    return Explanation(
        table.name,
        day,
        row["season"],
        row["state"],
        _reason(table, row, inputs),
        int(row["recorded_rows"]),
        row["built_at"],
        inputs,
        tuple(checks),
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
