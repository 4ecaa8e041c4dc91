"""Say why one partition is in the state it is in, down to the input dates that changed.

And further: when each changed, by which run or file, and what differs in its rows; for one
player, in that player's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from boxout.errors import UsageError
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY
from boxout.pipeline.plan import plan_upstream
from boxout.pipeline.row_changes import DateDifference, compare_moments, version_committed
from boxout.pipeline.stage import Chunk, window_bounds
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

SHOWN_DATES = 10
PLAYERS = "raw.players"


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
class Change:
    """One change of what is published for a table on a date.

    Attributes
    ----------
    changed_at
        When, UTC.
    by
        The command of the run, or the files of the ingest, that brought it.
    difference
        The rows that differ from before; None when nothing was published before, or when only
        one player's rows were asked for and none differs.
    """

    table: str
    game_date: date
    changed_at: datetime
    run_id: str | None
    by: str
    difference: DateDifference | None


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
        "FROM lake.ledger.check_results WHERE table_name = $1 AND NOT passed "
        "AND (game_date = $2 OR (game_date IS NULL AND season = $3)) ORDER BY ALL",
        [table.name, day, row["season"]],
    )
    own = _own_record(warehouse, table, day)
    built_at = row["built_at"]
    built_by = _by(warehouse, table.name, own[1], built_at) if own and built_at else None
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
        _own_change(warehouse, table, day, own, player_id, built_by if own[0] == built_at else None)
        if own
        else None,
        _changes(warehouse, graph, table, inputs, day, built_at, player_id),
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


def find_player(warehouse: Warehouse, player: str) -> tuple[int, str]:
    """Return the id and name of the one player that a name, part of one, or an id fits.

    Raises
    ------
    UsageError
        When none fits, or several.
    """
    found: list[tuple[int, str]] = []
    if _is_text(player) and warehouse.has_table(PLAYERS):
        wanted = (
            "player_id = try_cast($1 AS BIGINT)"
            if player.isdigit()
            else "contains(strip_accents(lower(full_name)), strip_accents(lower($1)))"
        )
        found = warehouse.rows(
            f"SELECT player_id, min(full_name) FROM {LAKE}.{PLAYERS} WHERE {wanted} "
            "GROUP BY player_id ORDER BY 2, 1",
            [player],
        )
    exact = [each for each in found if each[1].lower() == player.lower()]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) != 1:
        raise UsageError(
            f"{player!r} fits {len(found)} players." if found else f"No player is {player!r}.",
            ", ".join(f"{name} ({number})" for number, name in found[:SHOWN_DATES]) or PLAYERS,
            "Give the name in full, or the player's id.",
        )
    return chosen[0]


def _is_text(written: str) -> bool:
    """Whether it is no bytes of another encoding, which the engine does not take."""
    return not any("\ud800" <= character <= "\udfff" for character in written)


Record = tuple[datetime | None, str | None]


def _own_record(warehouse: Warehouse, table: TableDefinition, day: date) -> Record | None:
    """When the partition's content changed last and which run built it last.

    Of `ledger_now` the plan has changed nothing but the tables above, as if they were built.
    """
    rows = warehouse.rows(
        "SELECT changed_at, run_id FROM ledger_now WHERE table_name = $1 AND game_date = $2",
        [table.name, day],
    )
    return rows[0] if rows else None


def _own_change(
    warehouse: Warehouse,
    table: TableDefinition,
    day: date,
    own: Record,
    player_id: int | None,
    by: str | None,
) -> Change | None:
    changed_at, run_id = own
    if changed_at is None:
        return None
    # What was committed at a moment is published after it: the moment itself shows what was.
    found = compare_moments(warehouse, table, [day], changed_at, player_id)
    by = by or _by(warehouse, table.name, run_id, changed_at)
    return Change(table.name, day, changed_at, run_id, by, found.get(day))


def _changes(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    inputs: tuple[InputRead, ...],
    day: date,
    built_at: datetime | None,
    player_id: int | None,
) -> tuple[Change, ...]:
    """What changed after the partition was built: its inputs, and landing dates above them."""
    if built_at is None:
        return ()
    read = {(read.table, changed) for read in inputs for changed in read.changed}
    above = [name for name in graph.upstream(table.name) if graph.tables[name].is_landing]
    # To ask the plan's copy of the ledger, which has landing tables as they are, takes no time.
    has_landed = warehouse.scalar(
        "SELECT count(*) FROM ledger_now WHERE changed_at > $1 AND game_date <= $2 "
        "AND table_name IN (SELECT unnest($3::VARCHAR[]))",
        [built_at, day, above],
    )
    if not (read or has_landed):
        return ()
    rows = warehouse.rows(
        """
        SELECT table_name, game_date, changed_at, run_id FROM lake.ledger.partitions
        WHERE changed_at > $1 AND game_date <= $2 AND (table_name IN (SELECT unnest($3::VARCHAR[]))
              OR (table_name, game_date) IN (
                SELECT unnest($4::VARCHAR[]), unnest($5::DATE[])))
        ORDER BY changed_at DESC, table_name, game_date DESC LIMIT $6
        """,
        [built_at, day, above, [n for n, _ in read], [d for _, d in read], SHOWN_DATES],
    )
    # It was built from what was published with it, where that was computed by the same commit.
    then = (version_committed(warehouse, built_at) if rows else None) or built_at
    differences = {
        name: compare_moments(
            warehouse, graph.tables[name], [r[1] for r in rows if r[0] == name], then, player_id
        )
        for name in {row[0] for row in rows}
    }
    return tuple(
        Change(
            name,
            changed,
            at,
            run_id,
            _by(warehouse, name, run_id, at),
            differences[name].get(changed),
        )
        for name, changed, at, run_id in rows
    )


def _by(warehouse: Warehouse, table: str, run_id: str | None, at: datetime) -> str:
    """Name the files, or the run at work then, that brought what was recorded at a moment."""
    files = warehouse.rows(
        "SELECT source_file FROM lake.ledger.files WHERE run_id = $1 AND table_name = $2 "
        "ORDER BY source_file",
        [run_id, table],
    )
    if files:
        names = [Path(row[0]).name for row in files]
        more = f" and {len(names) - 3} more files" if len(names) > 3 else ""
        return f"ingest {run_id} of {', '.join(names[:3])}{more}"
    # A later run may have put its name on a partition that it found blocked.
    runs = warehouse.rows(
        "SELECT run_id, command FROM lake.ledger.runs WHERE started_at <= $2 "
        "AND coalesce(finished_at >= $2, true) "
        "ORDER BY (run_id = $1) DESC, started_at DESC LIMIT 1",
        [run_id, at],
    )
    return f"run {runs[0][0]} (boxout {runs[0][1]})" if runs else "a run that is not on record"


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
