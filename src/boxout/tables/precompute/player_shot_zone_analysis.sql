/*
description = "Where a player shoots from, before a game: zone shares and accuracy of the last 10 and 20 games. Assisted rates are left out, since no source tells who assisted."
phase = 4
key = ["game_date", "player_id"]
same_player = ["precompute.slate", "analytics.player_game_summary"]
bootstrap_days = 14
may_be_null = ["games_with_shots_last_10", "paint_share_last_10_games", "paint_fg_pct_last_10_games", "mid_range_share_last_10_games", "mid_range_fg_pct_last_10_games", "three_zone_share_last_10_games", "three_zone_fg_pct_last_10_games", "games_with_shots_last_20", "paint_share_last_20_games", "paint_fg_pct_last_20_games", "mid_range_share_last_20_games", "mid_range_fg_pct_last_20_games", "three_zone_share_last_20_games", "three_zone_fg_pct_last_20_games", "primary_zone"]
may_be_constant = ["games_with_shots_last_10", "games_with_shots_last_20"]

[windows]
"precompute.slate" = "same_day"
"analytics.player_game_summary" = "season_to_date"

[[checks]]
name = "shares_add_up"
scope = "row"
severity = "block"
holds = "paint_share_last_10_games IS NULL OR ABS(paint_share_last_10_games + mid_range_share_last_10_games + three_zone_share_last_10_games - 1) < 0.000001"

[[checks]]
name = "no_zones_without_shot_data"
scope = "row"
severity = "block"
holds = "games_with_shots_last_20 > 0 OR (primary_zone IS NULL AND paint_share_last_20_games IS NULL)"
*/
WITH played AS (
  SELECT season, player_id, game_date, game_id, paint_fga, paint_fg, mid_range_fga, mid_range_fg,
         three_zone_fga, three_zone_fg,
         ROW_NUMBER() OVER (PARTITION BY season, player_id ORDER BY game_date, game_id) AS game_number
  FROM analytics.player_game_summary
  WHERE minutes > 0
),
form AS (
  SELECT season, player_id, game_number,
         COUNT(paint_fga) OVER last_10 AS games_with_shots_last_10,
         SUM(paint_fga) OVER last_10 AS paint_fga_last_10,
         SUM(paint_fg) OVER last_10 AS paint_fg_last_10,
         SUM(mid_range_fga) OVER last_10 AS mid_range_fga_last_10,
         SUM(mid_range_fg) OVER last_10 AS mid_range_fg_last_10,
         SUM(three_zone_fga) OVER last_10 AS three_zone_fga_last_10,
         SUM(three_zone_fg) OVER last_10 AS three_zone_fg_last_10,
         COUNT(paint_fga) OVER last_20 AS games_with_shots_last_20,
         SUM(paint_fga) OVER last_20 AS paint_fga_last_20,
         SUM(paint_fg) OVER last_20 AS paint_fg_last_20,
         SUM(mid_range_fga) OVER last_20 AS mid_range_fga_last_20,
         SUM(mid_range_fg) OVER last_20 AS mid_range_fg_last_20,
         SUM(three_zone_fga) OVER last_20 AS three_zone_fga_last_20,
         SUM(three_zone_fg) OVER last_20 AS three_zone_fg_last_20
  FROM played
  WINDOW
    last_10 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
    last_20 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
),
timeline AS (
  SELECT DISTINCT season, game_date, player_id, 0 AS is_played FROM precompute.slate
  UNION ALL
  SELECT season, game_date, player_id, 1 FROM played
),
anchored AS (
  SELECT *, CAST(COALESCE(SUM(is_played) OVER (
           PARTITION BY season, player_id ORDER BY game_date NULLS FIRST, is_played NULLS FIRST
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS INTEGER) AS games_before
  FROM timeline
)
SELECT
  s.season,                                              -- season, such as '2023-24'
  s.game_date,                                           -- US Eastern date of the game to come
  s.player_id,                                           -- id of the player in raw.players
  CAST(COALESCE(f.games_with_shots_last_10, 0) AS INTEGER) AS games_with_shots_last_10, -- games of the last 10 played whose shots are known
  f.paint_fga_last_10 / NULLIF(f.paint_fga_last_10 + f.mid_range_fga_last_10 + f.three_zone_fga_last_10, 0) AS paint_share_last_10_games, -- share of zone attempts in the paint, last 10 games; null without shot data
  f.paint_fg_last_10 / NULLIF(f.paint_fga_last_10, 0) AS paint_fg_pct_last_10_games, -- share made in the paint, last 10 games; null without an attempt
  f.mid_range_fga_last_10 / NULLIF(f.paint_fga_last_10 + f.mid_range_fga_last_10 + f.three_zone_fga_last_10, 0) AS mid_range_share_last_10_games, -- share of zone attempts from mid-range, last 10 games; null without shot data
  f.mid_range_fg_last_10 / NULLIF(f.mid_range_fga_last_10, 0) AS mid_range_fg_pct_last_10_games, -- share made from mid-range, last 10 games; null without an attempt
  f.three_zone_fga_last_10 / NULLIF(f.paint_fga_last_10 + f.mid_range_fga_last_10 + f.three_zone_fga_last_10, 0) AS three_zone_share_last_10_games, -- share of zone attempts from three, last 10 games; null without shot data
  f.three_zone_fg_last_10 / NULLIF(f.three_zone_fga_last_10, 0) AS three_zone_fg_pct_last_10_games, -- share made from three, last 10 games; null without an attempt
  CAST(COALESCE(f.games_with_shots_last_20, 0) AS INTEGER) AS games_with_shots_last_20, -- games of the last 20 played whose shots are known
  f.paint_fga_last_20 / NULLIF(f.paint_fga_last_20 + f.mid_range_fga_last_20 + f.three_zone_fga_last_20, 0) AS paint_share_last_20_games, -- share of zone attempts in the paint, last 20 games; null without shot data
  f.paint_fg_last_20 / NULLIF(f.paint_fga_last_20, 0) AS paint_fg_pct_last_20_games, -- share made in the paint, last 20 games; null without an attempt
  f.mid_range_fga_last_20 / NULLIF(f.paint_fga_last_20 + f.mid_range_fga_last_20 + f.three_zone_fga_last_20, 0) AS mid_range_share_last_20_games, -- share of zone attempts from mid-range, last 20 games; null without shot data
  f.mid_range_fg_last_20 / NULLIF(f.mid_range_fga_last_20, 0) AS mid_range_fg_pct_last_20_games, -- share made from mid-range, last 20 games; null without an attempt
  f.three_zone_fga_last_20 / NULLIF(f.paint_fga_last_20 + f.mid_range_fga_last_20 + f.three_zone_fga_last_20, 0) AS three_zone_share_last_20_games, -- share of zone attempts from three, last 20 games; null without shot data
  f.three_zone_fg_last_20 / NULLIF(f.three_zone_fga_last_20, 0) AS three_zone_fg_pct_last_20_games, -- share made from three, last 20 games; null without an attempt
  CASE WHEN COALESCE(f.paint_fga_last_10 + f.mid_range_fga_last_10 + f.three_zone_fga_last_10, 0) = 0 THEN NULL
       WHEN f.paint_fga_last_10 >= f.mid_range_fga_last_10 AND f.paint_fga_last_10 >= f.three_zone_fga_last_10 THEN 'paint'
       WHEN f.three_zone_fga_last_10 >= f.mid_range_fga_last_10 THEN 'three' ELSE 'mid_range' END AS primary_zone -- zone of most attempts in the last 10 games: paint, mid_range or three; null without shot data
FROM anchored AS s
LEFT JOIN form AS f ON f.season = s.season AND f.player_id = s.player_id AND f.game_number = s.games_before
WHERE s.is_played = 0
