"""NBA Stats shot locations: one row an attempt; game ids are integers without leading zeros."""

from boxout.sources.files.shape import (
    GAME_COLUMNS,
    GAME_ID_PROBLEMS,
    PLAYER_COLUMNS,
    REPEATED,
    Shape,
    player_names,
)
from boxout.sources.files.values import calendar_date, player_id

_NAMES, _JOIN = player_names("f.player_name")
_COLUMNS = (
    "team_id player_id player_name game_date game_id home_team away_team shot_made action_type "
    "shot_type basic_zone zone_name zone_range loc_x loc_y shot_distance quarter mins_left "
    "secs_left"
).split()
_SAID = ", ".join(f"f.{column}" for column in _COLUMNS)


def _number(column: str) -> str:
    # In a CSV file a number is text, which has an order of its own.
    return f"try_cast(f.{column} AS DOUBLE)"


# The source numbers no shots: the game's order does, made total by every other column.
_ORDER = ", ".join(
    [
        _number("quarter"),
        *(f"{_number(column)} DESC" for column in ("mins_left", "secs_left")),
        *map(_number, ("team_id", "player_id", "loc_x", "loc_y", "shot_distance")),
        "try_cast(f.shot_made AS BOOLEAN)",
        "action_type, shot_type, basic_zone, zone_name, zone_range, f.source_row",
    ]
)

# Two shots of a game may be alike in every column, but never all of them: then the file has the
# game more than once, and of n alike rows each n-th part but the first is a repeat.
_REPEATED = f"""
      SELECT source_row
      FROM source_file AS f JOIN (
        SELECT game_id, count(*) // count(DISTINCT hash({_SAID})) AS times
        FROM source_file AS f GROUP BY game_id HAVING times > 1) AS d ON d.game_id = f.game_id
      QUALIFY (row_number() OVER (PARTITION BY {_SAID} ORDER BY source_row) - 1) * times
              >= count(*) OVER (PARTITION BY {_SAID})"""

SHAPE = Shape(
    table="landing.nba_shots",
    required=frozenset(_COLUMNS),
    key=("own_game_id", "shot_number"),
    teams=("team_id", "home_team", "away_team"),
    players=("player_name",),
    games=("game_id",),
    query=f"""
    WITH repeated AS ({_REPEATED}),
    p AS (
      SELECT f.source_row, {calendar_date("f.game_date")} AS game_date,
             h.team AS home_team, h.number AS home_number, a.team AS away_team, t.team,
             g.nba_game_id, g.season_type AS nba_season_type, g.game_date AS id_date,
             g.home_team AS id_home, g.problem AS game_problem,
             coalesce(h.problem, a.problem, t.problem) AS team_problem,
             {_NAMES}, {player_id("f.player_id")} AS nba_player_id,
             r.source_row IS NOT NULL AS is_repeated,
             row_number() OVER (
               PARTITION BY f.game_id, r.source_row IS NOT NULL ORDER BY {_ORDER})::INTEGER
               AS shot_number,
             try_cast(quarter AS INTEGER) AS period,
             try_cast(mins_left AS INTEGER) * 60 + try_cast(secs_left AS INTEGER) AS seconds_left,
             CASE WHEN isfinite(try_cast(loc_x AS DOUBLE))
                  THEN try_cast(loc_x AS DECIMAL(6, 2)) END AS loc_x,
             CASE WHEN isfinite(try_cast(loc_y AS DOUBLE))
                  THEN try_cast(loc_y AS DECIMAL(6, 2)) END AS loc_y,
             try_cast(shot_distance AS INTEGER) AS distance_ft,
             CASE shot_type WHEN '2PT Field Goal' THEN 2 WHEN '3PT Field Goal' THEN 3 END
               AS shot_value,
             try_cast(shot_made AS BOOLEAN) AS is_made, basic_zone, action_type
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home_team
      LEFT JOIN team_names AS a ON a.spelling = f.away_team
      LEFT JOIN team_names AS t ON t.spelling = f.team_id::VARCHAR
      LEFT JOIN game_names AS g ON g.spelling = f.game_id::VARCHAR
      LEFT JOIN repeated AS r ON r.source_row = f.source_row
      {_JOIN})
    SELECT source_row, {GAME_COLUMNS}, {PLAYER_COLUMNS}, team, nba_player_id, shot_number, period,
           seconds_left, loc_x, loc_y, distance_ft, shot_value, is_made, basic_zone, action_type,
           CASE WHEN game_problem IS NOT NULL THEN game_problem
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN nba_season_type IN ('preseason', 'all-star') THEN 'not a game that counts'
                {GAME_ID_PROBLEMS}
                WHEN id_home <> home_team THEN 'the game id names another home team'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL OR team IS NULL
                  THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                WHEN team NOT IN (home_team, away_team) THEN 'the team did not play in the game'
                WHEN player_key IS NULL OR nba_player_id IS NULL
                  THEN coalesce(player_problem, 'the player has no name or id')
                WHEN is_repeated THEN '{REPEATED}'
                WHEN shot_value IS NULL OR is_made IS NULL THEN 'the shot has no value or result'
                WHEN basic_zone NOT IN ('Restricted Area', 'In The Paint (Non-RA)', 'Mid-Range',
                       'Left Corner 3', 'Right Corner 3', 'Above the Break 3', 'Backcourt')
                  OR basic_zone IS NULL THEN 'the zone is none of the NBA''s'
                END AS problem
    FROM p""",
)
