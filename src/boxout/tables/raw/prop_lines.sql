/*
description = "Player prop lines with the time they were seen: one row a bookmaker, market and moment."
phase = 2
key = ["game_id", "player_id", "bookmaker", "market", "captured_at"]
may_be_null = ["is_live", "tipoff_at", "over_price", "under_price"]
may_be_constant = ["is_live", "market"]
bootstrap_days = 4

[windows]
"landing.prop_lines" = "same_day"
"raw.games" = "same_day"
"raw.player_aliases" = ["history", "same_day"]
"raw.player_boxscores" = ["days: 30", "same_day"]

[[checks]]
name = "lines_matched_to_game_and_player"
scope = "season"
severity = "block"
at_least = 0.98
query = """
SELECT l.game_date, l.lines - COALESCE(t.lines, 0) AS failing, l.lines AS total
FROM (SELECT game_date, COUNT(*) AS lines FROM landing.prop_lines GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS lines FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.prop_lines'
"""

[[checks]]
name = "seen_before_tipoff_or_flagged_live"
scope = "row"
severity = "block"
holds = "is_live IS NULL OR is_live = (captured_at >= tipoff_at)"
*/
WITH games AS (
  SELECT DISTINCT l.game_date, l.own_game_id, g.game_id, g.home_team, g.away_team, g.season, g.tipoff_at
  FROM landing.prop_lines AS l
  JOIN raw.games AS g
    ON g.game_date = l.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(l.home_team, l.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(l.home_team, l.away_team)
),
sides AS (
  SELECT DISTINCT game_date, game_id, home_team AS team FROM games
  UNION ALL
  SELECT DISTINCT game_date, game_id, away_team FROM games
),
-- who may be meant: the players of the two teams, that day or in the thirty days before, by the
-- spellings that are known by then
candidates AS (
  SELECT DISTINCT s.game_date, s.game_id, a.player_id, a.player_key, a.base_key, a.initial_key, a.sorted_key
  FROM sides AS s
  JOIN raw.player_boxscores AS b
    ON b.team = s.team AND b.game_date <= s.game_date AND b.game_date >= s.game_date - INTERVAL 30 DAY
  JOIN raw.player_aliases AS a ON a.player_id = b.player_id AND a.game_date <= s.game_date
),
-- games in which a team has not played in these thirty days, as when a season begins: anybody may be meant
openings AS (
  SELECT DISTINCT s.game_date, s.game_id
  FROM sides AS s
  LEFT JOIN raw.player_boxscores AS b
    ON b.team = s.team AND b.game_date <= s.game_date AND b.game_date >= s.game_date - INTERVAL 30 DAY
  WHERE b.team IS NULL
),
named AS (
  SELECT DISTINCT g.game_date, g.game_id, l.player_key, l.base_key, l.initial_key, l.sorted_key
  FROM landing.prop_lines AS l JOIN games AS g ON g.own_game_id = l.own_game_id
),
-- the whole name of a player of the two teams goes first, then that of anybody before a team has
-- played, and what is only likely last: swapped names and initials
matches AS (
  SELECT n.game_date, n.game_id, n.player_key, c.player_id,
         CASE WHEN c.player_key = n.player_key THEN 1 WHEN c.base_key = n.base_key THEN 2
              WHEN c.sorted_key = n.sorted_key THEN 5 ELSE 6 END AS quality
  FROM named AS n
  JOIN candidates AS c
    ON c.game_date = n.game_date AND c.game_id = n.game_id
   AND (c.player_key = n.player_key OR c.base_key = n.base_key OR c.sorted_key = n.sorted_key
        OR c.initial_key = n.initial_key)
  UNION ALL
  -- a name has one base, so that whoever has the whole name is among those who have its base
  SELECT n.game_date, n.game_id, n.player_key, a.player_id,
         CASE WHEN a.player_key = n.player_key THEN 3 ELSE 4 END
  FROM named AS n
  JOIN openings AS o ON o.game_date = n.game_date AND o.game_id = n.game_id
  JOIN raw.player_aliases AS a ON a.base_key = n.base_key AND a.game_date <= n.game_date
),
best AS (
  SELECT game_date, game_id, player_key, quality, MIN(player_id) AS player_id, MAX(player_id) AS other_id,
         ROW_NUMBER() OVER (PARTITION BY game_date, game_id, player_key ORDER BY quality) AS place
  FROM matches
  GROUP BY game_date, game_id, player_key, quality
),
lines AS (
  SELECT g.season, g.game_date, g.game_id, m.player_id, l.bookmaker, l.market, l.captured_at,
         l.line, l.over_price, l.under_price,
         -- what a bookmaker says and the schedule may differ, and change: the earlier one is safe
         LEAST(COALESCE(l.tipoff_at, g.tipoff_at), COALESCE(g.tipoff_at, l.tipoff_at)) AS tipoff_at,
         -- one player may be written two ways by one bookmaker at one moment, and either team be at home
         ROW_NUMBER() OVER (
           PARTITION BY g.game_date, g.game_id, m.player_id, l.bookmaker, l.market, l.captured_at
           ORDER BY m.quality, l.player_key, l.own_game_id) AS place
  FROM landing.prop_lines AS l
  JOIN games AS g ON g.own_game_id = l.own_game_id
  JOIN best AS m ON m.game_date = g.game_date AND m.game_id = g.game_id AND m.player_key = l.player_key
  WHERE m.place = 1 AND m.player_id = m.other_id
)
SELECT
  l.season,       -- season, such as '2023-24'
  l.game_date,    -- US Eastern date of the game
  l.game_id,      -- id of the game in raw.games
  l.player_id,    -- id of the player in raw.players
  l.bookmaker,    -- who offers the line
  l.market,       -- points, rebounds, assists, threes or pra
  l.captured_at,  -- when the line was seen, UTC
  l.line,         -- the line, in the market's unit
  l.over_price,   -- American odds of the over; null when not offered
  l.under_price,  -- American odds of the under; null when not offered
  l.tipoff_at,    -- tip-off, UTC; null where no source says
  l.captured_at >= l.tipoff_at AS is_live -- whether the line was seen after tip-off; null where the tip-off is unknown
FROM lines AS l
WHERE l.place = 1
