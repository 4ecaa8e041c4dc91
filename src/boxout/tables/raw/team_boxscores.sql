/*
description = "The team totals as reported: one row a finished game and team."
phase = 2
key = ["game_id", "team_id"]

[windows]
"landing.nba_team_gamelogs" = "same_day"
"raw.games" = "same_day"
"raw.player_boxscores" = "same_day"

[[checks]]
name = "both_teams_of_every_finished_game"
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
name = "opponents_mirror_each_other"
scope = "date"
severity = "block"
query = """
SELECT t.game_date,
       SUM(CASE WHEN o.team = t.opponent AND t.team = o.opponent AND t.is_home <> o.is_home
                 AND t.team_minutes = o.team_minutes THEN 0 ELSE 1 END) AS failing,
       COUNT(*) AS total
FROM this AS t LEFT JOIN this AS o ON o.game_id = t.game_id AND o.team_id <> t.team_id
GROUP BY t.game_date
"""

# a warning, because the dates that lack a line are held back one by one by the check above
[[checks]]
name = "lines_matched_to_game"
scope = "season"
severity = "warn"
at_least = 0.995
query = """
SELECT l.game_date, SUM(CASE WHEN t.team IS NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM landing.nba_team_gamelogs AS l
LEFT JOIN this AS t ON t.game_date = l.game_date AND t.team = l.team
GROUP BY l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.nba_team_gamelogs'
"""

# the league corrects a point here and there after the game; a larger gap is another game's line
[[checks]]
name = "points_near_the_result"
scope = "date"
severity = "block"
query = """
SELECT t.game_date,
       SUM(CASE WHEN ABS(t.pts - CASE WHEN t.is_home THEN g.home_pts ELSE g.away_pts END) <= 3 THEN 0 ELSE 1 END)
         AS failing,
       COUNT(*) AS total
FROM this AS t JOIN raw.games AS g ON g.game_id = t.game_id AND g.game_date = t.game_date
GROUP BY t.game_date
"""

[[checks]]
name = "points_equal_the_result"
scope = "date"
severity = "warn"
query = """
SELECT t.game_date,
       SUM(CASE WHEN ABS(t.pts - CASE WHEN t.is_home THEN g.home_pts ELSE g.away_pts END) <= 0 THEN 0 ELSE 1 END)
         AS failing,
       COUNT(*) AS total
FROM this AS t JOIN raw.games AS g ON g.game_id = t.game_id AND g.game_date = t.game_date
GROUP BY t.game_date
"""

[[checks]]
name = "points_follow_from_shots_made"
scope = "row"
severity = "block"
holds = "pts = 2 * (fg - fg3) + 3 * fg3 + ft"

[[checks]]
name = "team_minutes_are_whole_overtimes"
scope = "row"
severity = "block"
holds = "team_minutes >= 240 AND MOD(team_minutes - 240, 25) = 0"
*/
WITH summed AS (
  SELECT b.game_date, b.game_id, b.team, SUM(b.fg) AS fg, SUM(b.fga) AS fga, SUM(b.fg3) AS fg3,
         SUM(b.fg3a) AS fg3a, SUM(b.ft) AS ft, SUM(b.fta) AS fta, SUM(b.orb) AS orb,
         SUM(b.drb) AS drb, SUM(b.ast) AS ast, SUM(b.stl) AS stl, SUM(b.blk) AS blk,
         SUM(b.tov) AS tov, SUM(b.pf) AS pf, SUM(b.pts) AS pts
  FROM raw.player_boxscores AS b
  GROUP BY b.game_date, b.game_id, b.team
),
lines AS (
  SELECT g.season, g.game_date, g.game_id, l.team, l.team_minutes, l.fg, l.fga, l.fg3, l.fg3a,
         l.ft, l.fta, l.orb, l.drb, l.ast, l.stl, l.blk, l.tov, l.pf, l.pts
  FROM landing.nba_team_gamelogs AS l
  JOIN raw.games AS g
    ON g.game_date = l.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(l.home_team, l.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(l.home_team, l.away_team)
  UNION ALL
  -- NBA Stats game logs leave out the play-in and the cup final: there, and only there, the
  -- team's line is the sum of its players' (which lacks the turnovers charged to the team)
  SELECT g.season, g.game_date, g.game_id, s.team, NULL, s.fg, s.fga, s.fg3, s.fg3a,
         s.ft, s.fta, s.orb, s.drb, s.ast, s.stl, s.blk, s.tov, s.pf, s.pts
  FROM summed AS s
  JOIN raw.games AS g ON g.game_id = s.game_id AND g.game_date = s.game_date
  LEFT JOIN landing.nba_team_gamelogs AS l
    ON l.game_date = g.game_date AND l.team = s.team
  WHERE g.season_type IN ('play-in', 'cup-final') AND g.status = 'final' AND l.team IS NULL
)
SELECT
  l.season,                              -- season, such as '2023-24'
  l.game_date,                           -- US Eastern date of the game
  l.game_id,                             -- id of the game in raw.games
  CASE WHEN l.team = g.home_team THEN g.home_team_id ELSE g.away_team_id END AS team_id, -- NBA id of the team
  l.team,                                -- tricode of the team
  CASE WHEN l.team = g.home_team THEN g.away_team ELSE g.home_team END AS opponent, -- tricode of the other team
  l.team = g.home_team AS is_home,       -- whether the team was at home
  CAST(COALESCE(l.team_minutes, 240 + 25 * g.overtime_periods) AS INTEGER) AS team_minutes, -- minutes of all players: 240 and 25 an overtime
  CAST(l.fg AS INTEGER) AS fg,           -- field goals made
  CAST(l.fga AS INTEGER) AS fga,         -- field goals attempted
  CAST(l.fg3 AS INTEGER) AS fg3,         -- three-pointers made
  CAST(l.fg3a AS INTEGER) AS fg3a,       -- three-pointers attempted
  CAST(l.ft AS INTEGER) AS ft,           -- free throws made
  CAST(l.fta AS INTEGER) AS fta,         -- free throws attempted
  CAST(l.orb AS INTEGER) AS orb,         -- offensive rebounds by players
  CAST(l.drb AS INTEGER) AS drb,         -- defensive rebounds by players
  CAST(l.orb + l.drb AS INTEGER) AS trb, -- rebounds by players
  CAST(l.ast AS INTEGER) AS ast,         -- assists
  CAST(l.stl AS INTEGER) AS stl,         -- steals
  CAST(l.blk AS INTEGER) AS blk,         -- blocks
  CAST(l.tov AS INTEGER) AS tov,         -- turnovers, those charged to the team included
  CAST(l.pf AS INTEGER) AS pf,           -- personal fouls
  CAST(l.pts AS INTEGER) AS pts          -- points
FROM lines AS l
-- a postponed game and the one played in its place may have one id
JOIN raw.games AS g ON g.game_id = l.game_id AND g.game_date = l.game_date
