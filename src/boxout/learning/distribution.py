"""From an expected value to a distribution: quantiles of errors made out of sample.

Errors are pooled by size of forecast, for a star's points scatter more than a reserve's.
Between two pools the quantiles are interpolated, so that the distribution moves smoothly
with the forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEVELS = np.arange(1, 100) / 100
# Where the pools end, as shares of the forecasts; stars are few and get pools of their own.
POOL_ENDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
LEAST_POOL = 300
DECIMALS = 4
# A chance is never said to be nearer to certain than a hundred outcomes can show.
SUREST = 0.995


@dataclass(frozen=True)
class Distribution:
    """Quantiles of the error (actual minus forecast) by size of forecast.

    Attributes
    ----------
    centres
        Mean forecast of each pool, ascending, shape (pools,).
    sds
        Standard deviation of the error in each pool.
    quantiles
        Shape (pools, 99): the error's percentiles 1 to 99 in each pool.
    rows
        How many out-of-sample forecasts it rests on.
    """

    centres: Array
    sds: Array
    quantiles: Array
    rows: int

    def sd(self, predicted: Array) -> Array:
        """Return the standard deviation at each forecast."""
        sd: Array = np.interp(predicted, self.centres, self.sds)
        return sd

    def quantile(self, predicted: Array, level: int) -> Array:
        """Return a percentile (1 to 99) of the outcome at each forecast, never below zero."""
        error = np.interp(predicted, self.centres, self.quantiles[:, level - 1])
        return np.maximum(predicted + error, 0.0)

    def over_probability(self, predicted: Array, line: Array) -> Array:
        """Return the chance that the outcome exceeds the line, given that it is no push.

        NaN where the line is NaN. Outcomes are whole numbers, so only a whole line can
        push; a stake is returned then, and the chance is among the bets that count.
        """
        chance = np.full(len(predicted), np.nan)
        lined = ~np.isnan(line)
        over = 1 - self._below(predicted[lined], np.floor(line[lined]) + 0.5)
        under = self._below(predicted[lined], np.ceil(line[lined]) - 0.5)
        chance[lined] = over / (over + under)
        return chance

    def _below(self, predicted: Array, threshold: Array) -> Array:
        """Return the chance of an outcome below a threshold."""
        place = np.interp(predicted, self.centres, np.arange(len(self.centres)))
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, len(self.centres) - 1)
        weight = (place - low)[:, None]
        errors = self.quantiles[low] * (1 - weight) + self.quantiles[high] * weight
        wanted = (threshold - predicted)[:, None]
        after = np.clip((errors < wanted).sum(axis=1), 1, len(LEVELS) - 1)
        row = np.arange(len(predicted))
        left, right = errors[row, after - 1], errors[row, after]
        step = np.where(right > left, right - left, 1.0)
        share = LEVELS[after - 1] + (LEVELS[after] - LEVELS[after - 1]) * (
            (wanted[:, 0] - left) / step
        )
        chance: Array = np.clip(share, 1 - SUREST, SUREST)
        return chance

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, for a card."""
        return {
            "rows": self.rows,
            "centres": self.centres.tolist(),
            "sds": self.sds.tolist(),
            "quantiles": self.quantiles.tolist(),
        }


def fit_distribution(predicted: Array, actual: Array) -> Distribution:
    """Pool out-of-sample errors by size of forecast.

    Parameters
    ----------
    predicted, actual
        Forecasts and outcomes, one element each, at least one.
    """
    order = np.argsort(predicted, kind="stable")
    ends: list[int] = []
    for end in (int(share * len(order)) for share in POOL_ENDS):
        if end - (ends[-1] if ends else 0) >= LEAST_POOL <= len(order) - end:
            ends.append(end)
    parts = np.split(order, ends)
    errors = actual.astype(np.float64) - predicted
    return Distribution(
        np.round([predicted[part].mean() for part in parts], DECIMALS),
        np.round([errors[part].std() for part in parts], DECIMALS),
        np.round([np.quantile(errors[part], LEVELS) for part in parts], DECIMALS),
        len(order),
    )


def read_distribution(saved: Mapping[str, Any]) -> Distribution:
    """Return what `Distribution.to_dict` wrote."""
    return Distribution(
        np.asarray(saved["centres"]),
        np.asarray(saved["sds"]),
        np.asarray(saved["quantiles"]),
        int(saved["rows"]),
    )
