"""What a bet is worth, and how much of a bankroll it could bear.

Chances are of winning and of a push, at which the stake comes back; what is left is the
chance of losing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxout.errors import UsageError

Array = NDArray[Any]

# A bet needs this much expected profit a unit staked; below it lies the noise of the forecast.
LEAST_VALUE = 0.02


def expected_value(win: ArrayLike, decimal: ArrayLike, push: ArrayLike = 0.0) -> Array:
    """Return the expected profit of a stake of 1."""
    chance = np.asarray(win, dtype=np.float64)
    value: Array = chance * np.asarray(decimal, dtype=np.float64) + np.asarray(push) - 1
    return value


@dataclass(frozen=True)
class StakeLimits:
    """How far to follow Kelly.

    Attributes
    ----------
    fraction
        Share of the full Kelly stake; a quarter, since chances are estimates.
    most_a_bet
        Largest share of the bankroll on one bet.
    most_a_night
        Largest share of the bankroll on all bets together.
    """

    fraction: float = 0.25
    most_a_bet: float = 0.02
    most_a_night: float = 0.10

    def __post_init__(self) -> None:
        """Refuse limits outside 0 to 1."""
        for name, value in vars(self).items():
            if not 0 <= value <= 1:
                raise UsageError(f"{name} is {value}.", "stake limits", "Give a share of 0 to 1.")


def kelly(win: ArrayLike, decimal: ArrayLike, push: ArrayLike = 0.0) -> Array:
    """Return the share of the bankroll that makes it grow fastest; 0 without an edge.

    With b what a stake of 1 wins, p the chance to win and q that to lose, of the bets that do
    not push: p - q / b (Kelly 1956, Bell System Technical Journal 35).
    """
    counts = 1 - np.asarray(push, dtype=np.float64)
    chance = np.asarray(win, dtype=np.float64) / counts
    wins = np.asarray(decimal, dtype=np.float64) - 1
    return np.maximum(chance - (1 - chance) / wins, 0.0)


def stakes(
    win: ArrayLike,
    decimal: ArrayLike,
    push: ArrayLike = 0.0,
    limits: StakeLimits | None = None,
) -> Array:
    """Return the share of the bankroll on each of a night's bets, within the limits.

    When all together exceed the night's limit, all shrink alike.
    """
    limits = limits or StakeLimits()
    each = np.minimum(limits.fraction * kelly(win, decimal, push), limits.most_a_bet)
    total = float(np.nansum(each))
    if total > limits.most_a_night:
        each = each * limits.most_a_night / total
    return each
