"""boxout's own injury file: one row a player and report before a game."""

from boxout.sources.files.shape import PLAYER_COLUMNS, SEASON, Shape, player_names
from boxout.sources.files.values import calendar_date, utc_moment

_NAMES, _JOIN = player_names("f.player_name")

SHAPE = Shape(
    table="landing.injuries",
    required=frozenset("report_utc game_date team player_name status reason".split()),
    key=("report_at", "game_date", "player_key"),
    teams=("team",),
    players=("player_name",),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.game_date")} AS game_date,
             {utc_moment("f.report_utc")} AS report_at, t.team, t.problem AS team_problem,
             {_NAMES}, lower(f.status) AS status, f.reason
      FROM source_file AS f LEFT JOIN team_names AS t ON t.spelling = f.team {_JOIN})
    SELECT source_row, {SEASON}, game_date, {PLAYER_COLUMNS}, report_at, team, status, reason,
           CASE WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN report_at IS NULL THEN 'the report''s time is missing or malformed'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN team IS NULL THEN 'a team is missing'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                WHEN status IS NULL OR status NOT IN
                     ('out', 'doubtful', 'questionable', 'probable', 'available')
                  THEN 'the status is none of out, doubtful, questionable, probable, available'
                END AS problem
    FROM p""",
)
