"""The bookmakers' quotes: each book's last before tip-off, and which of them cannot be right.

Quotes seen after tip-off are flagged live in `raw.prop_lines` and never counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.betting.margin import multiplicative_sql
from boxout.betting.odds import implied_chance_sql
from boxout.learning.dataset import FeatureRows
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.warehouse.ducklake import LAKE, Warehouse

Array = NDArray[Any]

PROP_LINES = "raw.prop_lines"
PREGAME_QUOTES = "pregame_quotes"
# With fewer books than this nobody can tell which of them is wrong.
FEWEST_BOOKS = 3
# A line this far from the books' median has another game's price, or player's.
FARTHEST_LINE = 2.0
# So has a chance this far from the median of the books on the same line: of real quotes 97% are
# nearer, and most of the others much farther.
FARTHEST_CHANCE = 0.10
# What both sides of one line cost at the best prices. Books that move apart for a while come to
# just below 1, and that is line shopping; further below it one of the prices is wrong.
LEAST_COST = 0.97


@dataclass(frozen=True)
class Quotes:
    """A market's last quotes before tip-off, an element each; prices are decimal.

    Attributes
    ----------
    place
        Row of the feature rows.
    bookmaker
        Who quotes it.
    over, under
        NaN where that side is not offered.
    first_over, first_under
        The first prices seen of the same book on the same line; NaN when seen only once.
    fair
        The price's own chance of over without the margin, given that it is no push; NaN where the
        book does not price both sides.
    together
        What the books together say of over on that line, of those whose quotes are believed: the
        median of `fair`; NaN where none prices both sides.
    is_unknown
        Whether no source says that it was before tip-off.
    is_suspect
        Whether the line and prices cannot belong together, so that the quote does not count.
    """

    place: Array
    bookmaker: Array
    line: Array
    over: Array
    under: Array
    first_over: Array
    first_under: Array
    fair: Array
    together: Array
    is_unknown: Array
    is_suspect: Array

    def only(self, chosen: Array) -> Quotes:
        """Return some of the quotes."""
        return Quotes(**{name: values[chosen] for name, values in vars(self).items()})


def stage_quotes(warehouse: Warehouse, first: date, last: date) -> None:
    """Create the temporary table `pregame_quotes` of a range of dates.

    Its columns: game_date, game_id, player_id, market, and those of `Quotes`, null for NaN.

    Those are suspect that would pay whoever took both sides and, with enough books, that stand
    far from the others', in line or chance: of a side alone the margin is not known, but a price
    can be too good for any. Of what is left, all on a line whose best prices would pay whoever
    took both sides: which of them is wrong is not known.
    """
    game = "game_date, game_id, player_id, market"
    cost = "1 / coalesce(max({}) FILTER (NOT is_wrong) OVER on_line, 1)"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {PREGAME_QUOTES} AS
        WITH seen AS (
          SELECT {game}, bookmaker, captured_at, CAST(line AS DOUBLE) AS line,
                 is_live IS NULL AS is_unknown,
                 1 / {implied_chance_sql("over_price")} AS over,
                 1 / {implied_chance_sql("under_price")} AS under
          FROM {_source(warehouse)}
          WHERE is_live IS NOT TRUE AND line IS NOT NULL AND game_date BETWEEN $1 AND $2),
        latest AS (
          SELECT * EXCLUDE (captured_at),
                 CASE WHEN count(*) OVER same_line > 1 THEN first_value(over) OVER same_line END
                   AS first_over,
                 CASE WHEN count(*) OVER same_line > 1 THEN first_value(under) OVER same_line END
                   AS first_under,
                 {multiplicative_sql("1 / over", "1 / under")} AS fair
          FROM seen
          WINDOW same_line AS (
            PARTITION BY {game}, bookmaker, line ORDER BY captured_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
          QUALIFY row_number() OVER (PARTITION BY {game}, bookmaker ORDER BY captured_at DESC) = 1),
        beside AS (
          SELECT *, quantile_disc(line, 0.5) OVER of_player AS middle,
                 count(*) OVER of_player AS books, median(fair) OVER on_line AS others,
                 count(fair) OVER on_line AS books_on_line
          FROM latest
          WINDOW of_player AS (PARTITION BY {game}), on_line AS (PARTITION BY {game}, line)),
        judged AS (
          SELECT *,
                 (books >= {FEWEST_BOOKS} AND abs(line - middle) > {FARTHEST_LINE})
                 OR coalesce(books_on_line >= {FEWEST_BOOKS} AND greatest(
                      abs(fair - others), others - 1 / over, 1 - others - 1 / under
                    ) > {FARTHEST_CHANCE}, false)
                 OR coalesce(1 / over + 1 / under < {LEAST_COST}, false) AS is_wrong
          FROM beside),
        doubted AS (
          SELECT *, is_wrong OR {cost.format("over")} + {cost.format("under")} < {LEAST_COST}
                   AS is_suspect, median(fair) FILTER (NOT is_wrong) OVER on_line AS together
          FROM judged WINDOW on_line AS (PARTITION BY {game}, line))
        SELECT {game}, bookmaker, line, over, under, first_over, first_under, fair, together,
               is_unknown, is_suspect
        FROM doubted
        """,
        [first, last],
    )


def _source(warehouse: Warehouse) -> str:
    if warehouse.has_table(PROP_LINES):
        return f"{LAKE}.{PROP_LINES}"
    return (
        "(SELECT NULL::VARCHAR AS game_id, NULL::BIGINT AS player_id, NULL::VARCHAR AS market,"
        " NULL::VARCHAR AS bookmaker, NULL::TIMESTAMP AS captured_at, NULL::DOUBLE AS line,"
        " NULL::INTEGER AS over_price, NULL::INTEGER AS under_price,"
        " NULL::BOOLEAN AS is_live, NULL::DATE AS game_date LIMIT 0)"
    )


def read_quotes(
    warehouse: Warehouse, rows: FeatureRows, markets: Iterable[str]
) -> dict[str, Quotes]:
    """Read each market's quotes on some feature rows, in order of place and book."""
    if not rows.rows:
        return {}
    stage_quotes(warehouse, rows.game_date.min().item(), rows.game_date.max().item())
    stage_keys(warehouse, rows)
    return {market: _of_market(warehouse, market) for market in markets}


def _of_market(warehouse: Warehouse, market: str) -> Quotes:
    fetched = warehouse.execute(
        f"SELECT k.place, q.* EXCLUDE (game_date, game_id, player_id, market) "
        f"FROM {PREGAME_QUOTES} AS q JOIN {FEATURE_KEYS} AS k "
        "ON k.game_date = q.game_date AND k.game_id = q.game_id AND k.player_id = q.player_id "
        "WHERE q.market = $1 ORDER BY k.place, q.bookmaker",
        [market],
    ).fetchnumpy()
    filled = {
        name: np.ma.filled(values, np.nan) if values.dtype.kind == "f" else np.ma.getdata(values)
        for name, values in fetched.items()
    }
    return Quotes(**filled)
