"""Write what became of partitions to the ledger: states, check results, quarantine, waivers."""

from __future__ import annotations

from boxout.pipeline.check_queries import PENDING
from boxout.pipeline.ledger import READY
from boxout.pipeline.record_incidents import HELD, close_incidents, note_blocked
from boxout.pipeline.stage import DUE, JUDGED
from boxout.pipeline.waiver import NOTHING, Waiver, let_through
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

# Seasons of which a later chunk, or another run, has dates to compute yet.
PENDING_SEASONS = f"SELECT season FROM partition_plan WHERE game_date IN ({PENDING})"
# Dates that passed are counted in their season's row; dates that failed are kept singly.
CHECK_RESULTS_QUERY = """
  SELECT $table, check_name, scope, severity, season, game_date, passed, failing, total, at_least,
         detail, $run, now()::TIMESTAMP
  FROM check_now WHERE NOT passed OR scope = 'season'
"""
_WITHDRAWN = (
    "SELECT game_date FROM ledger_now WHERE table_name = $1 AND coalesce(row_count, 0) = 0 "
    "AND game_date NOT IN (SELECT game_date FROM partition_plan)"
)


def is_clean(warehouse: Warehouse, table: TableDefinition) -> bool:
    """Whether by `partition_plan` nothing is held back, was held back or is to be withdrawn."""
    return bool(
        warehouse.scalar(
            f"SELECT NOT EXISTS ({_WITHDRAWN}) AND NOT EXISTS (FROM partition_plan "
            f"WHERE state IN {HELD} OR recorded_state IN {HELD})",
            [table.name],
        )
    )


def make_record(warehouse: Warehouse, table: TableDefinition, run_id: str) -> bool:
    """Create the temporary table `recorded`, the judged chunk's rows of `ledger.partitions`.

    Returns
    -------
    bool
        Whether nothing of the table is on record yet.
    """
    bound = {"table": table.name, "run": run_id}
    # A date that is on no schedule and has no rows is no partition: leave no trace of it.
    # A season that still has dates to come was not judged for good.
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE recorded AS
        SELECT $table AS table_name, o.game_date, o.season, new_state,
               CASE WHEN is_published THEN rows ELSE recorded_rows END,
               CASE WHEN is_published THEN content_hash ELSE recorded_hash END,
               CASE WHEN is_published THEN read_hashes ELSE recorded_reads END,
               input_hash,
               CASE WHEN new_state = 'failed' AND date_checks IS NULL THEN judged END,
               judged,
               $code, why, $run, now()::TIMESTAMP,
               CASE WHEN is_changed THEN now()::TIMESTAMP ELSE changed_at END
        FROM (SELECT *, CASE WHEN season IN ({PENDING_SEASONS}) THEN 0 ELSE season_hash END
                          AS judged FROM outcome) AS o
        JOIN known_dates AS k USING (game_date)
        WHERE new_state <> 'empty' OR k.is_scheduled OR $table LIKE 'raw.%'
        """,
        bound | {"code": table.code_hash},
    )
    return not warehouse.scalar(
        "SELECT count(*) FROM ledger_now WHERE table_name = $1", [table.name]
    )


def record_outcome(
    warehouse: Warehouse, table: TableDefinition, run_id: str, waiver: Waiver | None
) -> None:
    """Record the judged chunk; part of the transaction that writes its rows."""
    bound = {"table": table.name, "run": run_id}
    _fail_rest_of_seasons(warehouse, bound, let_through(waiver))
    if not make_record(warehouse, table, run_id):
        warehouse.execute(
            "DELETE FROM lake.ledger.partitions WHERE table_name = $1 "
            "AND game_date IN (SELECT game_date FROM outcome)",
            [table.name],
        )
        _forget_checks(warehouse, table.name)
    warehouse.execute("INSERT INTO lake.ledger.partitions SELECT * FROM recorded")
    _write_checks(warehouse, bound)
    if waiver:
        warehouse.connection.execute(
            """
            INSERT INTO lake.ledger.waivers
            SELECT $table, coalesce(why, 'gate'), min(game_date), max(game_date), $who, $reason,
                   $run, now()::TIMESTAMP
            FROM outcome WHERE new_state = 'waived' GROUP BY why
            """,
            bound | {"who": waiver.who, "reason": waiver.reason},
        )


def record_seasons(warehouse: Warehouse, table: TableDefinition, run_id: str) -> int:
    """Record the verdict on `judged_seasons` of which no date was computed.

    Returns
    -------
    int
        How many partitions failed with their season.
    """
    bound = {"table": table.name, "run": run_id}
    failed = _fail_rest_of_seasons(warehouse, bound, NOTHING)
    warehouse.connection.execute(
        f"""
        UPDATE lake.ledger.partitions AS p SET judged_hash = s.season_hash
        FROM (SELECT season, min(season_hash) AS season_hash FROM partition_plan
              WHERE season IN (FROM {JUDGED}) GROUP BY season) AS s
        WHERE p.table_name = $1 AND p.season = s.season
        """,
        [table.name],
    )
    _forget_checks(warehouse, table.name)
    _write_checks(warehouse, bound)
    return failed


def _fail_rest_of_seasons(warehouse: Warehouse, bound: dict[str, str], waived: str) -> int:
    """Mark a failed season's other partitions failed: a season's check fails the season."""
    failed_seasons = (
        "SELECT season, 'season: ' || string_agg(check_name, ', ' ORDER BY check_name) AS why "
        "FROM check_now WHERE NOT passed AND severity = 'block' AND scope = 'season' "
        f"AND NOT ({waived}) GROUP BY season"
    )
    if not warehouse.scalar(f"SELECT count(*) FROM ({failed_seasons})"):
        return 0
    # What was waived stays: a person let it through.
    ready = ", ".join(f"'{state}'" for state in READY if state != "waived")
    failed = warehouse.connection.execute(
        f"""
        UPDATE lake.ledger.partitions AS p
        SET state = 'failed', reason = f.why, season_hash = f.season_hash, run_id = $run
        FROM (SELECT season, any_value(why) AS why,
                     CASE WHEN season IN ({PENDING_SEASONS}) THEN 0 ELSE min(season_hash) END
                       AS season_hash
              FROM ({failed_seasons}) JOIN partition_plan USING (season) GROUP BY season) AS f
        WHERE p.table_name = $table AND p.season = f.season AND p.state IN ({ready})
          AND p.game_date NOT IN (SELECT game_date FROM {DUE})
        """,
        bound,
    ).fetchone()
    warehouse.ledger_version = None  # other dates than those of the chunk have changed
    return int(failed[0]) if failed else 0


def _forget_checks(warehouse: Warehouse, table: str) -> None:
    warehouse.execute(
        f"""
        DELETE FROM lake.ledger.check_results
        WHERE table_name = $1
          AND (game_date IN (SELECT game_date FROM {DUE})
               OR (game_date IS NULL AND season IN (FROM {JUDGED})))
        """,
        [table],
    )
    warehouse.execute(
        "DELETE FROM lake.ledger.quarantine WHERE table_name = $1 "
        f"AND game_date IN (SELECT game_date FROM {DUE})",
        [table],
    )


def _write_checks(warehouse: Warehouse, bound: dict[str, str]) -> None:
    warehouse.connection.execute(
        f"INSERT INTO lake.ledger.check_results {CHECK_RESULTS_QUERY}", bound
    )
    warehouse.connection.execute(
        """
        INSERT INTO lake.ledger.quarantine
        SELECT $table, c.check_name, c.game_date, NULL, c.failing, s.sample, $run, now()::TIMESTAMP,
               NULL
        FROM check_now AS c LEFT JOIN failure_samples AS s USING (check_name)
        WHERE NOT c.passed AND c.severity = 'block' AND c.game_date IS NOT NULL
        """,
        bound,
    )


def forget_withdrawn(warehouse: Warehouse, table: TableDefinition, run_id: str) -> None:
    """Take partitions off the record that were never published and are expected no longer.

    Rows that came with a wrong date leave such dates behind when their file is mended.
    """
    dates = [row[0] for row in warehouse.rows(_WITHDRAWN, [table.name])]
    if not dates:
        return
    with warehouse.commit():
        for name in ("partitions", "check_results", "quarantine"):
            warehouse.execute(
                f"DELETE FROM lake.ledger.{name} WHERE table_name = $1 "
                "AND game_date IN (SELECT unnest($2::DATE[]))",
                [table.name, dates],
            )
        close_incidents(warehouse, table, run_id)
    warehouse.ledger_version = None


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
            "DELETE FROM lake.ledger.partitions WHERE table_name = $1 "
            "AND game_date IN (SELECT game_date FROM newly_blocked)",
            [table.name],
        )
        warehouse.execute(
            """
            INSERT INTO lake.ledger.partitions
            SELECT $1, game_date, season, 'blocked', recorded_rows, recorded_hash, recorded_reads,
                   recorded_input, NULL, recorded_judged, recorded_code, reason, $2, built_at,
                   changed_at
            FROM newly_blocked
            """,
            [table.name, run_id],
        )
        note_blocked(warehouse, table)
    warehouse.ledger_version = None
    return blocked


def record_interruption(warehouse: Warehouse, table: str, run_id: str, reason: str) -> None:
    """Record that the computed chunk, in `due_dates`, was given up because its inputs changed."""
    with warehouse.commit():
        warehouse.execute(
            "INSERT INTO lake.ledger.interruptions "
            "SELECT $2, $1, min(game_date), max(game_date), count(*), $3, now()::TIMESTAMP "
            f"FROM {DUE}",
            [table, run_id, reason],
        )
