/*
description = "NBA Stats shot locations, one row an attempt."
phase = 1
key = ["own_game_id", "shot_number"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,              -- season, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,           -- US Eastern date of the game
  CAST(i.home_team AS VARCHAR) AS home_team,        -- tricode of the home team
  CAST(i.away_team AS VARCHAR) AS away_team,        -- tricode of the visiting team
  CAST(i.own_game_id AS VARCHAR) AS own_game_id,    -- our ten-digit id: 9, the date as YYMMDD, the home team's number
  CAST(i.nba_game_id AS VARCHAR) AS nba_game_id,    -- ten-digit NBA game id, where the source has one
  CAST(i.season_type AS VARCHAR) AS season_type,    -- regular, play-in, playoffs or cup-final, where the source or the calendar says
  CAST(i.player_name AS VARCHAR) AS player_name,    -- name with its encoding repaired
  CAST(i.player_key AS VARCHAR) AS player_key,      -- name in lower case, without accents and points
  CAST(i.base_key AS VARCHAR) AS base_key,          -- the key without suffix, nicknames made one
  CAST(i.initial_key AS VARCHAR) AS initial_key,    -- first letter and last name
  CAST(i.sorted_key AS VARCHAR) AS sorted_key,      -- the words of the base key in order of the alphabet
  CAST(i.own_player_id AS BIGINT) AS own_player_id, -- our stable id, for players to whom no source gives an NBA id
  CAST(i.nba_player_id AS BIGINT) AS nba_player_id, -- NBA id of the shooter
  CAST(i.team AS VARCHAR) AS team,                  -- tricode of the shooter's team
  CAST(i.shot_number AS INTEGER) AS shot_number,    -- place of the shot in its game, from 1
  CAST(i.period AS INTEGER) AS period,              -- quarter, or 5 and on for overtimes
  CAST(i.seconds_left AS INTEGER) AS seconds_left,  -- seconds left in the period
  CAST(i.loc_x AS DECIMAL(6, 2)) AS loc_x,          -- feet from the middle line of the court, left to right
  CAST(i.loc_y AS DECIMAL(6, 2)) AS loc_y,          -- feet from the baseline
  CAST(i.distance_ft AS INTEGER) AS distance_ft,    -- distance from the rim, feet
  CAST(i.shot_value AS INTEGER) AS shot_value,      -- 2 or 3 points
  CAST(i.is_made AS BOOLEAN) AS is_made,            -- whether it went in
  CAST(i.basic_zone AS VARCHAR) AS basic_zone,      -- the NBA's own name of the zone
  CAST(i.action_type AS VARCHAR) AS action_type,    -- the NBA's own name of the kind of shot
  CAST(i.source_file AS VARCHAR) AS source_file     -- the file that last brought the row; no part of the content hash
FROM incoming.nba_shots AS i
