"""How far to trust the forecast against the books' line.

A line holds what the features do not: late injuries, minutes limits, other people's models.
A forecast that is far from it is wrong more often than its own errors say, so the chance of
over is drawn towards a half by as much as earlier lines have shown to be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# With fewer lines than this nothing is learned from them.
LEAST_LINES = 300
NEWTON_STEPS = 25
DECIMALS = 6


@dataclass(frozen=True)
class LineTrust:
    """The slope on the log-odds of over: 1 is full trust, 0 none.

    Attributes
    ----------
    slope
        1 where too few lines are known to tell.
    lines
        How many out-of-sample forecasts with a line, pushes apart, it rests on.
    """

    slope: float
    lines: int

    def apply(self, chance: Array) -> Array:
        """Return the chance of over that the slope leaves; NaN stays NaN."""
        odds: Array = _sigmoid(self.slope * _logit(chance))
        return odds

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for a card."""
        return {"slope": self.slope, "lines": self.lines}


def fit_line_trust(chance: Array, actual: Array, line: Array) -> LineTrust:
    """Fit the slope by logistic regression without intercept (Platt scaling), in [0, 1].

    Parameters
    ----------
    chance
        Untempered chance of over of out-of-sample forecasts; NaN where there is none.
    actual, line
        Outcomes and lines; NaN where there is no line.
    """
    judged = ~np.isnan(chance) & ~np.isnan(line) & (actual != line)
    lines = int(judged.sum())
    if lines < LEAST_LINES:
        return LineTrust(1.0, lines)
    log_odds = _logit(chance[judged])
    is_over = (actual[judged] > line[judged]).astype(np.float64)
    slope = 0.0
    for _ in range(NEWTON_STEPS):
        fitted = _sigmoid(slope * log_odds)
        gradient = float(((is_over - fitted) * log_odds).sum())
        curvature = float((fitted * (1 - fitted) * log_odds**2).sum())
        if curvature <= 0:
            break
        slope += gradient / curvature
    return LineTrust(round(float(np.clip(slope, 0.0, 1.0)), DECIMALS), lines)


def read_line_trust(saved: Mapping[str, Any]) -> LineTrust:
    """Return what `LineTrust.to_dict` wrote."""
    return LineTrust(float(saved["slope"]), int(saved["lines"]))


def _logit(chance: Array) -> Array:
    odds: Array = np.log(chance / (1 - chance))
    return odds


def _sigmoid(log_odds: Array) -> Array:
    chance: Array = 1 / (1 + np.exp(-log_odds))
    return chance
