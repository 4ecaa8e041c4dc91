/*
description = "The schedule and the results: one row a game that any source knows of."
phase = 2
key = ["game_id"]
may_be_null = ["tipoff_at", "home_pts", "away_pts", "overtime_periods"]
may_be_constant = ["status", "season_type", "overtime_periods"]

[windows]
"landing.schedule" = "same_day"
"landing.bref_player_boxscores" = "same_day"
"landing.nba_team_gamelogs" = "same_day"
"landing.nba_player_gamelogs" = "same_day"
"landing.nba_shots" = "same_day"

[[checks]]
name = "one_game_a_team_a_date"
scope = "date"
severity = "block"
query = """
SELECT game_date, SUM(CASE WHEN games > 1 THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM (
  SELECT game_date, team, COUNT(*) AS games
  FROM (SELECT game_date, home_team AS team FROM this
        UNION ALL SELECT game_date, away_team AS team FROM this) AS sides
  GROUP BY game_date, team) AS teams
GROUP BY game_date
"""

[[checks]]
name = "two_different_teams"
scope = "row"
severity = "block"
holds = "home_team <> away_team"

[[checks]]
name = "finished_games_have_a_winner"
scope = "row"
severity = "block"
holds = "status <> 'final' OR home_pts <> away_pts"
*/
WITH mentions AS (
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         status, tipoff_at, CAST(NULL AS INTEGER) AS home_pts, CAST(NULL AS INTEGER) AS away_pts,
         CAST(NULL AS DECIMAL(6, 2)) AS minutes, 0 AS is_result
  FROM landing.schedule
  UNION ALL
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, NULL, home_pts, away_pts, minutes, 1
  FROM landing.bref_player_boxscores
  UNION ALL
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, tipoff_at, CASE WHEN is_home THEN pts END, CASE WHEN NOT is_home THEN pts END,
         NULL, 1
  FROM landing.nba_team_gamelogs
  UNION ALL
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, NULL, NULL, NULL, NULL, 1
  FROM landing.nba_player_gamelogs
  UNION ALL
  SELECT DISTINCT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, CAST(NULL AS TIMESTAMP), CAST(NULL AS INTEGER), CAST(NULL AS INTEGER),
         CAST(NULL AS DECIMAL(6, 2)), 1
  FROM landing.nba_shots
),
games AS (
  SELECT season, game_date, own_game_id, home_team, away_team,
         MAX(nba_game_id) AS nba_game_id,
         MAX(season_type) AS season_type,
         CASE WHEN MAX(is_result) = 1 THEN 'final' ELSE MAX(status) END AS status,
         MAX(tipoff_at) AS tipoff_at,
         MAX(home_pts) AS home_pts,
         MAX(away_pts) AS away_pts,
         SUM(minutes) AS player_minutes
  FROM mentions
  GROUP BY season, game_date, own_game_id, home_team, away_team
)
SELECT
  g.season,                                            -- season, such as '2023-24'
  g.game_date,                                         -- US Eastern date of the game
  COALESCE(g.nba_game_id, g.own_game_id) AS game_id,   -- ten-digit NBA game id; one of our own, opening with 9, where no source has the NBA's
  COALESCE(g.season_type, 'regular') AS season_type,   -- regular, play-in, playoffs or cup-final
  g.status,                                            -- scheduled, final or postponed
  g.tipoff_at,                                         -- scheduled tip-off, UTC; null where no source says
  g.home_team,                                         -- tricode of the home team
  g.away_team,                                         -- tricode of the visiting team
  h.team_id AS home_team_id,                           -- NBA id of the home team
  a.team_id AS away_team_id,                           -- NBA id of the visiting team
  g.home_pts,                                          -- points of the home team; null before the game
  g.away_pts,                                          -- points of the visiting team; null before the game
  CASE WHEN g.status = 'final'                         -- overtime periods played, from the players' minutes
       THEN CAST(ROUND((g.player_minutes / 2 - 240) / 25) AS INTEGER) END AS overtime_periods
FROM games AS g
JOIN raw.teams AS h ON h.team = g.home_team
JOIN raw.teams AS a ON a.team = g.away_team
