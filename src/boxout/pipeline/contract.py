"""Evaluate a table's contract on staged rows, all checks and all scopes.

Results land in the temporary table `check_now`, one row a check and date or season; what
follows from a failure is decided in `publish`. Two checks are on every table without being
written in its file: its key is unique, and its columns vary within a season.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from boxout.errors import TableDefinitionError
from boxout.pipeline.arrivals import REPEATED
from boxout.pipeline.graph import SCHEDULE
from boxout.pipeline.stage import DUE, STAGED, Chunk, input_slice
from boxout.tables.definition import Check, TableDefinition
from boxout.tables.syntax import sliced_query
from boxout.warehouse.ducklake import LAKE, Warehouse

UNIQUE_KEY = "key_unique"
COLUMNS_VARY = "columns_vary"
USUAL_ROWS = "usual_row_count"
# A column may well be constant in a handful of rows; a season of this many must vary.
VARIES_FROM_ROWS = 200
VARIES_FROM_DATES = 5
USUAL_SHARE = (0.5, 1.5)
EXEMPT = {"season", "game_date"}
_PAST_OPENING = "game_date NOT IN (SELECT game_date FROM bootstrap_dates)"
# Dates whose turn comes in a later chunk: a season is not short of them yet.
PENDING = (
    "SELECT game_date FROM partition_plan "
    f"WHERE is_due AND game_date NOT IN (SELECT game_date FROM {DUE})"
)

# Rows that ingest refused, by landing table and date, for checks of the share that is matched;
# an exact repeat of a row is no loss.
QUARANTINED = (
    "SELECT table_name, game_date, failing FROM lake.ledger.quarantine "
    f"WHERE source_file IS NOT NULL AND check_name <> '{REPEATED}'"
)


def audit(
    warehouse: Warehouse, table: TableDefinition, chunk: Chunk, *, whole_seasons: bool = True
) -> None:
    """Create the temporary tables `audited` and `check_now` for what is staged.

    `audited` holds the staged rows and the published rows of the same seasons' other dates,
    so that a season's check sees the season as it would be, unless `whole_seasons` is false and
    it is to see the staged dates alone. `check_now` has the columns
    check_name, scope, severity, season, game_date (null at season scope), failing, total,
    at_least, passed, detail.

    Raises
    ------
    TableDefinitionError
        When a check's SQL does not run.
    """
    _create_audited(warehouse, table, whole_seasons)
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE check_now (check_name VARCHAR, scope VARCHAR, "
        "severity VARCHAR, season VARCHAR, game_date DATE, failing BIGINT, total BIGINT, "
        "at_least DOUBLE, passed BOOLEAN, detail VARCHAR)"
    )
    _count_by_date(warehouse, table)
    queries = {check.name: _check_query(table, check, chunk) for check in table.checks}
    queries[UNIQUE_KEY] = _dates_query(Check(UNIQUE_KEY, "row", "block", "holds", ""))
    if "game_id" in table.key and table.name != SCHEDULE:
        queries[USUAL_ROWS] = _usual_rows_query(table)
    _insert_results(warehouse, table, queries)
    _evaluate_columns_vary(warehouse, table)


def _check_query(table: TableDefinition, check: Check, chunk: Chunk) -> str:
    if check.kind == "query":
        return _rows_query(table, check, chunk)
    return _season_query(check, chunk) if check.scope == "season" else _dates_query(check)


def _insert_results(warehouse: Warehouse, table: TableDefinition, queries: dict[str, str]) -> None:
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


def _create_audited(warehouse: Warehouse, table: TableDefinition, whole_seasons: bool) -> None:
    published = f"SELECT * FROM {STAGED} LIMIT 0"
    if whole_seasons and warehouse.has_table(table.name):
        staged = warehouse.columns(STAGED)
        if warehouse.columns(f"{LAKE}.{table.name}") == staged:
            published = (
                f"SELECT * FROM {LAKE}.{table.name} "
                f"WHERE season IN (SELECT season FROM {DUE}) "
                f"AND game_date NOT IN (SELECT game_date FROM {DUE} UNION ALL "
                "SELECT game_date FROM partition_plan WHERE state IN ('blocked', 'failed'))"
            )
    warehouse.execute(f"CREATE OR REPLACE TEMP VIEW published_beside AS {published}")
    warehouse.execute(
        "CREATE OR REPLACE TEMP VIEW audited AS "
        f"SELECT * FROM {STAGED} UNION ALL BY NAME SELECT * FROM published_beside"
    )
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE bootstrap_dates AS
        SELECT game_date FROM (
          SELECT game_date, min(game_date) OVER (PARTITION BY season) AS opening
          FROM known_dates WHERE is_scheduled)
        WHERE game_date < opening + INTERVAL {table.bootstrap_days} DAY
        """
    )


def condition(check: Check) -> tuple[str, str]:
    """Return the SQL of what a check counts as good, and of what it covers."""
    if check.kind == "share":
        return f"({check.of}) AND ({check.expression})", check.of
    return check.expression, "true"


def _count_by_date(warehouse: Warehouse, table: TableDefinition) -> None:
    key = ", ".join(table.key)
    counted = [check for check in table.checks if check.kind != "query"]
    in_season = [check for check in counted if check.scope == "season"]
    # Of the dates beside the staged ones only what a season's check counts is of interest.
    beside = f"""
        UNION ALL BY NAME
        SELECT season, game_date, false AS is_staged {_counts(in_season)}
        FROM published_beside GROUP BY season, game_date
        """
    try:
        warehouse.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE audit_counts AS
            SELECT season, game_date, true AS is_staged, count(*) AS rows,
                   count(*) AS {UNIQUE_KEY}_total, count(DISTINCT ({key})) AS {UNIQUE_KEY}_good
                   {_counts(counted)}
            FROM {STAGED} GROUP BY season, game_date
            {beside if in_season else ""}
            """
        )
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise TableDefinitionError(
            f"The contract's SQL does not run: {error}", table.name, "Mend the header's checks."
        ) from error


def _counts(checks: Sequence[Check]) -> str:
    """Return the columns that count each check's good rows and the rows that it covers."""
    columns = []
    for check in checks:
        good, of = condition(check)
        columns.append(f'count(*) FILTER (WHERE {of})::BIGINT AS "{check.name}_total"')
        columns.append(f'count(*) FILTER (WHERE {good})::BIGINT AS "{check.name}_good"')
    return "".join(f", {column}" for column in columns)


def _result(check: Check, counts: str) -> str:
    """Turn a query of (season, game_date, good, total) into rows of `check_now`."""
    return f"""
        SELECT '{check.name}', '{check.scope}', '{check.severity}', season, game_date,
               total - good, total, {check.at_least}, good >= {check.at_least} * total, NULL
        FROM ({counts})
        """


def _dates_query(check: Check) -> str:
    return _result(
        check,
        f'SELECT season, game_date, "{check.name}_good" AS good, "{check.name}_total" AS total '
        "FROM audit_counts WHERE is_staged",
    )


def _season_query(check: Check, chunk: Chunk) -> str:
    expected = ""
    if check.expected_from:
        whole = _season_slice(check.expected_from, chunk)
        expected = f"""
        UNION ALL BY NAME
        SELECT season, game_date, 0 AS good, count(*) AS total FROM ({whole})
        WHERE ({check.expected_where}) AND season IN (SELECT season FROM {DUE})
          AND game_date NOT IN (SELECT game_date FROM audit_counts)
          AND game_date NOT IN ({PENDING})
        GROUP BY season, game_date
        """
    return _result(
        check,
        f"""
        SELECT season, NULL::DATE AS game_date, sum(good)::BIGINT AS good,
               sum(total)::BIGINT AS total
        FROM (SELECT season, game_date, "{check.name}_good" AS good, "{check.name}_total" AS total
              FROM audit_counts {expected})
        WHERE game_date NOT IN (SELECT game_date FROM bootstrap_dates)
        GROUP BY season
        """,
    )


def _season_slice(name: str, chunk: Chunk) -> str:
    return f"SELECT * FROM {LAKE}.{name} WHERE game_date >= DATE '{chunk.season_start}'"


def _rows_query(table: TableDefinition, check: Check, chunk: Chunk) -> str:
    at_season = check.scope == "season"
    slices = {
        name: _season_slice(name, chunk) if at_season else input_slice(name, windows, chunk)
        for name, windows in table.windows.items()
    }
    query = sliced_query(check.expression, slices, f"{table.name}, check {check.name}")
    rows = "SELECT * FROM audited" if at_season else f"SELECT * FROM {STAGED}"
    counted = f"""
        WITH this AS ({rows}), quarantined AS ({QUARANTINED}), counted AS ({query})
        SELECT k.season, c.game_date, total - failing AS good, total
        FROM counted AS c JOIN known_dates AS k USING (game_date)
    """
    if not at_season:
        return _result(
            check,
            f"SELECT * FROM ({counted}) "
            f"WHERE game_date IN (SELECT game_date FROM {DUE}) AND total > 0",
        )
    return _result(
        check,
        f"""
        SELECT season, NULL::DATE AS game_date, sum(good)::BIGINT AS good,
               sum(total)::BIGINT AS total
        FROM ({counted}) WHERE season IN (SELECT season FROM {DUE}) AND total > 0
          AND game_date NOT IN ({PENDING})
          AND game_date NOT IN (SELECT game_date FROM bootstrap_dates)
        GROUP BY season
        """,
    )


def _evaluate_columns_vary(warehouse: Warehouse, table: TableDefinition) -> None:
    columns = [c for c in warehouse.columns(STAGED) if c not in EXEMPT | set(table.key)]
    checked = [c for c in columns if c not in table.may_be_constant]
    if not checked:
        return
    staged = warehouse.rows(_odd_columns_query(table, checked, STAGED))
    seasons = warehouse.scalar(f"SELECT count(DISTINCT season) FROM {DUE}")
    # What varies among the staged rows varies in the season: only the rest is looked for there.
    odd = [
        column
        for column in checked
        if len(staged) < seasons or any(column in found for _, found in staged)
    ]
    judged = (
        _odd_columns_query(table, odd, "audited")
        + f"""
          HAVING count(*) >= {VARIES_FROM_ROWS}
             AND count(DISTINCT game_date) >= {VARIES_FROM_DATES}"""
        if odd
        else f"SELECT DISTINCT season, []::VARCHAR[] AS odd FROM {STAGED} WHERE {_PAST_OPENING}"
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


def _odd_columns_query(table: TableDefinition, columns: Sequence[str], relation: str) -> str:
    """Return the query of each season's columns that are constant, or null where they may not."""
    tests = []
    for column in columns:
        constant = f'count("{column}") > 0 AND min("{column}") = max("{column}")'
        if column not in table.may_be_null:
            constant = f'(count("{column}") = 0 OR ({constant}))'
        tests.append(f"CASE WHEN {constant} THEN '{column}' END")
    return f"""
        SELECT season, list_filter([{", ".join(tests)}], c -> c IS NOT NULL) AS odd
        FROM {relation} WHERE {_PAST_OPENING} GROUP BY season
        """


def _usual_rows_query(table: TableDefinition) -> str:
    """Return the result of rows a game of the schedule against the season's usual number."""
    low, high = USUAL_SHARE
    return _result(
        Check(USUAL_ROWS, "date", "warn", "share", ""),
        f"""
        SELECT season, game_date,
               (per_game BETWEEN {low} * usual AND {high} * usual)::BIGINT AS good, 1 AS total
        FROM (
          SELECT c.*, c.rows / g.row_count AS per_game,
                 median(c.rows / g.row_count) OVER (PARTITION BY c.season) AS usual
          FROM (
            SELECT season, game_date, rows, true AS is_staged FROM audit_counts WHERE is_staged
            UNION ALL
            SELECT season, game_date, row_count, false FROM ledger_now
            WHERE table_name = '{table.name}' AND row_count > 0
              AND season IN (SELECT season FROM {DUE})
              AND game_date NOT IN (SELECT game_date FROM {DUE})) AS c
          JOIN ledger_now AS g
            ON g.table_name = '{SCHEDULE}' AND g.game_date = c.game_date AND g.row_count > 0)
        WHERE is_staged
        """,
    )
