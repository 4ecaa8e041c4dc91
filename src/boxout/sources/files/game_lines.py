"""Game lines: spread, total and moneyline, one row a game, team codes in lower case."""

from boxout.sources.files.box_stats import SCORE_PROBLEM, score
from boxout.sources.files.shape import GAME_COLUMNS, Shape
from boxout.sources.files.values import (
    american_odds,
    calendar_date,
    is_no_price,
    is_unreadable,
    tenths,
)

SHAPE = Shape(
    table="landing.game_lines",
    required=frozenset(
        "date away home score_away score_home whos_favored spread total moneyline_away "
        "moneyline_home".split()
    ),
    key=("own_game_id", "bookmaker"),
    teams=("home", "away"),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.date")} AS game_date,
             h.team AS home_team, h.number AS home_number, a.team AS away_team,
             NULL::VARCHAR AS nba_game_id, NULL::VARCHAR AS nba_season_type,
             coalesce(h.problem, a.problem) AS team_problem,
             CASE WHEN lower(trim(f.whos_favored)) IN ('home', lower(f.home), lower(h.team))
                  THEN 'home'
                  WHEN lower(trim(f.whos_favored)) IN ('away', lower(f.away), lower(a.team))
                  THEN 'away' END AS favored,
             CASE WHEN upper(trim(f.spread::VARCHAR)) = 'PK' THEN 0
                  ELSE {tenths("f.spread", 0, 100)} END AS margin, f.spread AS margin_given,
             {tenths("f.total", 0, 500)} AS total, f.total AS total_given,
             {american_odds("f.moneyline_home")} AS moneyline_home,
             {american_odds("f.moneyline_away")} AS moneyline_away,
             f.moneyline_home AS home_given, f.moneyline_away AS away_given,
             {score("f.score_home")} AS home_pts, f.score_home AS home_score,
             {score("f.score_away")} AS away_pts, f.score_away AS away_score
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home
      LEFT JOIN team_names AS a ON a.spelling = f.away)
    SELECT source_row, {GAME_COLUMNS}, 'consensus' AS bookmaker,
           CASE favored WHEN 'home' THEN -margin WHEN 'away' THEN margin
                             ELSE CASE WHEN margin = 0 THEN margin END END AS spread_home,
           total, moneyline_home, moneyline_away, home_pts, away_pts,
           CASE WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                {SCORE_PROBLEM}
                WHEN {is_unreadable("margin_given", "margin")}
                     OR {is_unreadable("total_given", "total")}
                  THEN 'the spread or the total is no number in its range'
                WHEN margin > 0 AND favored IS NULL
                  THEN 'the spread does not say which of the two teams is favored'
                WHEN {is_no_price("home_given", "moneyline_home")}
                     OR {is_no_price("away_given", "moneyline_away")}
                  THEN 'a moneyline is no American odds'
                WHEN margin IS NULL AND total IS NULL AND moneyline_home IS NULL
                  THEN 'there is no spread, total or moneyline' END AS problem
    FROM p""",
)
