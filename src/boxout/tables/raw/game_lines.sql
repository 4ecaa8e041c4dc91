/*
description = "Spread, total and moneyline: one row a game and bookmaker."
phase = 2
key = ["game_id", "bookmaker"]
may_be_null = ["moneyline_home", "moneyline_away", "spread_home", "total"]
may_be_constant = ["bookmaker"]

[windows]
"landing.game_lines" = "same_day"
"raw.games" = "same_day"

[[checks]]
name = "lines_matched_to_game"
scope = "season"
severity = "block"
at_least = 0.98
query = """
SELECT l.game_date, l.lines - COALESCE(t.lines, 0) AS failing, l.lines AS total
FROM (SELECT game_date, COUNT(*) AS lines FROM landing.game_lines GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS lines FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.game_lines'
"""
*/
SELECT
  g.season,           -- season, such as '2023-24'
  g.game_date,        -- US Eastern date of the game
  g.game_id,          -- id of the game in raw.games
  l.bookmaker,        -- who offers the line; consensus where the source names nobody
  l.spread_home,      -- points given to the home team; negative when it is favoured
  l.total,            -- line on the points of both teams
  l.moneyline_home,   -- American odds of a home win
  l.moneyline_away    -- American odds of an away win
FROM landing.game_lines AS l
JOIN raw.games AS g
  ON g.game_date = l.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(l.home_team, l.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(l.home_team, l.away_team)
