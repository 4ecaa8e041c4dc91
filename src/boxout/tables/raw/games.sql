/*
description = "The schedule and the results: one row a game that any source knows of."
phase = 2
key = ["game_id"]
may_be_null = ["tipoff_at", "home_pts", "away_pts", "overtime_periods"]
may_be_constant = ["status", "season_type", "overtime_periods"]

[windows]
"landing.schedule" = "same_day"
"landing.bref_player_boxscores" = ["same_day", "days: 1"]
"landing.nba_team_gamelogs" = ["same_day", "days: 1"]
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
name = "team_logs_agree_on_the_home_side"
scope = "date"
severity = "block"
query = """
SELECT l.game_date, SUM(CASE WHEN g.home_team = l.team THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM landing.nba_team_gamelogs AS l
JOIN this AS g ON g.game_date = l.game_date AND (g.home_team = l.team OR g.away_team = l.team)
WHERE l.is_home
GROUP BY l.game_date
"""

# a time cut to a date in another time zone puts a game a day late: team logs alone have it then,
# and box lines alone have it the day before
[[checks]]
name = "no_game_is_a_day_late"
scope = "date"
severity = "block"
query = """
WITH logs AS (
  SELECT DISTINCT game_date, LEAST(home_team, away_team) AS first_team, GREATEST(home_team, away_team) AS second_team
  FROM landing.nba_team_gamelogs),
boxes AS (
  SELECT DISTINCT game_date, LEAST(home_team, away_team) AS first_team, GREATEST(home_team, away_team) AS second_team
  FROM landing.bref_player_boxscores),
alone AS (
  SELECT b.game_date, b.first_team, b.second_team
  FROM boxes AS b
  LEFT JOIN logs AS l ON l.game_date = b.game_date AND l.first_team = b.first_team AND l.second_team = b.second_team
  WHERE l.game_date IS NULL)
SELECT l.game_date,
       SUM(CASE WHEN b.game_date IS NULL AND a.game_date IS NOT NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM logs AS l
LEFT JOIN boxes AS b ON b.game_date = l.game_date AND b.first_team = l.first_team AND b.second_team = l.second_team
LEFT JOIN alone AS a
  ON a.game_date = l.game_date - INTERVAL 1 DAY AND a.first_team = l.first_team AND a.second_team = l.second_team
GROUP BY l.game_date
"""

# where the NBA's sources have lost games that they had, ids of our own would take their places in
# every table; games of the last days, which they do not have yet, and the play-in do not count
[[checks]]
name = "games_have_the_nba_id"
scope = "season"
severity = "block"
at_least = 0.98
query = """
SELECT g.game_date, SUM(CASE WHEN SUBSTR(g.game_id, 1, 1) = '9' THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM this AS g
JOIN (SELECT season, MAX(game_date) AS last_date FROM this WHERE SUBSTR(game_id, 1, 1) <> '9' GROUP BY season) AS n
  ON n.season = g.season AND g.game_date <= n.last_date
WHERE g.status = 'final' AND g.season_type IN ('regular', 'playoffs')
GROUP BY g.game_date
"""

[[checks]]
name = "two_different_teams"
scope = "row"
severity = "block"
holds = "home_team <> away_team"

# neither a source nor the NBA's calendar says it: the calendar's next season is to be entered
[[checks]]
name = "season_type_is_known"
scope = "row"
severity = "block"
holds = "season_type IS NOT NULL"

[[checks]]
name = "finished_games_have_a_winner"
scope = "row"
severity = "block"
holds = "status <> 'final' OR home_pts <> away_pts"

[[checks]]
name = "overtime_periods_are_plausible"
scope = "row"
severity = "block"
holds = "status <> 'final' OR overtime_periods BETWEEN 0 AND 6"
*/
WITH teams AS (
  SELECT * FROM (VALUES
    ('ATL', 1610612737),
    ('BOS', 1610612738),
    ('CLE', 1610612739),
    ('NOP', 1610612740),
    ('CHI', 1610612741),
    ('DAL', 1610612742),
    ('DEN', 1610612743),
    ('GSW', 1610612744),
    ('HOU', 1610612745),
    ('LAC', 1610612746),
    ('LAL', 1610612747),
    ('MIA', 1610612748),
    ('MIL', 1610612749),
    ('MIN', 1610612750),
    ('BKN', 1610612751),
    ('NYK', 1610612752),
    ('ORL', 1610612753),
    ('IND', 1610612754),
    ('PHI', 1610612755),
    ('PHX', 1610612756),
    ('POR', 1610612757),
    ('SAC', 1610612758),
    ('SAS', 1610612759),
    ('OKC', 1610612760),
    ('TOR', 1610612761),
    ('UTA', 1610612762),
    ('MEM', 1610612763),
    ('WAS', 1610612764),
    ('DET', 1610612765),
    ('CHA', 1610612766)
  ) AS v (team, team_id)
),
mentions AS (
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         status, tipoff_at, CAST(NULL AS INTEGER) AS home_pts, CAST(NULL AS INTEGER) AS away_pts,
         CAST(NULL AS DECIMAL(6, 2)) AS minutes, CAST(NULL AS INTEGER) AS team_minutes,
         0 AS is_result, 1 AS source_rank
  FROM landing.schedule
  UNION ALL
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, NULL, home_pts, away_pts, minutes, NULL, 1, 2
  FROM landing.bref_player_boxscores
  UNION ALL
  SELECT DISTINCT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, CAST(NULL AS TIMESTAMP), CAST(NULL AS INTEGER), CAST(NULL AS INTEGER),
         CAST(NULL AS DECIMAL(6, 2)), CAST(NULL AS INTEGER), 1, 3
  FROM landing.nba_shots
  UNION ALL
  SELECT season, game_date, own_game_id, home_team, away_team, season_type, nba_game_id,
         NULL, tipoff_at, CASE WHEN is_home THEN pts END, CASE WHEN NOT is_home THEN pts END,
         NULL, team_minutes, 1, 4
  FROM landing.nba_team_gamelogs
),
-- on neutral courts NBA Stats calls both teams visitors: a game is its date and its two teams,
-- in whichever order, and the first source that knows says who is at home
games AS (
  SELECT season, game_date,
         LEAST(home_team, away_team) AS first_team, GREATEST(home_team, away_team) AS second_team,
         SUBSTR(MIN(CONCAT(CAST(source_rank AS VARCHAR), home_team)), 2) AS home_team,
         SUBSTR(MIN(CONCAT(CAST(source_rank AS VARCHAR), own_game_id)), 2) AS own_game_id,
         MAX(nba_game_id) AS nba_game_id,
         -- box lines go by the calendar, and the other sources by the game's id or what they say
         COALESCE(MAX(CASE WHEN source_rank <> 2 THEN season_type END), MAX(season_type)) AS season_type,
         CASE WHEN MAX(is_result) = 1 THEN 'final' ELSE MAX(status) END AS status,
         -- where sources differ, what was known before the earlier one was surely known in time
         MIN(tipoff_at) AS tipoff_at,
         MAX(CASE WHEN home_team < away_team THEN home_pts ELSE away_pts END) AS first_pts,
         MAX(CASE WHEN home_team < away_team THEN away_pts ELSE home_pts END) AS second_pts,
         COALESCE(MAX(team_minutes), SUM(minutes) / 2) AS team_minutes
  FROM mentions
  GROUP BY season, game_date, LEAST(home_team, away_team), GREATEST(home_team, away_team)
)
SELECT
  g.season,                                            -- season, such as '2023-24'
  g.game_date,                                         -- US Eastern date of the game
  COALESCE(g.nba_game_id, g.own_game_id) AS game_id,   -- ten-digit NBA game id; one of our own, opening with 9, where no source has the NBA's
  g.season_type,                                       -- regular, play-in, playoffs or cup-final
  g.status,                                            -- scheduled, final or postponed
  g.tipoff_at,                                         -- scheduled tip-off, UTC; null where no source says
  h.team AS home_team,                                 -- tricode of the home team
  a.team AS away_team,                                 -- tricode of the visiting team
  h.team_id AS home_team_id,                           -- NBA id of the home team
  a.team_id AS away_team_id,                           -- NBA id of the visiting team
  CASE WHEN h.team = g.first_team THEN g.first_pts ELSE g.second_pts
  END AS home_pts,                                     -- points of the home team; null before the game
  CASE WHEN h.team = g.first_team THEN g.second_pts ELSE g.first_pts
  END AS away_pts,                                     -- points of the visiting team; null before the game
  CASE WHEN g.status = 'final' THEN CAST(ROUND((g.team_minutes - 240) / 25) AS INTEGER)
  END AS overtime_periods                              -- overtime periods played, from the minutes: 240 and 25 an overtime
FROM games AS g
JOIN teams AS h ON h.team = g.home_team
JOIN teams AS a ON a.team = CASE WHEN g.home_team = g.first_team THEN g.second_team ELSE g.first_team END
