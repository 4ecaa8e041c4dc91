/*
description = "What is known of a team before a game: the last four days, and ever."
phase = 4
key = ["game_id", "team"]
bootstrap_days = 2
may_be_null = ["pts_last_4_days", "pts_ever", "form_ever"]

[windows]
"raw.games" = "same_day"
"raw.lines" = "days: 4"
"analytics.form" = "history"

[[checks]]
name = "two_teams_a_game"
scope = "date"
severity = "block"
query = """
SELECT g.game_date, SUM(CASE WHEN COALESCE(s.teams, 0) = 2 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (SELECT game_date, game_id, COUNT(*) AS teams FROM this GROUP BY game_date, game_id) AS s
  ON s.game_date = g.game_date AND s.game_id = g.game_id
GROUP BY g.game_date
"""
*/
WITH sides AS (
  SELECT season, game_date, game_id, home_team AS team FROM raw.games
  UNION ALL SELECT season, game_date, game_id, away_team FROM raw.games
),
recent AS (
  SELECT s.game_date, s.game_id, s.team, SUM(l.pts) AS pts
  FROM sides AS s
  JOIN raw.lines AS l ON l.team = s.team AND l.game_date < s.game_date AND l.game_date >= s.game_date - INTERVAL 4 DAY
  GROUP BY s.game_date, s.game_id, s.team
),
ever AS (
  SELECT s.game_date, s.game_id, s.team, SUM(f.pts) AS pts, AVG(f.pts_before) AS form
  FROM sides AS s JOIN analytics.form AS f ON f.game_date < s.game_date
  GROUP BY s.game_date, s.game_id, s.team
)
SELECT
  s.season,        -- season
  s.game_date,     -- date
  s.game_id,       -- game
  s.team,          -- team
  CAST(r.pts AS INTEGER) AS pts_last_4_days, -- points of the team's players in the last 4 days
  CAST(e.pts AS INTEGER) AS pts_ever, -- points of all players before
  e.form AS form_ever -- mean of the points before
FROM sides AS s
LEFT JOIN recent AS r ON r.game_date = s.game_date AND r.game_id = s.game_id AND r.team = s.team
LEFT JOIN ever AS e ON e.game_date = s.game_date AND e.game_id = s.game_id AND e.team = s.team
