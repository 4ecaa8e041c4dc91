/*
description = "Each team's defense before a game: the last 15 games by zone against the league to date, and pace."
phase = 4
key = ["game_date", "team_id"]
bootstrap_days = 14
may_be_null = ["paint_fg_pct_allowed", "paint_share_allowed", "league_paint_fg_pct", "paint_vs_league", "mid_range_fg_pct_allowed", "mid_range_share_allowed", "league_mid_range_fg_pct", "mid_range_vs_league", "three_zone_fg_pct_allowed", "three_zone_share_allowed", "league_three_zone_fg_pct", "three_zone_vs_league", "weakest_zone", "strongest_zone"]
may_be_constant = ["games_in_window", "games_with_shots"]

[windows]
"raw.games" = "same_day"
"analytics.team_defense_game_summary" = "season_to_date"

[[checks]]
name = "two_teams_a_game"
scope = "date"
severity = "block"
query = """
SELECT g.game_date, SUM(CASE WHEN t.teams = 2 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (
  SELECT h.game_date, h.game_id, COUNT(*) AS teams FROM raw.games AS h
  JOIN this AS x ON x.game_date = h.game_date AND x.team_id IN (h.home_team_id, h.away_team_id)
  GROUP BY h.game_date, h.game_id) AS t ON t.game_id = g.game_id AND t.game_date = g.game_date
WHERE g.status <> 'postponed'
GROUP BY g.game_date
"""
*/
WITH sides AS (
  SELECT season, game_date, home_team_id AS team_id, home_team AS team FROM raw.games WHERE status <> 'postponed'
  UNION ALL
  SELECT season, game_date, away_team_id, away_team FROM raw.games WHERE status <> 'postponed'
),
numbered AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY season, team_id ORDER BY game_date, game_id) AS game_number
  FROM analytics.team_defense_game_summary
),
form AS (
  SELECT season, team_id, game_number,
         COUNT(*) OVER last_15 AS games_in_window,
         COUNT(opponent_paint_fga) OVER last_15 AS games_with_shots,
         SUM(opponent_paint_fga) OVER last_15 AS paint_fga,
         SUM(opponent_paint_fg) OVER last_15 AS paint_fg,
         SUM(opponent_mid_range_fga) OVER last_15 AS mid_range_fga,
         SUM(opponent_mid_range_fg) OVER last_15 AS mid_range_fg,
         SUM(opponent_three_zone_fga) OVER last_15 AS three_zone_fga,
         SUM(opponent_three_zone_fg) OVER last_15 AS three_zone_fg,
         AVG(pace) OVER last_10 AS pace_last_10_games,
         AVG(defensive_rating) OVER last_10 AS defensive_rating_last_10_games,
         AVG(opponent_pts) OVER last_10 AS opponent_pts_last_10_games
  FROM numbered
  WINDOW
    last_15 AS (PARTITION BY season, team_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 14 PRECEDING AND CURRENT ROW),
    last_10 AS (PARTITION BY season, team_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
),
timeline AS (
  SELECT season, game_date, team_id, team, 0 AS is_played FROM sides
  UNION ALL
  SELECT season, game_date, team_id, team, 1 FROM numbered
),
anchored AS (
  -- on one date the row to be described comes before the game itself
  SELECT *, CAST(COALESCE(SUM(is_played) OVER (
           PARTITION BY season, team_id ORDER BY game_date NULLS FIRST, is_played NULLS FIRST
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS INTEGER) AS games_before
  FROM timeline
),
days AS (
  SELECT season, game_date, COUNT(*) AS games, SUM(pace) AS pace, SUM(defensive_rating) AS defensive_rating,
         SUM(opponent_paint_fga) AS paint_fga, SUM(opponent_paint_fg) AS paint_fg,
         SUM(opponent_mid_range_fga) AS mid_range_fga, SUM(opponent_mid_range_fg) AS mid_range_fg,
         SUM(opponent_three_zone_fga) AS three_zone_fga, SUM(opponent_three_zone_fg) AS three_zone_fg
  FROM analytics.team_defense_game_summary
  GROUP BY season, game_date
  UNION ALL
  SELECT DISTINCT season, game_date, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM sides
),
league AS (
  SELECT season, game_date, SUM(SUM(games)) OVER before AS games, SUM(SUM(pace)) OVER before AS pace,
         SUM(SUM(defensive_rating)) OVER before AS defensive_rating,
         SUM(SUM(paint_fga)) OVER before AS paint_fga, SUM(SUM(paint_fg)) OVER before AS paint_fg,
         SUM(SUM(mid_range_fga)) OVER before AS mid_range_fga, SUM(SUM(mid_range_fg)) OVER before AS mid_range_fg,
         SUM(SUM(three_zone_fga)) OVER before AS three_zone_fga, SUM(SUM(three_zone_fg)) OVER before AS three_zone_fg
  FROM days
  GROUP BY season, game_date
  WINDOW before AS (PARTITION BY season ORDER BY game_date NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
compared AS (
  SELECT t.season, t.game_date, t.team_id,
         f.paint_fg / NULLIF(f.paint_fga, 0) - l.paint_fg / NULLIF(l.paint_fga, 0) AS paint,
         f.mid_range_fg / NULLIF(f.mid_range_fga, 0) - l.mid_range_fg / NULLIF(l.mid_range_fga, 0) AS mid_range,
         f.three_zone_fg / NULLIF(f.three_zone_fga, 0) - l.three_zone_fg / NULLIF(l.three_zone_fga, 0) AS three
  FROM anchored AS t
  JOIN league AS l ON l.season = t.season AND l.game_date = t.game_date
  LEFT JOIN form AS f ON f.season = t.season AND f.team_id = t.team_id AND f.game_number = t.games_before
  WHERE t.is_played = 0
)
SELECT
  t.season,                                              -- season, such as '2023-24'
  t.game_date,                                           -- US Eastern date of the game to come
  t.team_id,                                             -- NBA id of the defending team
  t.team,                                                -- tricode of the defending team
  CAST(COALESCE(f.games_in_window, 0) AS INTEGER) AS games_in_window, -- games in the last-15 window, 0 to 15
  CAST(COALESCE(f.games_with_shots, 0) AS INTEGER) AS games_with_shots, -- games of the window whose shots are known
  f.paint_fg / NULLIF(f.paint_fga, 0) AS paint_fg_pct_allowed, -- share made in the paint against the team in the last 15 games; null without shot data
  f.paint_fga / NULLIF(f.paint_fga + f.mid_range_fga + f.three_zone_fga, 0) AS paint_share_allowed, -- share of zone attempts in the paint against the team; null without shot data
  l.paint_fg / NULLIF(l.paint_fga, 0) AS league_paint_fg_pct, -- share made in the paint in the league to date; null without shot data
  100 * (f.paint_fg / NULLIF(f.paint_fga, 0) - l.paint_fg / NULLIF(l.paint_fga, 0)) AS paint_vs_league, -- percentage points above the league's in the paint; positive is a weak defense
  f.mid_range_fg / NULLIF(f.mid_range_fga, 0) AS mid_range_fg_pct_allowed, -- share made from mid-range against the team in the last 15 games; null without shot data
  f.mid_range_fga / NULLIF(f.paint_fga + f.mid_range_fga + f.three_zone_fga, 0) AS mid_range_share_allowed, -- share of zone attempts from mid-range against the team; null without shot data
  l.mid_range_fg / NULLIF(l.mid_range_fga, 0) AS league_mid_range_fg_pct, -- share made from mid-range in the league to date; null without shot data
  100 * (f.mid_range_fg / NULLIF(f.mid_range_fga, 0) - l.mid_range_fg / NULLIF(l.mid_range_fga, 0)) AS mid_range_vs_league, -- percentage points above the league's from mid-range; positive is a weak defense
  f.three_zone_fg / NULLIF(f.three_zone_fga, 0) AS three_zone_fg_pct_allowed, -- share made from three against the team in the last 15 games; null without shot data
  f.three_zone_fga / NULLIF(f.paint_fga + f.mid_range_fga + f.three_zone_fga, 0) AS three_zone_share_allowed, -- share of zone attempts from three against the team; null without shot data
  l.three_zone_fg / NULLIF(l.three_zone_fga, 0) AS league_three_zone_fg_pct, -- share made from three in the league to date; null without shot data
  100 * (f.three_zone_fg / NULLIF(f.three_zone_fga, 0) - l.three_zone_fg / NULLIF(l.three_zone_fga, 0)) AS three_zone_vs_league, -- percentage points above the league's from three; positive is a weak defense
  CASE WHEN v.paint IS NULL OR v.mid_range IS NULL OR v.three IS NULL THEN NULL
       WHEN v.paint >= v.mid_range AND v.paint >= v.three THEN 'paint'
       WHEN v.mid_range >= v.three THEN 'mid_range' ELSE 'three' END AS weakest_zone, -- zone in which the defense is furthest above the league; null without shot data
  CASE WHEN v.paint IS NULL OR v.mid_range IS NULL OR v.three IS NULL THEN NULL
       WHEN v.paint <= v.mid_range AND v.paint <= v.three THEN 'paint'
       WHEN v.mid_range <= v.three THEN 'mid_range' ELSE 'three' END AS strongest_zone, -- zone in which the defense is furthest below the league; null without shot data
  f.pace_last_10_games,                                  -- mean pace of the last 10 games, possessions a 48 minutes
  f.defensive_rating_last_10_games,                      -- mean points allowed a 100 possessions in the last 10 games
  f.opponent_pts_last_10_games,                          -- mean points allowed in the last 10 games
  l.pace / NULLIF(l.games, 0) AS league_pace_to_date,    -- mean pace of the league's games to date
  l.defensive_rating / NULLIF(l.games, 0) AS league_defensive_rating_to_date -- mean defensive rating of the league to date
FROM anchored AS t
JOIN league AS l ON l.season = t.season AND l.game_date = t.game_date
JOIN compared AS v ON v.season = t.season AND v.game_date = t.game_date AND v.team_id = t.team_id
LEFT JOIN form AS f ON f.season = t.season AND f.team_id = t.team_id AND f.game_number = t.games_before
WHERE t.is_played = 0
