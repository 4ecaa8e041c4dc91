"""How good the forecasts are, beside the averages and the books, on the same rows.

A mean minimises squared error and a median absolute error; both of the model's are shown,
so that neither is judged by the other's measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MODEL_MEAN = "model_mean"
MODEL_MEDIAN = "model_median"
BOOKS_LINE = "books_line"
OVERALL = "overall"
WITH_LINE = "with a line"
# The averages mean little before a player has had a few games in the season.
LEAST_GAMES = 5


@dataclass(frozen=True)
class Metric:
    """One method's errors on one set of rows.

    Attributes
    ----------
    scope
        `overall`, a season, `fold N`, or `with a line` for rows that the books have a line on.
    method
        `model_mean`, `model_median`, a baseline's name, or `books_line`.
    mae, rmse, bias
        Mean absolute error, root mean squared error, and mean of forecast minus outcome, in
        the market's unit.
    """

    market: str
    scope: str
    method: str
    rows: int
    mae: float
    rmse: float
    bias: float


def evaluate_market(
    market: str,
    actual: Array,
    methods: Mapping[str, Array],
    line: Array,
    season: Array,
    fold: Array,
) -> list[Metric]:
    """Score methods on the rows where all of them have a forecast.

    Parameters
    ----------
    actual, season, fold
        Outcome, season name and number of the fold of each row.
    methods
        Forecasts by method; NaN where a method has none. Rows that are not to count have
        NaN in any of them.
    line
        The books' line of each row; NaN where there is none.
    """
    shared = ~np.isnan(actual)
    for forecast in methods.values():
        shared &= ~np.isnan(forecast)
    scopes: dict[str, Array] = {OVERALL: shared}
    scopes |= {str(name): shared & (season == name) for name in sorted(set(season[shared]))}
    scopes |= {f"fold {number}": shared & (fold == number) for number in np.unique(fold[shared])}
    metrics = [
        score(market, scope, method, actual[rows], forecast[rows])
        for scope, rows in scopes.items()
        for method, forecast in methods.items()
    ]
    lined = shared & ~np.isnan(line)
    if lined.any():
        metrics += [
            score(market, WITH_LINE, method, actual[lined], forecast[lined])
            for method, forecast in {**methods, BOOKS_LINE: line}.items()
        ]
    return metrics


def score(market: str, scope: str, method: str, actual: Array, forecast: Array) -> Metric:
    """Return the errors of forecasts, all zero when there is no row."""
    error = forecast.astype(np.float64) - actual
    if not len(error):
        return Metric(market, scope, method, 0, 0.0, 0.0, 0.0)
    return Metric(
        market,
        scope,
        method,
        len(error),
        round(float(np.abs(error).mean()), 4),
        round(float(np.sqrt((error**2).mean())), 4),
        round(float(error.mean()), 4),
    )
