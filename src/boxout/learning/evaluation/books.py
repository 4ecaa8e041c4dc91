"""The forecasts against the bookmakers: their lines, their prices, and money.

One bet a player game at most, at the best price among the books' last quotes before tip-off,
where the model expects a profit. The chance that is bet on is drawn towards the price's by what
earlier months' lines have taught (see `season_walk.learn_trusts`), so that nothing is known
beforehand; where no market has enough of them nothing is bet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.betting.value import LEAST_VALUE, expected_value
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import among_bets_that_count
from boxout.learning.evaluate import LEAST_GAMES
from boxout.learning.evaluation.measures import (
    binary_log_loss,
    expected_calibration_error,
    reliability,
)
from boxout.learning.evaluation.season_walk import WalkedMarket
from boxout.learning.lines import BooksLines
from boxout.learning.paired import MeanWithError, mean_by_date
from boxout.learning.quotes import Quotes
from boxout.learning.trust import LineTrust
from boxout.learning.walk import baselines

Array = NDArray[Any]

COIN = float(np.log(2))


@dataclass(frozen=True)
class BookComparison:
    """One market against the books, on rows that have quotes.

    Attributes
    ----------
    quotes, player_games, dates
        How many quotes there are, on how many player games of how many dates.
    left_out
        Quotes that are not believed and not counted above: a line or a chance far from the other
        books', or a line on which the best prices would pay whoever took both sides.
    unknown_tipoff
        Share of quotes of which no source says that they were before tip-off.
    line_mae, model_mae, last_10_mae
        Mean absolute error of the books' median line, of the model's median, and of the last-10
        average, a player game each.
    mae_difference
        Model's absolute error minus the line's; below zero the model is better.
    market_log_loss, model_log_loss
        Of the chance of over: of the price without its margin, and of the model's.
    log_loss_difference
        Model's minus market's; below zero the model is better.
    calibration_error
        Of the model's chance of over on the quotes, before it is drawn towards the price's.
    bets, profit
        Bets placed, and the profit a unit staked, with its interval.
    closing_value
        Value of the price that was first seen at the chance of the last one without its
        margin, a quote where both are known; None where no quote was seen twice.
    """

    market: str
    quotes: int
    player_games: int
    dates: int
    left_out: int
    unknown_tipoff: float
    line_mae: float
    model_mae: float
    last_10_mae: float | None
    mae_difference: MeanWithError | None
    market_log_loss: float | None
    model_log_loss: float | None
    log_loss_difference: MeanWithError | None
    calibration_error: float
    bets: int
    profit: MeanWithError | None
    closing_value: MeanWithError | None

    @property
    def verdict(self) -> str:
        """Who is better, in one sentence a measure."""
        by_price = _verdict("the price without its margin", "log loss", self.log_loss_difference)
        if min(self.model_log_loss or 0, self.market_log_loss or 0) >= COIN:
            by_price = "By log loss neither the model nor the price tells more than a coin."
        if self.unknown_tipoff:
            money = (
                "What bets would have returned shows nothing here: no source says that these "
                "quotes were from before tip-off, or from before the listing of who plays and "
                "starts."
            )
        else:
            money = _profit_verdict(self.profit)
        by_line = _verdict("the line", "absolute error", self.mae_difference)
        return f"{by_line} {by_price} {money}"


def _verdict(other: str, measure: str, difference: MeanWithError | None) -> str:
    if difference is None:
        return f"By {measure} there is nothing to compare with {other}."
    if difference.is_above_zero:
        return f"By {measure} the market is better: {other} beats the model."
    if difference.is_below_zero:
        return f"By {measure} the model beats {other}."
    return f"By {measure} neither the model nor {other} is shown to be better."


def _profit_verdict(profit: MeanWithError | None) -> str:
    if profit is None:
        return "No bet was worth placing."
    if profit.is_above_zero:
        return "The bets made a profit beyond chance."
    if profit.is_below_zero:
        return "The bets lost beyond chance."
    return "The bets' return is not told from chance."


def compare_with_books(
    data: Dataset,
    walked: WalkedMarket,
    quotes: Quotes,
    lines: BooksLines,
    trusts: Sequence[LineTrust],
) -> BookComparison | None:
    """Hold one market's forecasts against the books; None where no row has a quote that counts.

    Parameters
    ----------
    lines
        The books' line, one element a row of the data.
    trusts
        How far the forecast is to be trusted in each month; see `season_walk.learn_trusts`.
    """
    start = walked.rows.start
    counted = np.zeros(data.rows, dtype=np.bool_)
    counted[walked.rows] = ~(data.column("games_played_season")[walked.rows] < LEAST_GAMES)
    offered = quotes.only(counted[quotes.place])
    quotes = offered.only(~offered.is_suspect)
    if not len(quotes.place):
        return None
    place, date = quotes.place - start, data.game_date[quotes.place]
    over, push, under = walked.chances(place, quotes.line)
    chance = among_bets_that_count(over, under)
    drawn, known = walked.drawn(place, chance, quotes.together, trusts)
    bettable = quotes.only(known)
    actual = walked.actual[place]
    bets, returns, bet_dates = _place_bets(
        bettable, *(values[known] for values in (drawn, push, actual, date))
    )
    return BookComparison(
        walked.market.name,
        quotes=len(place),
        dates=len(np.unique(date)),
        left_out=len(offered.place) - len(place),
        unknown_tipoff=round(float(quotes.is_unknown.mean()), 4),
        **_by_line(data, walked, np.flatnonzero(counted & ~np.isnan(lines.line)), lines.line),
        **_by_price(quotes, actual, chance, drawn, date),
        bets=bets,
        profit=mean_by_date(returns, bet_dates),
        closing_value=_closing_value(quotes, drawn, date),
    )


def _by_line(data: Dataset, walked: WalkedMarket, rows: Array, lines: Array) -> dict[str, Any]:
    """Hold medians against lines, a player game each; `rows` are those of the data that count."""
    place = rows - walked.rows.start
    actual = walked.actual[place]
    miss, model_miss = np.abs(lines[rows] - actual), np.abs(walked.median[place] - actual)
    last_10 = baselines(data, walked.market)["last_10_games"][rows]
    return {
        "player_games": len(rows),
        "line_mae": round(float(miss.mean()), 4),
        "model_mae": round(float(model_miss.mean()), 4),
        "last_10_mae": round(float(np.nanmean(np.abs(last_10 - actual))), 4),
        "mae_difference": mean_by_date(model_miss - miss, data.game_date[rows]),
    }


def _by_price(
    quotes: Quotes, actual: Array, chance: Array, drawn: Array, date: Array
) -> dict[str, Any]:
    """Hold chances of over against prices, a quote each."""
    is_over, counts = actual > quotes.line, actual != quotes.line
    scored = counts & ~np.isnan(quotes.fair)
    model_loss = binary_log_loss(drawn[scored], is_over[scored])
    market_loss = binary_log_loss(quotes.fair[scored], is_over[scored])
    return {
        "market_log_loss": round(float(market_loss.mean()), 5) if scored.any() else None,
        "model_log_loss": round(float(model_loss.mean()), 5) if scored.any() else None,
        "log_loss_difference": mean_by_date(model_loss - market_loss, date[scored]),
        "calibration_error": expected_calibration_error(
            reliability(chance[counts], is_over[counts])
        ),
    }


def _place_bets(
    quotes: Quotes, chance: Array, push: Array, actual: Array, date: Array
) -> tuple[int, Array, Array]:
    """Bet on the best quote of each player game that promises enough; return the profits."""
    counts = 1 - push
    value = np.stack(
        [
            expected_value(chance * counts, quotes.over, push),
            expected_value((1 - chance) * counts, quotes.under, push),
        ]
    )
    value = np.where(np.isnan(value), -np.inf, value)
    side = value.argmax(axis=0)
    best = value.max(axis=0)
    order = np.lexsort((-best, quotes.place))
    place = quotes.place[order]
    first = order[np.r_[True, place[1:] != place[:-1]][: len(order)]]
    chosen = first[best[first] >= LEAST_VALUE]
    price = np.where(side[chosen] == 0, quotes.over[chosen], quotes.under[chosen])
    margin = np.where(side[chosen] == 0, 1, -1) * (actual[chosen] - quotes.line[chosen])
    profit = np.where(margin > 0, price - 1, np.where(margin < 0, -1.0, 0.0))
    return len(chosen), profit, date[chosen]


def _closing_value(quotes: Quotes, chance: Array, date: Array) -> MeanWithError | None:
    """Value of the first price of the model's side at the last price's chance."""
    is_over = chance >= 0.5
    first = np.where(is_over, quotes.first_over, quotes.first_under)
    closing = np.where(is_over, quotes.fair, 1 - quotes.fair)
    return mean_by_date(closing * first - 1, date)
