"""Judge a staged chunk: each date's new state and content, and what differs from before.

Reads only; `publish` writes what is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from boxout.pipeline.content_hash import (
    content_hash_expression,
    moved_hash_expression,
    read_hashes_expression,
)
from boxout.pipeline.failure_samples import sample_failures
from boxout.pipeline.graph import Graph
from boxout.pipeline.reads import columns_by_reader
from boxout.pipeline.stage import COMPUTED, DUE
from boxout.pipeline.waiver import Waiver, let_through
from boxout.tables.definition import PLAYER, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

# What is published of the only players whose rows were computed.
_REPLACED = "replaced_rows"
_IS_CHANGED = "game_date IN (SELECT game_date FROM outcome WHERE is_changed)"


def judge_chunk(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    waiver: Waiver | None = None,
    players: str | None = None,
) -> None:
    """Judge the staged chunk by its checks and find what differs from what is published.

    Creates the temporary tables `outcome`, `failure_samples`, `published_rows` and `kept_rows`.

    Parameters
    ----------
    players
        The table of the only players whose rows were computed; see `stage_table`.
    """
    columns = warehouse.columns(COMPUTED)
    reads = columns_by_reader(warehouse.home, graph, table.name, columns)
    content = _content_query(COMPUTED, columns, reads)
    published = f"{LAKE}.{table.name}"
    if players:
        _read_replaced(warehouse, table, players)
        published = _REPLACED
        content = _moved_content_query(content, _content_query(_REPLACED, columns, reads), reads)
    _decide(warehouse, content, waiver)
    sample_failures(warehouse, table)
    if changes_shape(warehouse, table, columns):
        # Columns come and go: whatever is published has to be written in the new shape.
        warehouse.execute("UPDATE outcome SET is_changed = is_published")
    _find_differences(warehouse, table, columns, published)


def differing_rows_query(table: TableDefinition) -> str:
    """Return the query of the keys of the judged chunk's rows that come, go or change."""
    keys = _keys(table)
    return (
        f"SELECT * FROM (SELECT {keys} FROM {COMPUTED} WHERE {_IS_CHANGED} "
        f"UNION SELECT {keys} FROM published_rows) ANTI JOIN kept_rows USING ({keys})"
    )


def changes_shape(warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]) -> bool:
    """Whether the published table has other columns than the staged one."""
    return warehouse.has_table(table.name) and warehouse.columns(f"{LAKE}.{table.name}") != columns


def _content_query(
    relation: str, columns: dict[str, str], reads: dict[str, tuple[str, ...]]
) -> str:
    """Return the query of a relation's rows and hashes by date."""
    return f"""
          SELECT game_date, count(*) AS rows,
                 {content_hash_expression(columns, columns)} AS content_hash,
                 {read_hashes_expression(reads, columns)} AS read_hashes
          FROM {relation} GROUP BY game_date"""


def _read_replaced(warehouse: Warehouse, table: TableDefinition, players: str) -> None:
    """Create `replaced_rows`, what is published of some players on the due dates."""
    low, high = warehouse.rows(f"SELECT min(game_date), max(game_date) FROM {DUE}")[0]
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {_REPLACED} AS SELECT * FROM {LAKE}.{table.name} "
        f"WHERE game_date BETWEEN DATE '{low}' AND DATE '{high}' "
        f"AND game_date IN (SELECT game_date FROM {DUE}) AND {PLAYER} IN (FROM {players})"
    )


def _moved_content_query(come: str, gone: str, reads: Iterable[str]) -> str:
    """Return the query of the due dates' rows and hashes after some rows are replaced."""
    keys = ", ".join(f"'{reader}'" for reader in reads)
    before = "CASE WHEN recorded_rows = 0 THEN 0 ELSE {} END"
    moved = ", ".join(
        moved_hash_expression(
            before.format(f"recorded_reads['{reader}']"),
            f"g.read_hashes['{reader}']",
            f"c.read_hashes['{reader}']",
        )
        for reader in reads
    )
    content = moved_hash_expression(
        before.format("recorded_hash"), "g.content_hash", "c.content_hash"
    )
    return f"""
          SELECT game_date, recorded_rows - coalesce(g.rows, 0) + coalesce(c.rows, 0) AS rows,
                 {content} AS content_hash,
                 MAP([{keys}]::VARCHAR[], [{moved}]::UBIGINT[]) AS read_hashes
          FROM {DUE} LEFT JOIN ({gone}) AS g USING (game_date)
          LEFT JOIN ({come}) AS c USING (game_date)"""


def _decide(warehouse: Warehouse, content: str, waiver: Waiver | None) -> None:
    """Create `outcome`: each due date's new state, content hash and row count."""
    waived = let_through(waiver)
    opens_gates = "true" if waiver and waiver.opens_gates else "false"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        WITH content AS ({content}),
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


def _keys(table: TableDefinition) -> str:
    return ", ".join(dict.fromkeys(("game_date", *table.key)))


def _find_differences(
    warehouse: Warehouse, table: TableDefinition, columns: dict[str, str], published: str
) -> None:
    """Create `published_rows`, keys and contents on changed dates, and `kept_rows`.

    `kept_rows` has the keys of published rows that stay as they are. A key that is there more than
    once, before or now, is none: of as many rows as are published those that should be are written.

    Parameters
    ----------
    published
        The relation of the published rows of those players whose rows were computed.
    """
    keys = _keys(table)
    low, high = rewritten_range(warehouse)
    if low is None or changes_shape(warehouse, table, columns):
        for name in ("published_rows", "kept_rows"):
            warehouse.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {keys} FROM {COMPUTED} LIMIT 0"
            )
        return
    content = ", ".join(f'"{name}"' for name in sorted(columns))
    rows = f"SELECT {keys}, hash({content}) AS content"
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE published_rows AS {rows} FROM {published} "
        f"WHERE game_date BETWEEN DATE '{low}' AND DATE '{high}' AND {_IS_CHANGED}"
    )
    more_than_once = f"GROUP BY {keys} HAVING count(*) > 1"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE kept_rows AS
        SELECT {keys} FROM (
          {rows} FROM {COMPUTED} WHERE {_IS_CHANGED} INTERSECT FROM published_rows)
        ANTI JOIN (
          SELECT {keys} FROM published_rows {more_than_once}
          UNION ALL
          SELECT {keys} FROM {COMPUTED} WHERE {_IS_CHANGED} {more_than_once}) USING ({keys})
        """
    )
