"""Walk forward through the folds: train on the past, forecast the fold, move on.

Each fold's distribution comes from the errors of earlier folds only, so that every number
about history is one that could have been had at the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.boosting import BoostingOptions, fit_booster, predict_mean, quantised
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import Distribution, fit_distribution
from boxout.learning.evaluate import (
    LEAST_GAMES,
    MODEL_MEAN,
    MODEL_MEDIAN,
    Metric,
    evaluate_market,
)
from boxout.learning.folds import Fold
from boxout.learning.forecasts import Forecast, empty_forecast, fill_forecast, make_forecast
from boxout.learning.markets import Market, baseline_columns

Array = NDArray[Any]
Listener = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Walk:
    """What the walk gave for each market.

    Attributes
    ----------
    forecasts
        Out-of-sample forecasts of all test folds, one element a row of the data set.
    distributions
        The errors' distribution over all folds, for forecasts to come.
    metrics
        Scores of the test folds against the baselines and the books.
    """

    forecasts: Mapping[str, Forecast]
    distributions: Mapping[str, Distribution]
    metrics: tuple[Metric, ...]


def run_walk(
    data: Dataset,
    training_matrix: Array,
    folds: Sequence[Fold],
    markets: Sequence[Market],
    lines: Mapping[str, Array],
    options: BoostingOptions,
    listener: Listener,
) -> Walk:
    """Train and forecast fold by fold.

    Parameters
    ----------
    training_matrix
        The data set's matrix as trees are to learn from it; see `hiding`.
    lines
        The books' line by market, one element a row of the data set.
    listener
        Called with what is being done, the steps done, and their number.
    """
    means = {market.name: np.full(data.rows, np.nan) for market in markets}
    forecasts = {market.name: empty_forecast(lines[market.name]) for market in markets}
    calibrated_from = folds[0].test.start
    for fold in folds:
        listener(
            f"fold {fold.number}: {fold.first_date} to {fold.last_date}", fold.number, len(folds)
        )
        binned = quantised(training_matrix[: fold.train_rows], options)
        for market in markets:
            outcome = data.outcomes[market.name]
            booster = fit_booster(binned, outcome[: fold.train_rows], options)
            mean = predict_mean(booster, data.matrix[fold.test])
            means[market.name][fold.test] = mean
            if fold.number:
                earlier = slice(calibrated_from, fold.test.start)
                known = fit_distribution(means[market.name][earlier], outcome[earlier])
                made = make_forecast(mean, known, lines[market.name][fold.test])
                fill_forecast(forecasts[market.name], fold.test, made)
    walked = slice(calibrated_from, data.rows)
    return Walk(
        forecasts,
        {
            name: fit_distribution(mean[walked], data.outcomes[name][walked])
            for name, mean in means.items()
        },
        tuple(
            metric
            for market in markets
            for metric in _evaluate(data, folds, market, forecasts[market.name])
        ),
    )


def _evaluate(
    data: Dataset, folds: Sequence[Fold], market: Market, forecast: Forecast
) -> list[Metric]:
    number = np.zeros(data.rows, dtype=np.int64)
    for fold in folds:
        number[fold.test] = fold.number
    methods = {MODEL_MEAN: forecast.predicted, MODEL_MEDIAN: forecast.p50}
    methods |= {name: data.column(column) for name, column in baseline_columns(market).items()}
    early = data.column("games_played_season") < LEAST_GAMES
    methods[MODEL_MEAN] = np.where(early, np.nan, methods[MODEL_MEAN])
    return evaluate_market(
        market.name,
        data.outcomes[market.name].astype(np.float64),
        methods,
        forecast.line,
        data.season,
        number,
    )
