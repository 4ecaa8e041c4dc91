"""From an expected value to a distribution: what came of forecasts of that size before.

Outcomes are whole numbers, so a distribution is the chance of exceeding each of them. The
chances are counted among out-of-sample forecasts of similar size and made to rise with the
forecast, by isotonic distributional regression (Henzi, Ziegel and Gneiting 2021, Journal of
the Royal Statistical Society B 83) over groups of forecasts; between two groups they are
interpolated. Nothing is assumed about the shape, and what it says is calibrated by the way it
is made. Below the smallest group and beyond the largest the whole distribution moves along with
the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Forecasts a group: enough for a chance to mean something, few enough to follow the forecast.
LEAST_GROUP = 250
MOST_GROUPS = 80
DECIMALS = 4
# A chance is never said to be nearer to certain than a few hundred outcomes can show.
SUREST = 0.998
HALVINGS = 30


@dataclass(frozen=True)
class Spread:
    """What lies in chances of exceeding 0, 1, 2, ...; each figure has one element a row.

    Attributes
    ----------
    survival
        Shape (rows, thresholds).
    """

    survival: Array

    @cached_property
    def mean(self) -> Array:
        """The expected outcomes."""
        mean: Array = self.survival.sum(axis=1)
        return mean

    @property
    def sd(self) -> Array:
        """The standard deviations."""
        second = (self.survival * (2 * np.arange(self.survival.shape[1]) + 1)).sum(axis=1)
        sd: Array = np.sqrt(np.maximum(second - self.mean**2, 0.0))
        return sd

    @property
    def median(self) -> Array:
        """The smallest whole numbers that are reached or missed by half, as float64."""
        median: Array = (self.survival > 0.5).sum(axis=1).astype(np.float64)
        return median

    def quantile(self, level: float) -> Array:
        """Return a quantile (level from 0 to 1) of each row, never below zero.

        A whole number k stands for what lies between k - 0.5 and k + 0.5, so that an interval
        between two quantiles holds as much as it says.
        """
        below = self._below
        row = np.arange(len(below))
        after = np.clip((below <= level).sum(axis=1), 1, below.shape[1] - 1)
        left, right = below[row, after - 1], below[row, after]
        share = (level - left) / np.where(right > left, right - left, 1.0)
        quantile: Array = np.maximum(after - 1.5 + share, 0.0)
        return quantile

    @cached_property
    def _below(self) -> Array:
        """The chances of missing 0, 1, 2, ..., rising."""
        below: Array = np.maximum.accumulate(1 - reaching(self.survival), axis=1)
        return below


@dataclass(frozen=True)
class Distribution:
    """Chances of exceeding each whole number, by size of forecast.

    Attributes
    ----------
    centres
        Mean forecast of each group, ascending, shape (groups,).
    exceeds
        Shape (groups, thresholds): the chance of an outcome above 0, 1, 2, ...; falling along
        the thresholds, rising along the groups.
    rows
        How many out-of-sample forecasts it rests on.
    """

    centres: Array
    exceeds: Array
    rows: int

    def survival(self, predicted: Array) -> Array:
        """Return the chance of exceeding 0, 1, 2, ... of each forecast: (rows, thresholds)."""
        place = np.interp(predicted, self.centres, np.arange(len(self.centres)))
        low = place.astype(np.int64)
        high = np.minimum(low + 1, len(self.centres) - 1)
        weight = (place - low)[:, None]
        chances = self.exceeds[low] * (1 - weight) + self.exceeds[high] * weight
        shift = (predicted - np.clip(predicted, self.centres[0], self.centres[-1]))[:, None]
        thresholds = np.arange(-1, self.exceeds.shape[1])
        for end, beyond in ((0, shift[:, 0] < 0), (-1, shift[:, 0] > 0)):
            known = np.r_[1.0, self.exceeds[end]]
            chances[beyond] = np.interp(thresholds[1:] - shift[beyond], thresholds, known)
        return chances

    def spread(self, predicted: Array) -> Spread:
        """Return what lies in the chances of each forecast."""
        return Spread(self.survival(predicted))

    def mean(self, predicted: Array) -> Array:
        """Return the expected outcome at each forecast."""
        return self.spread(predicted).mean

    def forecast_of(self, mean: Array) -> Array:
        """Return the forecasts whose distributions have these means, which rise with the forecast.

        They are sought by halving, to below a millionth.
        """
        smallest = self.centres[:1]
        low = np.repeat(smallest - self.mean(smallest), len(mean))  # of which the mean is 0
        high: Array = np.maximum(2 * mean, self.centres[-1]) + 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            is_below = self.mean(middle) < mean
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        return high

    def chances(self, predicted: Array, line: Array) -> tuple[Array, Array, Array]:
        """Return the chances of over, push and under of each forecast and its line.

        Only a whole line can push. NaN where the line is NaN; the three add up to 1.
        """
        over, push = np.full((2, len(predicted)), np.nan)
        lined = np.flatnonzero(~np.isnan(line))
        survival, row = self.survival(predicted[lined]), np.arange(len(lined))
        over[lined], reached = on_lines(survival, row, line[lined])
        push[lined] = reached - over[lined]
        return over, push, 1 - over - push

    def over_probability(self, predicted: Array, line: Array) -> Array:
        """Return the chance that the outcome exceeds the line, given that it is no push.

        A stake is returned at a push, and the chance is among the bets that count; it is kept
        within `SUREST` of certain. NaN where the line is NaN.
        """
        over, _, under = self.chances(predicted, line)
        return among_bets_that_count(over, under)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, for a card."""
        return {
            "rows": self.rows,
            "centres": self.centres.tolist(),
            "exceeds": self.exceeds.tolist(),
        }


def among_bets_that_count(over: Array, under: Array) -> Array:
    """Return the chance of over given that it is no push, within `SUREST` of certain."""
    chance: Array = np.clip(over / np.maximum(over + under, 1e-9), 1 - SUREST, SUREST)
    return chance


def reaching(survival: Array) -> Array:
    """Return the chances of reaching 0, 1, 2, ... from those of exceeding them: from sure to never.

    Parameters
    ----------
    survival
        Shape (rows, thresholds).

    Returns
    -------
    ndarray
        Shape (rows, thresholds + 2).
    """
    certain, never = np.ones(len(survival)), np.zeros(len(survival))
    return np.column_stack([certain, survival, never])


def on_lines(survival: Array, place: Array, line: Array) -> tuple[Array, Array]:
    """Return the chances of exceeding each line, and of reaching it at least.

    Parameters
    ----------
    survival
        Chances of exceeding 0, 1, 2, ...; shape (rows, thresholds).
    place, line
        Row of the chances, and line, of each.
    """
    chances = reaching(survival)
    last = chances.shape[1] - 1
    over = chances[place, np.clip(np.floor(line) + 1, 0, last).astype(int)]
    return over, chances[place, np.clip(np.ceil(line), 0, last).astype(int)]


def fit_distribution(predicted: Array, actual: Array) -> Distribution:
    """Count what came of out-of-sample forecasts, by their size.

    Parameters
    ----------
    predicted, actual
        Forecasts and outcomes, one element each, at least one. Outcomes are rounded to whole
        numbers.
    """
    order = np.argsort(predicted, kind="stable")
    outcome = np.rint(actual).astype(np.int64)
    groups = np.array_split(order, int(np.clip(len(order) // LEAST_GROUP, 1, MOST_GROUPS)))
    thresholds = np.arange(int(outcome.max(initial=0)) + 1)
    counts = np.stack([np.bincount(outcome[group], minlength=len(thresholds)) for group in groups])
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    exceeds = 1 - np.cumsum(counts, axis=1) / sizes[:, None]
    return Distribution(
        np.round([predicted[group].mean() for group in groups], DECIMALS),
        np.round(rising(exceeds, sizes), DECIMALS),
        len(order),
    )


def rising(values: Array, weights: Array) -> Array:
    """Return the nearest columns that never fall, by least squares with weights.

    Pool adjacent violators (Ayer and others 1955), in its max-min form: the value at i is the
    largest over starts, of the smallest over ends, of the mean between them.

    Parameters
    ----------
    values
        Shape (rows, columns); each column is treated on its own.
    weights
        One a row.
    """
    count = len(values)
    mass = np.r_[0.0, np.cumsum(weights)]
    total = np.vstack([np.zeros(values.shape[1]), np.cumsum(values * weights[:, None], axis=0)])
    best = np.full(values.shape, -np.inf)
    for start in range(count):
        means = (total[start + 1 :] - total[start]) / (mass[start + 1 :] - mass[start])[:, None]
        from_here = np.minimum.accumulate(means[::-1], axis=0)[::-1]
        best[start:] = np.maximum(best[start:], from_here)
    return best


def read_distribution(saved: Mapping[str, Any]) -> Distribution:
    """Return what `Distribution.to_dict` wrote."""
    return Distribution(
        np.asarray(saved["centres"]), np.asarray(saved["exceeds"]), int(saved["rows"])
    )
