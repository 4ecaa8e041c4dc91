/*
description = "The box score line of every player whom a source lists, which may be only who played: one row a game and player."
phase = 2
key = ["game_id", "player_id"]
may_be_null = ["is_starter", "plus_minus"]

[windows]
"landing.bref_player_boxscores" = "same_day"
"landing.nba_player_gamelogs" = "same_day"
"raw.games" = "same_day"
"raw.player_aliases" = ["history", "same_day"]

[[checks]]
name = "both_teams_of_every_finished_game"
scope = "date"
severity = "block"
query = """
SELECT g.game_date,
       SUM(CASE WHEN COALESCE(s.home_players, 0) < 5 OR COALESCE(s.away_players, 0) < 5 THEN 1 ELSE 0 END)
         AS failing,
       COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (
  SELECT game_id, SUM(CASE WHEN is_home AND minutes > 0 THEN 1 ELSE 0 END) AS home_players,
         SUM(CASE WHEN NOT is_home AND minutes > 0 THEN 1 ELSE 0 END) AS away_players
  FROM this GROUP BY game_id) AS s ON s.game_id = g.game_id
WHERE g.status = 'final'
GROUP BY g.game_date
"""

[[checks]]
name = "lines_matched_to_game_and_player"
scope = "season"
severity = "block"
at_least = 0.995
query = """
SELECT l.game_date, SUM(l.lines - COALESCE(t.lines, 0)) AS failing, SUM(l.lines) AS total
FROM (
  SELECT game_date, LEAST(home_team, away_team) AS one_team, GREATEST(home_team, away_team) AS other_team,
         COUNT(*) AS lines
  FROM landing.bref_player_boxscores
  GROUP BY game_date, LEAST(home_team, away_team), GREATEST(home_team, away_team)) AS l
LEFT JOIN (
  SELECT game_date, LEAST(team, opponent) AS one_team, GREATEST(team, opponent) AS other_team, COUNT(*) AS lines
  FROM this
  GROUP BY game_date, LEAST(team, opponent), GREATEST(team, opponent)) AS t
  ON t.game_date = l.game_date AND t.one_team = l.one_team AND t.other_team = l.other_team
GROUP BY l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.bref_player_boxscores'
"""

[[checks]]
name = "player_minutes_add_up"
scope = "date"
severity = "warn"
at_least = 0.99
query = """
SELECT g.game_date, SUM(CASE WHEN ABS(s.minutes - 240 - 25 * g.overtime_periods) <= 2 THEN 0 ELSE 1 END)
         AS failing,
       COUNT(*) AS total
FROM raw.games AS g
JOIN (SELECT game_date, game_id, team, SUM(minutes) AS minutes FROM this GROUP BY game_date, game_id, team) AS s
  ON s.game_id = g.game_id AND s.game_date = g.game_date
GROUP BY g.game_date
"""

[[checks]]
name = "points_follow_from_shots_made"
scope = "row"
severity = "block"
holds = "pts = 2 * (fg - fg3) + 3 * fg3 + ft"

[[checks]]
name = "no_negative_counts"
scope = "row"
severity = "block"
holds = "LEAST(minutes, fg, fg3, ft, orb, drb, ast, stl, blk, tov, pf, fga - fg, fg3a - fg3, fta - ft) >= 0"
*/
WITH lines AS (
  SELECT game_date, home_team, away_team, player_key, CAST(NULL AS BIGINT) AS nba_player_id, player_name, team, is_starter, minutes,
         fg, fga, fg3, fg3a, ft, fta, orb, drb, ast, stl, blk, tov, pf, pts, plus_minus
  FROM landing.bref_player_boxscores
  UNION ALL
  -- the second source stands in only for games of which the first has no line at all
  SELECT n.game_date, n.home_team, n.away_team, n.player_key, n.nba_player_id, n.player_name, n.team,
         CAST(NULL AS BOOLEAN), n.minutes, n.fg, n.fga, n.fg3, n.fg3a, n.ft, n.fta, n.orb, n.drb,
         n.ast, n.stl, n.blk, n.tov, n.pf, n.pts, n.plus_minus
  FROM landing.nba_player_gamelogs AS n
  LEFT JOIN (
    SELECT DISTINCT game_date, LEAST(home_team, away_team) AS one_team, GREATEST(home_team, away_team) AS other_team
    FROM landing.bref_player_boxscores) AS b
    ON b.game_date = n.game_date
   AND b.one_team = LEAST(n.home_team, n.away_team) AND b.other_team = GREATEST(n.home_team, n.away_team)
  WHERE b.game_date IS NULL
)
SELECT
  g.season,                                                            -- season, such as '2023-24'
  g.game_date,                                                         -- US Eastern date of the game
  g.game_id,                                                           -- id of the game in raw.games
  COALESCE(l.nba_player_id, a.player_id) AS player_id,                 -- id of the player in raw.players
  l.player_name,                                                       -- name as this line writes it, encoding repaired
  l.team,                                                              -- tricode of the player's team
  CASE WHEN l.team = g.home_team THEN g.away_team ELSE g.home_team END AS opponent, -- tricode of the other team
  l.team = g.home_team AS is_home,                                     -- whether the player's team was at home
  l.is_starter,                                                        -- whether the player started; null where no source says
  l.minutes,                                                           -- minutes played; 0 for who did not play, or for a few seconds only
  l.fg,                                                                -- field goals made
  l.fga,                                                               -- field goals attempted
  l.fg3,                                                               -- three-pointers made
  l.fg3a,                                                              -- three-pointers attempted
  l.ft,                                                                -- free throws made
  l.fta,                                                               -- free throws attempted
  l.orb,                                                               -- offensive rebounds
  l.drb,                                                               -- defensive rebounds
  l.orb + l.drb AS trb,                                                -- rebounds
  l.ast,                                                               -- assists
  l.stl,                                                               -- steals
  l.blk,                                                               -- blocks
  l.tov,                                                               -- turnovers
  l.pf,                                                                -- personal fouls
  l.pts,                                                               -- points
  l.plus_minus                                                         -- points margin while on the court
FROM lines AS l
JOIN raw.games AS g
  ON g.game_date = l.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(l.home_team, l.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(l.home_team, l.away_team)
JOIN raw.player_aliases AS a ON a.player_key = l.player_key
-- of several players of one name, the second source's id says which
WHERE COALESCE(l.nba_player_id, a.player_id) IS NOT NULL
