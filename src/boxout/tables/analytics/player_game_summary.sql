/*
description = "What a player did in a finished game: the box line, usage, shooting, shot zones, rest."
phase = 3
key = ["game_id", "player_id"]
may_be_null = ["paint_fga", "paint_fg", "mid_range_fga", "mid_range_fg", "three_zone_fga", "three_zone_fg", "backcourt_fga", "is_starter", "plus_minus"]

[windows]
"raw.player_boxscores" = ["same_day", "season_to_date"]
"raw.team_boxscores" = "same_day"
"raw.games" = "same_day"
"raw.shots" = "same_day"

[earlier_columns]
"raw.player_boxscores" = ["season", "game_date", "game_id", "player_id", "minutes"]

[[checks]]
name = "usage_rate_populated"
scope = "season"
severity = "block"
share = "usage_rate IS NOT NULL"
of = "minutes > 0"
at_least = 0.95
expected_from = "raw.player_boxscores"
expected_where = "minutes > 0"

[[checks]]
name = "usage_rate_populated_on_date"
scope = "date"
severity = "block"
share = "usage_rate IS NOT NULL"
of = "minutes > 0"
at_least = 0.80

[[checks]]
name = "minutes_populated"
scope = "date"
severity = "block"
share = "minutes IS NOT NULL"
at_least = 0.99

[[checks]]
name = "game_and_team_placed"
scope = "date"
severity = "block"
query = """
SELECT t.game_date, SUM(CASE WHEN t.team IN (g.home_team, g.away_team) THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM this AS t LEFT JOIN raw.games AS g ON g.game_id = t.game_id AND g.game_date = t.game_date
GROUP BY t.game_date
"""

# a season of which no source has shots has null zones throughout, which no column that must vary shows
[[checks]]
name = "zones_known_where_shots_are"
scope = "date"
severity = "block"
query = """
SELECT s.game_date, SUM(CASE WHEN t.lines > 0 AND t.known = t.lines THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (SELECT DISTINCT game_date, game_id FROM raw.shots) AS s
LEFT JOIN (SELECT game_id, COUNT(*) AS lines, COUNT(paint_fga) AS known FROM this GROUP BY game_id) AS t
  ON t.game_id = s.game_id
GROUP BY s.game_date
"""

[[checks]]
name = "points_follow_from_shots_made"
scope = "row"
severity = "block"
holds = "pts = 2 * (fg - fg3) + 3 * fg3 + ft"

[[checks]]
name = "player_points_add_up"
scope = "date"
severity = "warn"
at_least = 0.99
query = """
SELECT t.game_date, SUM(CASE WHEN p.pts = t.pts THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM raw.team_boxscores AS t
LEFT JOIN (SELECT game_id, team, SUM(pts) AS pts FROM this GROUP BY game_id, team) AS p
  ON p.game_id = t.game_id AND p.team = t.team
GROUP BY t.game_date
"""

[[checks]]
name = "players_a_team_game"
scope = "date"
severity = "warn"
query = """
SELECT game_date, SUM(CASE WHEN players BETWEEN 8 AND 15 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (SELECT game_date, game_id, team, SUM(CASE WHEN minutes > 0 THEN 1 ELSE 0 END) AS players
      FROM this GROUP BY game_date, game_id, team) AS teams
GROUP BY game_date
"""

# the players' shares of the time on court weigh their usage to a fifth; rounded minutes take some
[[checks]]
name = "team_usage_is_a_fifth"
scope = "date"
severity = "warn"
at_least = 0.95
query = """
SELECT game_date, SUM(CASE WHEN usage BETWEEN 19 AND 21 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (SELECT game_date, game_id, team, SUM(minutes * usage_rate) / SUM(minutes) AS usage
      FROM this WHERE minutes > 0 GROUP BY game_date, game_id, team) AS teams
GROUP BY game_date
"""
*/
WITH zones AS (
  SELECT s.game_id, s.player_id,
         SUM(CASE WHEN s.zone = 'paint' THEN 1 ELSE 0 END) AS paint_fga,
         SUM(CASE WHEN s.zone = 'paint' AND s.is_made THEN 1 ELSE 0 END) AS paint_fg,
         SUM(CASE WHEN s.zone = 'mid_range' THEN 1 ELSE 0 END) AS mid_range_fga,
         SUM(CASE WHEN s.zone = 'mid_range' AND s.is_made THEN 1 ELSE 0 END) AS mid_range_fg,
         SUM(CASE WHEN s.zone = 'three' THEN 1 ELSE 0 END) AS three_zone_fga,
         SUM(CASE WHEN s.zone = 'three' AND s.is_made THEN 1 ELSE 0 END) AS three_zone_fg,
         SUM(CASE WHEN s.zone = 'backcourt' THEN 1 ELSE 0 END) AS backcourt_fga
  FROM raw.shots AS s
  GROUP BY s.game_id, s.player_id
),
games_with_shots AS (
  SELECT DISTINCT game_id FROM raw.shots
),
-- turnovers charged to the team itself are in no player's usage, nor in what
-- Basketball-Reference divides by
turnovers AS (
  SELECT b.game_id, b.team, SUM(b.tov) AS tov
  FROM raw.player_boxscores AS b
  GROUP BY b.game_id, b.team
),
rested AS (
  SELECT b.*,
         MAX(CASE WHEN b.minutes > 0 THEN b.game_date END) OVER (
           PARTITION BY b.season, b.player_id ORDER BY b.game_date NULLS FIRST, b.game_id NULLS FIRST
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_played
  FROM raw.player_boxscores AS b
)
SELECT
  b.season,                                    -- season, such as '2023-24'
  b.game_date,                                 -- US Eastern date of the game
  b.game_id,                                   -- id of the game in raw.games
  b.player_id,                                 -- id of the player in raw.players
  b.player_name,                               -- name as the box score writes it
  b.team,                                      -- tricode of the player's team
  b.opponent,                                  -- tricode of the other team
  b.is_home,                                   -- whether the player's team was at home
  b.is_starter,                                -- whether the player started; null where no source says
  CASE WHEN b.is_home THEN g.home_pts > g.away_pts ELSE g.away_pts > g.home_pts END AS is_win, -- whether the team won
  b.minutes,                                   -- minutes played; 0 for who did not play
  b.fg,                                        -- field goals made
  b.fga,                                       -- field goals attempted
  b.fg3,                                       -- three-pointers made
  b.fg3a,                                      -- three-pointers attempted
  b.ft,                                        -- free throws made
  b.fta,                                       -- free throws attempted
  b.orb,                                       -- offensive rebounds
  b.drb,                                       -- defensive rebounds
  b.trb,                                       -- rebounds
  b.ast,                                       -- assists
  b.stl,                                       -- steals
  b.blk,                                       -- blocks
  b.tov,                                       -- turnovers
  b.pf,                                        -- personal fouls
  b.pts,                                       -- points
  b.pts + b.trb + b.ast AS pra,                -- points, rebounds and assists together
  b.plus_minus,                                -- points margin while on the court
  -- 100 * (FGA + 0.44*FTA + TOV) * (team MP / 5) / (MP * (team FGA + 0.44*team FTA + team TOV)) (Basketball-Reference glossary)
  CAST(100 * (b.fga + 0.44 * b.fta + b.tov) * (t.team_minutes / 5.0)
       / NULLIF(b.minutes * (t.fga + 0.44 * t.fta + u.tov), 0) AS DECIMAL(12, 4)) AS usage_rate, -- share of the team's plays used while on the court, percent; null at 0 minutes or without a team line
  -- PTS / (2 * (FGA + 0.44*FTA)) (Basketball-Reference glossary)
  CAST(b.pts / NULLIF(2 * (b.fga + 0.44 * b.fta), 0) AS DECIMAL(9, 6)) AS ts_pct, -- true shooting share; null without an attempt
  -- (FG + 0.5*3P) / FGA (Basketball-Reference glossary)
  CAST((b.fg + 0.5 * b.fg3) / NULLIF(b.fga, 0) AS DECIMAL(9, 6)) AS efg_pct, -- effective field goal share; null without an attempt
  CAST(36 * b.pts / NULLIF(b.minutes, 0) AS DECIMAL(12, 4)) AS pts_per_36, -- points a 36 minutes; null at 0 minutes
  CAST(36 * b.trb / NULLIF(b.minutes, 0) AS DECIMAL(12, 4)) AS trb_per_36, -- rebounds a 36 minutes; null at 0 minutes
  CAST(36 * b.ast / NULLIF(b.minutes, 0) AS DECIMAL(12, 4)) AS ast_per_36, -- assists a 36 minutes; null at 0 minutes
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.paint_fga, 0) AS INTEGER) END AS paint_fga, -- attempts in the paint; null where the game's shots are unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.paint_fg, 0) AS INTEGER) END AS paint_fg, -- made in the paint; null where unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.mid_range_fga, 0) AS INTEGER) END AS mid_range_fga, -- mid-range attempts; null where unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.mid_range_fg, 0) AS INTEGER) END AS mid_range_fg, -- mid-range made; null where unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.three_zone_fga, 0) AS INTEGER) END AS three_zone_fga, -- three-point attempts short of halfcourt; null where unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.three_zone_fg, 0) AS INTEGER) END AS three_zone_fg, -- three-pointers made short of halfcourt; null where unknown
  CASE WHEN s.game_id IS NOT NULL THEN CAST(COALESCE(z.backcourt_fga, 0) AS INTEGER) END AS backcourt_fga, -- heaves from the backcourt, in no zone rate; null where unknown
  CAST(DATE_DIFF('day', b.last_played, b.game_date) AS INTEGER) AS days_rest -- days since the player last played in the season; null before the first game
FROM rested AS b
JOIN raw.games AS g ON g.game_id = b.game_id AND g.game_date = b.game_date
LEFT JOIN raw.team_boxscores AS t ON t.game_id = b.game_id AND t.team = b.team
LEFT JOIN turnovers AS u ON u.game_id = b.game_id AND u.team = b.team
LEFT JOIN zones AS z ON z.game_id = b.game_id AND z.player_id = b.player_id
LEFT JOIN games_with_shots AS s ON s.game_id = b.game_id
