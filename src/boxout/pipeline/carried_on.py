"""Count what has been ingested and not been carried onward, without planning the whole project."""

from __future__ import annotations

from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.warehouse.ducklake import Warehouse


def count_not_carried_on(warehouse: Warehouse, graph: Graph, partitions: str) -> int:
    """Count landing partitions that changed since what reads them was built, and differ from it.

    Times alone do not tell: what was corrected and put back before a run, or concerns a column that
    nobody reads, leaves nothing to be built. The readers of what is newer are planned therefore;
    where nothing is, it is one query.

    Parameters
    ----------
    partitions
        A table with the ledger's partitions: table_name, game_date, row_count, built_at,
        changed_at.
    """
    newer = _find_newer(warehouse, graph, partitions)
    if not newer:
        return 0
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    warehouse.execute("CREATE OR REPLACE TEMP TABLE differing (landing VARCHAR, game_date DATE)")
    for reader in graph.computed:
        landing = [name for name in newer if name in reader.windows]
        if not landing:
            continue
        plan_partitions(warehouse, graph, reader)
        warehouse.execute(
            "INSERT INTO differing SELECT unnest($1::VARCHAR[]), game_date FROM partition_plan "
            "WHERE recorded_input IS DISTINCT FROM input_hash",
            [landing],
        )
    return int(
        warehouse.scalar(
            "SELECT count(*) FROM newer SEMI JOIN differing USING (landing, game_date)"
        )
    )


def _find_newer(warehouse: Warehouse, graph: Graph, partitions: str) -> list[str]:
    """Create the temporary table `newer` (landing, game_date), and return its tables.

    It has the landing partitions that changed after all that reads them was built, if it was.
    """
    pairs = [(n, t.name) for t in graph.computed for n in t.windows if graph.tables[n].is_landing]
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newer AS
        WITH reads AS (
          SELECT unnest($1::VARCHAR[]) AS landing, unnest($2::VARCHAR[]) AS reader),
        built AS (
          SELECT r.landing, p.game_date, max(p.built_at) AS built_at
          FROM {partitions} AS p JOIN reads AS r ON r.reader = p.table_name
          GROUP BY ALL)
        SELECT l.table_name AS landing, l.game_date FROM {partitions} AS l
        LEFT JOIN built AS b ON b.landing = l.table_name AND b.game_date = l.game_date
        WHERE l.table_name LIKE 'landing.%' AND l.row_count > 0
          AND coalesce(l.changed_at > b.built_at, true)
        """,
        [[landing for landing, _ in pairs], [reader for _, reader in pairs]],
    )
    return [name for (name,) in warehouse.rows("SELECT DISTINCT landing FROM newer")]
