"""What players did, a row a market: the truth that forecasts are held against."""

from __future__ import annotations

from collections.abc import Sequence

from boxout.learning.markets import MARKETS, Market
from boxout.learning.states import PLAYER_SUMMARY
from boxout.warehouse.ducklake import LAKE


def outcomes_query(condition: str = "true", markets: Sequence[Market] = MARKETS) -> str:
    """Return the query of (season, game_date, game_id, player_id, market, actual).

    One row a market and player who played; `actual` is a whole number, minutes rounded.

    Parameters
    ----------
    condition
        SQL over a row of `analytics.player_game_summary` that says which games count.
    """
    of_markets = " UNION ALL ".join(
        f"SELECT season, game_date, game_id, player_id, '{market.name}' AS market, "
        f"CAST(round({market.outcome}) AS INTEGER) AS actual FROM played"
        for market in markets
    )
    return (
        f"WITH played AS MATERIALIZED (SELECT * FROM {LAKE}.{PLAYER_SUMMARY} "
        f"WHERE minutes > 0 AND {condition}) {of_markets}"
    )
