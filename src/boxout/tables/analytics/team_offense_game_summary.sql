/*
description = "What a team did on offense in a finished game: possessions, pace, ratings, four factors, shot zones."
phase = 3
key = ["game_id", "team_id"]
may_be_null = ["paint_fga", "paint_fg", "mid_range_fga", "mid_range_fg", "three_zone_fga", "three_zone_fg", "backcourt_fga"]

[windows]
"raw.team_boxscores" = "same_day"
"raw.games" = "same_day"
"raw.shots" = "same_day"

[[checks]]
name = "two_rows_a_finished_game"
scope = "date"
severity = "block"
query = """
SELECT g.game_date, SUM(CASE WHEN COALESCE(s.teams, 0) <> 2 THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (SELECT game_id, COUNT(*) AS teams FROM this GROUP BY game_id) AS s ON s.game_id = g.game_id
WHERE g.status = 'final'
GROUP BY g.game_date
"""

[[checks]]
name = "possessions_are_plausible"
scope = "row"
severity = "warn"
holds = "possessions * 240 / team_minutes BETWEEN 70 AND 130"

# a season of which no source has shots has null zones throughout, which no column that must vary shows
[[checks]]
name = "zones_known_where_shots_are"
scope = "date"
severity = "block"
query = """
SELECT s.game_date, SUM(CASE WHEN t.paint_fga IS NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM (SELECT DISTINCT game_date, game_id, team FROM raw.shots) AS s
LEFT JOIN this AS t ON t.game_id = s.game_id AND t.team = s.team
GROUP BY s.game_date
"""

[[checks]]
name = "zone_attempts_add_up"
scope = "date"
severity = "warn"
share = "ABS(paint_fga + mid_range_fga + three_zone_fga + backcourt_fga - fga) <= 1"
of = "paint_fga IS NOT NULL"
at_least = 0.95
*/
WITH zones AS (
  SELECT s.game_id, s.team,
         SUM(CASE WHEN s.zone = 'paint' THEN 1 ELSE 0 END) AS paint_fga,
         SUM(CASE WHEN s.zone = 'paint' AND s.is_made THEN 1 ELSE 0 END) AS paint_fg,
         SUM(CASE WHEN s.zone = 'mid_range' THEN 1 ELSE 0 END) AS mid_range_fga,
         SUM(CASE WHEN s.zone = 'mid_range' AND s.is_made THEN 1 ELSE 0 END) AS mid_range_fg,
         SUM(CASE WHEN s.zone = 'three' THEN 1 ELSE 0 END) AS three_zone_fga,
         SUM(CASE WHEN s.zone = 'three' AND s.is_made THEN 1 ELSE 0 END) AS three_zone_fg,
         SUM(CASE WHEN s.zone = 'backcourt' THEN 1 ELSE 0 END) AS backcourt_fga
  FROM raw.shots AS s
  GROUP BY s.game_id, s.team
),
sides AS (
  -- Basketball-Reference's estimate of one side's possessions, in ten-thousandths
  SELECT t.*,
         o.orb AS opponent_orb, o.drb AS opponent_drb, o.pts AS opponent_pts,
         CAST(t.fga + 0.4 * t.fta + t.tov
              - 1.07 * (t.orb / NULLIF(CAST(t.orb + o.drb AS DOUBLE), 0)) * (t.fga - t.fg)
              AS DECIMAL(12, 4)) AS own_estimate,
         CAST(o.fga + 0.4 * o.fta + o.tov
              - 1.07 * (o.orb / NULLIF(CAST(o.orb + t.drb AS DOUBLE), 0)) * (o.fga - o.fg)
              AS DECIMAL(12, 4)) AS opponent_estimate
  FROM raw.team_boxscores AS t
  JOIN raw.team_boxscores AS o ON o.game_id = t.game_id AND o.team_id <> t.team_id
),
counted AS (
  SELECT *, CAST((own_estimate + opponent_estimate) / 2 AS DECIMAL(12, 4)) AS possessions
  FROM sides
)
SELECT
  c.season,                                    -- season, such as '2023-24'
  c.game_date,                                 -- US Eastern date of the game
  c.game_id,                                   -- id of the game in raw.games
  c.team_id,                                   -- NBA id of the team
  c.team,                                      -- tricode of the team
  c.opponent,                                  -- tricode of the other team
  c.is_home,                                   -- whether the team was at home
  c.pts > c.opponent_pts AS is_win,            -- whether the team won
  c.team_minutes,                              -- minutes of all players: 240 and 25 an overtime
  c.pts,                                       -- points
  c.opponent_pts,                              -- points of the other team
  c.fg,                                        -- field goals made
  c.fga,                                       -- field goals attempted
  c.fg3,                                       -- three-pointers made
  c.fg3a,                                      -- three-pointers attempted
  c.ft,                                        -- free throws made
  c.fta,                                       -- free throws attempted
  c.orb,                                       -- offensive rebounds
  c.drb,                                       -- defensive rebounds
  c.ast,                                       -- assists
  c.tov,                                       -- turnovers, the team's own included
  -- FGA + 0.4*FTA - 1.07*(ORB/(ORB + opp DRB))*(FGA - FG) + TOV, both teams' mean (Basketball-Reference glossary)
  c.possessions,                               -- possessions of a team in the game
  -- 48 * possessions / (team minutes / 5) (Basketball-Reference glossary)
  CAST(240 * c.possessions / c.team_minutes AS DECIMAL(9, 4)) AS pace, -- possessions a 48 minutes
  CAST(100 * c.pts / NULLIF(c.possessions, 0) AS DECIMAL(9, 4)) AS offensive_rating, -- points a 100 possessions
  -- the four factors (Oliver, Basketball on Paper)
  CAST((c.fg + 0.5 * c.fg3) / NULLIF(c.fga, 0) AS DECIMAL(9, 6)) AS efg_pct, -- effective field goal share, 0 to 1.5
  CAST(c.tov / NULLIF(c.fga + 0.44 * c.fta + c.tov, 0) AS DECIMAL(9, 6)) AS tov_pct, -- turnovers a play, 0 to 1
  CAST(c.orb / NULLIF(c.orb + c.opponent_drb, 0) AS DECIMAL(9, 6)) AS orb_pct, -- share of own misses rebounded, 0 to 1
  CAST(c.ft / NULLIF(c.fga, 0) AS DECIMAL(9, 6)) AS ft_rate, -- free throws made a field goal attempt
  CAST(z.paint_fga AS INTEGER) AS paint_fga,   -- attempts in the paint; null where the game's shots are unknown
  CAST(z.paint_fg AS INTEGER) AS paint_fg,     -- made in the paint; null where unknown
  CAST(z.mid_range_fga AS INTEGER) AS mid_range_fga, -- mid-range attempts; null where unknown
  CAST(z.mid_range_fg AS INTEGER) AS mid_range_fg, -- mid-range made; null where unknown
  CAST(z.three_zone_fga AS INTEGER) AS three_zone_fga, -- three-point attempts short of halfcourt; null where unknown
  CAST(z.three_zone_fg AS INTEGER) AS three_zone_fg, -- three-pointers made short of halfcourt; null where unknown
  CAST(z.backcourt_fga AS INTEGER) AS backcourt_fga -- heaves from the backcourt, in no zone rate; null where unknown
FROM counted AS c
LEFT JOIN zones AS z ON z.game_id = c.game_id AND z.team = c.team
