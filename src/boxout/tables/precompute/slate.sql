/*
description = "Who is to be predicted: the listed players of finished games, the projected rosters of games to come, and who is reported out. It says who and where, nothing of how they play."
phase = 4
key = ["game_id", "player_id"]
may_be_null = ["report_status", "is_starting"]
may_be_constant = ["is_upcoming", "is_candidate", "is_absent", "report_status", "is_starting"]

[windows]
"raw.games" = ["same_day", "season_to_date"]
"raw.player_boxscores" = ["same_day", "days: 30", "past_seasons"]
"raw.injuries" = ["same_day", "days: 14"]
"raw.lineups" = ["same_day", "days: 14"]

[earlier_columns]
"raw.games" = ["season", "game_date", "game_id"]
"raw.player_boxscores" = ["season", "game_date", "game_id", "player_id", "team", "minutes"]
"raw.injuries" = ["season", "game_date", "player_id", "team", "report_at"]
"raw.lineups" = ["season", "game_date", "player_id", "team", "announced_at"]

[[checks]]
name = "every_game_has_players"
scope = "date"
severity = "warn"
query = """
SELECT g.game_date, SUM(CASE WHEN COALESCE(s.players, 0) < 10 THEN 1 ELSE 0 END) AS failing, COUNT(*) AS total
FROM raw.games AS g
LEFT JOIN (SELECT game_date, game_id, SUM(CASE WHEN is_candidate THEN 1 ELSE 0 END) AS players FROM this
           GROUP BY game_date, game_id) AS s
  ON s.game_date = g.game_date AND s.game_id = g.game_id
WHERE g.status <> 'postponed'
GROUP BY g.game_date
"""

[[checks]]
name = "five_starters_a_team"
scope = "season"
severity = "block"
at_least = 0.98
query = """
SELECT game_date, SUM(CASE WHEN starters = 5 THEN 0 ELSE 1 END) AS failing, COUNT(*) AS total
FROM (
  SELECT game_date, game_id, team, SUM(CASE WHEN is_starting THEN 1 ELSE 0 END) AS starters
  FROM this
  WHERE is_starting IS NOT NULL
  GROUP BY game_date, game_id, team) AS teams
GROUP BY game_date
"""
*/
WITH games AS (
  -- where no source says when a game starts, only reports from before noon Eastern are surely earlier
  SELECT *, COALESCE(tipoff_at, CAST(game_date AS TIMESTAMP) + INTERVAL 16 HOUR) AS known_until
  FROM raw.games
  WHERE status <> 'postponed'
),
sides AS (
  SELECT season, game_date, game_id, home_team AS team, away_team AS opponent, TRUE AS is_home,
         status = 'scheduled' AS is_upcoming, known_until
  FROM games
  UNION ALL
  SELECT season, game_date, game_id, away_team, home_team, FALSE, status = 'scheduled', known_until
  FROM games
),
reports AS (
  SELECT s.game_date, s.game_id, s.is_upcoming, i.player_id, i.team, i.status,
         ROW_NUMBER() OVER (PARTITION BY s.game_date, s.game_id, i.player_id ORDER BY i.report_at DESC, i.status) AS place
  FROM raw.injuries AS i
  JOIN sides AS s ON s.game_date = i.game_date AND s.team = i.team
  WHERE i.report_at < s.known_until
),
-- the last five that a team announced before tip-off; more or fewer are no lineup
lineups AS (
  SELECT s.game_date, s.game_id, s.is_upcoming, l.team, l.player_id,
         DENSE_RANK() OVER (PARTITION BY s.game_date, s.game_id, l.team ORDER BY l.announced_at DESC) AS place,
         COUNT(*) OVER (PARTITION BY s.game_date, s.game_id, l.team, l.announced_at) AS starters
  FROM raw.lineups AS l
  JOIN sides AS s ON s.game_date = l.game_date AND s.team = l.team
  WHERE l.announced_at < s.known_until
),
announced AS (
  SELECT game_date, game_id, is_upcoming, team, player_id FROM lineups WHERE place = 1 AND starters = 5
),
-- whom a team reports or announces for a game to come is with it, whether he has played of late or not
news AS (
  SELECT game_date, game_id, player_id, team, CASE WHEN status IN ('out', 'doubtful') THEN 0 ELSE 1 END AS is_listed
  FROM reports
  WHERE place = 1 AND is_upcoming
  UNION ALL
  SELECT game_date, game_id, player_id, team, 1 FROM announced WHERE is_upcoming
),
-- the team for which each player appeared last, in the thirty days before a game to come
appearances AS (
  SELECT d.game_date, b.player_id, b.team,
         ROW_NUMBER() OVER (PARTITION BY d.game_date, b.player_id ORDER BY b.game_date DESC, b.game_id DESC) AS place
  FROM (SELECT DISTINCT season, game_date FROM sides WHERE is_upcoming) AS d
  JOIN raw.player_boxscores AS b
    ON b.season = d.season AND b.game_date < d.game_date AND b.game_date >= d.game_date - INTERVAL 30 DAY
),
-- games to come of teams that have not played yet in the season, two weeks of it at most: further
-- ahead it is to be told by box scores
first_games AS (
  SELECT s.season, CAST(SUBSTR(s.season, 1, 4) AS INTEGER) - 1 AS last_year, s.game_date, s.game_id, s.team, s.known_until
  FROM sides AS s
  JOIN (SELECT season, MIN(game_date) AS opening FROM raw.games GROUP BY season) AS o
    ON o.season = s.season AND s.game_date < o.opening + INTERVAL 14 DAY
  LEFT JOIN (SELECT season, team, MIN(game_date) AS first_date FROM raw.player_boxscores GROUP BY season, team) AS b
    ON b.season = s.season AND b.team = s.team AND b.first_date < s.game_date
  WHERE s.is_upcoming AND b.team IS NULL
),
-- whom a team has had last season until it ended, the most used first
last_rosters AS (
  SELECT last_year, player_id, team, ROW_NUMBER() OVER (PARTITION BY last_year, team ORDER BY minutes DESC, player_id) AS place
  FROM (
    SELECT y.last_year, b.player_id, b.team, SUM(b.minutes) OVER (PARTITION BY b.season, b.player_id) AS minutes,
           ROW_NUMBER() OVER (PARTITION BY b.season, b.player_id ORDER BY b.game_date DESC, b.game_id DESC) AS place
    FROM raw.player_boxscores AS b
    JOIN (SELECT DISTINCT last_year FROM first_games) AS y ON y.last_year = CAST(SUBSTR(b.season, 1, 4) AS INTEGER)) AS ends
  WHERE place = 1
),
-- who has played for another team this season, or is reported or announced by one
moved AS (
  SELECT DISTINCT f.game_date, f.game_id, f.team, n.player_id
  FROM first_games AS f
  JOIN (
    SELECT season, game_date, CAST(NULL AS TIMESTAMP) AS said_at, player_id, team FROM raw.player_boxscores
    UNION ALL
    SELECT season, game_date, report_at, player_id, team FROM raw.injuries
    UNION ALL
    SELECT season, game_date, announced_at, player_id, team FROM raw.lineups) AS n
    ON n.season = f.season AND n.team <> f.team
   AND CASE WHEN n.said_at IS NULL THEN n.game_date < f.game_date
            ELSE n.game_date <= f.game_date AND n.said_at < f.known_until END
),
-- of the twelve most used of last season six in ten play in the team's first game, of others one in ten
returners AS (
  SELECT f.game_date, f.game_id, r.player_id, f.team
  FROM first_games AS f
  JOIN last_rosters AS r ON r.last_year = f.last_year AND r.team = f.team AND r.place <= 12
  LEFT JOIN moved AS m
    ON m.game_date = f.game_date AND m.game_id = f.game_id AND m.team = f.team AND m.player_id = r.player_id
  WHERE m.player_id IS NULL
),
members AS (
  SELECT s.game_date, s.game_id, b.player_id, b.team, 1 AS is_listed,
         CASE WHEN b.is_starter THEN 1 WHEN NOT b.is_starter THEN 0 END AS started
  FROM raw.player_boxscores AS b
  JOIN sides AS s ON s.game_date = b.game_date AND s.game_id = b.game_id AND s.team = b.team
  WHERE NOT s.is_upcoming
  UNION ALL
  SELECT s.game_date, s.game_id, a.player_id, a.team, 1, CAST(NULL AS INTEGER)
  FROM appearances AS a
  JOIN sides AS s ON s.game_date = a.game_date AND s.team = a.team AND s.is_upcoming
  LEFT JOIN (SELECT game_date, player_id, MIN(team) AS team, MAX(team) AS other_team FROM news
             GROUP BY game_date, player_id) AS n
    ON n.game_date = a.game_date AND n.player_id = a.player_id
  WHERE a.place = 1 AND (n.player_id IS NULL OR a.team IN (n.team, n.other_team))
  UNION ALL
  SELECT game_date, game_id, player_id, team, is_listed, CAST(NULL AS INTEGER) FROM news
  UNION ALL
  SELECT game_date, game_id, player_id, team, 1, CAST(NULL AS INTEGER) FROM returners
  UNION ALL
  SELECT game_date, game_id, player_id, team, 0, CAST(NULL AS INTEGER)
  FROM reports
  WHERE place = 1 AND NOT is_upcoming AND status IN ('out', 'doubtful')
),
people AS (
  SELECT game_date, game_id, player_id, MIN(team) AS team, MAX(is_listed) AS is_listed, MAX(started) AS started
  FROM members
  GROUP BY game_date, game_id, player_id
)
SELECT
  s.season,                                                  -- season, such as '2023-24'
  s.game_date,                                               -- US Eastern date of the game
  s.game_id,                                                 -- id of the game in raw.games
  p.player_id,                                               -- id of the player in raw.players
  s.team,                                                    -- tricode of the player's team
  s.opponent,                                                -- tricode of the other team
  s.is_home,                                                 -- whether the player's team is at home
  s.is_upcoming,                                             -- whether the game is still to be played
  r.status AS report_status,                                 -- last injury report before tip-off; null where there is none
  COALESCE(r.status IN ('out', 'doubtful'), FALSE) AS is_absent, -- whether that report expects the player to miss the game
  p.is_listed = 1 AND NOT (s.is_upcoming AND COALESCE(r.status IN ('out', 'doubtful'), FALSE)) AS is_candidate, -- whether a prediction is wanted: listed in a finished game, or expected to play in one to come
  CASE WHEN NOT s.is_upcoming THEN p.started = 1
       WHEN k.game_id IS NOT NULL THEN a.player_id IS NOT NULL END AS is_starting -- whether the player is one of the five who start: of the box score of a finished game, of the lineup announced for one to come; null where nothing says
FROM people AS p
JOIN sides AS s ON s.game_date = p.game_date AND s.game_id = p.game_id AND s.team = p.team
LEFT JOIN reports AS r
  ON r.game_date = p.game_date AND r.game_id = p.game_id AND r.player_id = p.player_id AND r.place = 1
LEFT JOIN announced AS a ON a.game_date = p.game_date AND a.game_id = p.game_id AND a.player_id = p.player_id
LEFT JOIN (SELECT DISTINCT game_date, game_id, team FROM announced) AS k
  ON k.game_date = p.game_date AND k.game_id = p.game_id AND k.team = p.team
