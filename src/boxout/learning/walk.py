"""Walk forward through the folds: train on the past, forecast the fold, move on.

Each fold's distribution comes from the errors of earlier folds only, so that every number
about history is one that could have been had at the time.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
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
from boxout.learning.lines import BooksLines
from boxout.learning.markets import Market, add_up, baseline_columns
from boxout.learning.trust import LineTrust, borrow, fit_line_trust

Array = NDArray[Any]
Listener = Callable[[str, int, int], None]
FoldsAtWork = dict[Future[dict[str, Array]], Fold]

# Each holds a binned copy of its training rows.
MOST_WORKERS = 4


@dataclass(frozen=True)
class Walk:
    """What the walk gave for each market.

    Attributes
    ----------
    forecasts
        Out-of-sample forecasts of all test folds, one element a row of the data set.
    distributions
        The errors' distribution over all folds, for forecasts to come.
    trusts
        How far forecasts are to be trusted against lines, over all folds.
    by_fold
        By number of the test fold the distributions and trusts that it was forecast with.
    metrics
        Scores of the test folds against the baselines and the books.
    """

    forecasts: Mapping[str, Forecast]
    distributions: Mapping[str, Distribution]
    trusts: Mapping[str, LineTrust]
    by_fold: Mapping[int, tuple[Mapping[str, Distribution], Mapping[str, LineTrust]]]
    metrics: tuple[Metric, ...]


@contextlib.contextmanager
def fitting_workers() -> Iterator[ThreadPoolExecutor]:
    """Give threads to grow trees on; what has not begun when the block ends is given up.

    Every tree is grown on one thread and fits share nothing, so that no result depends on how
    many are at work.
    """
    workers = ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_WORKERS))
    try:
        yield workers
    finally:
        workers.shutdown(cancel_futures=True)


def run_walk(
    data: Dataset,
    folds: Sequence[Fold],
    markets: Sequence[Market],
    lines: Mapping[str, BooksLines],
    at_work: FoldsAtWork,
    listener: Listener,
) -> Walk:
    """Forecast fold by fold, once all of them are trained.

    Parameters
    ----------
    lines
        The books' line by market, one element a row of the data set.
    at_work
        What `submit_folds` gave.
    listener
        Called with what has been done, the steps done, and their number.
    """
    steps = {
        market.name: _MarketWalk(market, data.outcomes[market.name], lines[market.name])
        for market in markets
    }
    means = collect_means(data, at_work, listener)
    by_fold = {}
    for fold in folds:
        earlier = slice(folds[0].test.start, fold.test.start)
        if fold.number:
            known = {name: step.distribution(earlier) for name, step in steps.items()}
            trusts = borrow({name: step.trust(earlier) for name, step in steps.items()})
            by_fold[fold.number] = (known, trusts)
        for name, step in steps.items():
            step.mean[fold.test] = add_up(step.market, means)[fold.test]
            if fold.number:
                step.forecast_fold(fold, known[name], trusts[name])
    walked = slice(folds[0].test.start, data.rows)
    return Walk(
        {name: step.forecast for name, step in steps.items()},
        {name: step.distribution(walked) for name, step in steps.items()},
        {name: step.trust(walked) for name, step in steps.items()},
        by_fold,
        tuple(
            metric
            for market in markets
            for metric in _evaluate(data, folds, market, steps[market.name].forecast)
        ),
    )


def submit_folds(
    data: Dataset,
    training_matrix: Array,
    folds: Sequence[Fold],
    statistics: Sequence[Market],
    options: BoostingOptions,
    workers: ThreadPoolExecutor,
) -> FoldsAtWork:
    """Have each fold trained on what came before it and forecast, several folds at once.

    Parameters
    ----------
    training_matrix
        The data set's matrix as trees are to learn from it; see `hiding`.

    Returns
    -------
    FoldsAtWork
        By what will give each statistic's expected values of a fold's rows, the fold.
    """

    def forecast(fold: Fold) -> dict[str, Array]:
        return _forecast_fold(data, training_matrix, fold, statistics, options)

    # The last folds train on the most rows: begun first, they do not keep the rest waiting.
    return {workers.submit(forecast, fold): fold for fold in reversed(folds)}


def collect_means(data: Dataset, at_work: FoldsAtWork, listener: Listener) -> dict[str, Array]:
    """Wait for the folds, and return each statistic's expected values; NaN outside of folds."""
    means: dict[str, Array] = {}
    for done, finished in enumerate(as_completed(at_work), 1):
        fold = at_work[finished]
        for name, mean in finished.result().items():
            means.setdefault(name, np.full(data.rows, np.nan))[fold.test] = mean
        kind = f"fold {fold.number}" if fold.number else "calibration"
        listener(f"{kind}: {fold.first_date} to {fold.last_date}", done, len(at_work))
    return means


def _forecast_fold(
    data: Dataset,
    training_matrix: Array,
    fold: Fold,
    statistics: Sequence[Market],
    options: BoostingOptions,
) -> dict[str, Array]:
    known = slice(fold.train_rows)
    binned = quantised(training_matrix[known], data.weights[known], options)
    tried = np.ascontiguousarray(data.matrix[fold.test])
    means = {}
    for statistic in statistics:
        outcome = data.outcomes[statistic.name][known]
        means[statistic.name] = predict_mean(fit_booster(binned, outcome, options), tried)
    return means


class _MarketWalk:
    """One market on the way: what has been forecast so far, and what that teaches."""

    def __init__(self, market: Market, outcome: Array, lines: BooksLines) -> None:
        self.market = market
        self.outcome = outcome
        self.lines = lines
        self.mean = np.full(len(outcome), np.nan)
        self.chance = np.full(len(outcome), np.nan)
        self.forecast = empty_forecast(lines.line)

    def forecast_fold(self, fold: Fold, known: Distribution, trust: LineTrust) -> None:
        """Put the earlier folds' errors around a fold's means."""
        mean, lines = self.mean[fold.test], self.lines.part(fold.test)
        self.chance[fold.test] = known.over_probability(mean, lines.line)
        fill_forecast(self.forecast, fold.test, make_forecast(mean, known, lines, trust))

    def distribution(self, rows: slice) -> Distribution:
        """Return the errors' distribution over some rows."""
        return fit_distribution(self.mean[rows], self.outcome[rows])

    def trust(self, rows: slice) -> LineTrust:
        """Return how far some rows say the forecast is to be trusted."""
        lines = self.lines.part(rows)
        return fit_line_trust(self.chance[rows], lines.chance, self.outcome[rows], lines.line)


def baselines(data: Dataset, market: Market) -> dict[str, Array]:
    """Return the simple averages of a market by name; NaN where there is none yet."""
    return {
        name: np.sum([data.column(column) for column in columns], axis=0)
        for name, columns in baseline_columns(market).items()
    }


def _evaluate(
    data: Dataset, folds: Sequence[Fold], market: Market, forecast: Forecast
) -> list[Metric]:
    number = np.zeros(data.rows, dtype=np.int64)
    for fold in folds:
        number[fold.test] = fold.number
    methods = {MODEL_MEAN: forecast.predicted, MODEL_MEDIAN: forecast.p50}
    methods |= baselines(data, market)
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
