/*
description = "What a player did in the last season before this one in which he played: all that is known of him when a season begins."
phase = 4
key = ["game_id", "player_id"]
same_player = ["precompute.slate", "analytics.player_game_summary"]
may_be_null = ["last_season", "earlier_seasons", "seasons_since_last", "games_last_season", "started_share_last_season", "avg_minutes_last_season", "avg_points_last_season", "avg_rebounds_last_season", "avg_assists_last_season", "avg_threes_last_season", "avg_steals_last_season", "avg_blocks_last_season", "avg_turnovers_last_season"]
may_be_constant = ["last_season", "earlier_seasons", "seasons_since_last"]

[windows]
"precompute.slate" = "same_day"
"analytics.player_game_summary" = "past_seasons"

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
name = "nothing_is_known_of_a_rookie"
scope = "row"
severity = "block"
holds = "earlier_seasons > 0 OR (last_season IS NULL AND avg_points_last_season IS NULL)"
*/
WITH seasons AS (
  SELECT season, player_id, COUNT(*) AS games, AVG(minutes) AS minutes, AVG(pts) AS points,
         AVG(trb) AS rebounds, AVG(ast) AS assists, AVG(fg3) AS threes, AVG(stl) AS steals,
         AVG(blk) AS blocks, AVG(tov) AS turnovers,
         AVG(CASE WHEN is_starter THEN 1 WHEN NOT is_starter THEN 0 END) AS started_share
  FROM analytics.player_game_summary
  WHERE minutes > 0
  GROUP BY season, player_id
),
people AS (
  SELECT DISTINCT season, player_id FROM precompute.slate
),
earlier AS (
  SELECT p.season AS this_season, y.*,
         ROW_NUMBER() OVER (PARTITION BY p.season, p.player_id ORDER BY y.season DESC) AS place,
         COUNT(*) OVER (PARTITION BY p.season, p.player_id) AS earlier_seasons
  FROM people AS p JOIN seasons AS y ON y.player_id = p.player_id AND y.season < p.season
)
SELECT
  s.season,                                               -- season, such as '2023-24'
  s.game_date,                                            -- US Eastern date of the game
  s.game_id,                                              -- id of the game in raw.games
  s.player_id,                                            -- id of the player in raw.players
  e.season AS last_season,                                -- the last season before this one in which the player played; null for a rookie
  CAST(CASE WHEN f.first_season < s.season THEN COALESCE(e.earlier_seasons, 0) END AS INTEGER) AS earlier_seasons, -- seasons on record before this one in which the player played; 0 for a rookie, null in the first season on record
  CAST(SUBSTR(s.season, 1, 4) AS INTEGER) - CAST(SUBSTR(e.season, 1, 4) AS INTEGER) AS seasons_since_last, -- 1 when it was the season before; null for a rookie
  CAST(e.games AS INTEGER) AS games_last_season,          -- games played in it; null for a rookie
  e.started_share AS started_share_last_season,           -- share of them that the player started; null for a rookie or where no source says
  e.minutes AS avg_minutes_last_season,                   -- mean minutes in it; null for a rookie
  e.points AS avg_points_last_season,                     -- mean points in it; null for a rookie
  e.rebounds AS avg_rebounds_last_season,                 -- mean rebounds in it; null for a rookie
  e.assists AS avg_assists_last_season,                   -- mean assists in it; null for a rookie
  e.threes AS avg_threes_last_season,                     -- mean threes in it; null for a rookie
  e.steals AS avg_steals_last_season,                     -- mean steals in it; null for a rookie
  e.blocks AS avg_blocks_last_season,                     -- mean blocks in it; null for a rookie
  e.turnovers AS avg_turnovers_last_season                -- mean turnovers in it; null for a rookie
FROM precompute.slate AS s
LEFT JOIN (SELECT MIN(season) AS first_season FROM seasons) AS f ON TRUE
LEFT JOIN earlier AS e ON e.this_season = s.season AND e.player_id = s.player_id AND e.place = 1
