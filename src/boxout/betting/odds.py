"""Odds in their three spellings, and the chance that a price implies.

American odds say what 100 win (positive) or what must be staked to win 100 (negative);
decimal odds what comes back for 1, the stake included; fractional odds what 1 wins.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxout.errors import UsageError

Array = NDArray[Any]

# Fractional odds are quoted with small denominators, such as 10/11.
LARGEST_DENOMINATOR = 100


def american_from_decimal(decimal: ArrayLike) -> Array:
    """Return American odds, not rounded; even money is +100.

    Raises
    ------
    UsageError
        When decimal odds are not above 1.
    """
    odds = _above_one(decimal)
    with np.errstate(invalid="ignore"):
        return np.where(odds >= 2, 100 * (odds - 1), -100 / (odds - 1))


def fractional_from_decimal(decimal: float) -> Fraction:
    """Return fractional odds, such as 10/11, to the nearest denominator of 100 or less.

    Shorter odds than 1/100 are 1 to the nearest whole number, such as 1/499, and never 0.
    """
    odds = Fraction(float(_above_one(decimal))) - 1
    if odds * LARGEST_DENOMINATOR < 1:
        return Fraction(1, round(1 / odds))
    return odds.limit_denominator(LARGEST_DENOMINATOR)


def implied_chance_sql(american: str) -> str:
    """Return SQL of the chance at which an American price breaks even, the margin still in it.

    Null for what is no American price, as a book may write 0 for "not offered".

    Parameters
    ----------
    american
        A column, or an expression, with the price.
    """
    price = f"CAST({american} AS DOUBLE)"
    return (
        f"CASE WHEN {price} >= 100 THEN 100 / ({price} + 100) "
        f"WHEN {price} <= -100 THEN {price} / ({price} - 100) END"
    )


def _above_one(decimal: ArrayLike) -> Array:
    odds = np.asarray(decimal, dtype=np.float64)
    if (odds <= 1).any():
        raise UsageError(
            f"{odds[odds <= 1].flat[0]:g} are no decimal odds.",
            "",
            "Decimal odds are above 1: they count the stake that comes back.",
        )
    return odds
