/*
description = "Who plays: one row a player, with birth date, position and height where known."
phase = 2
key = ["player_id"]
may_be_null = ["birth_date", "position", "height_inches"]
may_be_constant = ["position", "height_inches", "birth_date"]

[windows]
"raw.player_aliases" = "all"
"landing.bref_player_boxscores" = "all"
"landing.nba_player_gamelogs" = "all"
"landing.nba_shots" = "all"
"landing.players" = "all"
*/
WITH mentions AS (
  SELECT DISTINCT player_key, player_name, 1 AS source_rank FROM landing.bref_player_boxscores
  UNION ALL SELECT DISTINCT player_key, player_name, 2 FROM landing.nba_player_gamelogs
  UNION ALL SELECT DISTINCT player_key, player_name, 3 FROM landing.nba_shots
  UNION ALL SELECT DISTINCT player_key, player_name, 4 FROM landing.players
),
names AS (
  SELECT a.player_id, m.player_name,
         ROW_NUMBER() OVER (PARTITION BY a.player_id ORDER BY m.source_rank, m.player_name) AS place
  FROM mentions AS m JOIN raw.player_aliases AS a ON a.player_key = m.player_key
  WHERE a.player_id IS NOT NULL
),
seen AS (
  SELECT player_id, MIN(game_date) AS game_date, MIN(season) AS season
  FROM raw.player_aliases
  WHERE player_id IS NOT NULL
  GROUP BY player_id
),
listed AS (
  SELECT a.player_id, MAX(p.birth_date) AS birth_date, MAX(p.position) AS position,
         MAX(p.height_inches) AS height_inches
  FROM landing.players AS p JOIN raw.player_aliases AS a ON a.player_key = p.player_key
  GROUP BY a.player_id
)
SELECT
  s.season,                     -- season in which the player was first seen
  s.game_date,                  -- date on which the player was first seen
  s.player_id,                  -- NBA id; above 9,000,000,000 our own, where no source gives the NBA's
  n.player_name AS full_name,   -- name in full, as Basketball-Reference writes it where it does
  l.birth_date,                 -- date of birth; null where unknown
  l.position,                   -- position as listed; null where unknown
  l.height_inches               -- height, inches; null where unknown
FROM seen AS s
JOIN names AS n ON n.player_id = s.player_id AND n.place = 1
LEFT JOIN listed AS l ON l.player_id = s.player_id
