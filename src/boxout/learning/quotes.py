"""The bookmakers' quotes: each book's last before tip-off, and which of them cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.betting.margin import multiplicative
from boxout.betting.odds import decimal_from_american
from boxout.learning.dataset import FeatureRows
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.learning.lines import PROP_LINES
from boxout.warehouse.ducklake import LAKE, Warehouse

Array = NDArray[Any]

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
    first_over, first_under
        The first prices seen of the same book on the same line; NaN when seen only once.
    """

    place: Array
    bookmaker: Array
    line: Array
    over: Array
    under: Array
    first_over: Array
    first_under: Array
    is_unknown: Array

    def only(self, chosen: Array) -> Quotes:
        """Return some of the quotes."""
        return Quotes(**{name: values[chosen] for name, values in vars(self).items()})


def read_quotes(warehouse: Warehouse, rows: FeatureRows, market: str) -> Quotes:
    """Read a market's quotes; those seen after tip-off do not count."""
    stage_keys(warehouse, rows)
    columns = "place line over_price under_price first_over first_under is_unknown".split()
    if not warehouse.has_table(PROP_LINES):
        none = np.zeros(0)
        nowhere = np.zeros(0, dtype=np.int64)
        nobody = np.zeros(0, dtype=object)
        return Quotes(nowhere, nobody, none, none, none, none, none, np.zeros(0, dtype=bool))
    fetched = warehouse.execute(
        f"""
        WITH seen AS (
          SELECT k.place, q.bookmaker, q.line, q.over_price, q.under_price, q.captured_at,
                 q.is_live IS NULL AS is_unknown,
                 row_number() OVER (PARTITION BY k.place, q.bookmaker
                                    ORDER BY q.captured_at DESC) AS from_last,
                 first_value(q.over_price) OVER same_line AS first_over,
                 first_value(q.under_price) OVER same_line AS first_under,
                 count(*) OVER (PARTITION BY k.place, q.bookmaker, q.line) AS times
          FROM {LAKE}.{PROP_LINES} AS q
          JOIN {FEATURE_KEYS} AS k
            ON k.game_date = q.game_date AND k.game_id = q.game_id AND k.player_id = q.player_id
          WHERE q.market = $1 AND q.is_live IS NOT TRUE AND q.line IS NOT NULL
          WINDOW same_line AS (PARTITION BY k.place, q.bookmaker, q.line ORDER BY q.captured_at))
        SELECT place, bookmaker, CAST(line AS DOUBLE) AS line,
               CAST(over_price AS DOUBLE) AS over_price, CAST(under_price AS DOUBLE) AS under_price,
               CASE WHEN times > 1 THEN CAST(first_over AS DOUBLE) END AS first_over,
               CASE WHEN times > 1 THEN CAST(first_under AS DOUBLE) END AS first_under, is_unknown
        FROM seen WHERE from_last = 1 ORDER BY place, bookmaker
        """,
        [market],
    ).fetchnumpy()
    filled = {name: np.ma.filled(fetched[name].astype(np.float64), np.nan) for name in columns}
    prices = {
        name: decimal_from_american(_no_price_below_100(filled[name]))
        for name in ("over_price", "under_price", "first_over", "first_under")
    }
    return Quotes(
        filled["place"].astype(np.int64),
        np.ma.getdata(fetched["bookmaker"]),
        filled["line"],
        prices["over_price"],
        prices["under_price"],
        prices["first_over"],
        prices["first_under"],
        filled["is_unknown"] > 0,
    )


def _no_price_below_100(american: Array) -> Array:
    """Make NaN of what is no American price, as a book may write 0 for "not offered"."""
    return np.where(np.abs(american) < 100, np.nan, american)


def is_suspect(quotes: Quotes) -> Array:
    """Tell the quotes whose line and prices cannot belong together.

    Those that would pay whoever took both sides and, with enough books, that stand far from the
    others', in line or chance. Of what is left, all on a line whose best prices would pay whoever
    took both sides: which of them is wrong is not known.
    """
    is_wrong = _is_far_line(quotes) | _is_far_price(quotes)
    of_line = _line_numbers(quotes)
    over, under = np.ones((2, len(of_line)))
    for best, price in ((over, quotes.over), (under, quotes.under)):
        np.maximum.at(best, of_line, np.where(is_wrong | np.isnan(price), 1.0, price))
    suspect: Array = is_wrong | (1 / over + 1 / under < LEAST_COST)[of_line]
    return suspect


def _is_far_line(quotes: Quotes) -> Array:
    _, game, books = np.unique(quotes.place, return_inverse=True, return_counts=True)
    _, median = median_line(quotes.place, quotes.line)
    is_far: Array = np.abs(quotes.line - median[game]) > FARTHEST_LINE
    return is_far & (books[game] >= FEWEST_BOOKS)


def _is_far_price(quotes: Quotes) -> Array:
    others, books = chance_on_line(quotes)
    over, under = 1 / quotes.over, 1 / quotes.under
    apart = np.abs(multiplicative(quotes.over, quotes.under) - others)
    # of a side alone the margin is not known, but a price can be too good for any
    gift = np.fmax(others - over, 1 - others - under)
    is_far: Array = (books >= FEWEST_BOOKS) & (np.fmax(apart, gift) > FARTHEST_CHANCE)
    return is_far | (over + under < LEAST_COST)


def chance_on_line(quotes: Quotes) -> tuple[Array, Array]:
    """Return what the books together say on each quote's line, and how many price both sides.

    Returns
    -------
    chance
        Of over, given that it is no push: the median over the books of the price's own chance
        without the margin. NaN where no book prices both sides.
    books
        How many do.
    """
    own = multiplicative(quotes.over, quotes.under)
    of_line = _line_numbers(quotes)
    known = np.flatnonzero(~np.isnan(own))
    order = known[np.lexsort((own[known], of_line[known]))]
    lines, begin, books = np.unique(of_line[order], return_index=True, return_counts=True)
    median, priced = np.full(len(own), np.nan), np.zeros(len(own), dtype=np.int64)
    ranked = own[order]
    median[lines] = (ranked[begin + (books - 1) // 2] + ranked[begin + books // 2]) / 2
    priced[lines] = books
    return median[of_line], priced[of_line]


def _line_numbers(quotes: Quotes) -> Array:
    """Number the player games' lines from 0; return that of each quote's."""
    pairs = np.column_stack([quotes.place, quotes.line])
    numbers: Array = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    return numbers


def median_line(place: Array, line: Array) -> tuple[Array, Array]:
    """Return each player game once, with the median of its books' lines.

    Of two in the middle the lower one, so that it is a line on offer; see `lines`.
    """
    order = np.lexsort((line, place))
    games, begin, books = np.unique(place[order], return_index=True, return_counts=True)
    return games, line[order][begin + (books - 1) // 2]
