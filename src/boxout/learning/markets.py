"""The markets that boxout forecasts, and the simple averages that a model has to beat.

The one place that names a market's outcome and its baselines; everything else loops over
what is listed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boxout.errors import UsageError


@dataclass(frozen=True)
class Market:
    """One thing that a bookmaker offers a line on.

    Attributes
    ----------
    name
        As in `raw.prop_lines` and in the feature store's column names.
    outcome
        The SQL over a row of `analytics.player_game_summary` that gives the result.
    """

    name: str
    outcome: str


MARKETS = (
    Market("points", "pts"),
    Market("rebounds", "trb"),
    Market("assists", "ast"),
    Market("threes", "fg3"),
    Market("pra", "pts + trb + ast"),
)
MARKET_NAMES = tuple(market.name for market in MARKETS)

# Baselines by name, each with the feature-store column that holds it.
BASELINES = {
    "last_10_games": "avg_{market}_last_10_games",
    "season_average": "avg_{market}_season",
    "recency_weighted": "avg_{market}_recency_weighted",
}


def select_markets(names: Sequence[str] | None) -> tuple[Market, ...]:
    """Return the named markets in their usual order; all when none is named.

    Raises
    ------
    UsageError
        When a name is unknown.
    """
    unknown = sorted(set(names or ()) - set(MARKET_NAMES))
    if unknown:
        raise UsageError(
            f"There is no market {unknown[0]!r}.", "", f"Name some of {', '.join(MARKET_NAMES)}."
        )
    return tuple(market for market in MARKETS if not names or market.name in names)


def baseline_columns(market: Market) -> dict[str, str]:
    """Return the feature-store column of each baseline of a market."""
    return {name: column.format(market=market.name) for name, column in BASELINES.items()}
