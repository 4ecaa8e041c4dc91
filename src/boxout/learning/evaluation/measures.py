"""Measures of a predictive distribution over whole numbers.

A distribution comes as chances of exceeding 0, 1, 2, ...: shape (rows, thresholds). Formulas
are those of Gneiting and Raftery 2007 (Journal of the American Statistical Association 102)
and, for whole numbers, Czado, Gneiting and Held 2009 (Biometrics 65).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.distribution import reaching

Array = NDArray[Any]

RELIABILITY_BINS = 20
# The worst that one outcome may cost, so that a single surprise does not decide.
LEAST_CHANCE = 1e-4


def crps(survival: Array, actual: Array) -> Array:
    """Return the continuous ranked probability score of each row, in the outcome's unit.

    The sum over k of (P(Y > k) - [y > k])^2; that of a point forecast is its absolute error.
    Outcomes are rounded to whole numbers, as those that the distribution was learned from.
    """
    outcome = np.rint(actual)
    exceeded = outcome[:, None] > np.arange(survival.shape[1])[None]
    within = ((survival - exceeded) ** 2).sum(axis=1)
    # beyond the last threshold the distribution says never
    score: Array = within + np.maximum(outcome - survival.shape[1], 0)
    return score


def log_score(survival: Array, actual: Array) -> Array:
    """Return minus the log of the chance that was given to what happened, each row."""
    above, reached = _around(survival, actual)
    score: Array = -np.log(np.maximum(reached - above, LEAST_CHANCE))
    return score


def coverage(survival: Array, actual: Array, low: float = 0.1, high: float = 0.9) -> Array:
    """Return how much of each outcome lies between two quantiles, from 0 to 1.

    A whole number holds a stretch of chances from P(Y < y) to P(Y <= y), and counts by the
    share of the stretch that is within the interval, as the randomised transform does on
    average; so a right distribution covers high - low, however coarse it is.
    """
    above, reached = _around(survival, actual)
    below, until = 1 - reached, 1 - above
    width = np.maximum(until - below, 1e-9)
    share: Array = np.clip((high - below) / width, 0, 1) - np.clip((low - below) / width, 0, 1)
    return share


def _around(survival: Array, actual: Array) -> tuple[Array, Array]:
    """Return P(Y > y) and P(Y >= y) of each row's outcome."""
    chances, row = reaching(survival), np.arange(len(survival))
    outcome = np.clip(np.rint(actual).astype(np.int64), 0, survival.shape[1])
    return chances[row, outcome + 1], chances[row, outcome]


def binary_log_loss(chance: Array, happened: Array) -> Array:
    """Return minus the log of the chance given to what happened, each row; NaN stays NaN."""
    given = np.where(happened, chance, 1 - chance)
    loss: Array = -np.log(np.clip(given, LEAST_CHANCE, 1.0))
    return loss


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of about one chance: how many, what was said, and how often it happened."""

    rows: int
    said: float
    happened: float


def reliability(chance: Array, happened: Array) -> tuple[ReliabilityBin, ...]:
    """Return the reliability curve over equal bins of the chance; empty bins are left out."""
    known = ~np.isnan(chance)
    chance, happened = chance[known], happened[known].astype(np.float64)
    place = np.minimum((chance * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    return tuple(
        ReliabilityBin(
            int(chosen.sum()),
            round(float(chance[chosen].mean()), 5),
            round(float(happened[chosen].mean()), 5),
        )
        for chosen in (place == number for number in range(RELIABILITY_BINS))
        if chosen.any()
    )


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the mean gap between what was said and what happened, weighted by rows."""
    rows = sum(each.rows for each in bins)
    gap = sum(each.rows * abs(each.said - each.happened) for each in bins)
    return round(gap / rows, 5) if rows else 0.0
