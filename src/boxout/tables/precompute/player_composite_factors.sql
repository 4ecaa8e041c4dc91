/*
description = "What may move a player away from his form in this game: fatigue, zone mismatch, pace and usage, each with the inputs it came from."
phase = 4
key = ["game_id", "player_id"]
bootstrap_days = 14
may_be_null = ["shot_zone_mismatch_score"]
may_be_constant = ["data_completeness_pct", "missing_data_fields", "shot_zone_context_json"]

[windows]
"precompute.slate" = "same_day"
"precompute.player_daily_cache" = "same_day"
"precompute.absent_teammates" = "same_day"
"precompute.player_shot_zone_analysis" = "same_day"
"precompute.team_defense_zone_analysis" = "same_day"
"raw.players" = ["history", "same_day"]
"raw.games" = ["same_day", "season_to_date"]

[[checks]]
name = "rolling_usage_populated"
scope = "season"
severity = "block"
share = "avg_usage_rate_last_7_games IS NOT NULL"
of = "games_played_season >= 3"
at_least = 0.90

# every date with games must be there once its turn has come
[[checks]]
name = "game_dates_present"
scope = "season"
severity = "block"
query = """
SELECT g.game_date, CASE WHEN t.game_date IS NULL THEN 1 ELSE 0 END AS failing, 1 AS total
FROM (SELECT game_date, MAX(CASE WHEN status = 'final' THEN 1 ELSE 0 END) AS played FROM raw.games
      WHERE status <> 'postponed' GROUP BY game_date) AS g
LEFT JOIN (SELECT DISTINCT game_date FROM this) AS t ON t.game_date = g.game_date
WHERE g.played = 1
"""

[[checks]]
name = "scores_within_bounds"
scope = "row"
severity = "block"
holds = "COALESCE(usage_spike_score BETWEEN -3 AND 3 OR usage_spike_score IS NULL, TRUE) AND COALESCE(fatigue_score BETWEEN 0 AND 100, TRUE) AND COALESCE(pace_score BETWEEN -3 AND 3, TRUE) AND COALESCE(shot_zone_mismatch_score BETWEEN -10 AND 10, TRUE)"
*/
WITH reported_games AS (
  -- by a report from before tip-off, as the slate has it
  SELECT DISTINCT game_date, game_id FROM precompute.slate WHERE report_status IS NOT NULL
),
known AS (
  SELECT s.season, s.game_date, s.game_id, s.player_id, s.team, s.opponent,
         d.games_played_season, d.usage_games_in_window, d.avg_usage_rate_last_7_games,
         d.avg_usage_rate_season, d.avg_usage_rate_recency_weighted, d.days_rest, d.is_back_to_back,
         d.games_last_7_days, d.minutes_last_7_days, d.back_to_backs_last_14_days,
         CASE WHEN p.birth_date IS NULL THEN NULL
              ELSE EXTRACT(YEAR FROM s.game_date) - EXTRACT(YEAR FROM p.birth_date)
                   - CASE WHEN EXTRACT(MONTH FROM s.game_date) * 100 + EXTRACT(DAY FROM s.game_date)
                               < EXTRACT(MONTH FROM p.birth_date) * 100 + EXTRACT(DAY FROM p.birth_date)
                          THEN 1 ELSE 0 END END AS age,
         o.pace_last_10_games AS opponent_pace, o.league_pace_to_date AS league_pace,
         o.games_with_shots AS opponent_games_with_shots, z.primary_zone,
         CASE z.primary_zone WHEN 'paint' THEN z.paint_share_last_10_games
              WHEN 'mid_range' THEN z.mid_range_share_last_10_games
              WHEN 'three' THEN z.three_zone_share_last_10_games END AS primary_zone_share,
         CASE z.primary_zone WHEN 'paint' THEN o.paint_vs_league
              WHEN 'mid_range' THEN o.mid_range_vs_league
              WHEN 'three' THEN o.three_zone_vs_league END AS opponent_vs_league,
         r.game_date IS NOT NULL AS reports_known,
         a.absent_regulars, a.absent_stars AS stars_out,
         -- spread over the 240 minutes of who is left, to each by his own share of the plays; what was
         -- left in his last games already is in the means that it is added to
         a.absent_usage_minutes_change / 240 * d.avg_usage_rate_season / 20 AS usage_left
  FROM precompute.slate AS s
  JOIN precompute.player_daily_cache AS d ON d.game_date = s.game_date AND d.game_id = s.game_id AND d.player_id = s.player_id
  LEFT JOIN precompute.player_shot_zone_analysis AS z ON z.game_date = s.game_date AND z.player_id = s.player_id
  LEFT JOIN precompute.team_defense_zone_analysis AS o ON o.game_date = s.game_date AND o.team = s.opponent
  LEFT JOIN raw.players AS p ON p.player_id = s.player_id AND p.game_date <= s.game_date
  LEFT JOIN reported_games AS r ON r.game_date = s.game_date AND r.game_id = s.game_id
  LEFT JOIN precompute.absent_teammates AS a ON a.game_date = s.game_date AND a.game_id = s.game_id AND a.player_id = s.player_id
  WHERE s.is_candidate
),
projected AS (
  -- the recent mean shrunk to the season's: with n games behind it, it weighs n / (n + 10)
  SELECT *, avg_usage_rate_season
            + (avg_usage_rate_recency_weighted - avg_usage_rate_season) * games_played_season / (games_played_season + 10.0)
            + COALESCE(usage_left, 0) AS projected_usage_rate
  FROM known
),
scored AS (
  SELECT *,
         0.3 * (projected_usage_rate - avg_usage_rate_last_7_games) AS spike,
         CASE WHEN days_rest IS NULL THEN NULL ELSE
           100 + CASE WHEN days_rest = 1 THEN -15 WHEN days_rest >= 3 THEN 5 ELSE 0 END
           + CASE WHEN games_last_7_days >= 4 THEN -10 ELSE 0 END
           + CASE WHEN minutes_last_7_days > 240 THEN -10 ELSE 0 END
           + CASE WHEN minutes_last_7_days > 35 * games_last_7_days THEN -8 ELSE 0 END
           + CASE WHEN back_to_backs_last_14_days >= 2 THEN -12 WHEN back_to_backs_last_14_days = 1 THEN -5 ELSE 0 END
           + CASE WHEN age >= 35 THEN -10 WHEN age >= 30 THEN -5 ELSE 0 END END AS rested,
         opponent_vs_league * LEAST(primary_zone_share / 0.5, 1) AS mismatch
  FROM projected
),
bounded AS (
  SELECT *,
         CASE WHEN spike IS NULL THEN NULL ELSE GREATEST(LEAST(
           spike * CASE WHEN spike > 0 AND stars_out >= 2 THEN 1.30 WHEN spike > 0 AND stars_out = 1 THEN 1.15 ELSE 1 END,
           3), -3) END AS usage_spike_score,
         CASE WHEN rested IS NULL THEN NULL ELSE CAST(GREATEST(LEAST(rested, 100), 0) AS INTEGER) END AS fatigue_score,
         CASE WHEN opponent_pace IS NULL OR league_pace IS NULL THEN NULL
              ELSE GREATEST(LEAST((opponent_pace - league_pace) / 2, 3), -3) END AS pace_score,
         CASE WHEN mismatch IS NULL THEN NULL ELSE GREATEST(LEAST(
           mismatch * CASE WHEN ABS(mismatch) > 5 THEN 1.2 ELSE 1 END, 10), -10) END AS shot_zone_mismatch_score
  FROM scored
)
SELECT
  c.season,                                              -- season, such as '2023-24'
  c.game_date,                                           -- US Eastern date of the game
  c.game_id,                                             -- id of the game in raw.games
  c.player_id,                                           -- id of the player in raw.players
  c.team,                                                -- tricode of the player's team
  c.opponent,                                            -- tricode of the other team
  c.games_played_season,                                 -- games played in the season before this date
  c.usage_games_in_window AS games_in_window,            -- games with a usage rate in the last-7 window, 0 to 7
  c.avg_usage_rate_last_7_games,                         -- mean usage rate of the last 7 games played, percent; null below 3 games
  c.projected_usage_rate,                                -- usage rate expected in this game, percent; null before the first game
  c.usage_spike_score,                                   -- 0.3 * (projected - last 7), raised when stars are out, -3 to 3
  CONCAT(
    '{"avg_usage_rate_last_7_games": ', COALESCE(CAST(ROUND(c.avg_usage_rate_last_7_games, 4) AS VARCHAR), 'null'),
    ', "games_in_window": ', COALESCE(CAST(c.usage_games_in_window AS VARCHAR), 'null'),
    ', "avg_usage_rate_season": ', COALESCE(CAST(ROUND(c.avg_usage_rate_season, 4) AS VARCHAR), 'null'),
    ', "avg_usage_rate_recency_weighted": ', COALESCE(CAST(ROUND(c.avg_usage_rate_recency_weighted, 4) AS VARCHAR), 'null'),
    ', "usage_left_by_absent_regulars_change": ', COALESCE(CAST(ROUND(c.usage_left, 4) AS VARCHAR), 'null'),
    ', "absent_regulars": ', COALESCE(CAST(c.absent_regulars AS VARCHAR), 'null'),
    ', "star_teammates_out": ', COALESCE(CAST(c.stars_out AS VARCHAR), 'null'),
    ', "injury_reports_known": ', COALESCE(CAST(c.reports_known AS VARCHAR), 'null'),
    ', "projected_usage_rate": ', COALESCE(CAST(ROUND(c.projected_usage_rate, 4) AS VARCHAR), 'null'), '}') AS usage_context_json, -- what the usage scores were computed from
  c.fatigue_score,                                       -- 100 is rested, 0 to 100; an age that is unknown takes nothing off; null before the first game
  CAST(c.fatigue_score - 100 AS DECIMAL(6, 2)) / 20 AS fatigue_adjustment, -- the fatigue score mapped to -5 to 0
  CONCAT(
    '{"days_rest": ', COALESCE(CAST(c.days_rest AS VARCHAR), 'null'),
    ', "games_last_7_days": ', COALESCE(CAST(c.games_last_7_days AS VARCHAR), 'null'),
    ', "minutes_last_7_days": ', COALESCE(CAST(ROUND(c.minutes_last_7_days, 4) AS VARCHAR), 'null'),
    ', "back_to_backs_last_14_days": ', COALESCE(CAST(c.back_to_backs_last_14_days AS VARCHAR), 'null'),
    ', "age": ', COALESCE(CAST(c.age AS VARCHAR), 'null'),
    ', "fatigue_score": ', COALESCE(CAST(c.fatigue_score AS VARCHAR), 'null'), '}') AS fatigue_context_json, -- what the fatigue score was computed from
  c.pace_score,                                          -- half the opponent's pace above the league's, -3 to 3
  CONCAT(
    '{"opponent_pace_last_10_games": ', COALESCE(CAST(ROUND(c.opponent_pace, 4) AS VARCHAR), 'null'),
    ', "league_pace_to_date": ', COALESCE(CAST(ROUND(c.league_pace, 4) AS VARCHAR), 'null'), '}') AS pace_context_json, -- what the pace score was computed from
  c.shot_zone_mismatch_score,                            -- the opponent's weakness in the player's primary zone, -10 to 10; null without shot data
  CONCAT(
    '{"primary_zone": ', COALESCE('"' || c.primary_zone || '"', 'null'),
    ', "primary_zone_share": ', COALESCE(CAST(ROUND(c.primary_zone_share, 4) AS VARCHAR), 'null'),
    ', "opponent_vs_league": ', COALESCE(CAST(ROUND(c.opponent_vs_league, 4) AS VARCHAR), 'null'),
    ', "opponent_games_with_shots": ', COALESCE(CAST(c.opponent_games_with_shots AS VARCHAR), 'null'), '}') AS shot_zone_context_json, -- what the mismatch score was computed from
  CASE WHEN c.usage_spike_score IS NULL AND c.fatigue_score IS NULL AND c.pace_score IS NULL AND c.shot_zone_mismatch_score IS NULL THEN NULL
       ELSE COALESCE(c.usage_spike_score, 0) + COALESCE((c.fatigue_score - 100) / 20.0, 0)
            + COALESCE(c.pace_score, 0) + COALESCE(c.shot_zone_mismatch_score, 0) END AS total_composite_adjustment, -- sum of the scores that are known; null when none is
  100.0 * (CASE WHEN c.usage_spike_score IS NULL THEN 0 ELSE 1 END + CASE WHEN c.fatigue_score IS NULL THEN 0 ELSE 1 END
       + CASE WHEN c.pace_score IS NULL THEN 0 ELSE 1 END + CASE WHEN c.shot_zone_mismatch_score IS NULL THEN 0 ELSE 1 END
       + CASE WHEN c.age IS NULL THEN 0 ELSE 1 END + CASE WHEN c.reports_known THEN 1 ELSE 0 END) / 6 AS data_completeness_pct, -- share of the six kinds of input that are known, percent
  SUBSTR(CONCAT(CASE WHEN c.usage_spike_score IS NULL THEN ',usage' ELSE '' END, CASE WHEN c.fatigue_score IS NULL THEN ',fatigue' ELSE '' END,
       CASE WHEN c.pace_score IS NULL THEN ',pace' ELSE '' END, CASE WHEN c.shot_zone_mismatch_score IS NULL THEN ',shot_zones' ELSE '' END,
       CASE WHEN c.age IS NULL THEN ',age' ELSE '' END, CASE WHEN c.reports_known THEN '' ELSE ',injury_reports' END), 2) AS missing_data_fields -- the kinds of input that are missing, with commas; empty when none is
FROM bounded AS c
