"""Evaluate a table's contract on staged rows, all checks and all scopes.

Results land in the temporary table `check_now`, one row a check and date or season; what
follows from a failure is decided in `publish`. Two checks are on every table without being
written in its file: its key is unique, and its columns vary within a season.
"""

from __future__ import annotations

from boxout.errors import TableDefinitionError
from boxout.pipeline.check_queries import (
    HELD_BACK,
    IN_MID_SEASON,
    PAST_OPENING,
    USUAL_ROWS,
    VARIES_FROM_DATES,
    VARIES_FROM_ROWS,
    check_query,
    counts,
    dates_query,
    odd_columns_query,
    usual_rows_query,
)
from boxout.pipeline.graph import SCHEDULE
from boxout.pipeline.plan_query import is_opening
from boxout.pipeline.stage import COMPUTED, DUE, JUDGED, STAGED, Chunk
from boxout.pipeline.waiver import NOTHING
from boxout.tables.definition import Check, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb

EXEMPT = {"season", "game_date"}
UNIQUE_KEY = "key_unique"
COLUMNS_VARY = "columns_vary"


def check_names(table: TableDefinition) -> tuple[str, ...]:
    """Return the names of a table's blocking checks, with those that every table has."""
    declared = (check.name for check in table.checks if check.severity == "block")
    return (*declared, UNIQUE_KEY, COLUMNS_VARY)


def audit(
    warehouse: Warehouse,
    table: TableDefinition,
    chunk: Chunk,
    *,
    whole_seasons: bool = True,
    waived: str = NOTHING,
) -> None:
    """Create the temporary tables `audited` and `check_now` for what is staged.

    A season's check sees the season as it would be once the chunk is published, whichever way
    it came about: `audited` holds the staged rows and the published rows of the seasons' other
    dates, and none of a date that is blocked or fails a check of its own. `check_now` has the
    columns check_name, scope, severity, season, game_date (null at season scope), failing,
    total, at_least, passed, detail.

    Parameters
    ----------
    whole_seasons
        Whether a season's check sees more than the staged dates.
    waived
        The SQL condition on `check_now` of failures that hold no date back; see `waiver`.

    Raises
    ------
    TableDefinitionError
        When a check's SQL does not run.
    """
    _find_held_back(warehouse)
    _create_published_beside(warehouse, table, whole_seasons)
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE check_now (check_name VARCHAR, scope VARCHAR, "
        "severity VARCHAR, season VARCHAR, game_date DATE, failing BIGINT, total BIGINT, "
        "at_least DOUBLE, passed BOOLEAN, detail VARCHAR)"
    )
    _count_by_date(warehouse, table)
    queries = {
        c.name: check_query(warehouse.home, table, c, chunk)
        for c in table.checks
        if c.scope != "season"
    }
    queries[UNIQUE_KEY] = dates_query(Check(UNIQUE_KEY, "row", "block", "holds", ""))
    if "game_id" in table.key and table.name != SCHEDULE:
        queries[USUAL_ROWS] = usual_rows_query(table)
    _insert_results(warehouse, table, queries)
    _hold_back_failing_dates(warehouse, waived)
    _create_audited(warehouse)
    queries = {
        c.name: check_query(warehouse.home, table, c, chunk)
        for c in table.checks
        if c.scope == "season"
    }
    _insert_results(warehouse, table, queries)
    _evaluate_columns_vary(warehouse, table)


def _insert_results(warehouse: Warehouse, table: TableDefinition, queries: dict[str, str]) -> None:
    if not queries:
        return
    # One statement for all: planning dozens of small ones takes longer than running them.
    try:
        warehouse.execute("INSERT INTO check_now " + " UNION ALL ".join(queries.values()))
    except (duckdb.ProgrammingError, duckdb.DataError):
        for name, query in queries.items():
            try:
                warehouse.execute(f"SELECT * FROM ({query})")
            except (duckdb.ProgrammingError, duckdb.DataError) as error:
                raise TableDefinitionError(
                    f"The SQL of check {name} does not run: {error}",
                    table.name,
                    "Mend the check in the table's header.",
                ) from error
        raise


def _find_held_back(warehouse: Warehouse) -> None:
    """Create `held_back`, the dates outside the chunk that are blocked or failed."""
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE held_back AS
        SELECT game_date FROM partition_plan
        WHERE season IN (FROM {JUDGED}) AND state IN ('blocked', 'failed')
          AND game_date NOT IN (SELECT game_date FROM {DUE})
        """
    )


def _hold_back_failing_dates(warehouse: Warehouse, waived: str) -> None:
    warehouse.execute(
        "INSERT INTO held_back SELECT DISTINCT game_date FROM check_now "
        f"WHERE NOT passed AND severity = 'block' AND scope <> 'season' AND NOT ({waived})"
    )


def _create_published_beside(
    warehouse: Warehouse, table: TableDefinition, whole_seasons: bool
) -> None:
    published = f"SELECT * FROM {STAGED} LIMIT 0"
    if whole_seasons and _has_others(warehouse) and warehouse.has_table(table.name):
        staged = warehouse.columns(STAGED)
        if warehouse.columns(f"{LAKE}.{table.name}") == staged:
            published = (
                f"SELECT * FROM {LAKE}.{table.name} "
                f"WHERE season IN (FROM {JUDGED}) "
                f"AND game_date NOT IN (SELECT game_date FROM {DUE} UNION ALL {HELD_BACK})"
            )
    warehouse.execute(f"CREATE OR REPLACE TEMP VIEW published_beside AS {published}")
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE bootstrap_dates AS "
        f"SELECT game_date FROM known_dates QUALIFY {is_opening(table)}"
    )


def _has_others(warehouse: Warehouse) -> bool:
    """Whether the seasons have published rows on dates beside those of the chunk.

    Of a table without rows DuckLake looks for statistics anew for each column that is read.
    """
    return bool(
        warehouse.scalar(
            f"SELECT count(*) FROM partition_plan WHERE season IN (FROM {JUDGED}) "
            f"AND recorded_rows > 0 AND game_date NOT IN (SELECT game_date FROM {DUE})"
        )
    )


def _create_audited(warehouse: Warehouse) -> None:
    """Create the views `audited` and `computed_passing`: computed rows of dates not held back."""
    rows = ""
    if warehouse.scalar(f"SELECT count(*) FROM ({HELD_BACK})"):
        rows = f"WHERE game_date NOT IN ({HELD_BACK})"
    warehouse.execute(
        f"CREATE OR REPLACE TEMP VIEW computed_passing AS SELECT * FROM {COMPUTED} {rows}"
    )
    warehouse.execute(
        "CREATE OR REPLACE TEMP VIEW audited AS "
        f"SELECT * FROM {STAGED} {rows} UNION ALL BY NAME SELECT * FROM published_beside"
    )


def _count_by_date(warehouse: Warehouse, table: TableDefinition) -> None:
    key = ", ".join(table.key)
    counted = [check for check in table.checks if check.kind != "query"]
    in_season = [check for check in counted if check.scope == "season"]
    # Of the dates beside the staged ones only what a season's check counts is of interest.
    beside = f"""
        UNION ALL BY NAME
        SELECT season, game_date, false AS is_staged {counts(in_season)}
        FROM published_beside GROUP BY season, game_date
        """
    try:
        warehouse.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE audit_counts AS
            SELECT season, game_date, true AS is_staged, count(*) AS rows,
                   count(*) AS {UNIQUE_KEY}_total, count(DISTINCT ({key})) AS {UNIQUE_KEY}_good
                   {counts(counted)}
            FROM {STAGED} GROUP BY season, game_date
            {beside if in_season else ""}
            """
        )
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise TableDefinitionError(
            f"The contract's SQL does not run: {error}", table.name, "Mend the header's checks."
        ) from error


def _evaluate_columns_vary(warehouse: Warehouse, table: TableDefinition) -> None:
    columns = [c for c in warehouse.columns(STAGED) if c not in EXEMPT | set(table.key)]
    checked = [c for c in columns if c not in table.may_be_constant]
    if not checked:
        return
    seasons = warehouse.scalar(f"SELECT count(*) FROM {JUDGED}")
    # What varies among some of a season's rows varies in the season: only the rest is looked for
    # among more of them.
    odd = checked
    for rows in (IN_MID_SEASON, "computed_passing"):
        found = warehouse.rows(odd_columns_query(table, odd, rows)) if odd else []
        odd = [
            column
            for column in odd
            if len(found) < seasons or any(column in of_season for _, of_season in found)
        ]
    judged = (
        odd_columns_query(table, odd, "audited")
        + f"""
          HAVING count(*) >= {VARIES_FROM_ROWS}
             AND count(DISTINCT game_date) >= {VARIES_FROM_DATES}"""
        if odd
        else f"SELECT DISTINCT season, []::VARCHAR[] AS odd FROM computed_passing "
        f"WHERE {PAST_OPENING}"
    )
    warehouse.execute(
        f"""
        INSERT INTO check_now
        SELECT '{COLUMNS_VARY}', 'season', 'block', season, NULL, len(odd), {len(checked)}, 1.0,
               len(odd) = 0, CASE WHEN len(odd) > 0
                 THEN 'constant or all null: ' || array_to_string(odd, ', ') END
        FROM ({judged})
        """
    )
