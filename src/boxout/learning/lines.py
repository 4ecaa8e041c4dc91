"""The books' line before the game: the median of each book's latest line before tip-off.

Where two are in the middle it is the lower one: half way between them is a line that nobody
offers, and a whole number there could push where no bet could. Lines seen after tip-off are
flagged live in `raw.prop_lines` and never counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.betting.odds import implied_chance_sql
from boxout.learning.dataset import FeatureRows
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.warehouse.ducklake import LAKE, Warehouse

PROP_LINES = "raw.prop_lines"
PREGAME_LINES = "pregame_lines"


@dataclass(frozen=True)
class BooksLines:
    """The books' line of each feature row; NaN where there is none.

    Attributes
    ----------
    chance
        Of over on that line, given that it is no push: the median over the books that price both
        sides of it of the price's own without the margin. NaN where no book does.
    """

    line: NDArray[Any]
    chance: NDArray[Any]

    def part(self, rows: slice) -> BooksLines:
        """Return those of some rows."""
        return BooksLines(self.line[rows], self.chance[rows])


def read_lines(warehouse: Warehouse, first: date, last: date) -> None:
    """Create the temporary table `pregame_lines`.

    Its columns: game_date, game_id, player_id, market, and line and chance as in `BooksLines`.
    """
    source = f"{LAKE}.{PROP_LINES}"
    if not warehouse.has_table(PROP_LINES):
        source = (
            "(SELECT NULL::VARCHAR AS game_id, NULL::BIGINT AS player_id, NULL::VARCHAR AS market,"
            " NULL::VARCHAR AS bookmaker, NULL::TIMESTAMP AS captured_at, NULL::DOUBLE AS line,"
            " NULL::INTEGER AS over_price, NULL::INTEGER AS under_price,"
            " NULL::BOOLEAN AS is_live, NULL::DATE AS game_date LIMIT 0)"
        )
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {PREGAME_LINES} AS
        SELECT game_date, game_id, player_id, market, any_value(middle) AS line,
               median(over_cost / (over_cost + under_cost)) FILTER (line = middle) AS chance
        FROM (
          SELECT *, quantile_disc(line, 0.5) OVER (
            PARTITION BY game_date, game_id, player_id, market) AS middle
          FROM (
            SELECT game_date, game_id, player_id, market, CAST(line AS DOUBLE) AS line,
                   {implied_chance_sql("over_price")} AS over_cost,
                   {implied_chance_sql("under_price")} AS under_cost
            FROM {source}
            WHERE is_live IS NOT TRUE AND line IS NOT NULL AND game_date BETWEEN $1 AND $2
            QUALIFY row_number() OVER (
              PARTITION BY game_date, game_id, player_id, market, bookmaker
              ORDER BY captured_at DESC) = 1))
        GROUP BY game_date, game_id, player_id, market
        """,
        [first, last],
    )


def lines_by_market(
    warehouse: Warehouse, rows: FeatureRows, markets: Iterable[str], first: date, last: date
) -> dict[str, BooksLines]:
    """Return each market's line for each feature row."""
    read_lines(warehouse, first, last)
    stage_keys(warehouse, rows)
    lines = {}
    for market in markets:
        fetched = warehouse.execute(
            f"SELECT l.line, l.chance FROM {FEATURE_KEYS} AS k LEFT JOIN {PREGAME_LINES} AS l "
            "ON l.game_date = k.game_date AND l.game_id = k.game_id "
            "AND l.player_id = k.player_id AND l.market = $1 "
            "ORDER BY k.place",
            [market],
        ).fetchnumpy()
        lines[market] = BooksLines(
            *(np.ma.filled(fetched[name].astype(np.float64), np.nan) for name in ("line", "chance"))
        )
    return lines
