"""Scores of one market by season, month and minutes, beside the simple averages.

Rows count from a player's sixth game of the season on, as averages mean little before, and
only where every average is known, so that all methods are scored on the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.dataset import Dataset
from boxout.learning.evaluate import LEAST_GAMES
from boxout.learning.evaluation.measures import (
    ReliabilityBin,
    coverage,
    crps,
    expected_calibration_error,
    log_score,
    reliability,
)
from boxout.learning.evaluation.season_walk import WalkedMarket
from boxout.learning.walk import baselines

Array = NDArray[Any]

OVERALL, SEASON, MONTH, MINUTES = "overall", "season", "month", "minutes a game"
MINUTES_BANDS = (0.0, 15.0, 25.0, 32.0, 60.0)
# Lines that a bookmaker could have offered: at the last-10 average, and far to either side.
PSEUDO_LINES = (0.75, 1.0, 1.25)
DECIMALS = 4


@dataclass(frozen=True)
class Score:
    """How one market was forecast on one set of rows.

    Attributes
    ----------
    kind, scope
        What the rows have in common, such as month and 2024-01.
    mae, rmse, bias
        Of the mean of the distribution; `median_mae` is that of its median. In the market's
        unit.
    crps, log_score
        Of the whole distribution; see `measures`. A point forecast's CRPS is its MAE.
    coverage
        Of the 80% interval; 0.8 is right.
    calibration_error
        Of P(over) on lines at, below and above the last-10 average (ECE).
    baselines
        Mean absolute error of each simple average.
    baseline_rmse
        Root mean squared error of each.
    """

    market: str
    kind: str
    scope: str
    rows: int
    mae: float
    median_mae: float
    rmse: float
    bias: float
    crps: float
    log_score: float
    coverage: float
    calibration_error: float
    baselines: Mapping[str, float]
    baseline_rmse: Mapping[str, float]


@dataclass(frozen=True)
class MarketScores:
    """All scores of a market, and its reliability curve."""

    market: str
    scores: tuple[Score, ...]
    reliability: tuple[ReliabilityBin, ...]

    @property
    def overall(self) -> Score:
        """The score of all rows."""
        return self.scores[0]


def score_market(data: Dataset, walked: WalkedMarket) -> MarketScores | None:
    """Score a market by season, month and minutes; None where no row counts."""
    rows = walked.rows
    averages = {name: values[rows] for name, values in baselines(data, walked.market).items()}
    counted = (data.column("games_played_season")[rows] >= LEAST_GAMES) & ~np.isnan(
        np.sum(list(averages.values()), axis=0)
    )
    if not counted.any():
        return None
    place, line = _pseudo_lines(averages["last_10_games"], counted)
    over, _, _ = walked.chances(place, line)
    happened = walked.actual[place] > line
    each = {
        "crps": crps(walked.survival, walked.actual),
        "log_score": log_score(walked.survival, walked.actual),
        "coverage": coverage(walked.survival, walked.actual),
    }
    scores = []
    for kind, scope, chosen in _scopes(data, rows, counted):
        on_line = chosen[place]
        scores.append(
            _score(
                (walked.market.name, kind, scope),
                walked,
                averages,
                {name: values[chosen] for name, values in each.items()},
                chosen,
                expected_calibration_error(reliability(over[on_line], happened[on_line])),
            )
        )
    return MarketScores(walked.market.name, tuple(scores), reliability(over, happened))


def _pseudo_lines(last_10: Array, counted: Array) -> tuple[Array, Array]:
    place = np.flatnonzero(counted)
    lines = [np.floor(last_10[place] * share) + 0.5 for share in PSEUDO_LINES]
    return np.tile(place, len(lines)), np.concatenate(lines)


def _scopes(data: Dataset, rows: slice, counted: Array) -> list[tuple[str, str, Array]]:
    scopes = [(OVERALL, OVERALL, counted)]
    for kind, label in (
        (SEASON, data.season[rows].astype(str)),
        (MONTH, data.game_date[rows].astype("datetime64[M]").astype(str)),
    ):
        scopes += [(kind, str(name), counted & (label == name)) for name in np.unique(label)]
    name = "avg_minutes_season"
    if name in data.features:
        minutes = data.column(name)[rows]
        for low, high in pairwise(MINUTES_BANDS):
            chosen = counted & (minutes >= low) & (minutes < high)
            scopes.append((MINUTES, f"{low:g} to {high:g}", chosen))
    return [scope for scope in scopes if scope[2].any()]


def _score(
    names: tuple[str, str, str],
    walked: WalkedMarket,
    averages: Mapping[str, Array],
    each: Mapping[str, Array],
    chosen: Array,
    calibration_error: float,
) -> Score:
    actual = walked.actual[chosen]
    error = walked.mean[chosen] - actual
    of_averages = {name: values[chosen] - actual for name, values in averages.items()}
    return Score(
        *names,
        len(actual),
        _rounded(np.abs(error).mean()),
        _rounded(np.abs(walked.median[chosen] - actual).mean()),
        _rounded(np.sqrt((error**2).mean())),
        _rounded(error.mean()),
        _rounded(each["crps"].mean()),
        _rounded(each["log_score"].mean()),
        _rounded(each["coverage"].mean()),
        calibration_error,
        {name: _rounded(np.abs(e).mean()) for name, e in of_averages.items()},
        {name: _rounded(np.sqrt((e**2).mean())) for name, e in of_averages.items()},
    )


def _rounded(value: Any) -> float:
    return round(float(value), DECIMALS)
