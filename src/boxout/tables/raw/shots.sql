/*
description = "Shot locations: one row an attempt."
phase = 2
key = ["game_id", "event_id"]

[windows]
"landing.nba_shots" = "same_day"
"raw.games" = "same_day"
"raw.player_aliases" = ["history", "same_day"]
"raw.player_boxscores" = "same_day"

[[checks]]
name = "shots_matched_to_game_and_player"
scope = "season"
severity = "block"
at_least = 0.995
query = """
SELECT l.game_date, l.shots - COALESCE(t.shots, 0) AS failing, l.shots AS total
FROM (SELECT game_date, COUNT(*) AS shots FROM landing.nba_shots GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS shots FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.nba_shots'
"""

# shots may be of no game of a season, may come later than its box lines, and are of the regular season
# alone: a game lacks its shots where later dates have theirs, as when one of several files never came
[[checks]]
name = "earlier_games_have_their_shots"
scope = "season"
severity = "block"
at_least = 0.95
query = """
SELECT g.game_date, SUM(CASE WHEN s.game_id IS NULL THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
JOIN (SELECT season, MAX(game_date) AS last_date FROM landing.nba_shots GROUP BY season) AS l
  ON l.season = g.season AND g.game_date < l.last_date
LEFT JOIN (SELECT DISTINCT game_date, game_id FROM this) AS s ON s.game_date = g.game_date AND s.game_id = g.game_id
WHERE g.status = 'final' AND g.season_type = 'regular'
GROUP BY g.game_date
"""

# a game whose shots came twice has twice the attempts; a shot more or less is a warning, below
[[checks]]
name = "no_game_has_its_shots_twice"
scope = "date"
severity = "block"
query = """
SELECT b.game_date, SUM(CASE WHEN 2 * s.shots < 3 * b.fga THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (SELECT game_date, game_id, SUM(fga) AS fga FROM raw.player_boxscores GROUP BY game_date, game_id) AS b
JOIN (SELECT game_id, COUNT(*) AS shots FROM this GROUP BY game_id) AS s ON s.game_id = b.game_id
GROUP BY b.game_date
"""

[[checks]]
name = "shots_add_up_to_attempts"
scope = "date"
severity = "warn"
at_least = 0.99
query = """
SELECT b.game_date, SUM(CASE WHEN ABS(b.fga - s.shots) <= 1 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (SELECT game_date, game_id, SUM(fga) AS fga FROM raw.player_boxscores GROUP BY game_date, game_id) AS b
JOIN (SELECT game_id, COUNT(*) AS shots FROM this GROUP BY game_id) AS s ON s.game_id = b.game_id
GROUP BY b.game_date
"""
*/
SELECT
  g.season,                       -- season, such as '2023-24'
  g.game_date,                    -- US Eastern date of the game
  g.game_id,                      -- id of the game in raw.games
  s.shot_number AS event_id,      -- place of the shot in its game, from 1
  COALESCE(s.nba_player_id, a.player_id) AS player_id, -- id of the shooter in raw.players
  s.team,                         -- tricode of the shooter's team
  CASE WHEN s.team = g.home_team THEN g.away_team ELSE g.home_team END AS opponent, -- tricode of the defending team
  s.period,                       -- quarter, or 5 and on for overtimes
  s.seconds_left,                 -- seconds left in the period
  s.loc_x,                        -- feet from the middle line of the court, left to right
  s.loc_y,                        -- feet from the baseline
  s.distance_ft,                  -- distance from the rim, feet
  s.shot_value,                   -- 2 or 3 points
  s.is_made,                      -- whether it went in
  CASE WHEN s.basic_zone IN ('Restricted Area', 'In The Paint (Non-RA)') THEN 'paint'
       WHEN s.basic_zone = 'Mid-Range' THEN 'mid_range'
       WHEN s.basic_zone IN ('Left Corner 3', 'Right Corner 3', 'Above the Break 3') THEN 'three'
       ELSE 'backcourt' END AS zone, -- paint, mid_range, three or backcourt, from the NBA's own zone names
  s.basic_zone,                   -- the NBA's own name of the zone
  s.action_type                   -- the NBA's own name of the kind of shot
FROM landing.nba_shots AS s
JOIN raw.games AS g
  ON g.game_date = s.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(s.home_team, s.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(s.home_team, s.away_team)
JOIN raw.player_aliases AS a ON a.player_key = s.player_key
JOIN raw.player_boxscores AS b
  ON b.game_date = s.game_date AND b.game_id = g.game_id AND b.player_id = COALESCE(s.nba_player_id, a.player_id)
