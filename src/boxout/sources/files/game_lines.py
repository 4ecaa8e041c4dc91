"""Game lines: spread, total and moneyline, one row a game, team codes in lower case."""

from boxout.sources.files.shape import GAME_COLUMNS, Shape, calendar_date, tenths, whole_number

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
             coalesce(h.problem, a.problem) AS team_problem, whos_favored,
             {tenths("spread", -100, 100)} AS margin,
             {tenths("total", 0, 500)} AS total,
             {whole_number("moneyline_home")} AS moneyline_home,
             {whole_number("moneyline_away")} AS moneyline_away,
             {whole_number("score_home")} AS home_pts, {whole_number("score_away")} AS away_pts
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home
      LEFT JOIN team_names AS a ON a.spelling = f.away)
    SELECT source_row, {GAME_COLUMNS}, 'consensus' AS bookmaker,
           CASE whos_favored WHEN 'home' THEN -margin WHEN 'away' THEN margin
                             ELSE CASE WHEN margin = 0 THEN margin END END AS spread_home,
           total, moneyline_home, moneyline_away, home_pts, away_pts,
           CASE WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                WHEN margin IS NULL AND total IS NULL AND moneyline_home IS NULL
                  THEN 'there is no spread, total or moneyline' END AS problem
    FROM p""",
)
