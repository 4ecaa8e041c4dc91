/*
description = "The injury report: one row a player, game date and report."
phase = 2
key = ["report_at", "game_date", "player_id"]
may_be_constant = ["reason", "status"]
may_be_null = ["reason"]

[windows]
"landing.injuries" = "same_day"
"raw.player_aliases" = ["history", "same_day"]

[[checks]]
name = "reports_matched_to_player"
scope = "season"
severity = "warn"
at_least = 0.98
query = """
SELECT l.game_date, l.reports - COALESCE(t.reports, 0) AS failing, l.reports AS total
FROM (SELECT game_date, COUNT(*) AS reports FROM landing.injuries GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS reports FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.injuries'
"""
*/
SELECT
  i.season,     -- season, such as '2023-24'
  i.game_date,  -- US Eastern date of the game concerned
  a.player_id,  -- id of the player in raw.players
  i.team,       -- tricode of the player's team
  i.report_at,  -- when the report came out, UTC
  i.status,     -- out, doubtful, questionable, probable or available
  i.reason      -- the reason as reported
FROM landing.injuries AS i
JOIN raw.player_aliases AS a ON a.player_key = i.player_key
WHERE a.player_id IS NOT NULL
