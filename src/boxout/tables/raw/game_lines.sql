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
FROM (
  SELECT game_date, COUNT(*) AS lines
  FROM (SELECT DISTINCT game_date, LEAST(home_team, away_team) AS one_team,
               GREATEST(home_team, away_team) AS other_team, bookmaker
        FROM landing.game_lines) AS offers
  GROUP BY game_date) AS l
LEFT JOIN (SELECT game_date, COUNT(*) AS lines FROM this GROUP BY game_date) AS t
  ON t.game_date = l.game_date
UNION ALL
SELECT q.game_date, q.failing, q.failing AS total FROM quarantined AS q WHERE q.table_name = 'landing.game_lines'
"""
*/
WITH lines AS (
  SELECT g.season, g.game_date, g.game_id, l.bookmaker, l.total, l.home_team = g.home_team AS is_same_side,
         l.spread_home, l.moneyline_home, l.moneyline_away,
         -- a game may be listed either way around: the line with the right team at home comes first
         ROW_NUMBER() OVER (
           PARTITION BY g.game_date, g.game_id, l.bookmaker
           ORDER BY CASE WHEN l.home_team = g.home_team THEN 0 ELSE 1 END) AS place
  FROM landing.game_lines AS l
  JOIN raw.games AS g
    ON g.game_date = l.game_date
   AND LEAST(g.home_team, g.away_team) = LEAST(l.home_team, l.away_team)
   AND GREATEST(g.home_team, g.away_team) = GREATEST(l.home_team, l.away_team)
)
SELECT
  l.season,           -- season, such as '2023-24'
  l.game_date,        -- US Eastern date of the game
  l.game_id,          -- id of the game in raw.games
  l.bookmaker,        -- who offers the line; consensus where the source names nobody
  -- a source may have the other team at home: what it says of a side is then said of the other
  CASE WHEN l.is_same_side THEN l.spread_home ELSE -l.spread_home END AS spread_home, -- points given to the home team; negative when it is favoured
  l.total,            -- line on the points of both teams
  CASE WHEN l.is_same_side THEN l.moneyline_home ELSE l.moneyline_away END AS moneyline_home, -- American odds of a home win
  CASE WHEN l.is_same_side THEN l.moneyline_away ELSE l.moneyline_home END AS moneyline_away -- American odds of an away win
FROM lines AS l
WHERE l.place = 1
