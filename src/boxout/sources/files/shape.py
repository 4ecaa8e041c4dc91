"""What a file shape is: the columns that tell it apart, and how its rows are translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boxout.sources.seasons import season_type_sql, start_year_sql

STATS = (
    "fg",
    "fga",
    "fg3",
    "fg3a",
    "ft",
    "fta",
    "orb",
    "drb",
    "ast",
    "stl",
    "blk",
    "tov",
    "pf",
    "pts",
)


@dataclass(frozen=True)
class Shape:
    """One shape of file.

    Attributes
    ----------
    table
        The landing table it fills, `landing.` and its name.
    required
        Lower-case columns that a file must have.
    key
        The landing columns that name a row.
    teams, players, games
        Columns that hold a team, a player's name, a game id, in any spelling.
    optional
        Columns that a file may leave out; they are then null.
    query
        SQL that gives the landing columns and `problem` (null or why a row is refused) from
        `source_file`, joined to the names of its teams, players and games.
    """

    table: str
    required: frozenset[str]
    key: tuple[str, ...]
    query: str
    teams: Sequence[str] = ()
    players: Sequence[str] = ()
    games: Sequence[str] = ()
    optional: Sequence[str] = ()


# Why a row is refused that says what one before it has said; it is no loss.
REPEATED = "an exact repeat of an earlier row"

SEASON_START = start_year_sql("game_date")

SEASON = (
    f"{SEASON_START}::VARCHAR || '-' "
    f"|| lpad((({SEASON_START} + 1) % 100)::VARCHAR, 2, '0') AS season"
)

# Season, own game id and season type of a row that has game_date, home_number, nba_season_type.
GAME_COLUMNS = f"""
  {SEASON},
  game_date, home_team, away_team,
  '9' || strftime(game_date, '%y%m%d') || lpad(home_number::VARCHAR, 3, '0') AS own_game_id,
  nba_game_id,
  coalesce(nba_season_type, {season_type_sql("game_date")}) AS season_type"""

# What is wrong with a game id, of a row that has id_date, the date that the id holds.
GAME_ID_PROBLEMS = f"""
                WHEN id_date <> game_date THEN 'the game id holds another date'
                WHEN substr(nba_game_id, 4, 2) <> lpad(({SEASON_START} % 100)::VARCHAR, 2, '0')
                  THEN 'the game id names another season'"""

PLAYER_COLUMNS = "player_name, player_key, base_key, initial_key, sorted_key, own_player_id"


def whole_number(column: str) -> str:
    """SQL for a count: null where the value is missing, NaN, or not a whole number."""
    return (
        f"CASE WHEN try_cast({column} AS DOUBLE) = round(try_cast({column} AS DOUBLE)) "
        f"AND abs(try_cast({column} AS DOUBLE)) < 100000 THEN try_cast({column} AS INTEGER) END"
    )


def tenths(column: str, low: int, high: int) -> str:
    """SQL for a line with one decimal: null where it is missing, NaN or out of range."""
    value = f"try_cast({column} AS DOUBLE)"
    return (
        f"CASE WHEN isfinite({value}) AND {value} BETWEEN {low} AND {high} "
        f"THEN round({value}, 1)::DECIMAL(5, 1) END"
    )


def stat_columns(spelling: dict[str, str]) -> str:
    """SQL for the counting stats, from the column that each is called in a file."""
    return ", ".join(f"{whole_number(spelling.get(stat, stat))} AS {stat}" for stat in STATS)


def player_names(column: str, alias: str = "n") -> tuple[str, str]:
    """SQL (columns, join) that bring a player name's keys."""
    columns = (
        f"{alias}.name AS player_name, {alias}.player_key, {alias}.base_key, "
        f"{alias}.initial_key, {alias}.sorted_key, {alias}.own_player_id, "
        f"{alias}.problem AS player_problem"
    )
    return columns, f"LEFT JOIN player_names AS {alias} ON {alias}.spelling = {column}::VARCHAR"


# No player has had more than 100 of anything in a game, and no team more than 186.
MOST_OF_A_PLAYER = 120
MOST_OF_A_TEAM = 250


def stats_problems(most: int) -> str:
    """SQL of the WHENs that name what is wrong with a line's counting stats.

    Parameters
    ----------
    most
        More of any stat than in any game there was.
    """
    return " ".join(
        (
            "WHEN " + " OR ".join(f"{stat} IS NULL" for stat in STATS),
            "THEN 'a stat is missing or not a whole number'",
            "WHEN " + " OR ".join(f"{stat} < 0" for stat in STATS),
            "THEN 'a stat is negative'",
            "WHEN " + " OR ".join(f"{stat} > {most}" for stat in STATS),
            "THEN 'a stat is beyond that of any game'",
            "WHEN fg > fga OR fg3 > fg3a OR ft > fta OR fg3 > fg THEN 'more made than attempted'",
            "WHEN pts <> 2 * (fg - fg3) + 3 * fg3 + ft "
            "THEN 'points do not follow from the shots made'",
        )
    )
