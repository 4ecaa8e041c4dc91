"""What a file shape is: the columns that tell it apart, and how its rows are translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boxout.sources.seasons import season_type_sql, start_year_sql


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


def player_names(column: str, alias: str = "n") -> tuple[str, str]:
    """SQL (columns, join) that bring a player name's keys."""
    columns = (
        f"{alias}.name AS player_name, {alias}.player_key, {alias}.base_key, "
        f"{alias}.initial_key, {alias}.sorted_key, {alias}.own_player_id, "
        f"{alias}.problem AS player_problem"
    )
    return columns, f"LEFT JOIN player_names AS {alias} ON {alias}.spelling = {column}::VARCHAR"
