"""Judge a staged chunk: each date's new state and content, and what differs from before.

Reads only; `publish` writes what is decided here.
"""

from __future__ import annotations

from datetime import date

from boxout.pipeline.content_hash import content_hash_expression, read_hashes_expression
from boxout.pipeline.failure_samples import sample_failures
from boxout.pipeline.graph import Graph
from boxout.pipeline.reads import columns_by_reader
from boxout.pipeline.stage import DUE, STAGED
from boxout.pipeline.waiver import Waiver, let_through
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse


def judge_chunk(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, waiver: Waiver | None = None
) -> None:
    """Judge the staged chunk by its checks and find what differs from what is published.

    Creates the temporary tables `outcome`, `failure_samples` and `kept_rows`.
    """
    columns = warehouse.columns(STAGED)
    reads = columns_by_reader(warehouse.home, graph, table.name, columns)
    _decide(warehouse, columns, reads, waiver)
    sample_failures(warehouse, table)
    if changes_shape(warehouse, table, columns):
        # Columns come and go: whatever is published has to be written in the new shape.
        warehouse.execute("UPDATE outcome SET is_changed = is_published")
    _find_differences(warehouse, table, columns)


def changes_shape(warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]) -> bool:
    """Whether the published table has other columns than the staged one."""
    return warehouse.has_table(table.name) and warehouse.columns(f"{LAKE}.{table.name}") != columns


def _decide(
    warehouse: Warehouse,
    columns: dict[str, str],
    reads: dict[str, tuple[str, ...]],
    waiver: Waiver | None,
) -> None:
    """Create `outcome`: each due date's new state, content hash and row count."""
    waived = let_through(waiver)
    opens_gates = "true" if waiver and waiver.opens_gates else "false"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        WITH content AS (
          SELECT game_date, count(*) AS rows, {content_hash_expression(columns)} AS content_hash,
                 {read_hashes_expression(reads)} AS read_hashes
          FROM {STAGED} GROUP BY game_date),
        by_date AS (
          SELECT game_date, string_agg(check_name, ', ' ORDER BY check_name) AS checks,
                 bool_and({waived}) AS is_waived
          FROM check_now WHERE NOT passed AND severity = 'block' AND scope <> 'season'
          GROUP BY game_date),
        by_season AS (
          SELECT season, string_agg(check_name, ', ' ORDER BY check_name) AS checks,
                 bool_and({waived}) AS is_waived
          FROM check_now WHERE NOT passed AND severity = 'block' AND scope = 'season'
          GROUP BY season),
        joined AS (
          SELECT d.*, coalesce(c.rows, 0) AS rows, coalesce(c.content_hash, 0) AS content_hash,
                 c.read_hashes,
                 f.checks AS date_checks, s.checks AS season_checks,
                 coalesce(f.is_waived, true) AND coalesce(s.is_waived, true) AS is_waived,
                 b.game_date IS NOT NULL AS is_bootstrap
          FROM {DUE} AS d LEFT JOIN content AS c USING (game_date)
          LEFT JOIN by_date AS f USING (game_date) LEFT JOIN by_season AS s USING (season)
          LEFT JOIN bootstrap_dates AS b USING (game_date)),
        stated AS (
          SELECT *, CASE
            WHEN NOT is_waived THEN 'failed'
            WHEN date_checks IS NOT NULL OR season_checks IS NOT NULL
              OR ({opens_gates} AND NOT is_open) THEN 'waived'
            WHEN rows = 0 THEN 'empty' WHEN is_bootstrap THEN 'bootstrap'
            ELSE 'fresh' END AS new_state
          FROM joined)
        SELECT *, new_state <> 'failed' AS is_published,
               CASE WHEN date_checks IS NOT NULL THEN date_checks
                    WHEN season_checks IS NOT NULL THEN 'season: ' || season_checks
                    WHEN NOT is_open THEN reason END AS why,
               new_state <> 'failed' AND (recorded_state IS NULL
                 OR content_hash IS DISTINCT FROM coalesce(recorded_hash, 0)) AS is_changed
        FROM stated
        """
    )


def rewritten_range(warehouse: Warehouse) -> tuple[date | None, date | None]:
    """Return the first and last date whose published rows change; None where there is none."""
    low, high = warehouse.rows(
        "SELECT min(game_date), max(game_date) FROM outcome WHERE is_changed AND recorded_rows > 0"
    )[0]
    return low, high


def _find_differences(
    warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]
) -> None:
    """Create `kept_rows`: keys of published rows on changed dates that stay as they are."""
    low, high = rewritten_range(warehouse)
    key_columns = ", ".join(dict.fromkeys(("game_date", *table.key)))
    if low is None or changes_shape(warehouse, table, columns):
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE kept_rows AS SELECT {key_columns} FROM {STAGED} LIMIT 0"
        )
        return
    listed = ", ".join(f'"{name}"' for name in sorted(columns))
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE kept_rows AS
        SELECT {key_columns} FROM (
          SELECT {key_columns}, hash({listed}) FROM {STAGED} WHERE game_date BETWEEN $1 AND $2
          INTERSECT
          SELECT {key_columns}, hash({listed}) FROM {LAKE}.{table.name}
          WHERE game_date BETWEEN $1 AND $2)
        WHERE game_date IN (SELECT game_date FROM outcome WHERE is_changed)
        """,
        [low, high],
    )
