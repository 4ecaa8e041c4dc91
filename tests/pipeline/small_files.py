"""What small files of four shapes hold, as SQL: the same games in each source's spelling."""

# Two games on one evening and one the day after; eight players a team, each with a 7-point
# line of 3 baskets, one of them a three, on 7 shots and no free throws.
BOX_LINES = """
WITH games AS (
  SELECT * FROM (VALUES (DATE '2023-10-24', 'DEN', 'LAL'), (DATE '2023-10-24', 'GSW', 'PHO'),
                        (DATE '2023-10-25', 'BRK', 'CLE')) AS g(game_date, home, away)),
sides AS (
  SELECT *, home AS team, true AS is_home FROM games
  UNION ALL SELECT *, away, false FROM games)
SELECT '2023-24' AS season, game_date, strftime(game_date, '%Y%m%d') || '0' || home AS bref_game_id,
       home AS home_team, away AS visitor_team, 57 AS home_pts, 56 AS visitor_pts,
       'Player' || chr((64 + p)::INTEGER) || ' ' || team || 'son' AS player_name, team, is_home,
       p <= 5 AS is_starter, 30.0 AS mp, 3 AS fg, 7 AS fga, 1 AS fg3, 2 AS fg3a,
       (p = 1 AND is_home)::INTEGER AS ft, (p = 1 AND is_home)::INTEGER AS fta, 1 AS orb, 3 AS drb,
       2 AS ast, 1 AS stl, 0 AS blk, 1 AS tov, 2 AS pf, 7 + (p = 1 AND is_home)::INTEGER AS pts,
       CASE WHEN is_home THEN 1.0 ELSE -1.0 END AS plus_minus
FROM sides, range(1, 9) AS players(p) ORDER BY ALL
"""
TEAM_LOGS = """
WITH games AS (
  SELECT * FROM (VALUES
    ('0022300061', '2023-10-24', 'DEN', 1610612743, 'LAL', 1610612747),
    ('0022300062', '2023-10-24', 'GSW', 1610612744, 'PHX', 1610612756),
    ('0022300063', '2023-10-25', 'BKN', 1610612751, 'CLE', 1610612739))
    AS g(game_id, game_date, home, home_id, away, away_id)),
sides AS (
  SELECT game_id, game_date, home AS team, home_id AS team_id, home || ' vs. ' || away AS matchup,
         true AS is_home FROM games
  UNION ALL SELECT game_id, game_date, away, away_id, away || ' @ ' || home, false FROM games)
SELECT '22023' AS SEASON_ID, team_id AS TEAM_ID, team AS TEAM_ABBREVIATION, game_id AS GAME_ID,
       game_date AS GAME_DATE, matchup AS MATCHUP, CASE WHEN is_home THEN 'W' ELSE 'L' END AS WL,
       240 AS MIN, 24 AS FGM, 56 AS FGA, 8 AS FG3M, 16 AS FG3A, is_home::INTEGER AS FTM,
       is_home::INTEGER AS FTA, 8 AS OREB, 24 AS DREB, 32 AS REB, 16 AS AST, 8 AS STL, 0 AS BLK,
       9 AS TOV, 16 AS PF, 56 + is_home::INTEGER AS PTS,
       CASE WHEN is_home THEN 1 ELSE -1 END AS PLUS_MINUS
FROM sides ORDER BY ALL
"""
SHOTS = """
SELECT 1610612743 AS TEAM_ID, 1000 + p AS PLAYER_ID, 'Player' || chr((64 + p)::INTEGER) || ' Denson'
         AS PLAYER_NAME, DATE '2023-10-24' AS GAME_DATE, 22300061 AS GAME_ID, 'DEN' AS HOME_TEAM,
       'LAL' AS AWAY_TEAM, n < 3 AS SHOT_MADE, 'Jump Shot' AS ACTION_TYPE,
       CASE WHEN n IN (0, 6) THEN '3PT Field Goal' ELSE '2PT Field Goal' END AS SHOT_TYPE,
       CASE WHEN n IN (0, 6) THEN 'Above the Break 3' ELSE 'Restricted Area' END AS BASIC_ZONE,
       'Center' AS ZONE_NAME, '24+ ft.' AS ZONE_RANGE, n::DOUBLE AS LOC_X, 5.0 AS LOC_Y,
       n AS SHOT_DISTANCE, 1 AS QUARTER, 11 - n AS MINS_LEFT, p AS SECS_LEFT
FROM range(1, 9) AS players(p), range(7) AS shots(n) ORDER BY ALL
"""
INJURIES = """
SELECT TIMESTAMP '2023-10-24 21:30:00' AS report_utc, DATE '2023-10-24' AS game_date,
       'DEN' AS team, 'PlayerA Denson' AS player_name, 'out' AS status, 'Knee' AS reason
"""
# The box lines again as the second source has them, with each team called the visitor.
PLAYER_LOGS = f"""
WITH named AS (
  SELECT *, CASE home_team WHEN 'DEN' THEN '0022300061' WHEN 'GSW' THEN '0022300062'
                           ELSE '0022300063' END AS nba_id,
         CASE WHEN is_home THEN visitor_team ELSE home_team END AS other
  FROM ({BOX_LINES}))
SELECT row_number() OVER (ORDER BY player_name) AS PLAYER_ID, player_name AS PLAYER_NAME,
       nba_id AS GAME_ID, game_date AS GAME_DATE,
       replace(replace(team || ' @ ' || other, 'PHO', 'PHX'), 'BRK', 'BKN') AS MATCHUP, mp AS MIN,
       fg AS FGM, fga AS FGA, fg3 AS FG3M, fg3a AS FG3A, ft AS FTM, fta AS FTA, orb AS OREB,
       drb AS DREB, ast AS AST, stl AS STL, blk AS BLK, tov AS TOV, pf AS PF, pts AS PTS,
       plus_minus AS PLUS_MINUS
FROM named
"""
# Two lines of one bookmaker, whose tip-off was moved between them; the second was seen in play.
PROP_LINES = """
SELECT 'PlayerA DENson' AS player_name, tipoff AS commence_time, 'Denver Nuggets' AS home_team,
       'Los Angeles Lakers' AS away_team, 'book' || b AS bookmaker, 'points' AS market, 6.5 AS line,
       seen AS timestamp, -110 AS over_price, -110 AS under_price
FROM range(200) AS books(b), (VALUES
  ('2023-10-24T23:30:00Z', '2023-10-24T22:00:00Z'),
  ('2023-10-24T23:41:00Z', '2023-10-24T23:35:00Z')) AS lines(tipoff, seen)
"""
