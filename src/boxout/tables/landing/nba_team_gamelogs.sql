/*
description = "NBA Stats team game logs, one row a team and game."
phase = 1
key = ["own_game_id", "team"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,             -- season, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,          -- US Eastern date of the game
  CAST(i.home_team AS VARCHAR) AS home_team,       -- tricode of the home team
  CAST(i.away_team AS VARCHAR) AS away_team,       -- tricode of the visiting team
  CAST(i.own_game_id AS VARCHAR) AS own_game_id,   -- our ten-digit id: 9, the date as YYMMDD, the home team's number
  CAST(i.nba_game_id AS VARCHAR) AS nba_game_id,   -- ten-digit NBA game id, where the source has one
  CAST(i.season_type AS VARCHAR) AS season_type,   -- regular, play-in, playoffs or cup-final, where the source or the calendar says
  CAST(i.team AS VARCHAR) AS team,                 -- tricode of the team
  CAST(i.opponent AS VARCHAR) AS opponent,         -- tricode of the other team
  CAST(i.is_home AS BOOLEAN) AS is_home,           -- whether the team was at home
  CAST(i.team_id AS BIGINT) AS team_id,            -- NBA id of the team
  CAST(i.tipoff_at AS TIMESTAMP) AS tipoff_at,     -- tip-off, UTC, where the source has it
  CAST(i.team_minutes AS INTEGER) AS team_minutes, -- player minutes of the team: 240 and 25 an overtime, where the source has them
  CAST(i.fg AS INTEGER) AS fg,                     -- field goals made
  CAST(i.fga AS INTEGER) AS fga,                   -- field goals attempted
  CAST(i.fg3 AS INTEGER) AS fg3,                   -- three-pointers made
  CAST(i.fg3a AS INTEGER) AS fg3a,                 -- three-pointers attempted
  CAST(i.ft AS INTEGER) AS ft,                     -- free throws made
  CAST(i.fta AS INTEGER) AS fta,                   -- free throws attempted
  CAST(i.orb AS INTEGER) AS orb,                   -- offensive rebounds
  CAST(i.drb AS INTEGER) AS drb,                   -- defensive rebounds
  CAST(i.ast AS INTEGER) AS ast,                   -- assists
  CAST(i.stl AS INTEGER) AS stl,                   -- steals
  CAST(i.blk AS INTEGER) AS blk,                   -- blocks
  CAST(i.tov AS INTEGER) AS tov,                   -- turnovers
  CAST(i.pf AS INTEGER) AS pf,                     -- personal fouls
  CAST(i.pts AS INTEGER) AS pts,                   -- points
  CAST(i.plus_minus AS INTEGER) AS plus_minus,     -- points margin while on the court
  CAST(i.source_file AS VARCHAR) AS source_file    -- the file that last brought the row; no part of the content hash
FROM incoming.nba_team_gamelogs AS i
