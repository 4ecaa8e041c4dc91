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
  -- a suffix or nickname that no other source writes names whom the rest of the name does, if one
  SELECT base_key, MIN(player_id) AS player_id
  FROM raw.player_aliases
  GROUP BY base_key
  HAVING COUNT(*) = COUNT(player_id) AND MIN(player_id) = MAX(player_id)
),
named AS (
  SELECT l.*, COALESCE(a.player_id, p.player_id) AS player_id
  FROM landing.lineups AS l
  LEFT JOIN raw.player_aliases AS a ON a.player_key = l.player_key
  LEFT JOIN people AS p ON p.base_key = l.base_key
),
starters AS (
  SELECT l.season, l.game_date, l.player_id, l.team, l.announced_at,
         -- one player may be written two ways in one announcement
         ROW_NUMBER() OVER (
           PARTITION BY l.announced_at, l.game_date, l.player_id ORDER BY l.player_key) AS place
  FROM named AS l
  WHERE l.player_id IS NOT NULL
)
SELECT
  s.season,       -- season, such as '2023-24'
  s.game_date,    -- US Eastern date of the game concerned
  s.player_id,    -- id of the player in raw.players
  s.team,         -- tricode of the player's team
  s.announced_at  -- when the lineup was announced, UTC
FROM starters AS s
WHERE s.place = 1
