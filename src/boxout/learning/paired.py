"""Compare two methods on the same rows, honestly about how many rows there really are.

Players of one date share pace, blowouts and overtime, so that their differences are not
independent: the error of a mean is reckoned from the sums of dates (cluster-robust, Cameron
and Miller 2015, Journal of Human Resources 50).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Z_95 = 1.959964
LEAST_CLUSTERS = 10
DECIMALS = 5


@dataclass(frozen=True)
class MeanWithError:
    """A mean, its 95% interval, and what it rests on.

    Attributes
    ----------
    low, high
        The interval; None with fewer than ten dates.
    p_value
        Two-sided, of a true mean of zero; None with fewer than ten dates.
    """

    mean: float
    low: float | None
    high: float | None
    p_value: float | None
    rows: int
    dates: int

    @property
    def is_above_zero(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.low is not None and self.low > 0

    @property
    def is_below_zero(self) -> bool:
        """Whether the whole interval lies below zero."""
        return self.high is not None and self.high < 0


def mean_by_date(values: Array, game_date: Array) -> MeanWithError | None:
    """Return the mean of values with its error between dates; None without a value.

    Parameters
    ----------
    values, game_date
        One element a row; rows whose value is NaN do not count.
    """
    known = ~np.isnan(values)
    values, game_date = values[known].astype(np.float64), game_date[known]
    _, cluster = np.unique(game_date, return_inverse=True)
    return mean_of_sums(np.bincount(cluster, weights=values), np.bincount(cluster))


def mean_of_sums(sums: Array, rows: Array) -> MeanWithError | None:
    """Return the mean of values with its error between dates; None without a value.

    Parameters
    ----------
    sums, rows
        Sum of the values of each date, and how many they are.
    """
    dates, count = len(sums), int(rows.sum())
    if not count:
        return None
    mean = float(sums.sum()) / count
    if dates < LEAST_CLUSTERS:
        return MeanWithError(round(mean, DECIMALS), None, None, None, count, dates)
    apart = sums - mean * rows
    error = math.sqrt(float((apart**2).sum()) * dates / (dates - 1)) / count
    p_value = math.erfc(abs(mean) / error / math.sqrt(2)) if error else float(mean == 0)
    low, high = mean - Z_95 * error, mean + Z_95 * error
    return MeanWithError(
        round(mean, DECIMALS),
        round(low, DECIMALS),
        round(high, DECIMALS),
        round(p_value, DECIMALS),
        count,
        dates,
    )
