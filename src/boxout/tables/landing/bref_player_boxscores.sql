/*
description = "Basketball-Reference box lines, one row a player listed."
phase = 1
key = ["own_game_id", "player_key"]
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
  CAST(i.team AS VARCHAR) AS team,                  -- tricode of the player's team
  CAST(i.is_starter AS BOOLEAN) AS is_starter,      -- whether the player started
  CAST(i.minutes AS DECIMAL(6, 2)) AS minutes,      -- minutes played, to one decimal
  CAST(i.fg AS INTEGER) AS fg,                      -- field goals made
  CAST(i.fga AS INTEGER) AS fga,                    -- field goals attempted
  CAST(i.fg3 AS INTEGER) AS fg3,                    -- three-pointers made
  CAST(i.fg3a AS INTEGER) AS fg3a,                  -- three-pointers attempted
  CAST(i.ft AS INTEGER) AS ft,                      -- free throws made
  CAST(i.fta AS INTEGER) AS fta,                    -- free throws attempted
  CAST(i.orb AS INTEGER) AS orb,                    -- offensive rebounds
  CAST(i.drb AS INTEGER) AS drb,                    -- defensive rebounds
  CAST(i.ast AS INTEGER) AS ast,                    -- assists
  CAST(i.stl AS INTEGER) AS stl,                    -- steals
  CAST(i.blk AS INTEGER) AS blk,                    -- blocks
  CAST(i.tov AS INTEGER) AS tov,                    -- turnovers
  CAST(i.pf AS INTEGER) AS pf,                      -- personal fouls
  CAST(i.pts AS INTEGER) AS pts,                    -- points
  CAST(i.plus_minus AS INTEGER) AS plus_minus,      -- points margin while on the court
  CAST(i.home_pts AS INTEGER) AS home_pts,          -- final score of the home team
  CAST(i.away_pts AS INTEGER) AS away_pts,          -- final score of the visiting team
  CAST(i.source_file AS VARCHAR) AS source_file     -- the file that last brought the row; no part of the content hash
FROM incoming.bref_player_boxscores AS i
