/*
description = "What a player had done in the season before a game, and in the seasons before."
phase = 4
key = ["game_id", "player_id"]
same_player = ["analytics.form", "raw.lines"]
may_be_null = ["ast_before", "pts_past_seasons"]

[windows]
"analytics.form" = ["same_day", "season_to_date"]
"raw.lines" = "past_seasons"

[[checks]]
name = "streaks_have_points"
scope = "season"
severity = "block"
share = "games_before >= 0"
at_least = 0.7
expected_from = "analytics.form"
*/
WITH past AS (
  SELECT s.season, l.player_id, SUM(l.pts) AS pts
  FROM (SELECT DISTINCT season FROM analytics.form) AS s JOIN raw.lines AS l ON l.season < s.season
  GROUP BY s.season, l.player_id
)
SELECT
  f.season,       -- season
  f.game_date,    -- date
  f.game_id,      -- game
  f.player_id,    -- player
  COUNT(*) OVER earlier AS games_before, -- games in the season before
  CAST(SUM(f.ast) OVER earlier AS INTEGER) AS ast_before, -- assists in the season before
  CAST(p.pts AS INTEGER) AS pts_past_seasons -- points in the seasons before
FROM analytics.form AS f
LEFT JOIN past AS p ON p.season = f.season AND p.player_id = f.player_id
WINDOW earlier AS (PARTITION BY f.season, f.player_id ORDER BY f.game_date NULLS FIRST, f.game_id NULLS FIRST
  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
