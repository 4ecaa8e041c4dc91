"""Build the board of a date: each player's markets, the best offer on each, and why.

Forecasts are the champions', by the code that `predict` writes them with; offers are each
book's last quote before tip-off, without those that cannot be right. Of games that are over the
forecasts on record count; see `recorded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from boxout.betting.value import LEAST_VALUE, StakeLimits, stakes
from boxout.errors import UsageError
from boxout.learning.board.hit_rates import last_games_query
from boxout.learning.board.offers import ALL_LINES, BEST_OFFERS, stage_offers
from boxout.learning.board.reasons import LISTED_REASONS, stage_reasons
from boxout.learning.champions.decisions import Lineup
from boxout.learning.forecasts import STAGED, stage_forecasts
from boxout.learning.gates import GAMES
from boxout.learning.markets import MARKET_NAMES
from boxout.learning.predict import PLAYERS
from boxout.learning.recorded import recorded_sql, with_recorded
from boxout.learning.slate_forecast import SlateForecast, forecast_slate
from boxout.learning.states import FEATURE_STORE
from boxout.learning.storage import PREDICTIONS
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.sources.seasons import tip_off_sql
from boxout.warehouse.ducklake import LAKE, Warehouse

FORECASTS = "board_forecasts"
RECENT_GAMES = 10
_NAMES = f"SELECT player_id, min(full_name) AS player FROM {LAKE}.{PLAYERS} GROUP BY player_id"


@dataclass(frozen=True)
class Board:
    """What one date offers.

    Attributes
    ----------
    rows
        One a player game and market, those with most edge first: player and game, projection
        (sd, p10, p50, p90), the best offer (side, line, bookmaker, price in decimal odds, and the
        best prices of both sides on that line), over_probability, push, chance of the side,
        market_chance, edge, value (expected profit a unit staked), stake (share of the
        bankroll), over_10 and push_10 of games_10 last games over or on the line, lines (every
        line on offer with the best price of each side), and why. What needs a quote is null
        where there is none; such rows come after the others, a market at a time.
    games
        How many games are on the date.
    teams
        Tricodes of those that play.
    quotes
        How many player games and markets have a line that counts, whatever was asked for.
    models
        Model id by market.
    is_in_sample
        Whether a model was trained on this date, so that its forecasts prove nothing.
    left_out
        Quotes that do not count, since some price among them is wrong; see `quotes`.
    unknown_tipoff
        Quotes on the board of which no source says that they were before tip-off.
    borrowed
        Markets with offers that are trusted as the model's least trusted one, for want of lines.
    untrusted
        Markets with offers of which no line says how far to trust the chance: they come after the
        others, and no stake is named on them.
    begun
        Games of which no stake is named, for they have begun or are over. A simulated league has a
        calendar of its own: its games have begun once they are over.
    after_the_fact
        Rows of games that are over whose features knew who was listed or started.
    """

    game_date: date
    games: int
    teams: tuple[str, ...]
    quotes: int
    models: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    is_in_sample: bool
    left_out: int
    unknown_tipoff: int
    borrowed: tuple[str, ...]
    untrusted: tuple[str, ...]
    begun: int
    after_the_fact: int


def build_board(
    warehouse: Warehouse,
    graph: Graph,
    day: date,
    *,
    model_id: str | None = None,
    markets: Sequence[str] = (),
    limits: StakeLimits | None = None,
    now: datetime | None = None,
) -> Board:
    """Build the board of a date.

    Parameters
    ----------
    model_id
        Each market's champion when none is named.
    markets
        Only rows of these; all when empty. Stakes are those of the whole board.
    now
        The present moment, naive UTC; that of the clock by default.

    Raises
    ------
    UsageError, BoxoutError, GateError
        As `predict` does, and when one of the markets is not forecast.
    """
    with warehouse.reading():
        lineup, games, fresh = forecast_slate(warehouse, graph, day, model_id)
        made = tuple(with_recorded(warehouse, each)[0] for each in fresh)
        _require_forecast(lineup, model_id, markets)
        left_out = stage_offers(warehouse, made)
        stage_reasons(warehouse, made)
        _stage_forecasts(warehouse, made)
        every = _read(warehouse, day, now or datetime.now(UTC).replace(tzinfo=None))
    _add_stakes(every, limits)
    rows = [row for row in every if not markets or row["market"] in markets]
    return Board(
        day,
        games,
        tuple(sorted({row[side] for row in every for side in ("team", "opponent")})),
        sum(bool(row["side"]) for row in every),
        dict(lineup.of_market),
        tuple(rows),
        any(each.is_in_sample for each in made),
        left_out,
        sum(bool(row["is_unknown"]) for row in rows),
        _markets(row for row in rows if row["is_borrowed"]),
        _markets(row for row in rows if row["is_trusted"] is False),
        len({row["game_id"] for row in every if row["is_begun"]}),
        sum(row["is_after_the_fact"] for row in rows),
    )


def _markets(rows: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    named = {row["market"] for row in rows}
    return tuple(market for market in MARKET_NAMES if market in named)


def _require_forecast(lineup: Lineup, model_id: str | None, markets: Sequence[str]) -> None:
    missing = [market for market in markets if market not in lineup.of_market]
    if missing:
        raise UsageError(
            f"{model_id} does not forecast {missing[0]}."
            if model_id
            else f"No champion forecasts {missing[0]}.",
            "--market",
            f"Name some of {', '.join(lineup.of_market)}.",
        )


def _stage_forecasts(warehouse: Warehouse, forecasts: Sequence[SlateForecast]) -> None:
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    for number, made in enumerate(forecasts):
        name, in_sample = made.model.record.model_id, made.is_in_sample
        stage_forecasts(warehouse, made.rows, made.forecasts, name, 0, now, is_in_sample=in_sample)
        verb = (
            f"INSERT INTO {FORECASTS}" if number else f"CREATE OR REPLACE TEMP TABLE {FORECASTS} AS"
        )
        warehouse.execute(f"{verb} SELECT * FROM {STAGED}")


def _read(warehouse: Warehouse, day: date, now: datetime) -> list[dict[str, Any]]:
    lines = f"SELECT player_id, market, line FROM ({BEST_OFFERS})"
    # a game whose tip-off no source says has begun once it is over
    is_begun = "(g.status = 'final' OR coalesce(NOT $2 AND g.tipoff_at <= $3, false))"
    return warehouse.records(
        f"""
        SELECT f.game_id, f.player_id, p.player, s.team, s.opponent, s.is_home, f.market,
               f.model_id, f.predicted AS projection, f.sd, f.p10, f.p50, f.p90,
               o.side, o.line, o.bookmaker, o.price, o.books, o.best_over, o.best_over_at,
               o.best_under, o.best_under_at, o.over_probability, o.push, o.chance,
               o.market_chance, o.chance - o.market_chance AS edge, o.value, o.is_unknown,
               o.is_trusted, o.is_borrowed,
               h.over AS over_{RECENT_GAMES}, h.push AS push_{RECENT_GAMES},
               h.games AS games_{RECENT_GAMES}, l.lines,
               -- the features of now moved no forecast that was made before
               CASE WHEN r.game_id IS NULL THEN w.why END AS why,
               {is_begun} AS is_begun,
               g.status = 'final' AND coalesce(r.predicted_at >= {tip_off_sql("g")}, true)
                 AS is_after_the_fact,
               coalesce(o.value >= {LEAST_VALUE} AND o.is_trusted AND NOT {is_begun}
                 AND row_number() OVER (
                 PARTITION BY f.player_id
                 ORDER BY o.is_trusted DESC NULLS LAST, o.value DESC NULLS LAST, f.market) = 1,
                 false) AS is_bet
        FROM {FORECASTS} AS f
        JOIN {LAKE}.{FEATURE_STORE} AS s
          ON s.game_date = f.game_date AND s.game_id = f.game_id AND s.player_id = f.player_id
        JOIN {LAKE}.{GAMES} AS g ON g.game_date = f.game_date AND g.game_id = f.game_id
        LEFT JOIN {LAKE}.{PREDICTIONS.name} AS r
          ON r.game_date = f.game_date AND r.game_id = f.game_id AND r.player_id = f.player_id
            AND r.market = f.market AND r.model_id = f.model_id AND {recorded_sql("r", "g")}
        LEFT JOIN ({_NAMES}) AS p ON p.player_id = f.player_id
        LEFT JOIN ({BEST_OFFERS}) AS o
          ON o.game_id = f.game_id AND o.player_id = f.player_id AND o.market = f.market
        LEFT JOIN ({ALL_LINES}) AS l
          ON l.game_id = f.game_id AND l.player_id = f.player_id AND l.market = f.market
        LEFT JOIN ({last_games_query(lines, day, RECENT_GAMES)}) AS h
          ON h.player_id = f.player_id AND h.market = f.market AND h.line = o.line
        LEFT JOIN ({LISTED_REASONS}) AS w
          ON w.game_id = f.game_id AND w.player_id = f.player_id AND w.market = f.market
        ORDER BY o.value IS NULL, o.is_trusted DESC, edge DESC NULLS LAST, o.value DESC,
                 list_position($1, f.market), f.predicted DESC, f.player_id
        """,
        [list(MARKET_NAMES), is_simulated_league(warehouse), now],
    )


def _add_stakes(rows: list[dict[str, Any]], limits: StakeLimits | None) -> None:
    """Name a stake on each player's best offer that is worth one; his others are related bets."""
    bets = [row for row in rows if row["is_bet"]]
    push, chance, price = (
        np.array([row[name] for row in bets], dtype=np.float64)
        for name in ("push", "chance", "price")
    )
    named = stakes(chance * (1 - push), price, push, limits).tolist()
    for row in rows:
        row["stake"] = None if row["value"] is None else 0.0
    for row, stake in zip(bets, named, strict=True):
        row["stake"] = round(stake, 5)
