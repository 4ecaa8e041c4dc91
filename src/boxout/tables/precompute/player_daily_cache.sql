/*
description = "A player's form before a game: rolling and season-to-date means over games played, and the load of the days before."
phase = 4
key = ["game_id", "player_id"]
same_player = ["precompute.slate", "analytics.player_game_summary"]
bootstrap_days = 14
may_be_null = ["started_last_game", "started_share_last_3_games", "started_share_last_10_games"]

[windows]
"precompute.slate" = "same_day"
"analytics.player_game_summary" = "season_to_date"

[[checks]]
name = "nothing_is_known_before_the_first_game"
scope = "row"
severity = "block"
holds = "games_played_season > 0 OR (avg_points_season IS NULL AND avg_minutes_last_5_games IS NULL AND days_rest IS NULL)"

[[checks]]
name = "form_populated"
scope = "season"
severity = "block"
share = "avg_points_last_10_games IS NOT NULL AND avg_minutes_season IS NOT NULL"
of = "games_played_season > 0"
at_least = 1.0
*/
WITH played AS (
  SELECT p.*,
         ROW_NUMBER() OVER career AS game_number,
         CASE WHEN DATE_DIFF('day', LAG(p.game_date) OVER career, p.game_date) = 1 THEN 1 ELSE 0 END AS is_second_night,
         CASE WHEN p.is_starter THEN 1 WHEN NOT p.is_starter THEN 0 END AS started,
         -- half-life of ten games; weights grow with the game's number, so that no window needs recounting
         CAST(POWER(2, CAST(ROW_NUMBER() OVER career AS DOUBLE) / 10) AS DECIMAL(12, 4)) AS weight,
         -- half-life of four games, for a role that has just changed
         CAST(POWER(2, CAST(ROW_NUMBER() OVER career AS DOUBLE) / 4) AS DECIMAL(18, 4)) AS short_weight,
         CASE WHEN p.usage_rate IS NOT NULL
              THEN CAST(POWER(2, CAST(ROW_NUMBER() OVER career AS DOUBLE) / 10) AS DECIMAL(12, 4)) END AS usage_weight
  FROM analytics.player_game_summary AS p
  WHERE p.minutes > 0
  WINDOW career AS (PARTITION BY p.season, p.player_id ORDER BY p.game_date NULLS FIRST, p.game_id NULLS FIRST)
),
form AS (
  SELECT season, player_id, game_number, game_date,
         COUNT(*) OVER last_10 AS games_in_window,
         AVG(pts) OVER last_5 AS avg_points_last_5_games,
         AVG(trb) OVER last_5 AS avg_rebounds_last_5_games,
         AVG(ast) OVER last_5 AS avg_assists_last_5_games,
         AVG(fg3) OVER last_5 AS avg_threes_last_5_games,
         AVG(stl) OVER last_5 AS avg_steals_last_5_games,
         AVG(blk) OVER last_5 AS avg_blocks_last_5_games,
         AVG(tov) OVER last_5 AS avg_turnovers_last_5_games,
         AVG(pra) OVER last_5 AS avg_pra_last_5_games,
         AVG(minutes) OVER last_5 AS avg_minutes_last_5_games,
         AVG(pts) OVER last_10 AS avg_points_last_10_games,
         AVG(trb) OVER last_10 AS avg_rebounds_last_10_games,
         AVG(ast) OVER last_10 AS avg_assists_last_10_games,
         AVG(fg3) OVER last_10 AS avg_threes_last_10_games,
         AVG(stl) OVER last_10 AS avg_steals_last_10_games,
         AVG(blk) OVER last_10 AS avg_blocks_last_10_games,
         AVG(tov) OVER last_10 AS avg_turnovers_last_10_games,
         AVG(pra) OVER last_10 AS avg_pra_last_10_games,
         AVG(minutes) OVER last_10 AS avg_minutes_last_10_games,
         AVG(pts) OVER last_20 AS avg_points_last_20_games,
         AVG(trb) OVER last_20 AS avg_rebounds_last_20_games,
         AVG(ast) OVER last_20 AS avg_assists_last_20_games,
         AVG(fg3) OVER last_20 AS avg_threes_last_20_games,
         AVG(pra) OVER last_20 AS avg_pra_last_20_games,
         AVG(minutes) OVER last_20 AS avg_minutes_last_20_games,
         AVG(pts) OVER season_so_far AS avg_points_season,
         AVG(trb) OVER season_so_far AS avg_rebounds_season,
         AVG(ast) OVER season_so_far AS avg_assists_season,
         AVG(fg3) OVER season_so_far AS avg_threes_season,
         AVG(stl) OVER season_so_far AS avg_steals_season,
         AVG(blk) OVER season_so_far AS avg_blocks_season,
         AVG(tov) OVER season_so_far AS avg_turnovers_season,
         AVG(pra) OVER season_so_far AS avg_pra_season,
         AVG(minutes) OVER season_so_far AS avg_minutes_season,
         SUM(pts * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_points_recency_weighted,
         SUM(trb * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_rebounds_recency_weighted,
         SUM(ast * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_assists_recency_weighted,
         SUM(fg3 * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_threes_recency_weighted,
         SUM(stl * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_steals_recency_weighted,
         SUM(blk * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_blocks_recency_weighted,
         SUM(tov * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_turnovers_recency_weighted,
         SUM(pra * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_pra_recency_weighted,
         SUM(minutes * weight) OVER season_so_far / SUM(weight) OVER season_so_far AS avg_minutes_recency_weighted,
         SUM(minutes * short_weight) OVER season_so_far / SUM(short_weight) OVER season_so_far AS avg_minutes_short_weighted,
         minutes AS minutes_last_game,
         started AS started_last_game,
         AVG(minutes) OVER last_3 AS avg_minutes_last_3_games,
         AVG(started) OVER last_3 AS started_share_last_3_games,
         COUNT(pts) OVER last_10 * SUM(pts * pts) OVER last_10 - SUM(pts) OVER last_10 * SUM(pts) OVER last_10 AS points_spread,
         COUNT(trb) OVER last_10 * SUM(trb * trb) OVER last_10 - SUM(trb) OVER last_10 * SUM(trb) OVER last_10 AS rebounds_spread,
         COUNT(ast) OVER last_10 * SUM(ast * ast) OVER last_10 - SUM(ast) OVER last_10 * SUM(ast) OVER last_10 AS assists_spread,
         COUNT(fg3) OVER last_10 * SUM(fg3 * fg3) OVER last_10 - SUM(fg3) OVER last_10 * SUM(fg3) OVER last_10 AS threes_spread,
         COUNT(pra) OVER last_10 * SUM(pra * pra) OVER last_10 - SUM(pra) OVER last_10 * SUM(pra) OVER last_10 AS pra_spread,
         COUNT(minutes) OVER last_10 * SUM(minutes * minutes) OVER last_10 - SUM(minutes) OVER last_10 * SUM(minutes) OVER last_10 AS minutes_spread,
         AVG(usage_rate) OVER last_7 AS avg_usage_rate_last_7_games,
         COUNT(usage_rate) OVER last_7 AS usage_games_in_window,
         AVG(usage_rate) OVER season_so_far AS avg_usage_rate_season,
         SUM(usage_rate * usage_weight) OVER season_so_far / SUM(usage_weight) OVER season_so_far AS avg_usage_rate_recency_weighted,
         SUM(pts) OVER last_10 AS pts_last_10,
         SUM(fg) OVER last_10 AS fg_last_10,
         SUM(fga) OVER last_10 AS fga_last_10,
         SUM(fg3) OVER last_10 AS fg3_last_10,
         SUM(fta) OVER last_10 AS fta_last_10,
         AVG(fga) OVER last_10 AS avg_fga_last_10_games,
         AVG(fg3a) OVER last_10 AS avg_fg3a_last_10_games,
         AVG(fta) OVER last_10 AS avg_fta_last_10_games,
         AVG(started) OVER last_10 AS started_share_last_10_games
  FROM played
  WINDOW
    season_so_far AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    last_3 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 2 PRECEDING AND CURRENT ROW),
    last_5 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
    last_7 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW),
    last_10 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
    last_20 AS (PARTITION BY season, player_id ORDER BY game_number NULLS FIRST ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
),
-- each slate row among the player's games: every frame ends the day before
timeline AS (
  SELECT season, game_date, game_id, player_id, team, 0 AS is_played, CAST(0 AS DECIMAL(6, 2)) AS minutes,
         0 AS is_second_night, DATE_DIFF('day', DATE '1970-01-01', game_date) AS day_number
  FROM precompute.slate
  UNION ALL
  SELECT season, game_date, game_id, player_id, team, 1, minutes, is_second_night,
         DATE_DIFF('day', DATE '1970-01-01', game_date)
  FROM played
),
anchored AS (
  SELECT season, game_date, game_id, player_id, team, is_played,
         CAST(COALESCE(SUM(is_played) OVER all_before, 0) AS INTEGER) AS games_before,
         CAST(COALESCE(SUM(is_played) OVER days_7, 0) AS INTEGER) AS games_last_7_days,
         CAST(COALESCE(SUM(minutes) OVER days_7, 0) AS DECIMAL(8, 2)) AS minutes_last_7_days,
         CAST(COALESCE(SUM(is_second_night) OVER days_14, 0) AS INTEGER) AS back_to_backs_last_14_days
  FROM timeline
  WINDOW
    all_before AS (PARTITION BY season, player_id ORDER BY day_number NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    days_7 AS (PARTITION BY season, player_id ORDER BY day_number NULLS FIRST RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING),
    days_14 AS (PARTITION BY season, player_id ORDER BY day_number NULLS FIRST RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING)
)
SELECT
  s.season,                                                  -- season, such as '2023-24'
  s.game_date,                                               -- US Eastern date of the game
  s.game_id,                                                 -- id of the game in raw.games
  s.player_id,                                               -- id of the player in raw.players
  s.team,                                                    -- tricode of the player's team
  s.games_before AS games_played_season,                     -- games played in the season before this date
  CAST(COALESCE(f.games_in_window, 0) AS INTEGER) AS games_in_window, -- games in the last-10 window, 0 to 10
  CAST(DATE_DIFF('day', f.game_date, s.game_date) AS INTEGER) AS days_rest, -- days since the last game played in the season; null before the first
  DATE_DIFF('day', f.game_date, s.game_date) = 1 AS is_back_to_back, -- whether the player played the day before; null before the first game
  s.games_last_7_days,                                       -- games played in the 7 days before the date
  s.minutes_last_7_days,                                     -- minutes played in the 7 days before the date
  s.back_to_backs_last_14_days,                              -- second games of back-to-backs in the 14 days before the date
  f.avg_points_last_5_games,                                 -- mean points of the last 5 games played
  f.avg_rebounds_last_5_games,                               -- mean rebounds of the last 5 games played
  f.avg_assists_last_5_games,                                -- mean assists of the last 5 games played
  f.avg_threes_last_5_games,                                 -- mean threes of the last 5 games played
  f.avg_steals_last_5_games,                                 -- mean steals of the last 5 games played
  f.avg_blocks_last_5_games,                                 -- mean blocks of the last 5 games played
  f.avg_turnovers_last_5_games,                              -- mean turnovers of the last 5 games played
  f.avg_pra_last_5_games,                                    -- mean pra of the last 5 games played
  f.avg_minutes_last_5_games,                                -- mean minutes of the last 5 games played
  f.avg_points_last_10_games,                                -- mean points of the last 10 games played
  f.avg_rebounds_last_10_games,                              -- mean rebounds of the last 10 games played
  f.avg_assists_last_10_games,                               -- mean assists of the last 10 games played
  f.avg_threes_last_10_games,                                -- mean threes of the last 10 games played
  f.avg_steals_last_10_games,                                -- mean steals of the last 10 games played
  f.avg_blocks_last_10_games,                                -- mean blocks of the last 10 games played
  f.avg_turnovers_last_10_games,                             -- mean turnovers of the last 10 games played
  f.avg_pra_last_10_games,                                   -- mean pra of the last 10 games played
  f.avg_minutes_last_10_games,                               -- mean minutes of the last 10 games played
  f.avg_points_last_20_games,                                -- mean points of the last 20 games played
  f.avg_rebounds_last_20_games,                              -- mean rebounds of the last 20 games played
  f.avg_assists_last_20_games,                               -- mean assists of the last 20 games played
  f.avg_threes_last_20_games,                                -- mean threes of the last 20 games played
  f.avg_pra_last_20_games,                                   -- mean pra of the last 20 games played
  f.avg_minutes_last_20_games,                               -- mean minutes of the last 20 games played
  f.avg_points_season,                                       -- mean points of all games played in the season
  f.avg_rebounds_season,                                     -- mean rebounds of all games played in the season
  f.avg_assists_season,                                      -- mean assists of all games played in the season
  f.avg_threes_season,                                       -- mean threes of all games played in the season
  f.avg_steals_season,                                       -- mean steals of all games played in the season
  f.avg_blocks_season,                                       -- mean blocks of all games played in the season
  f.avg_turnovers_season,                                    -- mean turnovers of all games played in the season
  f.avg_pra_season,                                          -- mean pra of all games played in the season
  f.avg_minutes_season,                                      -- mean minutes of all games played in the season
  f.avg_points_recency_weighted,                             -- mean points, a game counting half as much as one ten games later
  f.avg_rebounds_recency_weighted,                           -- mean rebounds, a game counting half as much as one ten games later
  f.avg_assists_recency_weighted,                            -- mean assists, a game counting half as much as one ten games later
  f.avg_threes_recency_weighted,                             -- mean threes, a game counting half as much as one ten games later
  f.avg_steals_recency_weighted,                             -- mean steals, a game counting half as much as one ten games later
  f.avg_blocks_recency_weighted,                             -- mean blocks, a game counting half as much as one ten games later
  f.avg_turnovers_recency_weighted,                          -- mean turnovers, a game counting half as much as one ten games later
  f.avg_pra_recency_weighted,                                -- mean pra, a game counting half as much as one ten games later
  f.avg_minutes_recency_weighted,                            -- mean minutes, a game counting half as much as one ten games later
  f.avg_minutes_short_weighted,                              -- mean minutes, a game counting half as much as one four games later
  f.avg_minutes_last_3_games,                                -- mean minutes of the last 3 games played
  f.minutes_last_game,                                       -- minutes of the last game played
  CAST(f.started_last_game AS INTEGER) AS started_last_game, -- 1 when the player started his last game, 0 when not; null where no source says
  f.started_share_last_3_games,                              -- share of the last 3 games that the player started; null where no source says
  SQRT(f.points_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_points_last_10_games, -- sample standard deviation of points in the last 10 games; null below 2 games
  SQRT(f.rebounds_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_rebounds_last_10_games, -- sample standard deviation of rebounds in the last 10 games; null below 2 games
  SQRT(f.assists_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_assists_last_10_games, -- sample standard deviation of assists in the last 10 games; null below 2 games
  SQRT(f.threes_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_threes_last_10_games, -- sample standard deviation of threes in the last 10 games; null below 2 games
  SQRT(f.pra_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_pra_last_10_games, -- sample standard deviation of pra in the last 10 games; null below 2 games
  SQRT(f.minutes_spread / NULLIF(f.games_in_window * (f.games_in_window - 1), 0)) AS std_minutes_last_10_games, -- sample standard deviation of minutes in the last 10 games; null below 2 games
  CASE WHEN f.usage_games_in_window >= 3 THEN f.avg_usage_rate_last_7_games END AS avg_usage_rate_last_7_games, -- mean usage rate of the last 7 games played, percent; null below 3 games
  CAST(COALESCE(f.usage_games_in_window, 0) AS INTEGER) AS usage_games_in_window, -- games with a usage rate in the last-7 window, 0 to 7
  f.avg_usage_rate_season,                                   -- mean usage rate of the season, percent
  f.avg_usage_rate_recency_weighted,                         -- mean usage rate, a game counting half as much as one ten games later
  f.pts_last_10 / NULLIF(2 * (f.fga_last_10 + 0.44 * f.fta_last_10), 0) AS ts_pct_last_10_games, -- true shooting share of the last 10 games together
  (f.fg_last_10 + 0.5 * f.fg3_last_10) / NULLIF(f.fga_last_10, 0) AS efg_pct_last_10_games, -- effective field goal share of the last 10 games together
  f.avg_fga_last_10_games,                                   -- mean field goal attempts of the last 10 games
  f.avg_fg3a_last_10_games,                                  -- mean three-point attempts of the last 10 games
  f.avg_fta_last_10_games,                                   -- mean free throw attempts of the last 10 games
  f.started_share_last_10_games                              -- share of the last 10 games that the player started; null where no source says
FROM anchored AS s
LEFT JOIN form AS f ON f.season = s.season AND f.player_id = s.player_id AND f.game_number = s.games_before
WHERE s.is_played = 0
