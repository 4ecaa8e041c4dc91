"""Graded forecasts of the last dates against what the same model had shown before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.drift.limits import (
    LEAST_COVERAGE,
    LEAST_ERROR,
    LEAST_OVER,
    SURE,
    WINDOW_DATES,
)
from boxout.learning.forecasts import COVERED_SHARE, HIGH, LOW
from boxout.learning.paired import Z_95, MeanWithError, mean_of_sums
from boxout.learning.states import FEATURE_STORE
from boxout.learning.storage import GRADES, PREDICTIONS
from boxout.warehouse.ducklake import LAKE, Warehouse

Array = NDArray[Any]

# By name: the SQL over a graded forecast, and what it says. The error is in units of the
# forecast's own standard deviation, for stars are missed by more than others. Of small counts an
# outcome at the edge counts in part: counted whole, the share moves with the edge.
FIGURES = {
    "error": ("absolute_error / sd", "size of the error, in its own standard deviations"),
    "coverage": (
        f"CASE WHEN p10 IS NOT NULL AND p90 IS NOT NULL THEN {COVERED_SHARE} END",
        "share of outcomes within the 80% interval",
    ),
    "over": (
        "CASE WHEN result IN ('over', 'under') "
        "THEN (result = 'over')::DOUBLE - over_probability END",
        "share that went over, minus what was said",
    ),
}
# What a figure would be if all were well: the further from it, the worse.
SOUND = {"error": 0.0, "coverage": HIGH - LOW, "over": 0.0}


@dataclass(frozen=True)
class Figure:
    """One figure of one market: what it is lately, and what it was before.

    Attributes
    ----------
    name
        Of `FIGURES`.
    expected
        What the model's out-of-sample forecasts of earlier dates gave.
    recent
        The mean of the last dates, with its error between dates.
    first_date, last_date
        Of the recent part.
    is_degraded
        Whether it is worse than expected, beyond chance and by more than the limit.
    """

    market: str
    model_id: str
    name: str
    expected: float
    recent: MeanWithError
    first_date: date
    last_date: date
    is_degraded: bool

    @property
    def what(self) -> str:
        """What the figure is, in words."""
        return FIGURES[self.name][1]


def read_figures(
    warehouse: Warehouse, champions: Mapping[str, str], until: date | None = None
) -> tuple[Figure, ...]:
    """Return the figures of each market that has enough graded dates.

    Only forecasts that were made out of sample count.

    Parameters
    ----------
    champions
        Model id by market.
    until
        The last date that counts; the last that is graded by default.
    """
    return tuple(
        figure
        for key, sums in _sums_by_date(warehouse, champions, until).items()
        if (figure := _judge(*key, *sums)) is not None
    )


def _sums_by_date(
    warehouse: Warehouse, champions: Mapping[str, str], until: date | None
) -> dict[tuple[str, str, str], tuple[Array, Array, Array]]:
    """By market, model and figure: dates, sums and rows of each date, oldest first."""
    if not (champions and warehouse.has_table(GRADES.name)):
        return {}
    figures = " UNION ALL ".join(
        f"SELECT market, model_id, '{name}' AS figure, game_date, {sql} AS value FROM paired"
        for name, (sql, _) in FIGURES.items()
    )
    rows = warehouse.execute(
        f"""
        WITH paired AS (
          SELECT g.*, p.sd, p.p10, p.p90 FROM {LAKE}.{GRADES.name} AS g
          JOIN {LAKE}.{PREDICTIONS.name} AS p
            ON p.game_date = g.game_date AND p.game_id = g.game_id AND p.player_id = g.player_id
              AND p.market = g.market AND p.model_id = g.model_id
          WHERE NOT g.is_in_sample AND g.actual IS NOT NULL AND p.sd > 0
            AND ($3 IS NULL OR g.game_date <= $3)
            -- a season's first games are harder to forecast than those that they would judge
            AND g.game_date NOT IN (SELECT game_date FROM lake.ledger.partitions
                                    WHERE table_name = $4 AND state = 'bootstrap')
            AND (g.market, g.model_id) IN (SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])))
        SELECT market, model_id, figure, list(game_date ORDER BY game_date),
               list(total ORDER BY game_date), list(rows ORDER BY game_date)
        FROM (SELECT market, model_id, figure, game_date, sum(value) AS total, count(*) AS rows
              FROM ({figures}) WHERE value IS NOT NULL GROUP BY ALL)
        GROUP BY ALL ORDER BY market, figure
        """,
        [list(champions), list(champions.values()), until, FEATURE_STORE],
    ).fetchall()
    return {
        (market, model, figure): (np.array(dates), np.array(sums), np.array(counts))
        for market, model, figure, dates, sums, counts in rows
    }


def _judge(
    market: str, model_id: str, name: str, dates: Array, sums: Array, rows: Array
) -> Figure | None:
    earlier = rows[:-WINDOW_DATES].sum()
    recent = mean_of_sums(sums[-WINDOW_DATES:], rows[-WINDOW_DATES:])
    if not earlier or recent is None or recent.low is None or recent.high is None:
        return None
    expected = float(sums[:-WINDOW_DATES].sum() / earlier)
    error = (recent.high - recent.low) / (2 * Z_95)
    is_worse = abs(recent.mean - SOUND[name]) > abs(expected - SOUND[name])
    least = {
        "error": LEAST_ERROR * expected,
        "coverage": LEAST_COVERAGE,
        "over": LEAST_OVER,
    }[name]
    return Figure(
        market,
        model_id,
        name,
        round(expected, 5),
        recent,
        dates[-WINDOW_DATES:][0],
        dates[-1],
        is_worse and abs(recent.mean - expected) > max(SURE * error, least),
    )
