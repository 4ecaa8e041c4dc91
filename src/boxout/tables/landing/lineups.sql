/*
description = "Starting lineups as announced, one row a starter and announcement."
phase = 1
key = ["announced_at", "game_date", "player_key"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,              -- season of the date, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,           -- US Eastern date of the game concerned
  CAST(i.player_name AS VARCHAR) AS player_name,    -- name with its encoding repaired
  CAST(i.player_key AS VARCHAR) AS player_key,      -- name in lower case, without accents and points
  CAST(i.base_key AS VARCHAR) AS base_key,          -- the key without suffix, nicknames made one
  CAST(i.initial_key AS VARCHAR) AS initial_key,    -- first letter and last name
  CAST(i.sorted_key AS VARCHAR) AS sorted_key,      -- the words of the base key in order of the alphabet
  CAST(i.own_player_id AS BIGINT) AS own_player_id, -- our stable id, for players to whom no source gives an NBA id
  CAST(i.announced_at AS TIMESTAMP) AS announced_at, -- when the lineup was announced, UTC
  CAST(i.team AS VARCHAR) AS team,                  -- tricode of the player's team
  CAST(i.source_file AS VARCHAR) AS source_file     -- the file that last brought the row; no part of the content hash
FROM incoming.lineups AS i
