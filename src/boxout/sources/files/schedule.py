"""boxout's own schedule file: one row a game, played or to come."""

from boxout.sources.files.shape import GAME_COLUMNS, GAME_ID_PROBLEMS, Shape
from boxout.sources.files.values import calendar_date, is_unreadable, utc_moment
from boxout.sources.seasons import eastern_date_sql

SHAPE = Shape(
    table="landing.schedule",
    required=frozenset("game_date home_team away_team tipoff_utc season_type status".split()),
    optional=("game_id",),
    key=("own_game_id",),
    teams=("home_team", "away_team"),
    games=("game_id",),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.game_date")} AS game_date,
             h.team AS home_team, h.number AS home_number, a.team AS away_team,
             g.nba_game_id, coalesce(g.season_type, f.season_type) AS nba_season_type,
             g.game_date AS id_date,
             g.problem AS game_problem, coalesce(h.problem, a.problem) AS team_problem,
             {utc_moment("f.tipoff_utc")} AS tipoff_at, f.tipoff_utc AS tipoff_given,
             lower(f.status) AS status
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home_team
      LEFT JOIN team_names AS a ON a.spelling = f.away_team
      LEFT JOIN game_names AS g ON g.spelling = f.game_id::VARCHAR)
    SELECT source_row, {GAME_COLUMNS}, tipoff_at, status,
           CASE WHEN game_problem IS NOT NULL THEN game_problem
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                {GAME_ID_PROBLEMS}
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                WHEN nba_season_type IS NOT NULL AND nba_season_type NOT IN
                     ('regular', 'play-in', 'playoffs', 'cup-final')
                  THEN 'the season type is none of regular, play-in, playoffs, cup-final'
                WHEN status IS NULL OR status NOT IN ('scheduled', 'final', 'postponed')
                  THEN 'the status is none of scheduled, final, postponed'
                WHEN {is_unreadable("tipoff_given", "tipoff_at")}
                  THEN 'the tip-off is no time in UTC; leave it empty if it is not known'
                WHEN {eastern_date_sql("tipoff_at")} <> game_date
                  THEN 'the tip-off is on another US Eastern date' END AS problem
    FROM p""",
)
