"""Publish what passed, quarantine what failed: one transaction a chunk.

The transaction first verifies that the inputs' hashes are still those that were read.
Only rows that differ are written; a date whose content is unchanged keeps its hash, so
that nothing downstream of it becomes stale (early cutoff).
"""

from __future__ import annotations

from dataclasses import dataclass

from boxout.pipeline.contract import sample_failures
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.stage import DUE, STAGED
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

HASH_MODULUS = 18446744073709551616  # 2 to the 64th


class InputsChangedError(Exception):
    """The inputs changed between the reading and the commit; the chunk must start over."""


@dataclass(frozen=True)
class Waiver:
    """Leave to publish past failing checks and closed gates.

    Attributes
    ----------
    who
        The person who decided.
    reason
        Why.
    """

    who: str
    reason: str


@dataclass(frozen=True)
class Published:
    """What one chunk's commit did.

    Attributes
    ----------
    computed, changed
        Partitions computed, and those of them whose content changed.
    rows_computed, rows_written, rows_removed
        Rows computed, inserted and deleted.
    failed, waived
        Partitions held back, and partitions let through by a waiver.
    failures
        The failing blocking checks, with the number of dates or seasons each.
    """

    computed: int
    changed: int
    rows_computed: int
    rows_written: int
    rows_removed: int
    failed: int
    waived: int
    failures: dict[str, int]


def content_hash_expression(columns: dict[str, str]) -> str:
    """Return the SQL that folds a partition's rows into one number.

    The sum over rows of each row's hash, so that row order does not count; columns are taken
    in the order of their names, so that column order does not count either.
    """
    listed = ", ".join(f'"{name}"' for name in sorted(columns))
    return f"(sum(hash({listed})::HUGEINT) % {HASH_MODULUS})::UBIGINT"


def prepare_chunk(warehouse: Warehouse, table: TableDefinition, waiver: Waiver | None) -> None:
    """Judge the staged chunk by its checks and find what differs from what is published.

    Creates the temporary tables `outcome`, `failure_samples` and `kept_rows`.
    """
    columns = warehouse.columns(STAGED)
    _judge(warehouse, columns, waiver)
    sample_failures(warehouse, table)
    if _changes_shape(warehouse, table, columns):
        # Columns come and go: whatever is published has to be written in the new shape.
        warehouse.execute("UPDATE outcome SET is_changed = is_published")
    _find_differences(warehouse, table, columns)


def commit_chunk(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    run_id: str,
    planned_version: int,
    waiver: Waiver | None = None,
) -> Published:
    """Commit the prepared chunk with its check results and ledger rows.

    Parameters
    ----------
    planned_version
        The lake's version when the plan was made.

    Raises
    ------
    InputsChangedError
        When an input changed or closed since the plan; nothing is written.
    """
    columns = warehouse.columns(STAGED)
    with warehouse.commit():
        _verify_inputs(warehouse, graph, table, planned_version)
        if not warehouse.has_table(table.name):
            _create(warehouse, table)
        elif _changes_shape(warehouse, table, columns):
            _reshape(warehouse, table, columns)
        removed = _write_rows(warehouse, table, columns)
        _write_ledger(warehouse, table, run_id, waiver)
        return _summarise(warehouse, removed)


def _changes_shape(warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]) -> bool:
    return warehouse.has_table(table.name) and warehouse.columns(f"{LAKE}.{table.name}") != columns


def _judge(warehouse: Warehouse, columns: dict[str, str], waiver: Waiver | None) -> None:
    """Create `outcome`: each due date's new state, content hash and row count."""
    waived = "true" if waiver else "false"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        WITH content AS (
          SELECT game_date, count(*) AS rows, {content_hash_expression(columns)} AS content_hash
          FROM {STAGED} GROUP BY game_date),
        by_date AS (
          SELECT game_date, string_agg(check_name, ', ' ORDER BY check_name) AS checks
          FROM check_now WHERE NOT passed AND severity = 'block' AND scope <> 'season'
          GROUP BY game_date),
        by_season AS (
          SELECT season, string_agg(check_name, ', ' ORDER BY check_name) AS checks
          FROM check_now WHERE NOT passed AND severity = 'block' AND scope = 'season'
          GROUP BY season),
        joined AS (
          SELECT d.*, coalesce(c.rows, 0) AS rows, coalesce(c.content_hash, 0) AS content_hash,
                 f.checks AS date_checks, s.checks AS season_checks,
                 b.game_date IS NOT NULL AS is_bootstrap
          FROM {DUE} AS d LEFT JOIN content AS c USING (game_date)
          LEFT JOIN by_date AS f USING (game_date) LEFT JOIN by_season AS s USING (season)
          LEFT JOIN bootstrap_dates AS b USING (game_date)),
        stated AS (
          SELECT *, CASE
            WHEN {waived} AND (date_checks IS NOT NULL OR season_checks IS NOT NULL OR NOT is_open)
              THEN 'waived'
            WHEN date_checks IS NOT NULL OR season_checks IS NOT NULL THEN 'failed'
            WHEN rows = 0 THEN 'empty' WHEN is_bootstrap THEN 'bootstrap' ELSE 'fresh' END AS new_state
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


def _find_differences(
    warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]
) -> None:
    """Create `kept_rows`: keys of published rows on changed dates that stay as they are."""
    low, high = warehouse.rows(
        "SELECT min(game_date), max(game_date) FROM outcome WHERE is_changed AND recorded_rows > 0"
    )[0]
    key_columns = ", ".join(dict.fromkeys(("game_date", *table.key)))
    if low is None or _changes_shape(warehouse, table, columns):
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE kept_rows AS SELECT {key_columns} FROM {STAGED} LIMIT 0"
        )
        return
    listed = ", ".join(f'"{name}"' for name in sorted(columns))
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE kept_rows AS
        SELECT {key_columns} FROM (
          SELECT {listed} FROM {STAGED} WHERE game_date BETWEEN $1 AND $2
          INTERSECT
          SELECT {listed} FROM {LAKE}.{table.name} WHERE game_date BETWEEN $1 AND $2)
        WHERE game_date IN (SELECT game_date FROM outcome WHERE is_changed)
        """,
        [low, high],
    )


def _verify_inputs(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, planned_version: int
) -> None:
    if warehouse.version() == planned_version:
        return  # nobody has committed anything since the plan was made
    read_partitions(warehouse)
    plan_partitions(warehouse, graph, table)
    changed = warehouse.scalar(
        f"SELECT count(*) FROM {DUE} AS d LEFT JOIN partition_plan AS p USING (game_date) "
        "WHERE p.input_hash IS DISTINCT FROM d.input_hash OR p.is_open IS DISTINCT FROM d.is_open"
    )
    if changed:
        raise InputsChangedError


def _create(warehouse: Warehouse, table: TableDefinition) -> None:
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {table.schema}")
    warehouse.execute(f"CREATE TABLE {LAKE}.{table.name} AS SELECT * FROM {STAGED} LIMIT 0")
    warehouse.execute(f"COMMENT ON TABLE {LAKE}.{table.name} IS '{_quoted(table.description)}'")


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
        "UPDATE ledger.partitions SET content_hash = NULL WHERE table_name = $1", [table.name]
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _write_rows(warehouse: Warehouse, table: TableDefinition, columns: dict[str, str]) -> int:
    keys = list(dict.fromkeys(("game_date", *table.key)))
    same = " AND ".join(f"k.{c} = t.{c}" for c in keys)
    name = f"{LAKE}.{table.name}"
    removed = 0
    if warehouse.scalar("SELECT count(*) FROM outcome WHERE is_changed AND recorded_rows > 0"):
        low, high = warehouse.rows(
            "SELECT min(game_date), max(game_date) FROM outcome WHERE is_changed AND recorded_rows > 0"
        )[0]
        removed = warehouse.scalar(
            f"""
            DELETE FROM {name} AS t
            WHERE game_date BETWEEN $1 AND $2
              AND game_date IN (SELECT game_date FROM outcome WHERE is_changed)
              AND NOT EXISTS (SELECT 1 FROM kept_rows AS k WHERE {same})
            """,
            [low, high],
        )
    listed = ", ".join(f'"{column}"' for column in columns)
    warehouse.execute(
        f"""
        INSERT INTO {name} ({listed})
        SELECT {", ".join(f't."{column}"' for column in columns)} FROM {STAGED} AS t
        WHERE game_date IN (SELECT game_date FROM outcome WHERE is_changed)
          AND NOT EXISTS (SELECT 1 FROM kept_rows AS k WHERE {same})
        ORDER BY {", ".join(f"t.{c}" for c in keys)}
        """
    )
    return int(removed or 0)


def _write_ledger(
    warehouse: Warehouse, table: TableDefinition, run_id: str, waiver: Waiver | None
) -> None:
    bound = {"table": table.name, "run": run_id}
    _fail_rest_of_seasons(warehouse, bound)
    warehouse.connection.execute(
        "DELETE FROM ledger.partitions WHERE table_name = $table "
        "AND game_date IN (SELECT game_date FROM outcome)",
        {"table": table.name},
    )
    # A date that is on no schedule and has no rows is no partition: leave no trace of it.
    warehouse.connection.execute(
        """
        INSERT INTO ledger.partitions
        SELECT $table, o.game_date, o.season, new_state,
               CASE WHEN is_published THEN rows ELSE recorded_rows END,
               CASE WHEN is_published THEN content_hash ELSE recorded_hash END,
               input_hash,
               CASE WHEN new_state = 'failed' AND date_checks IS NULL THEN season_hash END,
               $code, why, $run, now()::TIMESTAMP,
               CASE WHEN is_changed THEN now()::TIMESTAMP ELSE changed_at END
        FROM outcome AS o JOIN known_dates AS k USING (game_date)
        WHERE new_state <> 'empty' OR k.is_scheduled OR $table LIKE 'raw.%'
        """,
        bound | {"code": table.code_hash},
    )
    _write_checks(warehouse, bound)
    if waiver:
        warehouse.connection.execute(
            """
            INSERT INTO ledger.waivers
            SELECT $table, coalesce(why, 'gate'), min(game_date), max(game_date), $who, $reason,
                   $run, now()::TIMESTAMP
            FROM outcome WHERE new_state = 'waived' GROUP BY why
            """,
            bound | {"who": waiver.who, "reason": waiver.reason},
        )


def _fail_rest_of_seasons(warehouse: Warehouse, bound: dict[str, str]) -> None:
    """Mark a failed season's other partitions failed: a season's check fails the season."""
    if not warehouse.scalar(
        "SELECT count(*) FROM outcome WHERE new_state = 'failed' AND season_checks IS NOT NULL"
    ):
        return
    ready = ", ".join(f"'{state}'" for state in READY)
    warehouse.connection.execute(
        f"""
        UPDATE ledger.partitions AS p
        SET state = 'failed', reason = f.why, season_hash = f.season_hash, run_id = $run
        FROM (SELECT season, min('season: ' || season_checks) AS why,
                     min(season_hash) AS season_hash
              FROM outcome WHERE new_state = 'failed' AND season_checks IS NOT NULL
              GROUP BY season) AS f
        WHERE p.table_name = $table AND p.season = f.season AND p.state IN ({ready})
          AND p.game_date NOT IN (SELECT game_date FROM outcome)
        """,
        bound,
    )


def _write_checks(warehouse: Warehouse, bound: dict[str, str]) -> None:
    warehouse.connection.execute(
        """
        DELETE FROM ledger.check_results
        WHERE table_name = $table
          AND (game_date IN (SELECT game_date FROM outcome)
               OR (game_date IS NULL AND season IN (SELECT season FROM outcome)))
        """,
        {"table": bound["table"]},
    )
    # Dates that passed are counted in their season's row; dates that failed are kept singly.
    warehouse.connection.execute(
        """
        INSERT INTO ledger.check_results
        SELECT $table, check_name, scope, severity, season, game_date, passed, failing, total,
               at_least, detail, $run, now()::TIMESTAMP
        FROM check_now WHERE NOT passed OR scope = 'season'
        """,
        bound,
    )
    warehouse.connection.execute(
        "DELETE FROM ledger.quarantine WHERE table_name = $table "
        "AND game_date IN (SELECT game_date FROM outcome)",
        {"table": bound["table"]},
    )
    warehouse.connection.execute(
        """
        INSERT INTO ledger.quarantine
        SELECT $table, c.check_name, c.game_date, NULL, c.failing, s.sample, $run, now()::TIMESTAMP
        FROM check_now AS c LEFT JOIN failure_samples AS s USING (check_name)
        WHERE NOT c.passed AND c.severity = 'block' AND c.game_date IS NOT NULL
        """,
        bound,
    )


def _summarise(warehouse: Warehouse, removed: int) -> Published:
    row = warehouse.records(
        """
        SELECT count(*) AS computed,
               coalesce(sum(rows), 0)::BIGINT AS rows_computed,
               count(*) FILTER (WHERE is_changed AND (rows > 0 OR recorded_rows > 0)) AS changed,
               count(*) FILTER (WHERE new_state = 'failed') AS failed,
               count(*) FILTER (WHERE new_state = 'waived') AS waived,
               coalesce(sum(rows) FILTER (WHERE is_changed), 0)::BIGINT
               - (SELECT count(*) FROM kept_rows) AS written
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
        computed=row["computed"],
        changed=row["changed"],
        rows_computed=row["rows_computed"],
        rows_written=row["written"],
        rows_removed=removed,
        failed=row["failed"],
        waived=row["waived"],
        failures=failures,
    )


def record_blocked(warehouse: Warehouse, table: TableDefinition, run_id: str) -> int:
    """Record the partitions of `partition_plan` whose gate is closed; return how many are.

    What was published for them stays, and stays readable; only their state changes.
    """
    blocked = int(
        warehouse.scalar(
            "SELECT count(*) FROM partition_plan WHERE state = 'blocked' AND NOT is_open"
        )
        or 0
    )
    news = (
        "state = 'blocked' AND NOT is_open AND (recorded_state IS DISTINCT FROM 'blocked' "
        "OR recorded_reason IS DISTINCT FROM reason)"
    )
    if not warehouse.scalar(f"SELECT count(*) FROM partition_plan WHERE {news}"):
        return blocked
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE newly_blocked AS SELECT * FROM partition_plan WHERE {news}"
    )
    with warehouse.commit():
        warehouse.execute(
            "DELETE FROM ledger.partitions WHERE table_name = $1 "
            "AND game_date IN (SELECT game_date FROM newly_blocked)",
            [table.name],
        )
        warehouse.execute(
            """
            INSERT INTO ledger.partitions
            SELECT $1, game_date, season, 'blocked', recorded_rows, recorded_hash,
                   recorded_input, NULL, recorded_code, reason, $2, built_at, changed_at
            FROM newly_blocked
            """,
            [table.name, run_id],
        )
    return blocked
