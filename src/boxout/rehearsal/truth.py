"""Compare what a project holds with what it held, or should: by hashes, and row by row."""

from __future__ import annotations

from dataclasses import dataclass

from boxout.pipeline.content_hash import content_hash_expression
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.run import run_tables
from boxout.warehouse.ducklake import LAKE, Warehouse


@dataclass(frozen=True)
class Snapshot:
    """What a project holds at one moment: its data version and each partition's content."""

    version: int
    partitions: frozenset[tuple[str, str, str, int, int]]


def take_snapshot(warehouse: Warehouse, graph: Graph) -> Snapshot:
    """Return what every partition of the graph's computed tables holds."""
    return Snapshot(
        warehouse.version(),
        frozenset(
            warehouse.rows(
                "SELECT table_name, game_date::VARCHAR, state, row_count, "
                "coalesce(content_hash, 0) FROM lake.ledger.partitions "
                "WHERE table_name IN (SELECT unnest($1::VARCHAR[]))",
                [[table.name for table in graph.computed]],
            )
        ),
    )


def wrong_rows(warehouse: Warehouse, graph: Graph, before: Snapshot) -> tuple[dict[str, int], int]:
    """Count the rows now published that the project did not hold before.

    Only partitions whose content has changed since are compared, row by row, with the data
    version of before.

    Returns
    -------
    tuple
        By table, the rows that differ in anything but the game's id; and how many rows differ in
        that alone: while no source has the NBA's id, a game goes by one of our own everywhere.
    """
    changed: dict[str, set[str]] = {}
    old = {(table, day): content for table, day, _, _, content in before.partitions}
    for table, day, _, _, content in take_snapshot(warehouse, graph).partitions:
        if old.get((table, day), 0) != content:
            changed.setdefault(table, set()).add(day)
    found, renamed = {}, 0
    for table, days in sorted(changed.items()):
        has_id = "game_id" in warehouse.columns(f"{LAKE}.{table}")
        wrong = _rows_more(warehouse, table, before, days, "* EXCLUDE (game_id)" if has_id else "*")
        renamed += _rows_more(warehouse, table, before, days, "*") - wrong
        if wrong:
            found[table] = wrong
    return found, renamed


def _rows_more(
    warehouse: Warehouse, table: str, before: Snapshot, days: set[str], columns: str
) -> int:
    """Count the rows of some dates that are there now and were not before."""
    of_days = "WHERE game_date IN (SELECT unnest($1::DATE[]))"
    return int(
        warehouse.scalar(
            f"SELECT count(*) FROM (SELECT {columns} FROM {LAKE}.{table} {of_days} EXCEPT ALL "
            f"SELECT {columns} FROM {LAKE}.{table} AT (VERSION => {before.version}) {of_days})",
            [sorted(days)],
        )
    )


def torn_partitions(warehouse: Warehouse) -> dict[str, int]:
    """Count the partitions whose rows are not those that the ledger has the hash of, by table."""
    found = {}
    for (table,) in warehouse.rows(
        "SELECT DISTINCT table_name FROM lake.ledger.partitions "
        "WHERE row_count > 0 AND table_name NOT LIKE 'landing.%'"
    ):
        columns = warehouse.columns(f"{LAKE}.{table}")
        content = content_hash_expression(columns, columns)
        torn = warehouse.scalar(
            f"""
            SELECT count(*) FROM (
              SELECT game_date, {content} AS content FROM {LAKE}.{table} GROUP BY game_date) AS t
            FULL JOIN (
              SELECT game_date, content_hash FROM lake.ledger.partitions
              WHERE table_name = $1 AND row_count > 0) AS p USING (game_date)
            WHERE t.content IS DISTINCT FROM p.content_hash
            """,
            [table],
        )
        if torn:
            found[table] = int(torn)
    return found


def recomputed_differences(warehouse: Warehouse, graph: Graph) -> int:
    """Compute everything anew and count the partitions that come out otherwise."""
    before = take_snapshot(warehouse, graph)
    run_tables(warehouse, graph, graph.computed, RunOptions(force=True), command="rehearse")
    return len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
