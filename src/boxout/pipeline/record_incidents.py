"""Open, update and close incidents, inside the transactions of `publish` and `record`.

An incident is one blocking check of one table that fails in one season. It opens in the
commit that records the first failed partition, follows the failure while it lasts, and
closes in the commit that repairs or waives the last one. `incidents` reads them.
"""

from __future__ import annotations

from boxout.pipeline.graph import Graph
from boxout.pipeline.reach import REACHED, follow_downstream
from boxout.pipeline.stage import DUE
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

REPAIRED, WAIVED = "repaired", "waived"
# How an incident is numbered: i0001 and on, in the order in which they open.
NEXT_INCIDENT = "SELECT coalesce(max(substr(incident_id, 2)::BIGINT), 0) FROM lake.ledger.incidents"
# Partitions that a failing check still holds back; one that failed may wait for an input since.
HELD = "('failed', 'blocked')"


def record_incidents(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, run_id: str
) -> None:
    """Bring a table's incidents in line with what was just recorded; part of its commit.

    Where nothing fails and nothing had failed it costs one query of temporary tables.
    """
    if not is_troubled(warehouse):
        return
    close_incidents(warehouse, table, run_id)
    _open(warehouse, table, run_id)
    _update(warehouse, graph, table)


def is_troubled(warehouse: Warehouse) -> bool:
    """Whether a blocking check of the judged chunk fails, or a due date was held back before."""
    return bool(
        warehouse.scalar(
            "SELECT (SELECT count(*) FROM check_now WHERE NOT passed AND severity = 'block') "
            f"+ (SELECT count(*) FROM {DUE} WHERE recorded_state IN {HELD})"
        )
    )


def find_failures(warehouse: Warehouse, table: TableDefinition) -> None:
    """Create the temporary tables `failing_now`, a table's failing blocking checks by season,
    and `failing_dates`, the dates that each of them holds back; needs `known_dates`.
    """
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE failing_dates AS
        SELECT r.check_name, r.scope, r.season, p.game_date, r.failing, r.total, r.at_least,
               r.detail
        FROM lake.ledger.check_results AS r JOIN lake.ledger.partitions AS p
          ON p.table_name = r.table_name AND p.season = r.season AND p.state IN {HELD}
         AND coalesce(r.game_date, p.game_date) = p.game_date
        JOIN known_dates AS k ON k.game_date = p.game_date
        WHERE r.table_name = $1 AND NOT r.passed AND r.severity = 'block'
        """,
        [table.name],
    )
    warehouse.execute(
        """
        CREATE OR REPLACE TEMP TABLE failing_now AS
        SELECT check_name, season, any_value(scope) AS scope, min(game_date) AS first_date,
               max(game_date) AS last_date, count(*) AS partitions,
               CASE any_value(scope) WHEN 'season' THEN max(failing) ELSE sum(failing) END::BIGINT
                 AS failing,
               CASE any_value(scope) WHEN 'season' THEN max(total) ELSE sum(total) END::BIGINT
                 AS total,
               max(at_least) AS at_least, any_value(detail) AS detail
        FROM failing_dates GROUP BY check_name, season
        """
    )


def close_incidents(warehouse: Warehouse, table: TableDefinition, run_id: str) -> None:
    """Close a table's incidents of which nothing fails any more; call inside a commit."""
    find_failures(warehouse, table)
    warehouse.connection.execute(
        f"""
        UPDATE lake.ledger.incidents AS i
        SET repaired_at = now()::TIMESTAMP, updated_at = now()::TIMESTAMP, repaired_run = $run,
            outcome = CASE WHEN EXISTS (
              SELECT 1 FROM lake.ledger.partitions AS p
              WHERE p.table_name = i.table_name AND p.state = 'waived'
                AND p.game_date BETWEEN i.first_date AND i.last_date)
              THEN '{WAIVED}' ELSE '{REPAIRED}' END
        WHERE i.table_name = $table AND i.repaired_at IS NULL AND i.source_file IS NULL
          AND NOT EXISTS (SELECT 1 FROM failing_now AS f
                          WHERE f.check_name = i.check_name AND f.season = i.season)
        """,
        {"table": table.name, "run": run_id},
    )


def _open(warehouse: Warehouse, table: TableDefinition, run_id: str) -> None:
    warehouse.connection.execute(
        f"""
        INSERT INTO lake.ledger.incidents BY NAME
        SELECT 'i' || lpad((({NEXT_INCIDENT}) + row_number()
                 OVER (ORDER BY season, check_name))::VARCHAR, 4, '0') AS incident_id,
               $table AS table_name, check_name, scope, season, first_date, last_date,
               now()::TIMESTAMP AS opened_at, $run AS opened_run, now()::TIMESTAMP AS updated_at
        FROM failing_now AS f
        WHERE NOT EXISTS (
          SELECT 1 FROM lake.ledger.incidents AS i
          WHERE i.table_name = $table AND i.check_name = f.check_name AND i.season = f.season
            AND i.repaired_at IS NULL)
        """,
        {"table": table.name, "run": run_id},
    )


def _update(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> None:
    """Write to the open incidents what fails now, and what waits for it downstream."""
    if not warehouse.scalar("SELECT count(*) FROM failing_now"):
        return
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {REACHED} AS SELECT DISTINCT "
        "season || ' ' || check_name AS source, $1::VARCHAR AS table_name, season, game_date "
        "FROM failing_dates",
        [table.name],
    )
    follow_downstream(warehouse, graph, table.name)
    warehouse.execute(
        f"""
        UPDATE lake.ledger.incidents AS i
        SET first_date = f.first_date, last_date = f.last_date, partitions = f.partitions,
            failing = f.failing, total = f.total, at_least = f.at_least, detail = f.detail,
            affected_partitions = coalesce(a.partitions, 0), affected = coalesce(a.listed, '[]'),
            updated_at = now()::TIMESTAMP
        FROM failing_now AS f LEFT JOIN (
          SELECT source, sum(partitions)::BIGINT AS partitions,
                 to_json(list({{'table': table_name, 'partitions': partitions,
                               'first_date': first_date, 'last_date': last_date}}
                              ORDER BY place))::VARCHAR AS listed
          FROM (SELECT source, table_name, count(*) AS partitions, min(game_date) AS first_date,
                       max(game_date) AS last_date,
                       list_position($2::VARCHAR[], table_name) AS place
                FROM {REACHED} WHERE table_name <> $1 GROUP BY source, table_name)
          GROUP BY source) AS a ON a.source = f.season || ' ' || f.check_name
        WHERE i.table_name = $1 AND i.check_name = f.check_name AND i.season = f.season
          AND i.repaired_at IS NULL
        """,
        [table.name, list(graph.tables)],
    )


def note_blocked(warehouse: Warehouse, table: TableDefinition) -> None:
    """Note on open incidents when the first reader waited; part of the commit that records it.

    The dates that wait are in the temporary table `newly_blocked`.
    """
    warehouse.execute(
        """
        UPDATE lake.ledger.incidents SET blocked_at = now()::TIMESTAMP
        WHERE repaired_at IS NULL AND blocked_at IS NULL
          AND table_name IN (SELECT unnest($1::VARCHAR[]))
          AND first_date <= (SELECT max(game_date) FROM newly_blocked)
        """,
        [list(table.windows)],
    )
