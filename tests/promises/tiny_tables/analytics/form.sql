/*
description = "What a player did and had done in the season so far."
phase = 3
key = ["game_id", "player_id"]
same_player = ["raw.lines"]
may_be_null = ["pts_before"]

[windows]
"raw.lines" = ["same_day", "season_to_date"]
"raw.games" = "same_day"

[earlier_columns]
"raw.lines" = ["season", "game_date", "game_id", "player_id", "pts"]

[[checks]]
name = "lines_have_form"
scope = "season"
severity = "block"
share = "pts IS NOT NULL"
at_least = 0.7
expected_from = "raw.lines"
*/
WITH before AS (
  SELECT season, game_date, game_id, player_id, team, pts, ast,
         SUM(pts) OVER (PARTITION BY season, player_id ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS pts_before
  FROM raw.lines
)
SELECT
  b.season,       -- season
  b.game_date,    -- date
  b.game_id,      -- game
  b.player_id,   -- player
  b.pts,          -- points
  b.ast,          -- assists
  CAST(b.pts_before AS INTEGER) AS pts_before, -- points in the season before
  g.home_team = b.team AS is_home -- whether at home
FROM before AS b
JOIN raw.games AS g ON g.game_date = b.game_date AND g.game_id = b.game_id
