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
WITH people AS (
  -- whom the name is known to name by then; a suffix or nickname that no other source writes names
  -- whom the rest of the name does, if one
  SELECT n.game_date, n.player_key,
         COALESCE(
           MAX(CASE WHEN a.player_key = n.player_key THEN a.player_id END),
           CASE WHEN COUNT(*) = COUNT(a.player_id) AND MIN(a.player_id) = MAX(a.player_id)
                THEN MIN(a.player_id) END) AS player_id
  FROM (SELECT DISTINCT game_date, player_key, base_key FROM landing.injuries) AS n
  JOIN raw.player_aliases AS a ON a.base_key = n.base_key AND a.game_date <= n.game_date
  GROUP BY n.game_date, n.player_key
),
reports AS (
  SELECT i.season, i.game_date, p.player_id, i.team, i.report_at, i.status, i.reason,
         -- one player may be written two ways in one report
         ROW_NUMBER() OVER (
           PARTITION BY i.report_at, i.game_date, p.player_id ORDER BY i.player_key) AS place
  FROM landing.injuries AS i
  JOIN people AS p ON p.game_date = i.game_date AND p.player_key = i.player_key
  WHERE p.player_id IS NOT NULL
)
SELECT
  r.season,     -- season, such as '2023-24'
  r.game_date,  -- US Eastern date of the game concerned
  r.player_id,  -- id of the player in raw.players
  r.team,       -- tricode of the player's team
  r.report_at,  -- when the report came out, UTC
  r.status,     -- out, doubtful, questionable, probable or available
  r.reason      -- the reason as reported
FROM reports AS r
WHERE r.place = 1
