/*
description = "Box lines of a tiny league: one row a game and player."
phase = 2
key = ["game_id", "player_id"]

[windows]
"landing.bref_player_boxscores" = "same_day"
"raw.games" = "same_day"

[[checks]]
name = "both_teams_of_every_finished_game"
scope = "date"
severity = "block"
query = """
SELECT g.game_date, SUM(CASE WHEN COALESCE(s.teams, 0) = 2 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (SELECT game_id, COUNT(DISTINCT team) AS teams FROM this GROUP BY game_id) AS s ON s.game_id = g.game_id
WHERE g.status = 'final'
GROUP BY g.game_date
"""

[[checks]]
name = "assists_are_plausible"
scope = "row"
severity = "block"
holds = "ast < 90"

[[checks]]
name = "lines_matched"
scope = "season"
severity = "block"
at_least = 0.6
query = """
SELECT l.game_date, l.lines - COALESCE(t.lines, 0) AS failing, l.lines AS total
FROM (SELECT game_date, COUNT(*) AS lines FROM landing.bref_player_boxscores GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS lines FROM this GROUP BY game_date) AS t ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.bref_player_boxscores'
"""
*/
SELECT
  g.season,       -- season
  g.game_date,    -- date
  g.game_id,      -- game
  CAST(HASH(b.player_key) % 1000000007 AS BIGINT) AS player_id, -- player
  b.team,         -- team
  b.is_starter,   -- whether he started
  b.ast,          -- assists
  b.tov,          -- turnovers
  b.pts           -- points
FROM landing.bref_player_boxscores AS b
JOIN raw.games AS g ON g.game_date = b.game_date AND g.home_team = b.home_team
