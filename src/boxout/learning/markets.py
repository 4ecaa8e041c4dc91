"""The markets that boxout forecasts, and the simple averages that a model has to beat.

The one place that names a market's outcome and its baselines; everything else loops over
what is listed here. Trees are grown for single statistics alone: the expected value of a
combination is the sum of its parts', and its distribution that of the combination itself, in
which the correlation of the parts is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    parts
        Of a combination the markets that it adds up; empty for a single statistic.
    """

    name: str
    outcome: str
    parts: tuple[str, ...] = ()

    @property
    def statistics(self) -> tuple[str, ...]:
        """The single statistics that the market is made of: its parts, or itself."""
        return self.parts or (self.name,)


# Nobody offers a line on minutes, but all else depends on them.
MINUTES = Market("minutes", "minutes")
STATISTICS = (
    Market("points", "pts"),
    Market("rebounds", "trb"),
    Market("assists", "ast"),
    Market("threes", "fg3"),
    Market("steals", "stl"),
    Market("blocks", "blk"),
    Market("turnovers", "tov"),
)
COMBINATIONS = (
    Market("pra", "pts + trb + ast", ("points", "rebounds", "assists")),
    Market("pr", "pts + trb", ("points", "rebounds")),
    Market("pa", "pts + ast", ("points", "assists")),
    Market("ra", "trb + ast", ("rebounds", "assists")),
)
MARKETS = (*STATISTICS, *COMBINATIONS, MINUTES)
MARKET_NAMES = tuple(market.name for market in MARKETS)

# Baselines by name, each with the feature-store column of a single statistic that holds it.
BASELINES = {
    "last_5_games": "avg_{market}_last_5_games",
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


def with_parts(markets: Sequence[Market]) -> tuple[Market, ...]:
    """Return the single statistics that the markets are made of, in their usual order."""
    needed = {name for market in markets for name in market.statistics}
    return tuple(market for market in (*STATISTICS, MINUTES) if market.name in needed)


def baseline_columns(market: Market) -> dict[str, tuple[str, ...]]:
    """Return the feature-store columns that add up to each baseline of a market."""
    return {
        name: tuple(column.format(market=part) for part in market.statistics)
        for name, column in BASELINES.items()
    }


def add_up(market: Market, of_statistic: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the sum of a market's parts, from one array a single statistic."""
    total = np.zeros_like(of_statistic[market.statistics[0]])
    for name in market.statistics:
        total = total + of_statistic[name]
    return total
