/*
description = "Player prop lines, one row a bookmaker, market and moment seen."
phase = 1
key = ["own_game_id", "player_key", "bookmaker", "market", "captured_at"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,              -- season, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,           -- US Eastern date of the game
  CAST(i.home_team AS VARCHAR) AS home_team,        -- tricode of the home team
  CAST(i.away_team AS VARCHAR) AS away_team,        -- tricode of the visiting team
  CAST(i.own_game_id AS VARCHAR) AS own_game_id,    -- our ten-digit id: 9, the date as YYMMDD, the home team's number
  CAST(i.season_type AS VARCHAR) AS season_type,    -- regular, play-in, playoffs or cup-final, where the source or the calendar says
  CAST(i.player_name AS VARCHAR) AS player_name,    -- name with its encoding repaired
  CAST(i.player_key AS VARCHAR) AS player_key,      -- name in lower case, without accents and points
  CAST(i.base_key AS VARCHAR) AS base_key,          -- the key without suffix, nicknames made one
  CAST(i.initial_key AS VARCHAR) AS initial_key,    -- first letter and last name
  CAST(i.sorted_key AS VARCHAR) AS sorted_key,      -- the words of the base key in order of the alphabet
  CAST(i.own_player_id AS BIGINT) AS own_player_id, -- our stable id, for players to whom no source gives an NBA id
  CAST(i.bookmaker AS VARCHAR) AS bookmaker,        -- who offers the line
  CAST(i.market AS VARCHAR) AS market,              -- points, rebounds, assists, threes or pra
  CAST(i.line AS DECIMAL(5, 1)) AS line,            -- the line, in the market's unit
  CAST(i.over_price AS INTEGER) AS over_price,      -- American odds of the over; null when not offered
  CAST(i.under_price AS INTEGER) AS under_price,    -- American odds of the under; null when not offered
  CAST(i.captured_at AS TIMESTAMP) AS captured_at,  -- when the line was seen, UTC
  CAST(i.tipoff_at AS TIMESTAMP) AS tipoff_at,      -- tip-off, UTC, where the source has it
  CAST(i.source_file AS VARCHAR) AS source_file     -- the file that last brought the row; no part of the content hash
FROM incoming.prop_lines AS i
