"""boxout's own lineup file: one row a starter as announced before a game."""

from boxout.sources.files.shape import PLAYER_COLUMNS, SEASON, Shape, player_names
from boxout.sources.files.values import calendar_date, utc_moment

_NAMES, _JOIN = player_names("f.player_name")

SHAPE = Shape(
    table="landing.lineups",
    required=frozenset("announced_utc game_date team player_name".split()),
    key=("announced_at", "game_date", "player_key"),
    teams=("team",),
    players=("player_name",),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.game_date")} AS game_date,
             {utc_moment("f.announced_utc")} AS announced_at, t.team,
             t.problem AS team_problem, {_NAMES}
      FROM source_file AS f LEFT JOIN team_names AS t ON t.spelling = f.team {_JOIN})
    SELECT source_row, {SEASON}, game_date, {PLAYER_COLUMNS}, announced_at, team,
           CASE WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN announced_at IS NULL
                     THEN 'the time of the announcement is missing or malformed'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN team IS NULL THEN 'a team is missing'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                END AS problem
    FROM p""",
)
