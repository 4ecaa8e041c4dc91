/*
description = "What regular team mates who are out leave to a player in a game, how much more that is than in his own last ten games, and how many others start or sit who usually do not."
phase = 4
key = ["game_id", "player_id"]
bootstrap_days = 14
may_be_null = ["new_starters", "benched_starters", "absent_regulars", "absent_starters", "absent_stars", "absent_minutes", "absent_points", "absent_rebounds", "absent_assists", "absent_threes", "absent_plays", "absent_starters_change", "absent_minutes_change", "absent_points_change", "absent_rebounds_change", "absent_assists_change", "absent_threes_change", "absent_plays_change", "absent_usage_minutes_change"]
may_be_constant = ["absences_known", "new_starters", "benched_starters", "absent_starters", "absent_starters_change"]

[windows]
"precompute.slate" = ["same_day", "season_to_date"]
"precompute.player_daily_cache" = "same_day"
"analytics.player_game_summary" = "season_to_date"

[[checks]]
name = "one_row_a_slate_row"
scope = "date"
severity = "block"
query = """
SELECT s.game_date, SUM(CASE WHEN t.player_id IS NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM precompute.slate AS s
LEFT JOIN this AS t ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.player_id = s.player_id
GROUP BY s.game_date
"""

[[checks]]
name = "unknown_is_null"
scope = "row"
severity = "block"
holds = "absences_known = (absent_regulars IS NOT NULL) AND (absences_known OR absent_minutes_change IS NULL)"
*/
WITH played AS (
  SELECT season, game_date, game_id, player_id, team, minutes, pts, trb, ast, fg3,
         fga + 0.44 * fta + tov AS plays, usage_rate,
         CASE WHEN is_starter THEN 1 WHEN NOT is_starter THEN 0 END AS started
  FROM analytics.player_game_summary
  WHERE minutes > 0
),
form AS (
  SELECT season, game_date, player_id, team,
         ROW_NUMBER() OVER career AS game_number,
         LEAD(game_date) OVER career AS next_date,
         AVG(minutes) OVER last_10 AS minutes, AVG(pts) OVER last_10 AS points,
         AVG(trb) OVER last_10 AS rebounds, AVG(ast) OVER last_10 AS assists,
         AVG(fg3) OVER last_10 AS threes, AVG(plays) OVER last_10 AS plays,
         AVG(started) OVER last_10 AS started_share,
         AVG(usage_rate) OVER so_far AS usage_rate_season, AVG(minutes) OVER so_far AS minutes_season
  FROM played
  WINDOW
    career AS (PARTITION BY season, player_id ORDER BY game_date NULLS FIRST, game_id NULLS FIRST),
    so_far AS (PARTITION BY season, player_id ORDER BY game_date NULLS FIRST, game_id NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    last_10 AS (PARTITION BY season, player_id ORDER BY game_date NULLS FIRST, game_id NULLS FIRST ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
),
sides AS (
  SELECT season, game_date, game_id, team,
         MAX(CASE WHEN is_upcoming THEN 1 ELSE 0 END) AS is_upcoming,
         MAX(MAX(CASE WHEN report_status IS NULL THEN 0 ELSE 1 END)) OVER (PARTITION BY game_date, game_id) AS is_reported
  FROM precompute.slate
  GROUP BY season, game_date, game_id, team
),
-- regulars as they stood before each game: their last game of the season was for the team, however
-- long ago, for in the change below a long absence is on both sides and cancels
regulars AS (
  SELECT s.game_date AS on_date, s.game_id, s.team, s.is_reported, f.*
  FROM sides AS s
  JOIN form AS f
    ON f.season = s.season AND f.team = s.team
   AND f.game_date < s.game_date
   AND (f.next_date IS NULL OR f.next_date >= s.game_date)
  WHERE f.game_number >= 5 AND f.minutes >= 20
),
-- a report before tip-off decides where the game has one; else who is not listed in the box score, which
-- is who did not play where a source lists nobody else
absentees AS (
  SELECT r.on_date AS game_date, r.game_id, r.team, r.player_id,
         CAST(r.started_share AS DECIMAL(12, 4)) AS starters,
         CAST(r.minutes AS DECIMAL(12, 4)) AS minutes,
         CAST(r.points AS DECIMAL(12, 4)) AS points,
         CAST(r.rebounds AS DECIMAL(12, 4)) AS rebounds,
         CAST(r.assists AS DECIMAL(12, 4)) AS assists,
         CAST(r.threes AS DECIMAL(12, 4)) AS threes,
         CAST(r.plays AS DECIMAL(12, 4)) AS plays,
         -- stars take a quarter of the plays and more
         CASE WHEN r.usage_rate_season >= 25 AND r.minutes_season >= 28 THEN 1 ELSE 0 END AS is_star,
         -- the usage that goes free is what a player takes above an average share of his minutes
         CAST(CASE WHEN r.usage_rate_season > 20 THEN (r.usage_rate_season - 20) * r.minutes ELSE 0 END AS DECIMAL(12, 4)) AS usage_minutes
  FROM regulars AS r
  LEFT JOIN precompute.slate AS l ON l.game_date = r.on_date AND l.game_id = r.game_id AND l.player_id = r.player_id
  WHERE CASE WHEN r.is_reported = 1 THEN COALESCE(l.is_absent, FALSE) ELSE l.player_id IS NULL END
),
absences AS (
  SELECT game_date, game_id, team, COUNT(*) AS absent_regulars,
         CASE WHEN COUNT(starters) = COUNT(*) THEN SUM(starters) END AS starters, SUM(minutes) AS minutes,
         SUM(points) AS points, SUM(rebounds) AS rebounds, SUM(assists) AS assists,
         SUM(threes) AS threes, SUM(plays) AS plays, SUM(is_star) AS stars, SUM(usage_minutes) AS usage_minutes
  FROM absentees
  GROUP BY game_date, game_id, team
),
-- nothing is known of a game to come without a report: it has no row
team_absences AS (
  SELECT s.game_date, s.game_id, s.team,
         COALESCE(a.absent_regulars, 0) AS absent_regulars,
         CASE WHEN a.game_id IS NULL THEN 0 ELSE a.starters END AS starters,
         COALESCE(a.minutes, 0) AS minutes,
         COALESCE(a.points, 0) AS points,
         COALESCE(a.rebounds, 0) AS rebounds,
         COALESCE(a.assists, 0) AS assists,
         COALESCE(a.threes, 0) AS threes,
         COALESCE(a.plays, 0) AS plays,
         COALESCE(a.stars, 0) AS stars,
         COALESCE(a.usage_minutes, 0) AS usage_minutes
  FROM sides AS s
  LEFT JOIN absences AS a ON a.game_date = s.game_date AND a.game_id = s.game_id AND a.team = s.team
  WHERE s.is_upcoming = 0 OR s.is_reported = 1
),
-- who was expected to be out and played is nobody that he himself has to do without
left_by_others AS (
  SELECT s.game_date, s.game_id, s.player_id,
         a.absent_regulars - CASE WHEN own.player_id IS NULL THEN 0 ELSE 1 END AS absent_regulars,
         a.starters - COALESCE(own.starters, 0) AS starters,
         a.minutes - COALESCE(own.minutes, 0) AS minutes,
         a.points - COALESCE(own.points, 0) AS points,
         a.rebounds - COALESCE(own.rebounds, 0) AS rebounds,
         a.assists - COALESCE(own.assists, 0) AS assists,
         a.threes - COALESCE(own.threes, 0) AS threes,
         a.plays - COALESCE(own.plays, 0) AS plays,
         a.stars - COALESCE(own.is_star, 0) AS stars,
         a.usage_minutes - COALESCE(own.usage_minutes, 0) AS usage_minutes
  FROM precompute.slate AS s
  LEFT JOIN team_absences AS a ON a.game_date = s.game_date AND a.game_id = s.game_id AND a.team = s.team
  LEFT JOIN absentees AS own
    ON own.game_date = s.game_date AND own.game_id = s.game_id AND own.team = s.team AND own.player_id = s.player_id
),
lineup_news AS (
  SELECT s.game_date, s.game_id, s.team,
         SUM(CASE WHEN s.is_starting AND d.started_share_last_10_games < 0.5 THEN 1 ELSE 0 END) AS new_starters,
         SUM(CASE WHEN NOT s.is_starting AND d.started_share_last_10_games >= 0.5 THEN 1 ELSE 0 END) AS benched_starters
  FROM precompute.slate AS s
  JOIN precompute.player_daily_cache AS d ON d.game_date = s.game_date AND d.game_id = s.game_id AND d.player_id = s.player_id
  WHERE s.is_candidate
  GROUP BY s.game_date, s.game_id, s.team
),
-- what was left to a player in the ten games that his form is made of
usual AS (
  SELECT p.season, p.player_id,
         ROW_NUMBER() OVER career AS game_number,
         AVG(a.starters) OVER last_10 AS starters,
         AVG(a.minutes) OVER last_10 AS minutes,
         AVG(a.points) OVER last_10 AS points,
         AVG(a.rebounds) OVER last_10 AS rebounds,
         AVG(a.assists) OVER last_10 AS assists,
         AVG(a.threes) OVER last_10 AS threes,
         AVG(a.plays) OVER last_10 AS plays,
         AVG(a.usage_minutes) OVER last_10 AS usage_minutes
  FROM played AS p
  JOIN left_by_others AS a ON a.game_date = p.game_date AND a.game_id = p.game_id AND a.player_id = p.player_id
  WINDOW
    career AS (PARTITION BY p.season, p.player_id ORDER BY p.game_date NULLS FIRST, p.game_id NULLS FIRST),
    last_10 AS (PARTITION BY p.season, p.player_id ORDER BY p.game_date NULLS FIRST, p.game_id NULLS FIRST ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
)
SELECT
  s.season,                                  -- season, such as '2023-24'
  s.game_date,                               -- US Eastern date of the game
  s.game_id,                                 -- id of the game in raw.games
  s.player_id,                               -- id of the player in raw.players
  s.team,                                    -- tricode of the player's team
  CASE WHEN s.is_starting IS NOT NULL THEN CAST(COALESCE(n.new_starters, 0)
    - CASE WHEN s.is_candidate AND s.is_starting AND d.started_share_last_10_games < 0.5 THEN 1 ELSE 0 END AS INTEGER)
  END AS new_starters,                       -- team mates who start and started fewer than half of their last 10 games; null where no lineup is known
  CASE WHEN s.is_starting IS NOT NULL THEN CAST(COALESCE(n.benched_starters, 0)
    - CASE WHEN s.is_candidate AND NOT s.is_starting AND d.started_share_last_10_games >= 0.5 THEN 1 ELSE 0 END AS INTEGER)
  END AS benched_starters,                   -- listed team mates who do not start and started half of their last 10 games or more; null where no lineup is known
  a.absent_regulars IS NOT NULL AS absences_known, -- whether a report or a finished game's listing says who is out
  CAST(a.absent_regulars AS INTEGER) AS absent_regulars, -- team mates of twenty minutes and more who are out; null where nothing says who is
  CAST(a.starters AS DOUBLE) AS absent_starters, -- starts that they leave; null where unknown, or no source says who started
  CAST(a.stars AS INTEGER) AS absent_stars,  -- those of them who use a quarter of the plays and play 28 minutes, by their means of the season; null where unknown
  CAST(a.minutes AS DOUBLE) AS absent_minutes, -- mean minutes a game that they leave; null where unknown
  CAST(a.points AS DOUBLE) AS absent_points, -- mean points a game that they leave; null where unknown
  CAST(a.rebounds AS DOUBLE) AS absent_rebounds, -- mean rebounds a game that they leave; null where unknown
  CAST(a.assists AS DOUBLE) AS absent_assists, -- mean assists a game that they leave; null where unknown
  CAST(a.threes AS DOUBLE) AS absent_threes, -- mean threes a game that they leave; null where unknown
  CAST(a.plays AS DOUBLE) AS absent_plays,   -- mean field goal attempts, 0.44 free throw attempts and turnovers together a game that they leave; null where unknown
  a.starters - u.starters AS absent_starters_change, -- absent_starters above what was left in the player's last 10 games; null where unknown
  a.minutes - u.minutes AS absent_minutes_change, -- absent_minutes above what was left in the player's last 10 games; null where unknown
  a.points - u.points AS absent_points_change, -- absent_points above what was left in the player's last 10 games; null where unknown
  a.rebounds - u.rebounds AS absent_rebounds_change, -- absent_rebounds above what was left in the player's last 10 games; null where unknown
  a.assists - u.assists AS absent_assists_change, -- absent_assists above what was left in the player's last 10 games; null where unknown
  a.threes - u.threes AS absent_threes_change, -- absent_threes above what was left in the player's last 10 games; null where unknown
  a.plays - u.plays AS absent_plays_change, -- absent_plays above what was left in the player's last 10 games; null where unknown
  a.usage_minutes - u.usage_minutes AS absent_usage_minutes_change -- what they use above an average share, usage rate above 20 times minutes, above what was left so in the player's last 10 games; null where unknown
FROM precompute.slate AS s
JOIN precompute.player_daily_cache AS d ON d.game_date = s.game_date AND d.game_id = s.game_id AND d.player_id = s.player_id
JOIN left_by_others AS a ON a.game_date = s.game_date AND a.game_id = s.game_id AND a.player_id = s.player_id
LEFT JOIN lineup_news AS n ON n.game_date = s.game_date AND n.game_id = s.game_id AND n.team = s.team
LEFT JOIN usual AS u ON u.season = s.season AND u.player_id = s.player_id AND u.game_number = d.games_played_season
