"""The SQL of checks: what each counts as good, of how much, by date and by season.

Each query returns rows of the temporary table `check_now`; they read the temporary tables and
views that `contract` lays out.
"""

from __future__ import annotations

from collections.abc import Sequence

from boxout.pipeline.arrivals import QUARANTINED
from boxout.pipeline.graph import SCHEDULE
from boxout.pipeline.ledger import READY_SQL
from boxout.pipeline.sliced_queries import fill_query
from boxout.pipeline.stage import DUE, JUDGED, STAGED, Chunk, input_slices
from boxout.sources.seasons import first_day_of_season
from boxout.tables.definition import Check, TableDefinition
from boxout.warehouse.ducklake import LAKE
from boxout.warehouse.home import Home

USUAL_ROWS = "usual_row_count"
# A column may well be constant in a handful of rows; a season of this many must vary.
VARIES_FROM_ROWS = 200
VARIES_FROM_DATES = 5
USUAL_SHARE = (0.5, 1.5)
PAST_OPENING = "game_date NOT IN (SELECT game_date FROM bootstrap_dates)"
# The computed rows of a few dates of each season.
IN_MID_SEASON = (
    "(SELECT * FROM computed_passing WHERE game_date IN "
    f"(SELECT unnest(quantile_disc(game_date, [0.4, 0.6])) FROM {DUE} GROUP BY season))"
)
# Dates whose turn comes in a later chunk: a season is not short of them yet.
PENDING = (
    "SELECT game_date FROM partition_plan "
    f"WHERE is_due AND game_date NOT IN (SELECT game_date FROM {DUE})"
)

# Dates that are not to be published: a season's check counts none of their rows as good.
HELD_BACK = "SELECT game_date FROM held_back"


def condition(check: Check) -> tuple[str, str]:
    """Return the SQL of what a check counts as good, and of what it covers."""
    if check.kind == "share":
        return f"({check.of}) AND ({check.expression})", check.of
    return check.expression, "true"


def check_query(home: Home, table: TableDefinition, check: Check, chunk: Chunk) -> str:
    """Return the query of a check that a table's file declares."""
    if check.kind == "query":
        return _rows_query(home, table, check, chunk)
    return _season_query(check, chunk) if check.scope == "season" else dates_query(check)


def counts(checks: Sequence[Check]) -> str:
    """Return the columns that count each check's good rows and the rows that it covers."""
    columns = []
    for check in checks:
        good, of = condition(check)
        columns.append(f'count(*) FILTER (WHERE {of})::BIGINT AS "{check.name}_total"')
        columns.append(f'count(*) FILTER (WHERE {good})::BIGINT AS "{check.name}_good"')
    return "".join(f", {column}" for column in columns)


def _result(check: Check, counted: str) -> str:
    """Turn a query of (season, game_date, good, total) into rows of `check_now`."""
    return f"""
        SELECT '{check.name}', '{check.scope}', '{check.severity}', season, game_date,
               total - good, total, {check.at_least}, good >= {check.at_least} * total, NULL
        FROM ({counted})
        """


def dates_query(check: Check) -> str:
    """Return the query of a check by row or date, from what `audit_counts` has counted."""
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
        WHERE ({check.expected_where}) AND season IN (FROM {JUDGED})
          AND game_date NOT IN (SELECT game_date FROM audit_counts EXCEPT {HELD_BACK})
          AND game_date NOT IN ({PENDING})
        GROUP BY season, game_date
        """
    return _result(
        check,
        f"""
        SELECT season, NULL::DATE AS game_date, sum(good)::BIGINT AS good,
               sum(total)::BIGINT AS total
        FROM (SELECT season, game_date, "{check.name}_good" AS good, "{check.name}_total" AS total
              FROM audit_counts WHERE game_date NOT IN ({HELD_BACK}) {expected})
        WHERE game_date NOT IN (SELECT game_date FROM bootstrap_dates)
        GROUP BY season
        """,
    )


def _season_slice(name: str, chunk: Chunk) -> str:
    """Return the SELECT of an input's rows since a season began, but for what it holds back."""
    return (
        f"SELECT * FROM {LAKE}.{name} WHERE game_date >= DATE '{first_day_of_season(chunk.first)}' "
        "AND game_date NOT IN (SELECT game_date FROM ledger_now "
        f"WHERE table_name = '{name}' AND state NOT IN ({READY_SQL}))"
    )


def _rows_query(home: Home, table: TableDefinition, check: Check, chunk: Chunk) -> str:
    at_season = check.scope == "season"
    slices = (
        {name: _season_slice(name, chunk) for name in table.windows}
        if at_season
        else input_slices(table, chunk)
    )
    query = fill_query(home, check.expression, slices, f"{table.name}, check {check.name}")
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
        FROM ({counted}) WHERE season IN (FROM {JUDGED}) AND total > 0
          AND game_date NOT IN ({PENDING})
          AND game_date NOT IN (SELECT game_date FROM bootstrap_dates)
        GROUP BY season
        """,
    )


def odd_columns_query(table: TableDefinition, columns: Sequence[str], relation: str) -> str:
    """Return the query of each season's columns that are constant, or null where they may not."""
    tests = []
    for column in columns:
        constant = f'count("{column}") > 0 AND min("{column}") = max("{column}")'
        if column not in table.may_be_null:
            constant = f'(count("{column}") = 0 OR ({constant}))'
        tests.append(f"CASE WHEN {constant} THEN '{column}' END")
    return f"""
        SELECT season, list_filter([{", ".join(tests)}], c -> c IS NOT NULL) AS odd
        FROM {relation} WHERE {PAST_OPENING} GROUP BY season
        """


def usual_rows_query(table: TableDefinition) -> str:
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
              AND season IN (FROM {JUDGED})
              AND game_date NOT IN (SELECT game_date FROM {DUE})) AS c
          JOIN ledger_now AS g
            ON g.table_name = '{SCHEDULE}' AND g.game_date = c.game_date AND g.row_count > 0)
        WHERE is_staged
        """,
    )
