"""What a file shape is: the columns that tell it apart, and how its rows are translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from boxout.sources.identity.players import OWN_ID_BASE
from boxout.sources.seasons import (
    FIRST_DATE,
    LAST_DATE,
    season_type_sql,
    start_year_sql,
)

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


def calendar_date(column: str, first: date = FIRST_DATE) -> str:
    """SQL for a date: null where it is missing, or its whole text is no date of any season.

    Parameters
    ----------
    first
        The first date that can be meant.
    """
    text = f"trim({column}::VARCHAR)"
    # Cast to DATE, a text may go on with anything; cast to TIMESTAMP, it may not.
    value = (
        f"CASE WHEN typeof({column}) = 'DATE' THEN try_cast({column} AS DATE) "
        f"ELSE coalesce(try_cast({column} AS TIMESTAMP), try_cast({text} AS TIMESTAMP), "
        f"try_strptime({text}, '%b %d, %Y'))::DATE END"
    )
    return f"(CASE WHEN {value} BETWEEN DATE '{first}' AND DATE '{LAST_DATE}' THEN {value} END)"


# What files write where they have no value, in lower case.
_NOTHING = ("", "na", "nan", "null", "none")
_MINUS_SIGNS = "\u2212\u2013"  # typeset ones, which are no hyphen


def is_unreadable(given: str, value: str) -> str:
    """SQL of whether a file gives a value and nothing could be read of it.

    Parameters
    ----------
    given
        SQL of what the file has.
    value
        SQL of what was read of it.
    """
    nothing = ", ".join(f"'{text}'" for text in _NOTHING)
    # A CASE looks at what the file has only where nothing was read; an AND does for every row.
    return (
        f"(CASE WHEN {value} IS NULL "
        f"THEN lower(trim({given}::VARCHAR)) NOT IN ({nothing}) ELSE false END)"
    )


# DuckDB reads a text without a zone in the zone that an earlier row names, so none may but UTC.
_TIME_OR_OFFSET = "[-+0-9 /T:.]+(Z|UTC)?"


def utc_moment(column: str) -> str:
    """SQL for a moment in UTC: null where it is missing, no time, or before or after any season.

    A text's own offset holds; without one the time is in UTC.
    """
    other_zone = (
        f"typeof({column}) = 'VARCHAR' "
        f"AND NOT regexp_full_match({column}::VARCHAR, '{_TIME_OR_OFFSET}')"
    )
    value = (
        f"(try_cast(CASE WHEN {other_zone} THEN NULL ELSE {column} END AS TIMESTAMPTZ) "
        "AT TIME ZONE 'UTC')"
    )
    return (
        f"(CASE WHEN {value} BETWEEN TIMESTAMP '{FIRST_DATE}' AND TIMESTAMP '{LAST_DATE}' "
        f"THEN {value} END)"
    )


def whole_number(column: str, low: int = -99_999, high: int = 99_999, kind: str = "INTEGER") -> str:
    """SQL for a count: null where the value is missing, NaN, out of range or no whole number."""
    value = f"try_cast({column} AS DOUBLE)"
    return (
        f"CASE WHEN {value} = round({value}) AND {value} BETWEEN {low} AND {high} "
        f"THEN try_cast({column} AS {kind}) END"
    )


def player_id(column: str) -> str:
    """SQL for an NBA id of a player: null where the value is missing or none."""
    return whole_number(column, 1, OWN_ID_BASE - 1, "BIGINT")


def american_odds(column: str) -> str:
    """SQL for a price such as -110: null where it is missing or in another notation."""
    text = f"translate(upper(trim({column}::VARCHAR)), '{_MINUS_SIGNS}', '--')"
    return (
        f"coalesce({whole_number(column)}, CASE WHEN {text} = 'EVEN' THEN 100 "
        f"WHEN regexp_full_match({text}, '[-+]?[0-9]{{3,5}}') THEN try_cast({text} AS INTEGER) END)"
    )


def is_no_price(given: str, value: str) -> str:
    """SQL of whether a file gives a price and it is no American odds; as `is_unreadable`."""
    return f"({value} BETWEEN -99 AND 99 OR {is_unreadable(given, value)})"


def yes_or_no(column: str) -> str:
    """SQL for a truth value, as text or number: null where it is missing or neither."""
    return (
        f"CASE WHEN typeof({column}) = 'BOOLEAN' THEN try_cast({column} AS BOOLEAN) "
        f"WHEN lower(trim({column}::VARCHAR)) IN ('true', 't', 'yes', 'y', '1', '1.0') "
        f"THEN true WHEN lower(trim({column}::VARCHAR)) IN "
        "('false', 'f', 'no', 'n', '0', '0.0') THEN false END"
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


def score(column: str) -> str:
    """SQL for a team's points in a game: null where they are missing or those of no game."""
    return whole_number(column, 0, MOST_OF_A_TEAM)


# What is wrong with the points of a row that has home_pts and away_pts, and home_score and
# away_score as the file gives them.
SCORE_PROBLEM = f"""
                WHEN {is_unreadable("home_score", "home_pts")}
                     OR {is_unreadable("away_score", "away_pts")}
                  THEN 'a score is no whole number from 0 to {MOST_OF_A_TEAM}'"""
