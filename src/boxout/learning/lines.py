"""The books' line before the game: the median of each book's latest line before tip-off.

Where two are in the middle it is the lower one: half way between them is a line that nobody
offers, and a whole number there could push where no bet could. Quotes that cannot be right do
not count, on record as on the board; see `quotes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.dataset import FeatureRows
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.learning.quotes import PREGAME_QUOTES, stage_quotes
from boxout.warehouse.ducklake import Warehouse

PREGAME_LINES = "pregame_lines"


@dataclass(frozen=True)
class BooksLines:
    """The books' line of each feature row; NaN where there is none.

    Attributes
    ----------
    chance
        Of over on that line, given that it is no push, by the books' prices together; see
        `quotes.Quotes.together`. NaN where no book prices both sides of it.
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
    stage_quotes(warehouse, first, last)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {PREGAME_LINES} AS
        SELECT game_date, game_id, player_id, market, any_value(middle) AS line,
               any_value(together) FILTER (line = middle) AS chance
        FROM (
          SELECT *, quantile_disc(line, 0.5) OVER (
            PARTITION BY game_date, game_id, player_id, market) AS middle
          FROM {PREGAME_QUOTES} WHERE NOT is_suspect)
        GROUP BY game_date, game_id, player_id, market
        """
    )


def lines_by_market(
    warehouse: Warehouse, rows: FeatureRows, markets: Iterable[str]
) -> dict[str, BooksLines]:
    """Return each market's line for each of one feature row or more."""
    read_lines(warehouse, rows.game_date.min().item(), rows.game_date.max().item())
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
