/*
description = "Everything known before tip-off in one wide row a player and game, played or to come; unknown is null, never a default."
phase = 4
key = ["game_id", "player_id"]
bootstrap_days = 14
may_be_null = ["is_starting", "new_starters", "benched_starters", "started_share_last_10_games", "started_last_game", "started_share_last_3_games", "seasons_since_last", "games_last_season", "started_share_last_season", "avg_minutes_last_season", "avg_points_last_season", "avg_rebounds_last_season", "avg_assists_last_season", "avg_threes_last_season", "avg_steals_last_season", "avg_blocks_last_season", "avg_turnovers_last_season", "absent_regulars", "absent_starters", "absent_minutes", "absent_points", "absent_rebounds", "absent_assists", "absent_threes", "absent_plays", "absent_starters_change", "absent_minutes_change", "absent_points_change", "absent_rebounds_change", "absent_assists_change", "absent_threes_change", "absent_plays_change", "shot_zone_mismatch_score", "games_with_shots_last_10", "paint_share_last_10_games", "paint_fg_pct_last_10_games", "mid_range_share_last_10_games", "mid_range_fg_pct_last_10_games", "three_zone_share_last_10_games", "three_zone_fg_pct_last_10_games", "opponent_paint_vs_league", "opponent_mid_range_vs_league", "opponent_three_zone_vs_league", "point_spread", "game_total", "implied_team_points", "line_points", "line_rebounds", "line_assists", "line_threes", "line_pra", "prop_line_captured_at"]
same_player = ["precompute.slate", "precompute.player_daily_cache", "precompute.player_composite_factors", "precompute.absent_teammates", "precompute.player_past_seasons", "precompute.player_shot_zone_analysis", "raw.prop_lines"]
may_be_constant = ["is_upcoming", "is_starting", "new_starters", "benched_starters", "earlier_seasons", "seasons_since_last", "games_with_shots_last_10", "data_completeness_pct", "missing_data_fields"]

[windows]
"precompute.slate" = "same_day"
"precompute.player_daily_cache" = "same_day"
"precompute.player_composite_factors" = "same_day"
"precompute.absent_teammates" = "same_day"
"precompute.player_past_seasons" = "same_day"
"precompute.player_shot_zone_analysis" = "same_day"
"precompute.team_defense_zone_analysis" = "same_day"
"raw.games" = ["same_day", "season_to_date"]
"raw.game_lines" = "same_day"
"raw.prop_lines" = "same_day"

[[checks]]
name = "every_candidate_has_a_row"
scope = "date"
severity = "block"
query = """
SELECT s.game_date, SUM(CASE WHEN t.player_id IS NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM precompute.slate AS s
LEFT JOIN this AS t ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.player_id = s.player_id
WHERE s.is_candidate
GROUP BY s.game_date
"""

[[checks]]
name = "no_imputed_features"
scope = "row"
severity = "block"
holds = "games_played_season > 0 OR (avg_points_season IS NULL AND avg_usage_rate_season IS NULL AND projected_usage_rate IS NULL AND fatigue_score IS NULL)"

[[checks]]
name = "lines_seen_before_tipoff"
scope = "date"
severity = "block"
query = """
SELECT t.game_date, SUM(CASE WHEN t.prop_line_captured_at >= g.tipoff_at THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM this AS t JOIN raw.games AS g ON g.game_id = t.game_id AND g.game_date = t.game_date
GROUP BY t.game_date
"""
*/
WITH openings AS (
  SELECT season, MIN(game_date) AS opening FROM raw.games GROUP BY season
),
consensus AS (
  SELECT game_date, game_id, MAX(total) AS total, MAX(spread_home) AS spread_home
  FROM (
    SELECT game_date, game_id, total, spread_home,
           ROW_NUMBER() OVER (PARTITION BY game_date, game_id ORDER BY CASE WHEN bookmaker = 'consensus' THEN 0 ELSE 1 END, bookmaker) AS place
    FROM raw.game_lines) AS ranked
  WHERE place = 1
  GROUP BY game_date, game_id
),
-- only lines known to have been seen before tip-off: where the tip-off is unknown, none is
last_lines AS (
  SELECT game_date, game_id, player_id, market, line, captured_at,
         ROW_NUMBER() OVER (PARTITION BY game_date, game_id, player_id, market, bookmaker ORDER BY captured_at DESC) AS place
  FROM raw.prop_lines
  WHERE NOT is_live
),
book AS (
  SELECT game_date, game_id, player_id, MAX(captured_at) AS captured_at,
         AVG(CASE WHEN market = 'points' THEN line END) AS line_points,
         AVG(CASE WHEN market = 'rebounds' THEN line END) AS line_rebounds,
         AVG(CASE WHEN market = 'assists' THEN line END) AS line_assists,
         AVG(CASE WHEN market = 'threes' THEN line END) AS line_threes,
         AVG(CASE WHEN market = 'pra' THEN line END) AS line_pra
  FROM last_lines
  WHERE place = 1
  GROUP BY game_date, game_id, player_id
)
SELECT
  s.season,                                              -- season, such as '2023-24'
  s.game_date,                                           -- US Eastern date of the game
  s.game_id,                                             -- id of the game in raw.games
  s.player_id,                                           -- id of the player in raw.players
  s.team,                                                -- tricode of the player's team
  s.opponent,                                            -- tricode of the other team
  s.is_home,                                             -- whether the player's team is at home
  s.is_upcoming,                                         -- whether the game is still to be played
  d.games_played_season,                                 -- games played in the season before this date
  d.games_in_window,                                     -- games in the last-10 window, 0 to 10
  d.days_rest,                                           -- days since the last game played in the season; null before the first
  d.is_back_to_back,                                     -- whether the player played the day before; null before the first game
  d.games_last_7_days,                                   -- games played in the 7 days before the date
  d.minutes_last_7_days,                                 -- minutes played in the 7 days before the date
  d.back_to_backs_last_14_days,                          -- second games of back-to-backs in the 14 days before the date
  d.avg_points_last_5_games,                             -- mean points of the last 5 games played
  d.avg_rebounds_last_5_games,                           -- mean rebounds of the last 5 games played
  d.avg_assists_last_5_games,                            -- mean assists of the last 5 games played
  d.avg_threes_last_5_games,                             -- mean threes of the last 5 games played
  d.avg_steals_last_5_games,                             -- mean steals of the last 5 games played
  d.avg_blocks_last_5_games,                             -- mean blocks of the last 5 games played
  d.avg_turnovers_last_5_games,                          -- mean turnovers of the last 5 games played
  d.avg_pra_last_5_games,                                -- mean pra of the last 5 games played
  d.avg_minutes_last_5_games,                            -- mean minutes of the last 5 games played
  d.avg_points_last_10_games,                            -- mean points of the last 10 games played
  d.avg_rebounds_last_10_games,                          -- mean rebounds of the last 10 games played
  d.avg_assists_last_10_games,                           -- mean assists of the last 10 games played
  d.avg_threes_last_10_games,                            -- mean threes of the last 10 games played
  d.avg_steals_last_10_games,                            -- mean steals of the last 10 games played
  d.avg_blocks_last_10_games,                            -- mean blocks of the last 10 games played
  d.avg_turnovers_last_10_games,                         -- mean turnovers of the last 10 games played
  d.avg_pra_last_10_games,                               -- mean pra of the last 10 games played
  d.avg_minutes_last_10_games,                           -- mean minutes of the last 10 games played
  d.avg_points_last_20_games,                            -- mean points of the last 20 games played
  d.avg_rebounds_last_20_games,                          -- mean rebounds of the last 20 games played
  d.avg_assists_last_20_games,                           -- mean assists of the last 20 games played
  d.avg_threes_last_20_games,                            -- mean threes of the last 20 games played
  d.avg_pra_last_20_games,                               -- mean pra of the last 20 games played
  d.avg_minutes_last_20_games,                           -- mean minutes of the last 20 games played
  d.avg_points_season,                                   -- mean points of all games played in the season
  d.avg_rebounds_season,                                 -- mean rebounds of all games played in the season
  d.avg_assists_season,                                  -- mean assists of all games played in the season
  d.avg_threes_season,                                   -- mean threes of all games played in the season
  d.avg_steals_season,                                   -- mean steals of all games played in the season
  d.avg_blocks_season,                                   -- mean blocks of all games played in the season
  d.avg_turnovers_season,                                -- mean turnovers of all games played in the season
  d.avg_pra_season,                                      -- mean pra of all games played in the season
  d.avg_minutes_season,                                  -- mean minutes of all games played in the season
  d.avg_points_recency_weighted,                         -- mean points, a game counting half as much as one ten games later
  d.avg_rebounds_recency_weighted,                       -- mean rebounds, a game counting half as much as one ten games later
  d.avg_assists_recency_weighted,                        -- mean assists, a game counting half as much as one ten games later
  d.avg_threes_recency_weighted,                         -- mean threes, a game counting half as much as one ten games later
  d.avg_steals_recency_weighted,                         -- mean steals, a game counting half as much as one ten games later
  d.avg_blocks_recency_weighted,                         -- mean blocks, a game counting half as much as one ten games later
  d.avg_turnovers_recency_weighted,                      -- mean turnovers, a game counting half as much as one ten games later
  d.avg_pra_recency_weighted,                            -- mean pra, a game counting half as much as one ten games later
  d.avg_minutes_recency_weighted,                        -- mean minutes, a game counting half as much as one ten games later
  d.avg_minutes_short_weighted,                          -- mean minutes, a game counting half as much as one four games later
  d.avg_minutes_last_3_games,                            -- mean minutes of the last 3 games played
  d.minutes_last_game,                                   -- minutes of the last game played
  d.started_last_game,                                   -- 1 when the player started his last game, 0 when not; null where no source says
  s.is_starting,                                         -- whether the player is one of the five who start; null where no lineup is known
  x.new_starters,                                        -- team mates who start and started fewer than half of their last 10 games; null where no lineup is known
  x.benched_starters,                                    -- listed team mates who do not start and started half of their last 10 games or more; null where no lineup is known
  d.started_share_last_3_games,                          -- share of the last 3 games that the player started; null where no source says
  d.std_points_last_10_games,                            -- sample standard deviation of points in the last 10 games; null below 2 games
  d.std_rebounds_last_10_games,                          -- sample standard deviation of rebounds in the last 10 games; null below 2 games
  d.std_assists_last_10_games,                           -- sample standard deviation of assists in the last 10 games; null below 2 games
  d.std_threes_last_10_games,                            -- sample standard deviation of threes in the last 10 games; null below 2 games
  d.std_pra_last_10_games,                               -- sample standard deviation of pra in the last 10 games; null below 2 games
  d.std_minutes_last_10_games,                           -- sample standard deviation of minutes in the last 10 games; null below 2 games
  d.avg_usage_rate_last_7_games,                         -- mean usage rate of the last 7 games played, percent; null below 3 games
  d.usage_games_in_window,                               -- games with a usage rate in the last-7 window, 0 to 7
  d.avg_usage_rate_season,                               -- mean usage rate of the season, percent
  d.avg_usage_rate_recency_weighted,                     -- mean usage rate, a game counting half as much as one ten games later
  d.ts_pct_last_10_games,                                -- true shooting share of the last 10 games together
  d.efg_pct_last_10_games,                               -- effective field goal share of the last 10 games together
  d.avg_fga_last_10_games,                               -- mean field goal attempts of the last 10 games
  d.avg_fg3a_last_10_games,                              -- mean three-point attempts of the last 10 games
  d.avg_fta_last_10_games,                               -- mean free throw attempts of the last 10 games
  d.started_share_last_10_games,                         -- share of the last 10 games that the player started; null where no source says
  y.earlier_seasons,                                     -- seasons before this one in which the player played; 0 for a rookie
  y.seasons_since_last,                                  -- seasons between this one and the last one played; null for a rookie
  y.games_last_season,                                   -- games played in the player's last season; null for a rookie
  y.started_share_last_season,                           -- share of them that the player started; null for a rookie or where no source says
  y.avg_minutes_last_season,                             -- mean minutes in the player's last season; null for a rookie
  y.avg_points_last_season,                              -- mean points in the player's last season; null for a rookie
  y.avg_rebounds_last_season,                            -- mean rebounds in the player's last season; null for a rookie
  y.avg_assists_last_season,                             -- mean assists in the player's last season; null for a rookie
  y.avg_threes_last_season,                              -- mean threes in the player's last season; null for a rookie
  y.avg_steals_last_season,                              -- mean steals in the player's last season; null for a rookie
  y.avg_blocks_last_season,                              -- mean blocks in the player's last season; null for a rookie
  y.avg_turnovers_last_season,                           -- mean turnovers in the player's last season; null for a rookie
  x.absent_regulars,                                     -- regular team mates who are out; null where nothing says who is
  x.absent_starters,                                     -- starts a game that they leave; null where unknown
  x.absent_minutes,                                      -- mean minutes a game that absent regulars leave; null where unknown
  x.absent_points,                                       -- mean points a game that absent regulars leave; null where unknown
  x.absent_rebounds,                                     -- mean rebounds a game that absent regulars leave; null where unknown
  x.absent_assists,                                      -- mean assists a game that absent regulars leave; null where unknown
  x.absent_threes,                                       -- mean threes a game that absent regulars leave; null where unknown
  x.absent_plays,                                        -- mean field goal attempts, 0.44 free throw attempts and turnovers together a game that absent regulars leave; null where unknown
  x.absent_starters_change,                              -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_minutes_change,                               -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_points_change,                                -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_rebounds_change,                              -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_assists_change,                               -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_threes_change,                                -- the same, above what was left in the player's last 10 games; null where unknown
  x.absent_plays_change,                                 -- the same, above what was left in the player's last 10 games; null where unknown
  c.projected_usage_rate,                                -- usage rate expected in this game, percent; null before the first game
  c.usage_spike_score,                                   -- 0.3 * (projected - last 7), raised when stars are out, -3 to 3
  c.fatigue_score,                                       -- 100 is rested, 0 to 100; null before the first game
  c.pace_score,                                          -- half the opponent's pace above the league's, -3 to 3
  c.shot_zone_mismatch_score,                            -- the opponent's weakness in the player's primary zone, -10 to 10; null without shot data
  c.total_composite_adjustment,                          -- sum of the scores that are known; null when none is
  z.games_with_shots_last_10,                            -- games of the last 10 played whose shots are known
  z.paint_share_last_10_games,                           -- share of zone attempts in the paint, last 10 games; null without shot data
  z.paint_fg_pct_last_10_games,                          -- share made in the paint, last 10 games; null without an attempt
  z.mid_range_share_last_10_games,                       -- share of zone attempts from mid-range, last 10 games; null without shot data
  z.mid_range_fg_pct_last_10_games,                      -- share made from mid-range, last 10 games; null without an attempt
  z.three_zone_share_last_10_games,                      -- share of zone attempts from three, last 10 games; null without shot data
  z.three_zone_fg_pct_last_10_games,                     -- share made from three, last 10 games; null without an attempt
  o.paint_vs_league AS opponent_paint_vs_league,         -- opponent: percentage points above the league's in the paint; positive is a weak defense
  o.mid_range_vs_league AS opponent_mid_range_vs_league, -- opponent: percentage points above the league's from mid-range; positive is a weak defense
  o.three_zone_vs_league AS opponent_three_zone_vs_league, -- opponent: percentage points above the league's from three; positive is a weak defense
  o.pace_last_10_games AS opponent_pace_last_10_games,   -- opponent: mean pace of the last 10 games, possessions a 48 minutes
  o.defensive_rating_last_10_games AS opponent_defensive_rating_last_10_games, -- opponent: mean points allowed a 100 possessions in the last 10 games
  t.pace_last_10_games AS team_pace_last_10_games,       -- own team: mean pace of the last 10 games, possessions a 48 minutes
  o.league_pace_to_date,                                 -- mean pace of the league's games to date
  CAST(DATE_DIFF('day', w.opening, s.game_date) AS INTEGER) AS day_of_season, -- days since the season's first game
  CASE WHEN s.is_home THEN l.spread_home ELSE -l.spread_home END AS point_spread, -- points given to the player's team; negative when it is favoured; null without a line
  l.total AS game_total,                                 -- line on the points of both teams; null without a line
  l.total / 2 - CASE WHEN s.is_home THEN l.spread_home ELSE -l.spread_home END / 2 AS implied_team_points, -- points that the lines expect of the player's team; null without lines
  b.line_points,                                         -- mean of the books' last points lines seen before tip-off; null where none is known to be
  b.line_rebounds,                                       -- mean of the books' last rebounds lines seen before tip-off; null where none is known to be
  b.line_assists,                                        -- mean of the books' last assists lines seen before tip-off; null where none is known to be
  b.line_threes,                                         -- mean of the books' last threes lines seen before tip-off; null where none is known to be
  b.line_pra,                                            -- mean of the books' last pra lines seen before tip-off; null where none is known to be
  b.captured_at AS prop_line_captured_at,                -- when the last of those lines was seen, UTC; no feature
  100.0 * (CASE WHEN d.avg_points_last_10_games IS NULL THEN 0 ELSE 1 END
       + CASE WHEN d.avg_usage_rate_last_7_games IS NULL THEN 0 ELSE 1 END
       + CASE WHEN c.fatigue_score IS NULL THEN 0 ELSE 1 END
       + CASE WHEN c.pace_score IS NULL THEN 0 ELSE 1 END
       + CASE WHEN z.primary_zone IS NULL THEN 0 ELSE 1 END
       + CASE WHEN o.paint_vs_league IS NULL THEN 0 ELSE 1 END
       + CASE WHEN l.total IS NULL THEN 0 ELSE 1 END
       + CASE WHEN b.game_id IS NULL THEN 0 ELSE 1 END) / 8 AS data_completeness_pct, -- share of the 8 groups of features that are known, percent
  SUBSTR(CONCAT(CASE WHEN d.avg_points_last_10_games IS NULL THEN ',form' ELSE '' END,
       CASE WHEN d.avg_usage_rate_last_7_games IS NULL THEN ',usage' ELSE '' END,
       CASE WHEN c.fatigue_score IS NULL THEN ',fatigue' ELSE '' END,
       CASE WHEN c.pace_score IS NULL THEN ',pace' ELSE '' END,
       CASE WHEN z.primary_zone IS NULL THEN ',shot_zones' ELSE '' END,
       CASE WHEN o.paint_vs_league IS NULL THEN ',opponent_zones' ELSE '' END,
       CASE WHEN l.total IS NULL THEN ',game_lines' ELSE '' END,
       CASE WHEN b.game_id IS NULL THEN ',prop_lines' ELSE '' END), 2) AS missing_data_fields -- the groups of features that are missing, with commas; empty when none is
FROM precompute.slate AS s
JOIN openings AS w ON w.season = s.season
JOIN precompute.player_daily_cache AS d ON d.game_date = s.game_date AND d.game_id = s.game_id AND d.player_id = s.player_id
JOIN precompute.player_composite_factors AS c ON c.game_date = s.game_date AND c.game_id = s.game_id AND c.player_id = s.player_id
JOIN precompute.absent_teammates AS x ON x.game_date = s.game_date AND x.game_id = s.game_id AND x.player_id = s.player_id
JOIN precompute.player_past_seasons AS y ON y.game_date = s.game_date AND y.game_id = s.game_id AND y.player_id = s.player_id
LEFT JOIN precompute.player_shot_zone_analysis AS z ON z.game_date = s.game_date AND z.player_id = s.player_id
LEFT JOIN precompute.team_defense_zone_analysis AS o ON o.game_date = s.game_date AND o.team = s.opponent
LEFT JOIN precompute.team_defense_zone_analysis AS t ON t.game_date = s.game_date AND t.team = s.team
LEFT JOIN consensus AS l ON l.game_date = s.game_date AND l.game_id = s.game_id
LEFT JOIN book AS b ON b.game_date = s.game_date AND b.game_id = s.game_id AND b.player_id = s.player_id
WHERE s.is_candidate
