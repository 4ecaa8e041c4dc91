"""NBA Stats player game logs: one row a player and game, with NBA ids of both."""

from boxout.sources.files.box_stats import MOST_OF_A_PLAYER, stat_columns, stats_problems
from boxout.sources.files.nba_team_gamelogs import NBA_STATS
from boxout.sources.files.shape import (
    GAME_COLUMNS,
    GAME_ID_PROBLEMS,
    PLAYER_COLUMNS,
    Shape,
    player_names,
)
from boxout.sources.files.values import calendar_date, player_id, whole_number

_NAMES, _JOIN = player_names("f.player_name")

SHAPE = Shape(
    table="landing.nba_player_gamelogs",
    required=frozenset(
        "player_id game_id game_date matchup min fgm fga fg3m fg3a ftm fta oreb dreb ast stl blk "
        "tov pf pts plus_minus player_name".split()
    ),
    key=("own_game_id", "nba_player_id"),
    teams=("_team", "_opponent"),
    players=("player_name",),
    games=("game_id",),
    query=f"""
    WITH p AS (
      SELECT source_row,
             {calendar_date("f.GAME_DATE")} AS game_date,
             t.team, o.team AS opponent, MATCHUP LIKE '% vs. %' AS is_home,
             CASE WHEN MATCHUP LIKE '% vs. %' THEN t.team ELSE o.team END AS home_team,
             CASE WHEN MATCHUP LIKE '% vs. %' THEN t.number ELSE o.number END AS home_number,
             CASE WHEN MATCHUP LIKE '% vs. %' THEN o.team ELSE t.team END AS away_team,
             g.nba_game_id, g.season_type AS nba_season_type, g.game_date AS id_date,
             g.home_team AS id_home, g.problem AS game_problem,
             coalesce(t.problem, o.problem) AS team_problem,
             {_NAMES}, {player_id("f.player_id")} AS nba_player_id,
             try_cast(f.min AS DECIMAL(6, 2)) AS minutes,
             {stat_columns(NBA_STATS)}, {whole_number("f.plus_minus")} AS plus_minus
      FROM source_file AS f
      LEFT JOIN team_names AS t ON t.spelling = f._team
      LEFT JOIN team_names AS o ON o.spelling = f._opponent
      LEFT JOIN game_names AS g ON g.spelling = f.game_id::VARCHAR
      {_JOIN})
    SELECT source_row, {GAME_COLUMNS}, {PLAYER_COLUMNS}, team, opponent, is_home, nba_player_id,
           minutes, fg, fga, fg3, fg3a, ft, fta, orb, drb, ast, stl, blk, tov, pf, pts, plus_minus,
           CASE WHEN game_problem IS NOT NULL THEN game_problem
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN nba_season_type IN ('preseason', 'all-star') THEN 'not a game that counts'
                {GAME_ID_PROBLEMS}
                WHEN id_home <> home_team THEN 'the game id names another home team'
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN team IS NULL OR opponent IS NULL THEN 'the matchup names no two teams'
                WHEN team = opponent THEN 'a team plays itself'
                WHEN player_key IS NULL OR nba_player_id IS NULL
                  THEN coalesce(player_problem, 'the player has no name or id')
                WHEN minutes IS NULL OR minutes < 0 THEN 'minutes are missing or negative'
                {stats_problems(MOST_OF_A_PLAYER)} END AS problem
    FROM p""",
)
