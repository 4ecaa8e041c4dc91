"""Grade forecasts by what happened, against the outcome and against the line.

Set-based and repeatable: a grade whose outcome was corrected is replaced, all others stay.
Players without minutes are void, as bookmakers have it, and so is a forecast of a game that is no
longer on its date, moved or called off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from boxout.errors import BoxoutError, GateError
from boxout.learning.forecasts import COVERED_SHARE
from boxout.learning.game_ids import follow_game_ids
from boxout.learning.gates import GAMES
from boxout.learning.lines import PREGAME_LINES, read_lines
from boxout.learning.outcomes import outcomes_query
from boxout.learning.states import PLAYER_SUMMARY, read_states
from boxout.learning.storage import (
    GRADES,
    PREDICTIONS,
    Written,
    create_learning_tables,
    replace_rows,
)
from boxout.pipeline.built import has_rows
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import create_ledger
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.warehouse.ducklake import LAKE, Warehouse

STAGED = "staged_grades"
# Staged and on record together: about as many as one model's walk of five seasons has.
ROWS_AT_ONCE = 1_500_000


@dataclass(frozen=True)
class GradeSummary:
    """How one model did in one market over a range.

    Attributes
    ----------
    graded, void
        Forecasts with an outcome, and of players who did not play on that date.
    mae, bias
        Mean absolute error of the expected value, and mean of forecast minus outcome.
    coverage
        Share of outcomes within p10 to p90, of forecasts that have them, whole numbers at the edges
        in part as `forecasts.COVERED_SHARE` has it; 0.8 is right, for small counts too.
    lined
        Forecasts with an outcome and a line; `lined_mae`, `median_mae` and `line_mae` are the
        expected value's, the median's and the line's mean absolute errors on them.
    bets, hits, hit_rate
        Sides taken that did not push, and those that came in.
    log_loss, brier
        Of over_probability, on lines that did not push.
    """

    model_id: str
    market: str
    is_in_sample: bool
    graded: int
    void: int
    mae: float | None
    bias: float | None
    coverage: float | None
    lined: int
    lined_mae: float | None
    median_mae: float | None
    line_mae: float | None
    bets: int
    hits: int
    hit_rate: float | None
    log_loss: float | None
    brier: float | None


@dataclass(frozen=True)
class GradeReport:
    """What grading gave.

    Attributes
    ----------
    written
        Grades inserted, removed and left as they were.
    held_back
        Dates with finished games and forecasts whose outcomes are not ready.
    summaries
        One a model and market; forecasts made in sample apart.
    """

    start: date | None
    end: date | None
    written: Written
    held_back: tuple[date, ...]
    summaries: tuple[GradeSummary, ...]


def grade(
    warehouse: Warehouse,
    start: date | None = None,
    end: date | None = None,
    *,
    graph: Graph | None = None,
    graded_at: datetime | None = None,
) -> GradeReport:
    """Grade every forecast of finished, postponed and moved games in a range of dates.

    Parameters
    ----------
    start, end
        First and last game date; by default all that have forecasts.
    graded_at
        The time to record, UTC; now by default.

    Raises
    ------
    BoxoutError
        When there is no forecast yet.
    GateError
        When no outcome has been built.
    """
    graph = graph or load_graph()
    create_ledger(warehouse)
    create_learning_tables(warehouse)
    follow_game_ids(warehouse)
    first, last = warehouse.rows(
        f"SELECT min(game_date), max(game_date) FROM {LAKE}.{PREDICTIONS.name} "
        "WHERE game_date BETWEEN $1 AND $2",
        [start or FIRST_DATE, end or LAST_DATE],
    )[0]
    if first is None:
        raise BoxoutError(
            f"There is no forecast {in_words(start, end)} to grade.",
            PREDICTIONS.name,
            "Make some with `boxout train` or `boxout predict`.",
        )
    if not has_rows(warehouse, PLAYER_SUMMARY):
        raise GateError(
            "There are no outcomes yet.", PLAYER_SUMMARY, "Build them with `boxout backfill`."
        )
    now = graded_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with warehouse.reading():
        read_states(warehouse, graph, PLAYER_SUMMARY, "outcome_states")
        read_lines(warehouse, first, last)
        held_back = _held_back(warehouse, first, last)
        _stage_grades(warehouse, first, last, now)
    written = _write_grades(warehouse, first, last)
    return GradeReport(first, last, written, held_back, summarise(warehouse, first, last))


def _write_grades(warehouse: Warehouse, first: date, last: date) -> Written:
    """Make the grades of a range equal to what is staged, in one commit.

    Some models at a time, for what is compared is held in memory.
    """
    scope = (
        f"game_date BETWEEN DATE '{first}' AND DATE '{last}' AND game_date NOT IN "
        "(SELECT game_date FROM outcome_states WHERE NOT is_ready)"
    )
    with warehouse.commit():
        counted = warehouse.rows(
            f"SELECT model_id, count(*) FROM (SELECT model_id FROM {STAGED} UNION ALL "
            f"SELECT model_id FROM {LAKE}.{GRADES.name} WHERE {scope}) GROUP BY 1 ORDER BY 1"
        )
        written = Written(0, 0, 0)
        for models in _batches(counted):
            named = ", ".join(f"'{model}'" for model in models)
            those = f"model_id IN ({named})"
            staged = f"(SELECT * FROM {STAGED} WHERE {those})"
            written += replace_rows(warehouse, GRADES, staged, f"{those} AND {scope}")
    return written


def _batches(counted: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    """Yield models that are compared at once: as many as have few rows together, at least one."""
    models: list[str] = []
    total = 0
    for model, rows in counted:
        if models and total + rows > ROWS_AT_ONCE:
            yield models
            models, total = [], 0
        models.append(model)
        total += rows
    if models:
        yield models


def in_words(start: date | None, end: date | None) -> str:
    """Say which dates were asked for: of one, of a range, from one on, up to one, or any."""
    if start and end:
        return f"of {start}" if start == end else f"of {start} to {end}"
    if start or end:
        return f"from {start} on" if start else f"up to {end}"
    return "of any date"


def summarise(
    warehouse: Warehouse, start: date | None = None, end: date | None = None
) -> tuple[GradeSummary, ...]:
    """Sum up the grades of a range by model and market.

    Sums are over DECIMAL, for sums of floats depend on the order of threads.
    """
    if not warehouse.has_table(GRADES.name):
        return ()
    loss = "-ln(CASE WHEN result = 'over' THEN over_probability ELSE 1 - over_probability END)"
    square = "pow(over_probability - (result = 'over')::INT, 2)"
    judged = "result IN ('over', 'under') AND over_probability IS NOT NULL"
    rows = warehouse.records(
        f"""
        WITH scored AS (
          SELECT g.*, p.p10, p.p50, p.p90 FROM {LAKE}.{GRADES.name} AS g
          LEFT JOIN {LAKE}.{PREDICTIONS.name} AS p USING ({", ".join(GRADES.key)})
          WHERE g.game_date BETWEEN $1 AND $2)
        SELECT model_id, market, is_in_sample, count(actual) AS graded,
               count(*) FILTER (WHERE result IS NOT DISTINCT FROM 'void') AS void,
               {_mean("absolute_error")} AS mae, {_mean("error")} AS bias,
               {_mean(COVERED_SHARE, "is_covered IS NOT NULL AND p10 IS NOT NULL")} AS coverage,
               count(line) FILTER (WHERE actual IS NOT NULL) AS lined,
               {_mean("absolute_error", "line IS NOT NULL")} AS lined_mae,
               {_mean("abs(p50 - actual)", "line IS NOT NULL")} AS median_mae,
               {_mean("abs(line - actual)")} AS line_mae,
               count(is_hit) AS bets, count(*) FILTER (WHERE is_hit) AS hits,
               {_mean("is_hit::INT")} AS hit_rate,
               {_mean(loss, judged)} AS log_loss, {_mean(square, judged)} AS brier
        FROM scored GROUP BY model_id, market, is_in_sample
        ORDER BY model_id, is_in_sample, market
        """,
        [start or FIRST_DATE, end or LAST_DATE],
    )
    return tuple(GradeSummary(**row) for row in rows)


def read_grades(warehouse: Warehouse, game_date: date) -> list[dict[str, Any]]:
    """Return the grades of a date, by model, market and player."""
    if not warehouse.has_table(GRADES.name):
        return []
    return warehouse.records(
        f"SELECT * FROM {LAKE}.{GRADES.name} WHERE game_date = $1 "
        "ORDER BY model_id, market, game_id, player_id",
        [game_date],
    )


def _mean(value: str, condition: str = "true") -> str:
    exact = f"CAST(CASE WHEN {condition} THEN {value} END AS DECIMAL(18, 6))"
    return f"round(sum({exact})::DOUBLE / nullif(count({exact}), 0), 4)"


def _held_back(warehouse: Warehouse, first: date, last: date) -> tuple[date, ...]:
    rows = warehouse.rows(
        f"""
        SELECT DISTINCT game_date FROM {LAKE}.{PREDICTIONS.name}
        WHERE game_date BETWEEN $1 AND $2
          AND game_date IN (SELECT game_date FROM {LAKE}.{GAMES} WHERE status = 'final')
          AND game_date NOT IN (SELECT game_date FROM outcome_states WHERE is_ready)
        ORDER BY game_date
        """,
        [first, last],
    )
    return tuple(row[0] for row in rows)


def _stage_grades(warehouse: Warehouse, first: date, last: date, now: datetime) -> None:
    listed = ", ".join(name for name, _, _ in GRADES.columns)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {STAGED} AS
        WITH outcomes AS ({outcomes_query("game_date BETWEEN $1 AND $2")}),
        sided AS (
          SELECT p.*, o.actual, l.line AS closing_line,
                 CASE WHEN p.over_probability > 0.5 THEN 'over'
                      WHEN p.over_probability < 0.5 THEN 'under' END AS side,
                 CASE WHEN o.actual IS NULL THEN 'void' WHEN o.actual > p.line THEN 'over'
                      WHEN o.actual < p.line THEN 'under' WHEN o.actual = p.line THEN 'push'
                      END AS result
          FROM {LAKE}.{PREDICTIONS.name} AS p
          -- a game that is moved may stand on both of its dates, or on the new one alone
          LEFT JOIN {LAKE}.{GAMES} AS g ON g.game_date = p.game_date AND g.game_id = p.game_id
          LEFT JOIN outcomes AS o
            ON o.game_date = p.game_date AND o.game_id = p.game_id
              AND o.player_id = p.player_id AND o.market = p.market
          -- by the schedule's id, null for a game that was moved away: a condition on the left
          -- side alone would make it a loop over pairs
          LEFT JOIN {PREGAME_LINES} AS l
            ON l.game_date = g.game_date AND l.game_id = g.game_id
              AND l.player_id = p.player_id AND l.market = p.market
          WHERE p.game_date BETWEEN $1 AND $2
            AND ((g.status IN ('final', 'postponed')
                  AND p.game_date IN (SELECT game_date FROM outcome_states WHERE is_ready))
                 -- a date that keeps no other game is there no more, and has nothing to wait for
                 OR (g.game_id IS NULL AND p.game_date NOT IN
                       (SELECT game_date FROM outcome_states WHERE NOT is_ready)))),
        graded AS (
          SELECT *, round(predicted - actual, 4) AS error,
                 round(abs(predicted - actual), 4) AS absolute_error,
                 actual BETWEEN p10 AND p90 AS is_covered,
                 CASE WHEN result IN ('over', 'under') THEN side = result END AS is_hit,
                 $3::TIMESTAMP AS graded_at
          FROM sided)
        SELECT {listed} FROM graded
        """,
        [first, last, now],
    )
