"""Take the bookmaker's margin out of the prices of a market with two sides.

Prices imply chances that add up to more than 1. How the excess is spread is an assumption:

- multiplicative: in proportion to the chance;
- additive: the same from each side;
- power: each chance to a power k such that they add up to 1 (longshots carry more margin);
- Shin: as if a share z of the stakes knew the result (Shin 1993, Economic Journal 103), which
  for two sides equals the additive method (Strumbelj 2014, International Journal of
  Forecasting 30).

Each takes decimal odds of over and under as arrays and returns the chance of over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxout.betting.odds import implied_chance
from boxout.errors import UsageError

Array = NDArray[Any]
BISECTIONS = 60


def overround(over: ArrayLike, under: ArrayLike) -> Array:
    """Return by how much the implied chances exceed 1."""
    excess: Array = implied_chance(over) + implied_chance(under) - 1
    return excess


def multiplicative(over: ArrayLike, under: ArrayLike) -> Array:
    """Return the chance of over when the margin is in proportion to the chance."""
    first, second = implied_chance(over), implied_chance(under)
    chance: Array = first / (first + second)
    return chance


def additive(over: ArrayLike, under: ArrayLike) -> Array:
    """Return the chance of over when each side carries the same margin."""
    first, second = implied_chance(over), implied_chance(under)
    return np.clip(first - (first + second - 1) / 2, 0.0, 1.0)


def power(over: ArrayLike, under: ArrayLike) -> Array:
    """Return the chance of over when each implied chance is raised to one power."""
    first, second = np.broadcast_arrays(implied_chance(over), implied_chance(under))
    low, high = np.full(first.shape, 0.01), np.full(first.shape, 100.0)
    for _ in range(BISECTIONS):
        middle = np.sqrt(low * high)
        is_too_much = first**middle + second**middle > 1
        low, high = np.where(is_too_much, middle, low), np.where(is_too_much, high, middle)
    chance: Array = first ** np.sqrt(low * high)
    return np.where(np.isnan(first + second), np.nan, chance)


def shin(over: ArrayLike, under: ArrayLike) -> Array:
    """Return the chance of over when a share of the stakes knows the result."""
    first, second = np.broadcast_arrays(implied_chance(over), implied_chance(under))
    booksum = first + second
    low, high = np.zeros(first.shape), np.full(first.shape, 0.99)
    for _ in range(BISECTIONS):
        insiders = (low + high) / 2
        total = _shin_chance(first, booksum, insiders) + _shin_chance(second, booksum, insiders)
        low = np.where(total > 1, insiders, low)
        high = np.where(total > 1, high, insiders)
    chance = _shin_chance(first, booksum, (low + high) / 2)
    return np.where(np.isnan(booksum), np.nan, chance)


def _shin_chance(implied: Array, booksum: Array, insiders: Array) -> Array:
    root = np.sqrt(insiders**2 + 4 * (1 - insiders) * implied**2 / booksum)
    chance: Array = (root - insiders) / (2 * (1 - insiders))
    return chance


METHODS = {
    "multiplicative": multiplicative,
    "additive": additive,
    "power": power,
    "shin": shin,
}


def fair_chance(over: ArrayLike, under: ArrayLike, method: str = "multiplicative") -> Array:
    """Return the chance of over without the margin, by a named method.

    Raises
    ------
    UsageError
        When there is no such method.
    """
    if method not in METHODS:
        raise UsageError(
            f"There is no method {method!r} to remove a margin.", "", f"Use {', '.join(METHODS)}."
        )
    return METHODS[method](over, under)
