"""Basketball-Reference box lines: one row a player listed, no player ids.

Game ids are the Eastern date and the home team, such as 202310240DEN; minutes have one
decimal; names may hold UTF-8 that was read as Latin-1.
"""

from boxout.sources.files.box_stats import (
    MOST_OF_A_PLAYER,
    SCORE_PROBLEM,
    score,
    stat_columns,
    stats_problems,
)
from boxout.sources.files.shape import (
    GAME_COLUMNS,
    GAME_ID_PROBLEMS,
    PLAYER_COLUMNS,
    Shape,
    player_names,
)
from boxout.sources.files.values import calendar_date, is_unreadable, whole_number, yes_or_no

_NAMES, _JOIN = player_names("f.player_name")

SHAPE = Shape(
    table="landing.bref_player_boxscores",
    required=frozenset(
        "game_date bref_game_id home_team visitor_team home_pts visitor_pts player_name team "
        "is_starter mp fg fga fg3 fg3a ft fta orb drb ast stl blk tov pf pts plus_minus".split()
    ),
    key=("own_game_id", "player_key"),
    teams=("home_team", "visitor_team", "team"),
    players=("player_name",),
    games=("bref_game_id",),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.game_date")} AS game_date,
             h.team AS home_team, h.number AS home_number, a.team AS away_team, t.team AS team,
             g.nba_game_id, g.season_type AS nba_season_type, g.game_date AS id_date,
             g.home_team AS id_home, g.problem AS game_problem,
             coalesce(h.problem, a.problem, t.problem) AS team_problem,
             {_NAMES}, {yes_or_no("f.is_starter")} AS is_starter,
             f.is_starter AS starter_given,
             CASE WHEN isfinite(try_cast(mp AS DOUBLE)) AND abs(try_cast(mp AS DOUBLE)) < 1000
                  THEN round(try_cast(mp AS DOUBLE), 2)::DECIMAL(6, 2) END AS minutes,
             {stat_columns({})},
             {whole_number("plus_minus")} AS plus_minus,
             {score("f.home_pts")} AS home_pts, f.home_pts AS home_score,
             {score("f.visitor_pts")} AS away_pts, f.visitor_pts AS away_score
      FROM source_file AS f
      LEFT JOIN team_names AS h ON h.spelling = f.home_team
      LEFT JOIN team_names AS a ON a.spelling = f.visitor_team
      LEFT JOIN team_names AS t ON t.spelling = f.team
      LEFT JOIN game_names AS g ON g.spelling = f.bref_game_id
      {_JOIN})
    SELECT source_row, {GAME_COLUMNS}, {PLAYER_COLUMNS}, team, is_starter, minutes,
           fg, fga, fg3, fg3a, ft, fta, orb, drb, ast, stl, blk, tov, pf, pts, plus_minus,
           home_pts, away_pts,
           CASE WHEN game_problem IS NOT NULL THEN game_problem
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                {GAME_ID_PROBLEMS}
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN home_team IS NULL OR away_team IS NULL OR team IS NULL
                  THEN 'a team is missing'
                WHEN home_team = away_team THEN 'a team plays itself'
                WHEN id_home <> home_team THEN 'the game id names another home team'
                WHEN team NOT IN (home_team, away_team) THEN 'the team did not play in the game'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                WHEN minutes IS NULL OR minutes < 0 THEN 'minutes are missing or negative'
                {stats_problems(MOST_OF_A_PLAYER)}
                {SCORE_PROBLEM}
                WHEN {is_unreadable("starter_given", "is_starter")}
                  THEN 'whether the player started is neither yes nor no' END AS problem
    FROM p""",
)
