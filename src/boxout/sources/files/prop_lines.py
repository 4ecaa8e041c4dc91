"""Player prop lines: one row a bookmaker, player and moment, full team names.

The older files have the UTC date of the tip-off, and points+rebounds+assists where they name no
market; the others have the tip-off itself (`commence_time`, as The Odds API calls it).
"""

from boxout.sources.files.shape import GAME_COLUMNS, PLAYER_COLUMNS, Shape, player_names
from boxout.sources.files.values import (
    american_odds,
    calendar_date,
    is_no_price,
    tenths,
    utc_moment,
)
from boxout.sources.seasons import eastern_date_sql

_NAMES, _JOIN = player_names("f.player_name")
_COMMON = "player_name home_team away_team bookmaker line timestamp over_price under_price"
_MARKET = "lower(trim(f.market))"
_SEEN = utc_moment('f."timestamp"')
_TIPOFF = utc_moment("f.commence_time")


def _query(game_date: str, market: str, tipoff: str) -> str:
    return f"""
    WITH p AS (
      SELECT source_row, {game_date} AS game_date,
             h.team AS home_team, h.number AS home_number, a.team AS away_team,
             NULL::VARCHAR AS nba_game_id, NULL::VARCHAR AS nba_season_type,
             coalesce(h.problem, a.problem) AS team_problem, {_NAMES},
             {market} AS market, bookmaker, {_SEEN} AS captured_at, {tipoff} AS tipoff_at,
             {tenths("line", -1, 200)} AS line,
             {american_odds("f.over_price")} AS over_price, f.over_price AS over_given,
             {american_odds("f.under_price")} AS under_price, f.under_price AS under_given
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home_team
      LEFT JOIN team_names AS a ON a.spelling = f.away_team
      {_JOIN})
    SELECT source_row, {GAME_COLUMNS}, {PLAYER_COLUMNS}, bookmaker, market, line, over_price,
           under_price, captured_at, tipoff_at,
           CASE WHEN captured_at IS NULL THEN 'the time seen is missing or malformed'
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                WHEN bookmaker IS NULL THEN 'the bookmaker is missing'
                WHEN market IS NULL
                     OR market NOT IN ('points', 'rebounds', 'assists', 'threes', 'pra')
                  THEN 'the market is none of points, rebounds, assists, threes, pra'
                WHEN line IS NULL OR line < 0 THEN 'the line is missing or negative'
                WHEN {is_no_price("over_given", "over_price")}
                     OR {is_no_price("under_given", "under_price")}
                  THEN 'a price is no American odds' END AS problem
    FROM p"""


# The tip-off's UTC date is the Eastern date or the day after: the moment seen tells which.
_EVENT_DATE = calendar_date("f.event_date")
_EASTERN_FROM_UTC_DATE = f"""
  CASE WHEN {_EVENT_DATE} IS NOT NULL AND {_SEEN} IS NOT NULL THEN
    greatest({_EVENT_DATE} - 1, least({_EVENT_DATE}, {eastern_date_sql(_SEEN)})) END"""

SHAPE = Shape(
    table="landing.prop_lines",
    required=frozenset([*_COMMON.split(), "event_date"]),
    key=("own_game_id", "player_key", "bookmaker", "market", "captured_at"),
    teams=("home_team", "away_team"),
    players=("player_name",),
    optional=("market",),
    query=_query(_EASTERN_FROM_UTC_DATE, f"coalesce({_MARKET}, 'pra')", "NULL::TIMESTAMP"),
)

SHAPE_WITH_MARKET = Shape(
    table=SHAPE.table,
    required=frozenset([*_COMMON.split(), "market", "commence_time"]),
    key=SHAPE.key,
    teams=SHAPE.teams,
    players=SHAPE.players,
    query=_query(
        eastern_date_sql(_TIPOFF),
        _MARKET,
        _TIPOFF,
    ),
)
