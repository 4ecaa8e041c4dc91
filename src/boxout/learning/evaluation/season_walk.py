"""Forecast every month of a season as it could have been done on its first day.

Trees are grown anew for each month on all rows before it, and the distribution comes from the
out-of-sample forecasts of earlier folds alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import among_bets_that_count, fit_distribution, on_lines
from boxout.learning.folds import Fold
from boxout.learning.lines import BooksLines
from boxout.learning.markets import Market, add_up, with_parts
from boxout.learning.trust import LineTrust, borrow, fit_line_trust
from boxout.learning.walk import Listener, collect_means, fitting_workers, submit_folds

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

    @property
    def months(self) -> tuple[slice, ...]:
        """The rows of each tested month, counted from the first tested one."""
        start = self.rows.start
        tests = [fold.test for fold in self.folds if fold.number]
        return tuple(slice(test.start - start, test.stop - start) for test in tests)

    def trust(self, rows: slice, lines: BooksLines) -> LineTrust:
        """Return how far the lines of some rows say the forecast is to be trusted.

        Parameters
        ----------
        rows
            Counted from the first tested one.
        lines
            The books' line, one element a tested row.
        """
        known = lines.part(rows)
        place = np.flatnonzero(~np.isnan(known.line))
        line, actual = known.line[place], self.actual[rows][place]
        over, _, under = self.chances(place + rows.start, line)
        return fit_line_trust(among_bets_that_count(over, under), known.chance[place], actual, line)

    def drawn(
        self, place: Array, chance: Array, market: Array, trusts: Sequence[LineTrust]
    ) -> tuple[Array, Array]:
        """Draw chances of over towards the price's, as each month's trust has it.

        Returns
        -------
        chance, is_known
            The drawn chance, and whether earlier months had enough lines to say how far.
        """
        drawn, is_known = chance.copy(), np.zeros(len(chance), dtype=np.bool_)
        for month, trust in zip(self.months, trusts, strict=True):
            now = (place >= month.start) & (place < month.stop)
            drawn[now] = trust.apply(chance[now], market[now])
            is_known[now] = trust.is_known(market[now])
        return drawn, is_known


def learn_trusts(
    walked: Sequence[WalkedMarket], lines: Mapping[str, BooksLines]
) -> dict[str, tuple[LineTrust, ...]]:
    """Return how far each market is to be trusted in each month, by earlier months' lines alone.

    They are learned as a model's are: from one line a player game, and where a market has too few
    it borrows; see `trust`.

    Parameters
    ----------
    lines
        The books' line by market, one element a row of the data set.
    """
    tested = {each.market.name: lines[each.market.name].part(each.rows) for each in walked}
    months = walked[0].months if walked else ()
    by_month = [
        borrow(
            {
                each.market.name: each.trust(slice(0, month.start), tested[each.market.name])
                for each in walked
            }
        )
        for month in months
    ]
    return {name: tuple(trusts[name] for trusts in by_month) for name in tested}


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
        at_work = submit_folds(data, training_matrix, folds, statistics, options, workers)
        means = collect_means(data, at_work, listener)
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
