"""What changed for a partition, when and by what: its own rows, what it reads, what has landed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from boxout.pipeline.graph import Graph
from boxout.pipeline.row_changes import DateDifference, compare_moments, version_committed
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

CHANGES_SHOWN = 10
FILES_SHOWN = 3
# When the content changed last, and which run built the partition last.
Record = tuple[datetime | None, str | None]


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


def own_record(warehouse: Warehouse, table: TableDefinition, day: date) -> Record | None:
    """When the partition's content changed last and which run built it last.

    Of `ledger_now` the plan has changed nothing but the tables above, as if they were built.
    """
    rows = warehouse.rows(
        "SELECT changed_at, run_id FROM ledger_now WHERE table_name = $1 AND game_date = $2",
        [table.name, day],
    )
    return rows[0] if rows else None


def own_change(
    warehouse: Warehouse,
    table: TableDefinition,
    day: date,
    own: Record,
    player_id: int | None,
    by: str | None,
) -> Change | None:
    """Return the last time that a partition's own content changed; None before it was built.

    Parameters
    ----------
    own
        What `own_record` says of it.
    player_id
        Look at this player's rows only.
    by
        What brought it, where that is known already.
    """
    changed_at, run_id = own
    if changed_at is None:
        return None
    # What was committed at a moment is published after it: the moment itself shows what was.
    found = compare_moments(warehouse, table, [day], changed_at, player_id)
    by = by or brought_by(warehouse, table.name, run_id, changed_at)
    return Change(table.name, day, changed_at, run_id, by, found.get(day))


def changes_since(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    read: Collection[tuple[str, date]],
    day: date,
    built_at: datetime | None,
    player_id: int | None,
) -> tuple[Change, ...]:
    """Return what changed after a partition was built: inputs, and landing dates above them.

    Parameters
    ----------
    read
        Table and date of each input partition that has changed since.
    built_at
        When it was built; nothing has changed for one that never was.
    """
    if built_at is None:
        return ()
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
        [built_at, day, above, [n for n, _ in read], [d for _, d in read], CHANGES_SHOWN],
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
            brought_by(warehouse, name, run_id, at),
            differences[name].get(changed),
        )
        for name, changed, at, run_id in rows
    )


def brought_by(warehouse: Warehouse, table: str, run_id: str | None, at: datetime) -> str:
    """Name the files, or the run at work then, that brought what was recorded at a moment."""
    files = warehouse.rows(
        "SELECT source_file FROM lake.ledger.files WHERE run_id = $1 AND table_name = $2 "
        "ORDER BY source_file",
        [run_id, table],
    )
    if files:
        return f"ingest {run_id} of {_shown([row[0] for row in files])}"
    taken = warehouse.rows(
        "SELECT source_file, who FROM lake.ledger.withdrawals WHERE run_id = $1 "
        "AND table_name = $2 ORDER BY source_file",
        [run_id, table],
    )
    if taken:
        return f"withdrawal {run_id} of {_shown([row[0] for row in taken])} by {taken[0][1]}"
    # A later run may have put its name on a partition that it found blocked.
    runs = warehouse.rows(
        f"SELECT run_id, command FROM {warehouse.in_full('ledger.runs')} WHERE started_at <= $2 "
        "AND coalesce(finished_at >= $2, true) "
        "ORDER BY (run_id = $1) DESC, started_at DESC LIMIT 1",
        [run_id, at],
    )
    return f"run {runs[0][0]} (boxout {runs[0][1]})" if runs else "a run that is not on record"


def _shown(files: Sequence[str]) -> str:
    names = [Path(name).name for name in files]
    more = f" and {len(names) - FILES_SHOWN} more files" if len(names) > FILES_SHOWN else ""
    return f"{', '.join(names[:FILES_SHOWN])}{more}"
