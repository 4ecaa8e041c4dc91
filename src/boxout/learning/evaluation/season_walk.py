"""Forecast every month of a season as it could have been done on its first day.

Trees are grown anew for each month on all rows before it, and the distribution comes from the
out-of-sample forecasts of earlier folds alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import fit_distribution, on_lines
from boxout.learning.folds import Fold
from boxout.learning.markets import Market, add_up, with_parts
from boxout.learning.trust import fit_line_trust
from boxout.learning.walk import Listener, fitting_workers, forecast_folds

Array = NDArray[Any]


@dataclass(frozen=True)
class WalkedMarket:
    """One market's forecasts of the tested months, one element a row of `rows`.

    Attributes
    ----------
    rows
        The slice of the data set that was tested.
    survival
        Chances of exceeding 0, 1, 2, ...; shape (rows, thresholds).
    mean, median, actual
        In the market's unit.
    """

    market: Market
    rows: slice
    folds: tuple[Fold, ...]
    expected: Array
    survival: Array
    mean: Array
    median: Array
    actual: Array

    def chances(self, place: Array, line: Array) -> tuple[Array, Array, Array]:
        """Return the chances of over, push and under of lines on some of the rows.

        Parameters
        ----------
        place, line
            Row (counted from the first tested one) and line of each quote.
        """
        over, reached = on_lines(self.survival, place, line)
        return over, reached - over, 1 - reached

    def tempered(
        self, place: Array, line: Array, chance: Array, market: Array
    ) -> tuple[Array, Array]:
        """Draw chances of over towards the price's by what earlier months' lines have taught.

        See `trust`. A month learns from the quotes of earlier months alone.

        Returns
        -------
        chance, is_known
            The drawn chance, and whether earlier months had enough quotes to say how far.
        """
        tempered, is_known = chance.copy(), np.zeros(len(chance), dtype=np.bool_)
        actual = self.actual[place]
        for fold in self.folds:
            if not fold.number:
                continue
            begin, end = fold.test.start - self.rows.start, fold.test.stop - self.rows.start
            earlier, now = place < begin, (place >= begin) & (place < end)
            trust = fit_line_trust(chance[earlier], market[earlier], actual[earlier], line[earlier])
            tempered[now] = trust.apply(chance[now], market[now])
            is_known[now] = trust.is_known(market[now])
        return tempered, is_known


def walk_months(
    data: Dataset,
    training_matrix: Array,
    folds: Sequence[Fold],
    markets: Sequence[Market],
    options: BoostingOptions,
    listener: Listener,
) -> tuple[WalkedMarket, ...]:
    """Train and forecast month by month.

    Parameters
    ----------
    training_matrix
        The data set's matrix as trees are to learn from it; see `hiding`.
    listener
        Called with what is being done, the steps done, and their number.
    """
    statistics = with_parts(markets)
    with fitting_workers() as workers:
        means = forecast_folds(data, training_matrix, folds, statistics, options, workers, listener)
    listener("scores", len(folds), len(folds))
    return tuple(_walked(data, folds, market, add_up(market, means)) for market in markets)


def _walked(data: Dataset, folds: Sequence[Fold], market: Market, expected: Array) -> WalkedMarket:
    tested = [fold for fold in folds if fold.number]
    rows = slice(tested[0].test.start, tested[-1].test.stop)
    outcome = data.outcomes[market.name].astype(np.float64)
    thresholds = int(np.rint(outcome[folds[0].test.start : rows.stop]).max()) + 1
    parts = []
    for fold in tested:
        earlier = slice(folds[0].test.start, fold.test.start)
        known = fit_distribution(expected[earlier], outcome[earlier])
        chances = known.survival(expected[fold.test])
        parts.append(np.pad(chances, ((0, 0), (0, thresholds - chances.shape[1]))))
    survival = np.vstack(parts)
    return WalkedMarket(
        market,
        rows,
        tuple(folds),
        expected[rows],
        survival,
        survival.sum(axis=1),
        (survival > 0.5).sum(axis=1).astype(np.float64),
        outcome[rows],
    )
