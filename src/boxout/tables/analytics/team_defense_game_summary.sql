/*
description = "What a team allowed in a finished game: the other side's offense, seen from this side."
phase = 3
key = ["game_id", "team_id"]
may_be_null = ["opponent_paint_fga", "opponent_paint_fg", "opponent_mid_range_fga", "opponent_mid_range_fg", "opponent_three_zone_fga", "opponent_three_zone_fg"]

[windows]
"analytics.team_offense_game_summary" = "same_day"
"raw.games" = "same_day"

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
*/
SELECT
  t.season,                                             -- season, such as '2023-24'
  t.game_date,                                          -- US Eastern date of the game
  t.game_id,                                            -- id of the game in raw.games
  t.team_id,                                            -- NBA id of the defending team
  t.team,                                               -- tricode of the defending team
  t.opponent,                                           -- tricode of the other team
  t.is_home,                                            -- whether the defending team was at home
  t.possessions,                                        -- possessions of a team in the game
  t.pace,                                               -- possessions a 48 minutes
  o.offensive_rating AS defensive_rating,               -- points allowed a 100 possessions
  o.pts AS opponent_pts,                                -- points allowed
  o.fga AS opponent_fga,                                -- field goal attempts allowed
  o.fg3a AS opponent_fg3a,                              -- three-point attempts allowed
  o.fta AS opponent_fta,                                -- free throw attempts allowed
  o.efg_pct AS opponent_efg_pct,                        -- effective field goal share allowed
  o.tov_pct AS opponent_tov_pct,                        -- turnovers forced a play
  o.orb_pct AS opponent_orb_pct,                        -- offensive rebound share allowed
  o.ft_rate AS opponent_ft_rate,                        -- free throws allowed a field goal attempt
  o.paint_fga AS opponent_paint_fga,                    -- attempts allowed in the paint; null where shots are unknown
  o.paint_fg AS opponent_paint_fg,                      -- made in the paint; null where unknown
  o.mid_range_fga AS opponent_mid_range_fga,            -- mid-range attempts allowed; null where unknown
  o.mid_range_fg AS opponent_mid_range_fg,              -- mid-range made; null where unknown
  o.three_zone_fga AS opponent_three_zone_fga,          -- three-point attempts allowed; null where unknown
  o.three_zone_fg AS opponent_three_zone_fg             -- three-pointers made; null where unknown
FROM analytics.team_offense_game_summary AS t
JOIN analytics.team_offense_game_summary AS o ON o.game_id = t.game_id AND o.team_id <> t.team_id
