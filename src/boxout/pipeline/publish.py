"""Publish what passed, quarantine what failed: one transaction a chunk.

The transaction first verifies that the inputs' hashes are still those that were read.
Only rows that differ are written; a date whose content is unchanged keeps its hash, so
that nothing downstream of it becomes stale (early cutoff).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boxout.pipeline.creation import create_table
from boxout.pipeline.graph import Graph
from boxout.pipeline.judge import changes_shape, rewritten_range
from boxout.pipeline.ledger import READY_SQL, follow_commit, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.record import make_record, record_outcome
from boxout.pipeline.record_incidents import record_incidents
from boxout.pipeline.record_jointly import keep_outcome
from boxout.pipeline.stage import COMPUTED, DUE
from boxout.pipeline.waiver import Waiver
from boxout.tables.definition import PLAYER, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

# Breaks in the order of dates: as many row groups of a file are read in vain for a few dates.
FEW_BREAKS = 8


class NotCleanError(Exception):
    """A table cannot be committed with others: it is to be altered, or something held back."""


class InputsChangedError(Exception):
    """The inputs changed between the reading and the commit; the chunk must start over.

    Parameters
    ----------
    reason
        Which input changed, on which date, and what it is now.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Published:
    """What one chunk's commit did.

    Attributes
    ----------
    version
        The data version that it made, or will with the commit around it.
    is_followed
        Whether the copy of the ledger has what was committed.
    is_reshaped
        Whether the table has other columns now, or columns of another type.
    computed, changed
        Partitions computed, and those of them whose content changed.
    rows_computed, rows_written, rows_removed
        Rows computed, inserted and deleted.
    failed, waived
        Partitions held back, and partitions let through by a waiver.
    failures
        The failing blocking checks, with the number of dates or seasons each.
    """

    version: int
    is_followed: bool
    is_reshaped: bool
    computed: int
    changed: int
    rows_computed: int
    rows_written: int
    rows_removed: int
    failed: int
    waived: int
    failures: dict[str, int]


def commit_chunk(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    run_id: str,
    planned_version: int,
    waiver: Waiver | None = None,
    players: str | None = None,
) -> Published:
    """Commit the prepared chunk with its check results and ledger rows.

    Within a commit around it, which is for chunks without trouble, what is to be recorded is kept
    to be written with that of other tables; see `record_jointly`.

    Parameters
    ----------
    planned_version
        The lake's version when the plan was made.
    players
        The table of the only players whose rows were computed; see `stage_table`.

    Raises
    ------
    InputsChangedError
        When an input changed or closed since the plan; nothing is written.
    NotCleanError
        When the table is to be altered within a commit that others share; nothing is written.
    """
    columns = warehouse.columns(COMPUTED)
    is_joint = warehouse.is_committing
    with warehouse.commit():
        version = verify_inputs(warehouse, graph, table, planned_version)
        if not warehouse.has_table(table.name):
            create_table(warehouse, table, f"FROM {COMPUTED}")
        # Where all of it is held back, what is published keeps its columns, too.
        is_published = warehouse.scalar("SELECT bool_or(is_published) FROM outcome")
        is_reshaped = bool(is_published and changes_shape(warehouse, table, columns))
        if is_reshaped and is_joint:
            raise NotCleanError
        if is_reshaped:
            _reshape(warehouse, table, columns)
        removed, written = (
            _write_rows(warehouse, table, columns, players) if is_published else (0, 0)
        )
        if is_joint:
            keep_outcome(warehouse, table, run_id, make_record(warehouse, table, run_id))
        else:
            record_outcome(warehouse, table, run_id, waiver)
            record_incidents(warehouse, graph, table, run_id)
    is_followed = follow_commit(warehouse, table, version)
    if is_reshaped:  # dates beside the chunk have another record now, too
        warehouse.ledger_version, is_followed = None, False
    return _summarise(warehouse, version + 1, is_followed, is_reshaped, (removed, written))


def verify_inputs(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, planned_version: int
) -> int:
    """Return the data version; call inside a commit, before anything is written.

    Raises
    ------
    InputsChangedError
        When an input changed or closed since the plan.
    """
    version = warehouse.version()
    if version == planned_version:
        return version  # nobody has committed anything since the plan was made
    above = graph.upstream(table.name)
    changed = warehouse.own_commits.tables_between(planned_version, version)
    if changed is not None and changed.isdisjoint((table.name, *above)):
        return read_partitions(warehouse)  # a table beside this one, by this process
    change = _changed_upstream(warehouse, above)
    if change:
        raise InputsChangedError(change)
    version = read_partitions(warehouse)
    plan_partitions(warehouse, graph, table)
    differs = warehouse.rows(
        "SELECT game_date, coalesce(p.reason, 'another plan than the one it was computed by') "
        f"FROM {DUE} AS d LEFT JOIN partition_plan AS p USING (game_date) "
        "WHERE p.input_hash IS DISTINCT FROM d.input_hash OR p.is_open IS DISTINCT FROM d.is_open "
        "ORDER BY game_date LIMIT 1"
    )
    if differs:
        raise InputsChangedError(f"{differs[0][0]}: {differs[0][1]}")
    return version


def _changed_upstream(warehouse: Warehouse, above: Sequence[str]) -> str | None:
    """Say what of the tables above, at any distance, is not what it was at the plan."""
    content = "SELECT table_name, game_date, row_count, content_hash"
    of_these = "WHERE table_name IN (SELECT unnest($1::VARCHAR[]))"
    then, now = (
        f"{content} FROM {of} {of_these}" for of in ("ledger_now", f"{LAKE}.ledger.partitions")
    )
    rows = warehouse.rows(
        f"""
        WITH moved AS (
          SELECT DISTINCT table_name, game_date
          FROM (({now} EXCEPT {then}) UNION ALL ({then} EXCEPT {now}))),
        soured AS (
          SELECT table_name, game_date
          FROM {LAKE}.ledger.partitions AS p JOIN ledger_now AS n USING (table_name, game_date)
          {of_these} AND p.state NOT IN ({READY_SQL}) AND n.state IN ({READY_SQL}))
        SELECT m.table_name, m.game_date, p.state, p.reason, count(*) OVER () AS dates
        FROM (FROM moved UNION FROM soured) AS m
        LEFT JOIN {LAKE}.ledger.partitions AS p USING (table_name, game_date)
        WHERE EXISTS (FROM moved)
        ORDER BY coalesce(p.state, '') IN ({READY_SQL}), list_position($1::VARCHAR[], table_name),
                 game_date LIMIT 1
        """,
        [list(above)],
    )
    if not rows:
        return None
    name, day, state, reason, dates = rows[0]
    more = f" and {dates - 1} more of its inputs' dates" if dates > 1 else ""
    why = f": {reason}" if reason else ""
    return f"{name} on {day}{more} changed under it; it is {state or 'withdrawn'} now{why}"


def _reshape(warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]) -> None:
    published = warehouse.columns(f"{LAKE}.{table.name}")
    name = f"{LAKE}.{table.name}"
    for column, kind in columns.items():
        if published.get(column) != kind:
            aside = f'ALTER TABLE {name} DROP COLUMN "{column}"'
            if column in published:
                warehouse.execute(aside)
            warehouse.execute(f'ALTER TABLE {name} ADD COLUMN "{column}" {kind}')
    for column in published.keys() - columns.keys():
        warehouse.execute(f'ALTER TABLE {name} DROP COLUMN "{column}"')
    # Other dates now lack the new columns: without a hash they count as changed when rebuilt.
    warehouse.execute(
        "UPDATE lake.ledger.partitions SET content_hash = NULL WHERE table_name = $1", [table.name]
    )


def _write_rows(
    warehouse: Warehouse, table: TableDefinition, columns: dict[str, str], players: str | None
) -> tuple[int, int]:
    """Write the rows that differ, and return how many were removed and how many written."""
    keys = list(dict.fromkeys(("game_date", *table.key)))
    same = " AND ".join(f"k.{c} = t.{c}" for c in keys)
    name = f"{LAKE}.{table.name}"
    removed = 0
    low, high = rewritten_range(warehouse)
    if low is not None:
        removed = warehouse.scalar(
            f"""
            DELETE FROM {name} AS t
            WHERE game_date BETWEEN $1 AND $2
              AND game_date IN (SELECT game_date FROM outcome WHERE is_changed)
              AND NOT EXISTS (SELECT 1 FROM kept_rows AS k WHERE {same})
              {f"AND {PLAYER} IN (FROM {players})" if players else ""}
            """,
            [low, high],
        )
    listed = ", ".join(f'"{column}"' for column in columns)
    order = "" if _is_in_order(warehouse) else f"ORDER BY {', '.join(f't.{c}' for c in keys)}"
    written = warehouse.scalar(
        f"""
        INSERT INTO {name} ({listed})
        SELECT {", ".join(f't."{column}"' for column in columns)} FROM {COMPUTED} AS t
        WHERE game_date IN (SELECT game_date FROM outcome WHERE is_changed)
          AND NOT EXISTS (SELECT 1 FROM kept_rows AS k WHERE {same})
        {order}
        """
    )
    return int(removed or 0), int(written or 0)


def _is_in_order(warehouse: Warehouse) -> bool:
    """Whether the computed rows are in the order of their dates, but for a few breaks.

    Rows are written by date, so that a few dates are read without the rest of the file. To sort
    them takes as long as to write half of them, and many queries give them in order: a table
    that is made by joins keeps the order of what it begins with, a season or so at a time.
    """
    breaks = warehouse.scalar(
        "SELECT count(*) FROM (SELECT game_date, lag(game_date) OVER () AS before "
        f"FROM {COMPUTED}) WHERE game_date < before"
    )
    return int(breaks) <= FEW_BREAKS


def _summarise(
    warehouse: Warehouse, version: int, is_followed: bool, is_reshaped: bool, rows: tuple[int, int]
) -> Published:
    removed, written = rows
    row = warehouse.records(
        """
        SELECT count(*) AS computed,
               coalesce(sum(rows), 0)::BIGINT AS rows_computed,
               count(*) FILTER (WHERE is_changed AND (rows > 0 OR recorded_rows > 0)) AS changed,
               count(*) FILTER (WHERE new_state = 'failed') AS failed,
               count(*) FILTER (WHERE new_state = 'waived') AS waived
        FROM outcome
        """
    )[0]
    failures = dict(
        warehouse.rows(
            "SELECT check_name, count(*) FROM check_now "
            "WHERE NOT passed AND severity = 'block' GROUP BY 1 ORDER BY 1"
        )
    )
    return Published(
        version=version,
        is_followed=is_followed,
        is_reshaped=is_reshaped,
        computed=row["computed"],
        changed=row["changed"],
        rows_computed=row["rows_computed"],
        rows_written=written,
        rows_removed=removed,
        failed=row["failed"],
        waived=row["waived"],
        failures=failures,
    )
