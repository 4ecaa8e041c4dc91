/*
description = "Starting lineups as announced before tip-off: one row a starter and announcement."
phase = 2
key = ["announced_at", "game_date", "player_id"]

[windows]
"landing.lineups" = "same_day"
"raw.player_aliases" = ["history", "same_day"]

[[checks]]
name = "starters_matched_to_player"
scope = "season"
severity = "warn"
at_least = 0.98
query = """
SELECT l.game_date, l.starters - COALESCE(t.starters, 0) AS failing, l.starters AS total
FROM (SELECT game_date, COUNT(*) AS starters FROM landing.lineups GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS starters FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.lineups'
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
  FROM (SELECT DISTINCT game_date, player_key, base_key FROM landing.lineups) AS n
  JOIN raw.player_aliases AS a ON a.base_key = n.base_key AND a.game_date <= n.game_date
  GROUP BY n.game_date, n.player_key
),
starters AS (
  SELECT l.season, l.game_date, p.player_id, l.team, l.announced_at,
         -- one player may be written two ways in one announcement
         ROW_NUMBER() OVER (
           PARTITION BY l.announced_at, l.game_date, p.player_id ORDER BY l.player_key) AS place
  FROM landing.lineups AS l
  JOIN people AS p ON p.game_date = l.game_date AND p.player_key = l.player_key
  WHERE p.player_id IS NOT NULL
)
SELECT
  s.season,       -- season, such as '2023-24'
  s.game_date,    -- US Eastern date of the game concerned
  s.player_id,    -- id of the player in raw.players
  s.team,         -- tricode of the player's team
  s.announced_at  -- when the lineup was announced, UTC
FROM starters AS s
WHERE s.place = 1
