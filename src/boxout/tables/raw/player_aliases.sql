/*
description = "Every spelling of a player's name, and the player that it names: one row a spelling."
phase = 2
key = ["player_key"]
may_be_constant = ["is_own_id"]

[windows]
"landing.bref_player_boxscores" = "all"
"landing.nba_player_gamelogs" = "all"
"landing.nba_shots" = "all"
"landing.players" = "all"

[[checks]]
name = "spelling_names_one_player"
scope = "season"
severity = "block"
share = "player_id IS NOT NULL"
at_least = 0.99
*/
WITH mentions AS (
  SELECT player_key, base_key, initial_key, sorted_key, own_player_id, player_name,
         CAST(NULL AS BIGINT) AS nba_player_id, game_date, season, 1 AS source_rank
  FROM landing.bref_player_boxscores
  UNION ALL
  SELECT player_key, base_key, initial_key, sorted_key, own_player_id, player_name,
         nba_player_id, game_date, season, 2
  FROM landing.nba_player_gamelogs
  UNION ALL
  SELECT player_key, base_key, initial_key, sorted_key, own_player_id, player_name,
         nba_player_id, game_date, season, 3
  FROM landing.nba_shots
  UNION ALL
  SELECT player_key, base_key, initial_key, sorted_key, own_player_id, player_name,
         nba_player_id, game_date, season, 4
  FROM landing.players
),
spellings AS (
  SELECT player_key, base_key, initial_key, sorted_key, own_player_id,
         MIN(game_date) AS game_date, MIN(season) AS season,
         MIN(nba_player_id) AS lowest_id, MAX(nba_player_id) AS highest_id
  FROM mentions
  GROUP BY player_key, base_key, initial_key, sorted_key, own_player_id
),
named AS (
  -- spellings that differ in a suffix or a nickname are one person, unless the NBA has several
  SELECT *, MIN(lowest_id) OVER (PARTITION BY base_key) AS person_lowest_id,
         MAX(highest_id) OVER (PARTITION BY base_key) AS person_highest_id
  FROM spellings
)
SELECT
  season,                                                 -- season in which the spelling was first seen
  game_date,                                              -- date on which the spelling was first seen
  player_key,                                             -- name in lower case, without accents and points, suffix kept
  base_key,                                               -- the key without suffix, nicknames made one
  initial_key,                                            -- first letter and last name
  sorted_key,                                             -- the words of the base key in order of the alphabet
  CASE WHEN person_lowest_id IS NULL THEN own_player_id
       WHEN person_lowest_id = person_highest_id THEN person_lowest_id
       WHEN lowest_id = highest_id THEN lowest_id
  END AS player_id,                                       -- the player's id; null when the name fits several players
  person_lowest_id IS NULL AS is_own_id                   -- whether no source gives an NBA id, so that the id is our own
FROM named
