"""What each quote is worth by the forecasts, and the best of them: line shopping."""

from __future__ import annotations

import numpy as np

from boxout.betting.value import expected_value
from boxout.learning.distribution import among_bets_that_count
from boxout.learning.keys import FEATURE_KEYS
from boxout.learning.quotes import Quotes, read_quotes
from boxout.learning.slate_forecast import SlateForecast
from boxout.warehouse.ducklake import Warehouse

PRICED = "priced_quotes"
# One row a player game, market and line: the best price of each side, and where it is.
_BEST_PRICES = f"""
  SELECT game_id, player_id, market, line,
         any_value(chance) AS over_probability, any_value(push) AS push,
         max(over_price) AS best_over, arg_max(bookmaker, over_price) AS best_over_at,
         max(value_over) AS value_over,
         max(under_price) AS best_under, arg_max(bookmaker, under_price) AS best_under_at,
         max(value_under) AS value_under
  FROM {PRICED} GROUP BY game_id, player_id, market, line
"""
# One row a player game and market: every line that the books offer, the lowest first.
ALL_LINES = f"""
  SELECT game_id, player_id, market,
         list(struct_pack(line, over_probability, push, best_over, best_over_at, value_over,
                          best_under, best_under_at, value_under) ORDER BY line) AS lines
  FROM ({_BEST_PRICES}) GROUP BY game_id, player_id, market
"""
# One row a player game and market: the side, line and book that promise most, the best prices
# of both sides on that line, and how many books quote the market at all.
BEST_OFFERS = f"""
  SELECT o.*, s.best_over, s.best_over_at, s.best_under, s.best_under_at, b.books
  FROM (
    SELECT game_id, player_id, market, bookmaker, line, push, is_unknown, is_trusted, is_borrowed,
           chance AS over_probability,
           unnest(['over', 'under']) AS side, unnest([over_price, under_price]) AS price,
           unnest([chance, 1 - chance]) AS chance, unnest([value_over, value_under]) AS value,
           unnest([market_chance, 1 - market_chance]) AS market_chance
    FROM {PRICED}) AS o
  JOIN ({_BEST_PRICES}) AS s USING (game_id, player_id, market, line)
  JOIN (SELECT game_id, player_id, market, count(DISTINCT bookmaker) AS books
        FROM {PRICED} GROUP BY ALL) AS b USING (game_id, player_id, market)
  WHERE o.value IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY game_id, player_id, market
                             ORDER BY o.is_trusted DESC, o.value DESC, o.line, o.bookmaker,
                                      o.side) = 1
"""


def stage_offers(warehouse: Warehouse, forecasts: tuple[SlateForecast, ...]) -> int:
    """Create the temporary table `priced_quotes`, and return how many were left out as wrong.

    One row a book's last quote before tip-off, prices decimal, chances given that the bet is no
    push; `market_chance` is the price's own chance of over without the margin. Whether lines have
    taught how far to trust the chance is `is_trusted`, and `is_borrowed` whether another market's.
    """
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {PRICED} (game_id VARCHAR, player_id BIGINT, market VARCHAR,"
        " bookmaker VARCHAR, line DOUBLE, over_price DOUBLE, under_price DOUBLE, chance DOUBLE,"
        " push DOUBLE, market_chance DOUBLE, value_over DOUBLE, value_under DOUBLE,"
        " is_unknown BOOLEAN, is_trusted BOOLEAN, is_borrowed BOOLEAN)"
    )
    left_out = 0
    for made in forecasts:
        for market, quotes in read_quotes(warehouse, made.rows, made.forecasts).items():
            left_out += int(quotes.is_suspect.sum())
            if not quotes.is_suspect.all():
                _stage_market(warehouse, made, market, quotes.only(~quotes.is_suspect))
    return left_out


def _stage_market(warehouse: Warehouse, made: SlateForecast, market: str, quotes: Quotes) -> None:
    expected = made.expected[market][quotes.place]
    over, push, under = made.model.distributions[market].chances(expected, quotes.line)
    trust = made.model.trusts[market]
    chance = trust.apply(among_bets_that_count(over, under), quotes.together)
    counts = 1 - push
    books, of_book = np.unique(quotes.bookmaker.astype(str), return_inverse=True)
    numbers = {
        "place": quotes.place,
        "book": of_book.astype(np.int64),
        "line": quotes.line,
        "over_price": quotes.over,
        "under_price": quotes.under,
        "chance": chance,
        "push": push,
        "market_chance": quotes.fair,
        "value_over": expected_value(chance * counts, quotes.over, push),
        "value_under": expected_value((1 - chance) * counts, quotes.under, push),
        "is_unknown": quotes.is_unknown,
        "is_trusted": trust.is_known(quotes.together),
        "is_borrowed": trust.is_borrowed(quotes.together),
    }
    # DuckDB orders NaN above every number: a price that is not offered would be the best.
    columns = ", ".join(
        f"CASE WHEN NOT isnan(n.{name}) THEN n.{name} END AS {name}"
        for name, values in numbers.items()
        if values.dtype == np.float64
    )
    warehouse.connection.register("quote_numbers", numbers)
    warehouse.execute(
        f"""
        INSERT INTO {PRICED} BY NAME
        SELECT k.game_id, k.player_id, $1 AS market, $2[n.book + 1] AS bookmaker, {columns},
               n.is_unknown, n.is_trusted, n.is_borrowed
        FROM quote_numbers AS n JOIN {FEATURE_KEYS} AS k ON k.place = n.place
        """,
        [market, books.tolist()],
    )
    warehouse.connection.unregister("quote_numbers")
