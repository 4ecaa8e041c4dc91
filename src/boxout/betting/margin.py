"""Take the bookmaker's margin out of the prices of a market with two sides.

Prices imply chances that add up to more than 1. How the excess is spread is an assumption; here
it is in proportion to the chance (multiplicative).
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from boxout.betting.odds import implied_chance

Array = NDArray[Any]


def multiplicative(over: ArrayLike, under: ArrayLike) -> Array:
    """Return the chance of over when the margin is in proportion to the chance.

    Parameters
    ----------
    over, under
        Decimal odds of the two sides.
    """
    first, second = implied_chance(over), implied_chance(under)
    chance: Array = first / (first + second)
    return chance
