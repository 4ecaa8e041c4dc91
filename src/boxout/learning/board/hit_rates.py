"""How often players went over a line in games before a date: hit rates and splits.

Counts of small samples: five games of ten say little about the eleventh. Only games that a
player played count, and none of the date itself or later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from boxout.learning.markets import select_markets
from boxout.learning.outcomes import outcomes_query
from boxout.learning.states import NO_PLAYER_GAMES, PLAYER_SUMMARY, SLATE
from boxout.pipeline.built import require_built
from boxout.sources.seasons import season_of
from boxout.warehouse.ducklake import LAKE, Warehouse

# Games back by the name of the span.
SPANS = {"last 5": 5, "last 10": 10, "last 20": 20}
# Games of the season with and without the team mate who was asked for.
MATE_SPLITS = ("with him", "without him")
COUNTED = (
    "count(*) AS games, count(*) FILTER (actual > line) AS over, "
    "count(*) FILTER (actual = line) AS push, avg(actual) AS average"
)


@dataclass(frozen=True)
class HitRate:
    """Of the games in a split: how many went over the line or pushed, and the average."""

    split: str
    games: int
    over: int
    push: int
    average: float | None

    @property
    def rate(self) -> float | None:
        """Share of the games over the line, of those that did not push; None without any."""
        counted = self.games - self.push
        return self.over / counted if counted else None


def last_games_query(asked: str, day: date, games: int) -> str:
    """Return the query of each asked line's record over a player's last games before a date.

    Parameters
    ----------
    asked
        A query of (player_id, market, line).

    Returns
    -------
    str
        A query of player_id, market, line, games, over, push, average.
    """
    before = f"game_date < DATE '{day}' AND player_id IN (SELECT player_id FROM ({asked}))"
    return f"""
        SELECT player_id, market, line, {COUNTED}
        FROM (
          SELECT a.player_id, a.market, a.line, o.actual,
                 row_number() OVER (PARTITION BY a.player_id, a.market, a.line
                                    ORDER BY o.game_date DESC) AS back
          FROM (SELECT DISTINCT player_id, market, line FROM ({asked})) AS a
          JOIN ({outcomes_query(before)}) AS o USING (player_id, market))
        WHERE back <= {games} GROUP BY player_id, market, line
        """


def hit_rates(
    warehouse: Warehouse,
    player_id: int,
    market: str,
    line: float,
    day: date,
    *,
    mate_id: int | None = None,
    opponent: str | None = None,
) -> tuple[HitRate, ...]:
    """Count a player's games over a line before a date: spans of games, and splits.

    Spans reach back over the summer; splits are of the season of the date, but for those
    against an opponent, which are of all games on record.

    Parameters
    ----------
    mate_id
        A team mate: games of the season with and without him, in which he was of the team. He was
        not before his first game for it when he came from another in the season, nor after his
        last when he went to another.
    opponent
        Tricode; games against it on record.

    Raises
    ------
    UsageError
        When there is no such market, or no player games are there yet.
    """
    [chosen] = select_markets([market])
    require_built(warehouse, PLAYER_SUMMARY, NO_PLAYER_GAMES)
    splits = [
        *((name, f"back <= {games}") for name, games in SPANS.items()),
        ("season", "in_season"),
        ("home", "in_season AND is_home"),
        ("away", "in_season AND NOT is_home"),
        ("no day of rest", "in_season AND days_rest = 1"),
        ("one day of rest", "in_season AND days_rest = 2"),
        ("two days of rest or more", "in_season AND days_rest > 2"),
    ]
    if opponent:
        splits.append((f"against {opponent}", f"opponent = '{opponent}'"))
    if mate_id is not None:
        splits += [
            (MATE_SPLITS[0], "in_season AND mate_minutes > 0"),
            (MATE_SPLITS[1], "in_season AND is_his_team AND coalesce(mate_minutes, 0) = 0"),
        ]
    names = ", ".join(f"'{name}'" for name, _ in splits)
    belongs = ", ".join(f"coalesce({condition}, false)" for _, condition in splits)
    rows = warehouse.records(
        f"""
        WITH mate AS (
          SELECT season, game_date, team FROM {LAKE}.{PLAYER_SUMMARY}
          WHERE player_id = $5 AND minutes > 0 AND game_date < $2),
        games AS (
          SELECT o.actual, $3::DOUBLE AS line, g.is_home, g.opponent, g.days_rest,
                 o.season = $4 AS in_season, m.minutes AS mate_minutes,
                 coalesce(b.team, a.team) = g.team AND coalesce(a.team, b.team) = g.team
                   AS is_his_team,
                 row_number() OVER (ORDER BY o.game_date DESC) AS back
          FROM ({outcomes_query("player_id = $1 AND game_date < $2", (chosen,))}) AS o
          JOIN {LAKE}.{PLAYER_SUMMARY} AS g USING (game_id, player_id)
          LEFT JOIN {LAKE}.{PLAYER_SUMMARY} AS m
            ON m.game_id = g.game_id AND m.team = g.team AND m.player_id = $5
          ASOF LEFT JOIN mate AS b ON b.season = g.season AND b.game_date <= g.game_date
          ASOF LEFT JOIN mate AS a ON a.season = g.season AND a.game_date >= g.game_date)
        SELECT s.split, {COUNTED}
        FROM (SELECT * EXCLUDE (belongs), unnest([{names}]) AS split,
                     unnest(belongs) AS is_in
              FROM (SELECT *, [{belongs}] AS belongs FROM games)) AS s
        WHERE is_in GROUP BY s.split
        """,
        [player_id, day, line, season_of(day), mate_id],
    )
    found = {row["split"]: row for row in rows}
    return tuple(_hit_rate(name, found.get(name)) for name, _ in splits)


def _hit_rate(split: str, row: dict[str, Any] | None) -> HitRate:
    if row is None:
        return HitRate(split, 0, 0, 0, None)
    return HitRate(split, row["games"], row["over"], row["push"], round(float(row["average"]), 3))


def opponent_on(warehouse: Warehouse, player_id: int, day: date) -> str | None:
    """Return whom a player meets on a date, played or to come; None when nobody is known.

    Raises
    ------
    UsageError
        When it is not known yet of anybody.
    """
    require_built(warehouse, SLATE, "It is not known yet who meets whom.")
    found: str | None = warehouse.scalar(
        f"SELECT opponent FROM {LAKE}.{SLATE} WHERE player_id = $1 AND game_date = $2",
        [player_id, day],
    )
    return found
