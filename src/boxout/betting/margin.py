"""Take the bookmaker's margin out of the prices of a market with two sides.

Prices imply chances that add up to more than 1. How the excess is spread is an assumption; here
it is in proportion to the chance (multiplicative).
"""

from __future__ import annotations


def multiplicative_sql(over: str, under: str) -> str:
    """Return SQL of the chance of over when the margin is in proportion to the chance.

    Parameters
    ----------
    over, under
        SQL of the chances that the two prices imply; null where there is no price.
    """
    return f"({over}) / (({over}) + ({under}))"
